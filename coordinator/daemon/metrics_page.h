// The page /metrics: reads what the parts of the daemon have to say when it is asked for. Broker
// thread only; the parts outlive it.
#pragma once

#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "coordinator/broker/broker.h"
#include "coordinator/broker/commands/dispatcher.h"
#include "coordinator/broker/event_hub.h"
#include "coordinator/broker/expiry.h"
#include "coordinator/broker/sessions/memory_budget.h"
#include "coordinator/daemon/daemon_metrics.h"
#include "coordinator/instances/lifecycle/instance_manager.h"
#include "coordinator/instances/roles/roles.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

// The parts that are read.
struct MeteredParts {
  DaemonMetrics& metrics;
  StoreQueue& queue;
  const Dispatcher& dispatcher;
  const Broker& broker;
  const EventHub& events;
  const InstanceManager& instances;
  const Roles& roles;
  const MemoryBudget& memory;
  const StallDetector& detector;
  const Expiry& expiry;
  const Clock& clock;
};

// Returns the text. Does without the store's figures when it cannot be asked.
boost::asio::awaitable<std::string> metrics_page(MeteredParts parts);

}  // namespace yardmaster
