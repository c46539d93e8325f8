#include "coordinator/instances/roles/wake_way.h"

namespace yardmaster {

std::optional<WakeWay> wake_way_from(std::string_view text) {
  if (text == "hooks") return WakeWay::hooks;
  if (text == "pane") return WakeWay::pane;
  if (text == "none") return WakeWay::none;
  return std::nullopt;
}

}  // namespace yardmaster
