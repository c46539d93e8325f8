// Keeps the status lines of the yard's tmux server up to date with the instances' states: several
// changes at once are one for tmux, and what has not changed is not sent. Broker thread.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "coordinator/instances/lifecycle/instance_manager.h"
#include "coordinator/instances/tmux/tmux_server.h"

namespace yardmaster {

class ShownStates {
 public:
  ShownStates(boost::asio::io_context& io, const InstanceManager& instances, TmuxServer& tmux);

  // Must be called when the state of an instance may have changed.
  void hint();
  void stop();

 private:
  void show();

  const InstanceManager& instances_;
  TmuxServer& tmux_;
  boost::asio::steady_timer timer_;
  bool due_ = false;
  bool stopped_ = false;
  std::vector<std::string> shown_;
};

}  // namespace yardmaster
