#include "coordinator/instances/instance_manager.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

constexpr auto retry_interval = std::chrono::seconds(1);
// What ended meanwhile is normally gone before the daemon answers; what takes longer (a full disk,
// a process that does not end) goes on beside it.
constexpr auto cleanup_patience = std::chrono::seconds(1);
constexpr auto probe_interval = std::chrono::seconds(10);

Instance planned(const InstanceRequest& request) {
  Instance instance;
  instance.name = request.name;
  instance.role = request.role;
  instance.repo = request.repo;
  instance.worktree_path = request.worktree_path;
  instance.tmux_window = request.tmux_window;
  instance.task = request.task;
  instance.agent_command = request.agent_command;
  return instance;
}

std::string reason_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

InstanceManager::InstanceManager(asio::io_context& io, StoreQueue& store,
                                 InstanceObserver& observer, OnTrouble on_trouble)
    : io_(io), store_(store), observer_(observer), on_trouble_(std::move(on_trouble)) {}

void InstanceManager::add_resource(std::unique_ptr<InstanceResource> resource) {
  resources_.push_back(std::move(resource));
}

void InstanceManager::stop() { stopping_ = true; }

void InstanceManager::spawn(asio::awaitable<void> work) {
  asio::co_spawn(io_, std::move(work), asio::detached);
}

asio::awaitable<Instance> InstanceManager::allocate(InstanceRequest request) {
  if (living_.contains(request.name)) {
    throw Error(
        ErrorCode::already_exists,
        "an instance '" + request.name + "' lives already: release it or choose another name");
  }
  Instance instance = planned(request);
  for (const auto& resource : resources_) resource->plan(request, instance);
  const auto entry = std::make_shared<Entry>();
  entry->instance = std::move(instance);
  entry->busy = true;
  living_.emplace(request.name, entry);
  std::exception_ptr failure;
  std::size_t acquired = 0;
  try {
    co_await acquire_all(entry->instance, acquired);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    co_await roll_back(entry, acquired);
    std::rethrow_exception(failure);
  }
  entry->busy = false;
  observer_.on_state(entry->instance);
  Instance result = entry->instance;
  if (entry->died) process_died(result.name, entry->died_at);
  co_return result;
}

asio::awaitable<void> InstanceManager::acquire_all(Instance& instance, std::size_t& acquired) {
  for (const auto& resource : resources_) {
    co_await resource->acquire(instance);
    ++acquired;
  }
  const std::string name = instance.name;
  const auto run = [&](Store& store) { store.set_instance_state(name, InstanceState::running); };
  co_await store_.run(Durability::power, run);
  instance.state = InstanceState::running;
}

asio::awaitable<void> InstanceManager::roll_back(EntryPtr entry, std::size_t acquired) {
  const Ending ending("allocation failed", std::chrono::steady_clock::now());
  std::exception_ptr failure;
  try {
    co_await release_all(entry, acquired, ending);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) {
    living_.erase(entry->instance.name);
    co_return;
  }
  on_trouble_("cannot take back '" + entry->instance.name + "': " + reason_of(failure));
  spawn(release_until_gone(entry, ending));
}

asio::awaitable<Instance> InstanceManager::release(std::string name, Ending ending) {
  const auto found = living_.find(name);
  if (found == living_.end()) {
    throw Error(ErrorCode::not_found, "there is no instance '" + name + "'");
  }
  const EntryPtr entry = found->second;
  if (entry->busy) {
    throw Error(ErrorCode::conflict, "'" + name + "' is being allocated or released already");
  }
  entry->busy = true;
  const InstanceState before = std::exchange(entry->instance.state, InstanceState::stopping);
  observer_.on_state(entry->instance);
  std::exception_ptr failure;
  std::size_t left = resources_.size();
  try {
    co_await release_all(entry, left, ending);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    release_failed(entry, left, before, ending);
    std::rethrow_exception(failure);
  }
  become_gone(entry, ending);
  co_return entry->instance;
}

// An instance that is whole goes on; there is no way back for one that has lost something.
void InstanceManager::release_failed(EntryPtr entry, std::size_t left, InstanceState before,
                                     const Ending& ending) {
  if (left < resources_.size()) return spawn(release_until_gone(entry, ending));
  entry->busy = false;
  entry->instance.state = before;
  observer_.on_state(entry->instance);
  if (entry->died) process_died(entry->instance.name, entry->died_at);
}

asio::awaitable<void> InstanceManager::release_all(EntryPtr entry, std::size_t& left,
                                                   Ending ending) {
  while (left > 0) {
    co_await resources_[left - 1]->release(entry->instance, ending);
    --left;
  }
}

void InstanceManager::become_gone(EntryPtr entry, const Ending& ending) {
  living_.erase(entry->instance.name);
  entry->instance.state = InstanceState::gone;
  entry->instance.end_reason = ending.reason;
  observer_.on_gone(entry->instance, std::chrono::steady_clock::now() - ending.began);
}

void InstanceManager::process_died(const std::string& name, SteadyTime when) {
  const auto found = living_.find(name);
  if (found == living_.end()) return;
  const EntryPtr entry = found->second;
  if (entry->busy) {
    entry->died = true;
    entry->died_at = when;
    return;
  }
  entry->busy = true;
  entry->instance.state = InstanceState::stopping;
  spawn(release_until_gone(entry, Ending("process died", when)));
}

