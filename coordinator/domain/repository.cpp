#include "coordinator/domain/repository.h"

#include <array>

namespace yardmaster {

std::string_view to_string(RepositoryState state) {
  constexpr std::array<std::string_view, 3> names{"cloning", "ready", "failed"};
  return names[static_cast<std::size_t>(state)];
}

}  // namespace yardmaster
