// Wakes agents that have no hooks: types one fixed line into the pane of one that waits and has
// messages which it has not been told of. Only while the agent itself is in the foreground of its
// pane, nobody scrolls in it (copy mode) and nobody has just typed into it; once for the same
// messages. Never what is in a message. Broker thread.
//
// An agent waits when it said so. One that never says anything may be silent since it asks a person
// for a permission, which a line would answer: it is taken to wait after `silence` only where its
// role says that it is woken in its pane.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/instances/lifecycle/instance_manager.h"
#include "coordinator/instances/lifecycle/tellings.h"
#include "coordinator/instances/roles/roles.h"
#include "coordinator/instances/tmux/tmux_server.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

// A comment for a shell, should the agent be one.
std::string wake_line(std::string_view instance);

struct PaneWakeOptions {
  bool hooks = true;  // switched on, so that some agents need no line
  std::chrono::nanoseconds silence = std::chrono::seconds(10);
};

class PaneWakeUps {
 public:
  using OnWarning = std::function<void(const std::string& what)>;

  PaneWakeUps(boost::asio::io_context& io, StoreQueue& store, InstanceManager& instances,
              const Roles& roles, TmuxServer& tmux, Tellings& tellings, const Clock& clock,
              const PaneWakeOptions& options, OnWarning on_warning);

  // Must be called when an instance may have begun to wait, or has a message that nobody heard.
  void hint(const std::string& instance);
  void stop() { stopping_ = true; }

 private:
  enum class Step { done, again };

  const Instance* find(const std::string& name) const;
  std::optional<WakeWay> said_way(const Instance& instance) const;  // by its role
  bool is_woken_here(const Instance& instance) const;
  boost::asio::awaitable<void> watch(std::string name);
  boost::asio::awaitable<Step> step(std::string name);
  std::optional<std::chrono::nanoseconds> time_to_wait(const Instance& instance,
                                                       const TmuxPaneLook& look) const;
  boost::asio::awaitable<bool> type_line(std::string name);
  boost::asio::awaitable<bool> may_type(std::string name);

  boost::asio::io_context& io_;
  StoreQueue& store_;
  InstanceManager& instances_;
  const Roles& roles_;
  TmuxServer& tmux_;
  Tellings& tellings_;
  const Clock& clock_;
  const PaneWakeOptions options_;
  OnWarning on_warning_;
  std::unordered_map<std::string, bool> watched_;  // whether there was a hint meanwhile
  bool stopping_ = false;
};

}  // namespace yardmaster
