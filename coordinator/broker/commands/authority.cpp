#include "coordinator/broker/commands/authority.h"

#include <algorithm>

#include "coordinator/base/error.h"

namespace yardmaster {

std::string_view word_of(Right right) {
  switch (right) {
    case Right::everyone:
      return "";
    case Right::read:
      return "read";
    case Right::spawn:
      return "spawn";
    case Right::end:
      return "end";
    case Right::owner:
      return "all";
  }
  return "";
}

bool Authority::grants(const std::string& instance, Right right) const {
  if (right == Right::everyone) return true;
  if (!instances_.lives(instance)) return false;
  const Role* const role = roles_.look_up(instances_.find(instance).role);
  if (role == nullptr) return false;
  return std::any_of(role->may.begin(), role->may.end(), [&](const std::string& granted) {
    return granted == "all" || granted == word_of(right);
  });
}

bool Authority::allows(const Session& session, Right right) const {
  return session.instance().empty() || grants(session.instance(), right);
}

void Authority::require(const Session& session, Right right, std::string_view doing) const {
  if (allows(session, right)) return;
  const std::string word(word_of(right));
  throw Error(ErrorCode::forbidden, "'" + session.instance() + "' may not ask for " +
                                        std::string(doing) + ": its role does not grant \"" + word +
                                        "\" (\"may\" in roles.json)");
}

void Authority::require(const Session& session, Scope scope, std::string_view doing) {
  const Scope granted = session.access().scope;
  if (granted >= scope) return;
  throw Error(ErrorCode::forbidden, "an access token of the scope '" +
                                        std::string(to_string(granted)) + "' does not grant " +
                                        std::string(doing) + ": it takes '" +
                                        std::string(to_string(scope)) + "'");
}

std::optional<std::string> Authority::own_repository(const Session& session) const {
  if (allows(session, Right::owner)) return std::nullopt;
  return instances_.find(session.instance()).repo;
}

}  // namespace yardmaster
