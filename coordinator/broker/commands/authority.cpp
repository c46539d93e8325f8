#include "coordinator/broker/commands/authority.h"

#include <algorithm>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

std::string_view word_of(Right right) {
  if (right == Right::spawn) return "spawn";
  return right == Right::end ? "end" : "all";
}

}  // namespace

bool Authority::grants(const std::string& instance, Right right) const {
  if (right == Right::everyone) return true;
  if (!instances_.lives(instance)) return false;
  const std::string& role = instances_.find(instance).role;
  for (const Role& each : roles_.all()) {
    if (each.name != role) continue;
    return std::any_of(each.may.begin(), each.may.end(), [&](const std::string& granted) {
      return granted == "all" || granted == word_of(right);
    });
  }
  return false;
}

void Authority::require(const Session& session, Right right, std::string_view doing) const {
  const std::string& instance = session.instance();
  if (instance.empty() || grants(instance, right)) return;
  const std::string word(word_of(right));
  throw Error(ErrorCode::forbidden, "'" + instance + "' may not ask for " + std::string(doing) +
                                        ": its role does not grant \"" + word +
                                        "\" (\"may\" in roles.json)");
}

std::string Authority::own_repository(const Session& session) const {
  const std::string& instance = session.instance();
  if (instance.empty() || grants(instance, Right::owner)) return {};
  return instances_.find(instance).repo;
}

}  // namespace yardmaster
