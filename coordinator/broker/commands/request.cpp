#include "coordinator/broker/commands/request.h"

#include "coordinator/domain/names.h"

namespace yardmaster {

std::string Request::text(std::string_view name, std::string_view otherwise) const {
  const auto found = arguments_.find(name);
  return found == arguments_.end() ? std::string(otherwise) : found->get<std::string>();
}

std::uint64_t Request::number(std::string_view name, std::uint64_t otherwise) const {
  return optional_number(name).value_or(otherwise);
}

std::optional<std::uint64_t> Request::optional_number(std::string_view name) const {
  const auto found = arguments_.find(name);
  if (found == arguments_.end()) return std::nullopt;
  return found->get<std::uint64_t>();
}

bool Request::flag(std::string_view name, bool otherwise) const {
  const auto found = arguments_.find(name);
  return found == arguments_.end() ? otherwise : found->get<bool>();
}

Durability Request::durability(Durability otherwise) const {
  if (!has("durability")) return otherwise;
  return text("durability") == "power" ? Durability::power : Durability::process;
}

std::string Request::optional_caller(std::string_view argument) const {
  const std::string& own = session_->instance();
  std::string claimed = text(argument);
  if (claimed.empty()) return own;
  if (!own.empty() && own != claimed) throw identity_error(own, claimed);
  return claimed;
}

std::string Request::caller(std::string_view argument) const {
  std::string name = optional_caller(argument);
  if (session_->access().scope < Scope::manage) {
    if (name.empty()) name = person_name;
    if (name != person_name) throw token_error(name);
  }
  if (!name.empty()) return name;
  throw Error(ErrorCode::invalid_request, "args." + std::string(argument) + ": is missing");
}

std::string Request::subject(std::string_view argument) const {
  return has(argument) ? text(argument) : caller(argument);
}

Error token_error(std::string_view claimed) {
  return {ErrorCode::forbidden, "this access token speaks for '" + std::string(person_name) +
                                    "' alone, not for '" + std::string(claimed) +
                                    "': that takes the scope 'manage'"};
}

Error identity_error(std::string_view own, std::string_view claimed) {
  return {ErrorCode::forbidden, "this is the socket of '" + std::string(own) +
                                    "', which cannot speak for '" + std::string(claimed) + "'"};
}

}  // namespace yardmaster
