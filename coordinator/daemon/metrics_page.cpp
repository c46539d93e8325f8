#include "coordinator/daemon/metrics_page.h"

#include <array>
#include <cstdint>
#include <exception>
#include <map>
#include <utility>

#include "coordinator/broker/commands/services.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

using ByState = std::map<std::pair<std::string, InstanceState>, std::uint64_t>;

constexpr std::array living_states{InstanceState::starting, InstanceState::running,
                                   InstanceState::idle, InstanceState::unknown,
                                   InstanceState::stopping};

// All that there may be are counted, so that a count that falls to zero is told, too.
ByState count_instances(const InstanceManager& instances, const Roles& roles) {
  ByState counts;
  for (const InstanceState state : living_states) {
    for (const Role& role : roles.all()) counts[{role.name, state}] = 0;
    counts[{"other", state}] = 0;
  }
  instances.visit([&](const Instance& instance) {
    const auto found = counts.find({instance.role, instance.state});
    ++(found == counts.end() ? counts[{"other", instance.state}] : found->second);
  });
  return counts;
}

asio::awaitable<StoreGauges> ask_store(StoreQueue& queue) {
  const auto look = [](Store& store) { return StoreFacts(store); };
  const auto read = [](Reader& reader, StoreFacts& facts) {
    return StoreGauges{.engine = facts.engine,
                       .version = facts.version,
                       .log_frames = facts.log_frames,
                       .messages = reader.open_messages()};
  };
  StoreGauges gauges = co_await queue.run_and_read(Durability::process, look, read);
  co_return gauges;
}

asio::awaitable<std::optional<StoreGauges>> ask_store_if_possible(StoreQueue& queue) {
  std::optional<StoreGauges> gauges;
  try {
    asio::awaitable<StoreGauges> asking = ask_store(queue);
    gauges = co_await std::move(asking);
  } catch (const std::exception&) {
    gauges.reset();
  }
  co_return gauges;
}

}  // namespace

asio::awaitable<std::string> metrics_page(MeteredParts parts) {
  DaemonGauges gauges;
  gauges.store = co_await ask_store_if_possible(parts.queue);
  now_running("metrics");
  parts.dispatcher.counters().visit(
      [&](std::string_view command, std::string_view code, std::uint64_t count) {
        parts.metrics.set_requests(std::string(command), std::string(code), count);
      });
  const BrokerCounts counts = parts.broker.counts();
  gauges.connections = counts.connections;
  gauges.accepted = counts.accepted;
  gauges.refused = counts.refused;
  gauges.shed = parts.memory.shed_count();
  gauges.session_memory = parts.memory.used();
  gauges.instances = parts.instances.size();
  gauges.subscribers = parts.events.subscribers();
  gauges.dropped_subscribers = parts.events.dropped();
  gauges.redelivered = parts.events.redelivered();
  for (const DeathCause cause : {DeathCause::recipient_ended, DeathCause::not_taken}) {
    gauges.dead_letters[cause] = parts.expiry.dead(cause);
  }
  gauges.operations_in_flight = parts.queue.in_flight();
  gauges.turns = parts.detector.turns();
  gauges.instances_by_state = count_instances(parts.instances, parts.roles);
  gauges.now = parts.clock.wall_now();
  co_return parts.metrics.exposition(gauges);
}

}  // namespace yardmaster
