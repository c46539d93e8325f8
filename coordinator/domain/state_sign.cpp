#include "coordinator/domain/state_sign.h"

#include <algorithm>
#include <array>

namespace yardmaster {
namespace {

constexpr std::array signs{StateSign{"waiting", 'W', StateColour::wants_you},
                           StateSign{"given up", 'G', StateColour::bad},
                           StateSign{"unknown", '?', StateColour::bad},
                           StateSign{"running", 'R', StateColour::good},
                           StateSign{"idle", 'I', StateColour::quiet},
                           StateSign{"starting", 'S', StateColour::passing},
                           StateSign{"stopping", 'X', StateColour::passing}};

}  // namespace

std::span<const StateSign> state_signs() { return signs; }

StateSign sign_of(std::string_view state) {
  const auto* const found =
      std::ranges::find_if(signs, [state](const StateSign& each) { return each.state == state; });
  return found == signs.end() ? StateSign{} : *found;
}

}  // namespace yardmaster
