// Counts requests by command and outcome, for /metrics. Broker thread only.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/base/error.h"

namespace yardmaster {

class RequestCounters {
 public:
  // Commands are known by their place in the list; one past it stands for what was no command.
  explicit RequestCounters(std::vector<std::string> commands);

  void succeeded(std::size_t command) { ++counts_[command][0]; }
  void failed(std::size_t command, ErrorCode code) {
    ++counts_[command][1 + static_cast<std::size_t>(code)];
  }
  std::size_t no_command() const { return commands_.size(); }

  // Calls back for each pair that was seen; "ok" stands for success.
  void visit(const std::function<void(std::string_view command, std::string_view code,
                                      std::uint64_t count)>& callback) const;

 private:
  static constexpr std::size_t outcomes = 2 + static_cast<std::size_t>(ErrorCode::internal);

  std::vector<std::string> commands_;
  std::vector<std::array<std::uint64_t, outcomes>> counts_;
};

}  // namespace yardmaster
