#include "coordinator/broker/access/scope.h"

namespace yardmaster {

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::read:
      return "read";
    case Scope::talk:
      return "talk";
    case Scope::manage:
      return "manage";
  }
  return "";
}

std::optional<Scope> scope_from(std::string_view word) {
  for (const Scope scope : {Scope::read, Scope::talk, Scope::manage}) {
    if (word == to_string(scope)) return scope;
  }
  return std::nullopt;
}

}  // namespace yardmaster
