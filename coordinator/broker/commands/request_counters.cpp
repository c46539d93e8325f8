#include "coordinator/broker/commands/request_counters.h"

namespace yardmaster {

RequestCounters::RequestCounters(std::vector<std::string> commands)
    : commands_(std::move(commands)), counts_(commands_.size() + 1) {}

void RequestCounters::visit(
    const std::function<void(std::string_view, std::string_view, std::uint64_t)>& callback) const {
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    std::string_view command = "none";
    if (i < commands_.size()) command = commands_[i];
    for (std::size_t outcome = 0; outcome < outcomes; ++outcome) {
      if (counts_[i][outcome] == 0) continue;
      const std::string_view code =
          outcome == 0 ? "ok" : to_string(static_cast<ErrorCode>(outcome - 1));
      callback(command, code, counts_[i][outcome]);
    }
  }
}

}  // namespace yardmaster
