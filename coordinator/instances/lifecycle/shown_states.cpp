#include "coordinator/instances/lifecycle/shown_states.h"

#include <algorithm>
#include <utility>

#include "coordinator/base/stall_detector.h"
#include "coordinator/instances/lifecycle/status_line.h"

namespace yardmaster {
namespace {

constexpr auto gathering_time = std::chrono::milliseconds(50);

}  // namespace

ShownStates::ShownStates(boost::asio::io_context& io, const InstanceManager& instances,
                         TmuxServer& tmux)
    : instances_(instances), tmux_(tmux), timer_(io) {
  // A server may be connected to before there is anything to show.
  tmux_.run_now_and_first({}, status_line_settings());
}

void ShownStates::hint() {
  if (due_ || stopped_) return;
  due_ = true;
  timer_.expires_after(gathering_time);
  timer_.async_wait([this](const boost::system::error_code& failure) {
    if (failure) return;
    now_running("status lines");
    due_ = false;
    show();
  });
}

void ShownStates::stop() {
  stopped_ = true;
  timer_.cancel();
}

void ShownStates::show() {
  std::vector<ShownState> states;
  states.reserve(instances_.size());
  instances_.visit([&states](const Instance& instance) {
    const bool has_window = !instance.tmux_pane.empty();
    states.push_back({has_window ? instance.tmux_window : std::string(), instance.state});
  });
  std::ranges::sort(states, {}, &ShownState::window);
  std::vector<std::string> commands = status_line_commands(states);
  if (commands == shown_) return;
  shown_ = commands;
  std::vector<std::string> first = status_line_settings();
  first.insert(first.end(), commands.begin(), commands.end());
  tmux_.run_now_and_first(std::move(commands), std::move(first));
}

}  // namespace yardmaster