asio::awaitable<void> InstanceManager::release_until_gone(EntryPtr entry, Ending ending) {
  while (!stopping_) {
    std::exception_ptr failure;
    std::size_t left = resources_.size();
    try {
      co_await release_all(entry, left, ending);
    } catch (...) {
      failure = std::current_exception();
    }
    if (!failure) {
      become_gone(entry, ending);
      co_return;
    }
    on_trouble_("cannot release '" + entry->instance.name +
                "', trying again: " + reason_of(failure));
    co_await pause(retry_interval);
  }
}

asio::awaitable<void> InstanceManager::pause(std::chrono::nanoseconds time) {
  asio::steady_timer timer(io_, time);
  boost::system::error_code cancelled;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

asio::awaitable<ReconcileReport> InstanceManager::reconcile() {
  const auto list = [](Store& store) { return store.list_instances(); };
  std::vector<Instance> left = co_await store_.run(Durability::process, list);
  ReconcileReport report;
  for (Instance& instance : left) {
    const auto entry = std::make_shared<Entry>();
    entry->instance = std::move(instance);
    living_.emplace(entry->instance.name, entry);
    co_await take_up(entry, report);
  }
  const std::size_t staying = report.adopted + report.unknown;
  const SteadyTime deadline = std::chrono::steady_clock::now() + cleanup_patience;
  while (living_.size() > staying && std::chrono::steady_clock::now() < deadline) {
    co_await pause(std::chrono::milliseconds(1));
  }
  co_return report;
}

asio::awaitable<void> InstanceManager::take_up(EntryPtr entry, ReconcileReport& report) {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (entry->instance.state == InstanceState::starting) {
    ++report.rolled_back;
    entry->busy = true;
    co_return spawn(release_until_gone(entry, Ending("allocation was interrupted", now)));
  }
  const Adoption adoption = co_await adopt_all(entry->instance);
  if (adoption == Adoption::lost) {
    ++report.ended;
    entry->busy = true;
    co_return spawn(release_until_gone(entry, Ending("process died", now)));
  }
  if (adoption == Adoption::held) {
    ++report.adopted;
    co_return;
  }
  ++report.unknown;
  entry->instance.state = InstanceState::unknown;
  observer_.on_state(entry->instance);
  spawn(probe_again(entry));
}

// Everything that can be taken up is, so that a release finds it.
asio::awaitable<Adoption> InstanceManager::adopt_all(Instance& instance) {
  Adoption all = Adoption::held;
  for (const auto& resource : resources_) {
    Adoption one = Adoption::unknown;
    try {
      one = co_await resource->adopt(instance);
    } catch (const std::exception& error) {
      on_trouble_("cannot take up the " + std::string(resource->name()) + " of '" + instance.name +
                  "': " + error.what());
    }
    if (one == Adoption::lost || all == Adoption::held) all = one;
  }
  co_return all;
}

asio::awaitable<void> InstanceManager::probe_again(EntryPtr entry) {
  // g++ 12 compiles a co_return within this loop to a trap.
  bool settled = false;
  while (!settled && !stopping_) {
    co_await pause(probe_interval);
    settled = co_await settle(entry);
  }
}

// Probes an unknown instance; false when it stays unknown.
asio::awaitable<bool> InstanceManager::settle(EntryPtr entry) {
  if (entry->busy || entry->instance.state != InstanceState::unknown) co_return true;
  const Adoption adoption = co_await adopt_all(entry->instance);
  if (entry->busy) co_return true;
  if (adoption == Adoption::unknown) co_return false;
  if (adoption == Adoption::lost) {
    process_died(entry->instance.name, std::chrono::steady_clock::now());
  } else {
    entry->instance.state = InstanceState::running;
    observer_.on_state(entry->instance);
  }
  co_return true;
}

bool InstanceManager::has_ended(const Instance& instance) const {
  return std::any_of(resources_.begin(), resources_.end(), [&](const auto& resource) {
    return resource->probe(instance) == Adoption::lost;
  });
}

asio::awaitable<std::vector<Repair>> InstanceManager::repair(bool ask_unknown, bool dry_run) {
  std::vector<EntryPtr> entries;  // a copy, since releases change the table
  for (const auto& [name, entry] : living_) entries.push_back(entry);
  std::vector<Repair> repairs;
  for (const EntryPtr& entry : entries) {
    const std::string name = entry->instance.name;
    if (entry->busy) continue;
    if (has_ended(entry->instance)) {
      repairs.push_back(Repair{name, "release"});
      if (!dry_run) process_died(name, std::chrono::steady_clock::now());
    } else if (ask_unknown && entry->instance.state == InstanceState::unknown) {
      repairs.push_back(Repair{name, "probe"});
      if (!dry_run) co_await settle(entry);
    }
  }
  std::sort(repairs.begin(), repairs.end(),
            [](const Repair& one, const Repair& other) { return one.instance < other.instance; });
  co_return repairs;
}

}  // namespace yardmaster
