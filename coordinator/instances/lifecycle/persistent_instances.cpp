#include "coordinator/instances/lifecycle/persistent_instances.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/instances/processes/async_wait.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

constexpr auto quiet_time = std::chrono::hours(1);  // after which earlier deaths are forgotten
constexpr auto longest_pause = std::chrono::seconds(60);
constexpr auto pause_after_failure = std::chrono::seconds(1);

// 1 s after the first death, then twice as long each time.
std::chrono::seconds pause_before(std::uint64_t restart) {
  const auto doubled = std::chrono::seconds(1) * (1 << std::min<std::uint64_t>(restart, 6));
  return std::min<std::chrono::seconds>(doubled, longest_pause);
}

InstanceRequest request_for(const WantedInstance& wanted) {
  InstanceRequest request;
  request.name = wanted.name;
  request.role = wanted.role;
  request.repo = wanted.repo;
  request.task = wanted.task;
  request.agent_command = wanted.agent_command;
  request.start_ref = wanted.start_ref;
  request.wanted = true;
  request.is_restart = true;
  return request;
}

}  // namespace

PersistentInstances::PersistentInstances(asio::io_context& io, StoreQueue& store,
                                         InstanceManager& instances, const Clock& clock,
                                         std::uint64_t limit, OnWarning on_warning)
    : io_(io),
      store_(store),
      instances_(instances),
      clock_(clock),
      limit_(limit),
      on_warning_(std::move(on_warning)) {}

asio::awaitable<void> PersistentInstances::start() {
  const auto list = [](Store& store) { return store.list_wanted(); };
  const std::vector<WantedInstance> wanted = co_await store_.run(Durability::process, list);
  for (const WantedInstance& each : wanted) {
    if (instances_.lives(each.name) || !restarting_.insert(each.name).second) continue;
    asio::co_spawn(io_, restart(each.name), asio::detached);
  }
}

void PersistentInstances::on_gone(const Instance& instance) {
  if (stopping_ || !restarting_.insert(instance.name).second) return;
  asio::co_spawn(io_, restart(instance.name), asio::detached);
}

asio::awaitable<void> PersistentInstances::restart(std::string name) {
  bool done = false;
  now_running("restart");
  while (!done && !stopping_) {
    std::string failure;
    try {
      done = co_await try_once(name);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    if (failure.empty()) continue;
    on_warning_("cannot start '" + name + "' again: " + failure);
    co_await pause_for(io_, pause_after_failure);
  }
  restarting_.erase(name);
}

// True when nothing more is to be done for it.
asio::awaitable<bool> PersistentInstances::try_once(std::string name) {
  std::optional<WantedInstance> wanted = co_await find_wanted(name);
  if (!wanted || instances_.lives(name)) co_return true;
  const WallTime now = clock_.wall_now();
  if (now - wanted->last_death > quiet_time) wanted->restarts = 0;
  if (wanted->restarts >= limit_) {
    co_await give_up(name, "it ended " + std::to_string(wanted->restarts + 1) +
                               " times within an hour; look at `yardmaster history` and spawn it "
                               "again");
    co_return true;
  }
  const std::uint64_t restarts = wanted->restarts + 1;
  const auto note = [&](Store& store) { store.note_restart(name, restarts, now); };
  co_await store_.run(Durability::process, note);
  const std::chrono::seconds pause = pause_before(wanted->restarts);
  on_warning_("'" + name + "' is started again in " + std::to_string(pause.count()) + " s (" +
              std::to_string(restarts) + " of at most " + std::to_string(limit_) +
              " times within an hour)");
  co_await pause_for(io_, pause);
  // It may have been released, or spawned by hand, meanwhile.
  const std::optional<WantedInstance> still = co_await find_wanted(name);
  if (!still || stopping_ || instances_.lives(name)) co_return true;
  InstanceRequest request = request_for(*wanted);
  co_await instances_.allocate(std::move(request));
  co_return true;
}

asio::awaitable<std::optional<WantedInstance>> PersistentInstances::find_wanted(std::string name) {
  const auto list = [](Store& store) { return store.list_wanted(); };
  const std::vector<WantedInstance> wanted = co_await store_.run(Durability::process, list);
  for (const WantedInstance& each : wanted) {
    if (each.name == name) co_return each;
  }
  co_return std::nullopt;
}

asio::awaitable<void> PersistentInstances::give_up(std::string name, std::string why) {
  const auto drop = [&](Store& store) { store.drop_wanted(name); };
  co_await store_.run(Durability::power, drop);
  on_warning_("'" + name + "' is not started again: " + why);
}

}  // namespace yardmaster
