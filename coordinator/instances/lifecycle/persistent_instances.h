// Instances that should always be there (supervisors, merge queues): starts them again when their
// agent dies, with back-off, and gives up when they die too often. What waits or was given up is
// known to the store. Broker thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/instances/lifecycle/instance_manager.h"
#include "coordinator/instances/lifecycle/restart_plan.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

class PersistentInstances {
 public:
  using OnWarning = std::function<void(const std::string& what)>;

  PersistentInstances(boost::asio::io_context& io, StoreQueue& store, InstanceManager& instances,
                      const Clock& clock, const RestartLimit& limit, OnWarning on_warning);

  // Starts the missing ones; must be called after reconcile().
  boost::asio::awaitable<void> start();
  // Must be called when one of the instances is gone.
  void on_gone(const Instance& instance);
  void stop() { stopping_ = true; }

 private:
  boost::asio::awaitable<void> restart(std::string name, bool waits_already);
  boost::asio::awaitable<bool> try_once(std::string name, bool waits_already);
  boost::asio::awaitable<void> wait_until(WallTime start);
  boost::asio::awaitable<std::optional<WantedInstance>> find_wanted(std::string name);
  boost::asio::awaitable<bool> note_death(WantedInstance& wanted);
  boost::asio::awaitable<void> give_up(const WantedInstance& wanted);

  boost::asio::io_context& io_;
  StoreQueue& store_;
  InstanceManager& instances_;
  const Clock& clock_;
  const RestartLimit limit_;
  OnWarning on_warning_;
  std::unordered_set<std::string> restarting_;
  bool stopping_ = false;
};

}  // namespace yardmaster
