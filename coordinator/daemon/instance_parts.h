// Everything that instances are made of, put together: the programs that are run (git, tmux), the
// repositories, the resources of an instance in their order, the restarts and the upkeep. Broker
// thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <nlohmann/json.hpp>

#include "coordinator/base/config.h"
#include "coordinator/base/yard_record.h"
#include "coordinator/broker/broker.h"
#include "coordinator/daemon/daemon.h"
#include "coordinator/instances/git/repositories.h"
#include "coordinator/instances/lifecycle/instance_manager.h"
#include "coordinator/instances/lifecycle/pane_wake_ups.h"
#include "coordinator/instances/lifecycle/persistent_instances.h"
#include "coordinator/instances/lifecycle/shown_states.h"
#include "coordinator/instances/lifecycle/tellings.h"
#include "coordinator/instances/lifecycle/upkeep.h"
#include "coordinator/instances/processes/file_workers.h"
#include "coordinator/instances/processes/process_runner.h"
#include "coordinator/instances/resources/life_signs.h"
#include "coordinator/instances/roles/roles.h"
#include "coordinator/instances/tmux/tmux_server.h"

namespace yardmaster {

class InstanceParts {
 public:
  using OnWarning = std::function<void(const std::string& what)>;

  // Throws Error{usage} when the roles cannot be read.
  InstanceParts(boost::asio::io_context& io, StoreQueue& store, InstanceManager& instances,
                const Clock& clock, const Config& config, const YardRecord& yard,
                AgentSurroundings surroundings, OnWarning on_warning);

  ~InstanceParts();
  InstanceParts(const InstanceParts&) = delete;
  InstanceParts& operator=(const InstanceParts&) = delete;

  // Must be called once: says how instances are made from now on.
  void add_resources(Broker& broker, InstanceObserver& observer);
  // prepare() runs before the instances that an earlier daemon left are taken over, begin() after
  // it. Failures of begin() are only logged, since the daemon already serves by then.
  boost::asio::awaitable<void> prepare();
  boost::asio::awaitable<void> begin();
  // Agents, windows and worktrees live on.
  void stop();
  // Ends the agents that still run in it, too; complains when it does not end.
  boost::asio::awaitable<void> end_tmux();
  // The same of a server that this yard had somewhere else.
  boost::asio::awaitable<void> end_tmux_at(std::filesystem::path socket);

  // The pane in which people see the yard, by its tmux id; opened when it is not open yet. Throws
  // Error{unsupported} when tmux is switched off or not installed.
  boost::asio::awaitable<std::string> open_control_pane();

  // Has tmux make its socket again where somebody has removed it.
  void restore_tmux_socket() { tmux_.restore_socket(); }

  // Hear how long programs (git) and answers of tmux took.
  void observe(SystemProcessRunner::OnEnded on_program,
               std::function<void(std::chrono::nanoseconds)> on_tmux) {
    runner_.on_ended(std::move(on_program));
    tmux_.on_answer(std::move(on_tmux));
  }

  void on_gone(const Instance& instance) {
    tellings_.forget(instance);
    shown_states_.hint();
    persistent_.on_gone(instance);
  }
  // Its state may be another, or it has a message that nobody heard.
  void wake(const std::string& instance) {
    wake_ups_.hint(instance);
    shown_states_.hint();
  }
  // Returns the fields of `status` about these parts.
  nlohmann::json status() const;

  Repositories& repositories() { return repositories_; }
  const Roles& roles() const { return roles_; }
  LifeSigns& signs() { return signs_; }
  Tellings& tellings() { return tellings_; }
  Upkeep& upkeep() { return upkeep_; }

 private:
  boost::asio::awaitable<void> read_versions();
  boost::asio::awaitable<void> attempt(std::string what, boost::asio::awaitable<void> step);

  boost::asio::io_context& io_;
  StoreQueue& store_;
  InstanceManager& instances_;
  const Config& config_;
  const Paths paths_;
  const OnWarning on_warning_;
  const std::string program_;  // path of this program
  const AgentSurroundings surroundings_;
  boost::asio::thread_pool workers_{2};  // look through /proc
  FileWorkers files_;
  SystemProcessRunner runner_;
  const Roles roles_;
  LifeSigns signs_;
  Tellings tellings_;
  Repositories repositories_;
  TmuxServer tmux_;
  PersistentInstances persistent_;
  PaneWakeUps wake_ups_;
  ShownStates shown_states_;
  Upkeep upkeep_;
  std::string git_version_;
  std::string tmux_version_;
};

}  // namespace yardmaster
