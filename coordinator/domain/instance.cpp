#include "coordinator/domain/instance.h"

#include <array>
#include <utility>

namespace yardmaster {
namespace {

constexpr std::array<std::pair<InstanceState, std::string_view>, 6> instance_state_names{{
    {InstanceState::starting, "starting"},
    {InstanceState::running, "running"},
    {InstanceState::idle, "idle"},
    {InstanceState::unknown, "unknown"},
    {InstanceState::stopping, "stopping"},
    {InstanceState::gone, "gone"},
}};

}  // namespace

std::string_view to_string(InstanceState state) {
  return instance_state_names[static_cast<std::size_t>(state)].second;
}

std::optional<InstanceState> instance_state_from(std::string_view text) {
  for (const auto& [state, name] : instance_state_names) {
    if (name == text) return state;
  }
  return std::nullopt;
}

}  // namespace yardmaster
