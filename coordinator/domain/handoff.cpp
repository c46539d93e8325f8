#include "coordinator/domain/handoff.h"

#include <array>
#include <utility>

namespace yardmaster {
namespace {

constexpr std::array<std::pair<HandoffState, std::string_view>, 4> handoff_state_names{{
    {HandoffState::pending, "pending"},
    {HandoffState::accepted, "accepted"},
    {HandoffState::cancelled, "cancelled"},
    {HandoffState::expired, "expired"},
}};

}  // namespace

std::string_view to_string(HandoffState state) {
  return handoff_state_names[static_cast<std::size_t>(state)].second;
}

std::optional<HandoffState> handoff_state_from(std::string_view text) {
  for (const auto& [state, name] : handoff_state_names) {
    if (name == text) return state;
  }
  return std::nullopt;
}

}  // namespace yardmaster
