#include "coordinator/instances/lifecycle/persistent_instances.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "coordinator/base/duration.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/domain/end_notice.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/failure.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

constexpr auto pause_after_failure = std::chrono::seconds(1);
constexpr auto longest_wait = std::chrono::seconds(60);

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
                                         const RestartLimit& limit, OnWarning on_warning)
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
    const bool waits_already = each.next_start != WallTime{};
    asio::co_spawn(io_, restart(each.name, waits_already),
                   or_warn(on_warning_, "cannot start '" + each.name + "' again"));
  }
}

void PersistentInstances::on_gone(const Instance& instance) {
  if (stopping_ || !restarting_.insert(instance.name).second) return;
  asio::co_spawn(io_, restart(instance.name, false),
                 or_warn(on_warning_, "cannot start '" + instance.name + "' again"));
}

// A death that an earlier daemon noted is not counted again; a start that fails counts as one.
asio::awaitable<void> PersistentInstances::restart(std::string name, bool waits_already) {
  bool done = false;
  now_running("restart");
  while (!done && !stopping_) {
    std::string failure;
    try {
      done = co_await try_once(name, waits_already);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    if (failure.empty()) continue;
    waits_already = false;
    on_warning_("cannot start '" + name + "' again: " + failure);
    co_await pause_for(io_, pause_after_failure);
  }
  restarting_.erase(name);
}

// True when nothing more is to be done for it.
asio::awaitable<bool> PersistentInstances::try_once(std::string name, bool waits_already) {
  std::optional<WantedInstance> wanted = co_await find_wanted(name);
  if (!wanted || !wanted->given_up.empty() || instances_.lives(name)) co_return true;
  if (!waits_already) {
    const bool waits = co_await note_death(*wanted);
    if (!waits) co_return true;
  }
  co_await wait_until(wanted->next_start);
  // It may have been released, or spawned by hand, meanwhile.
  const std::optional<WantedInstance> still = co_await find_wanted(name);
  if (!still || stopping_ || instances_.lives(name)) co_return true;
  InstanceRequest request = request_for(*wanted);
  co_await instances_.allocate(std::move(request));
  co_return true;
}

asio::awaitable<void> PersistentInstances::wait_until(WallTime start) {
  const WallTime now = clock_.wall_now();
  if (start <= now) co_return;
  const std::chrono::nanoseconds pause = start - now;
  co_await pause_for(io_, std::min<std::chrono::nanoseconds>(pause, longest_wait));
}

// False when it is given up.
asio::awaitable<bool> PersistentInstances::note_death(WantedInstance& wanted) {
  plan_restart(wanted, clock_.wall_now(), limit_);
  if (!wanted.given_up.empty()) {
    co_await give_up(wanted);
    co_return false;
  }
  const auto note = [&](Store& store) { store.note_deaths(wanted); };
  co_await store_.run(Durability::process, note);
  const auto pause =
      std::chrono::duration_cast<std::chrono::seconds>(wanted.next_start - wanted.deaths.back());
  on_warning_("'" + wanted.name + "' is started again in " + std::to_string(pause.count()) +
              " s (" + std::to_string(wanted.deaths.size()) + " of at most " +
              std::to_string(limit_.restarts) + " times within " + format_duration(limit_.window) +
              ")");
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

asio::awaitable<void> PersistentInstances::give_up(const WantedInstance& wanted) {
  Instance instance;
  instance.name = wanted.name;
  instance.repo = wanted.repo;
  const std::string notice = give_up_notice(wanted.name, wanted.given_up);
  const auto note = [&](Store& store) {
    store.note_deaths(wanted);
    return store.tell_supervisors(instance, notice);
  };
  const std::vector<Message> told = co_await store_.run(Durability::power, note);
  for (const Message& message : told) instances_.observer().on_message(message);
  on_warning_(notice + "; look at `yardmaster history " + wanted.name +
              "` and spawn it again, or forget it with `yardmaster rm " + wanted.name + "`");
}

}  // namespace yardmaster
