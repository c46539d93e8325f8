#include "coordinator/instances/lifecycle/instance_manager.h"

#include <algorithm>
#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/failure.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

constexpr auto retry_interval = std::chrono::seconds(1);
constexpr auto hold_check_interval = std::chrono::milliseconds(1);

// Rethrows what made an allocation fail; of an agent that ended, with what it left.
[[noreturn]] void explain(const std::exception_ptr& failure, const Instance& instance) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::agent_ended) throw;
    std::string what = error.what();
    if (!instance.exit_status.empty()) what += " (" + instance.exit_status + ")";
    if (!instance.last_output.empty()) what += "; the last that it showed: " + instance.last_output;
    throw Error(ErrorCode::agent_ended, what);
  }
}

}  // namespace

InstanceManager::InstanceManager(asio::io_context& io, StoreQueue& store,
                                 InstanceObserver& observer, OnWarning on_warning,
                                 std::chrono::nanoseconds file_timeout)
    : io_(io),
      store_(store),
      observer_(observer),
      on_warning_(std::move(on_warning)),
      probes_(io, 1, file_timeout, on_warning_) {}

void InstanceManager::add_resource(std::unique_ptr<InstanceResource> resource) {
  resources_.push_back(std::move(resource));
}

void InstanceManager::stop() { stopping_ = true; }

void InstanceManager::spawn(asio::awaitable<void> work) {
  asio::co_spawn(io_, std::move(work), or_warn(on_warning_, "a release has ended"));
}

asio::awaitable<Instance> InstanceManager::allocate(InstanceRequest request) {
  while (held_->contains(request.name)) co_await pause_for(io_, hold_check_interval);
  if (living_.contains(request.name)) {
    throw Error(
        ErrorCode::already_exists,
        "an instance '" + request.name + "' lives already: release it or choose another name");
  }
  Instance instance(request);
  for (const auto& resource : resources_) resource->plan(request, instance);
  const EntryPtr entry = add_entry(std::move(instance));
  std::exception_ptr failure;
  std::size_t begun = 0;
  try {
    co_await acquire_all(entry, begun);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    co_await roll_back(entry, begun);
    observer_.on_not_started(entry->instance, message_of(failure));
    explain(failure, entry->instance);
  }
  observer_.on_started(entry->instance);
  observer_.on_state(entry->instance);
  Instance result = entry->instance;
  become_idle(entry);
  co_return result;
}

InstanceManager::EntryPtr InstanceManager::add_entry(Instance instance) {
  const auto entry = std::make_shared<Entry>(io_);
  entry->instance = std::move(instance);
  entry->busy = true;
  living_.emplace(entry->instance.name, entry);
  return entry;
}

void InstanceManager::become_idle(EntryPtr entry) {
  entry->busy = false;
  entry->not_busy.cancel();
  const bool ends_otherwise = entry->ending > 0;
  if (entry->died && !ends_otherwise) process_died(entry->instance.name, entry->died_at);
}

// Returns also when the instance cannot be released for now.
asio::awaitable<void> InstanceManager::wait_while_busy(EntryPtr entry) {
  while (entry->busy && entry->release_failure.empty()) {
    entry->unwanted = true;
    boost::system::error_code cancelled;
    const KeepName keep_name;
    co_await entry->not_busy.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
}

// Lets the allocation be, and an end that is being noted. Its process may die meanwhile, which is
// not the end that is told then.
asio::awaitable<void> InstanceManager::wait_while_starting(EntryPtr entry) {
  ++entry->ending;
  const Instance& instance = entry->instance;
  const auto is_settled = [&] {
    const bool is_noting =
        !instance.end_reason.empty() && instance.state != InstanceState::stopping;
    return !is_noting && instance.state != InstanceState::starting;
  };
  while (entry->busy && !is_settled() && entry->release_failure.empty()) {
    boost::system::error_code cancelled;
    const KeepName keep_name;
    co_await entry->not_busy.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  --entry->ending;
}

asio::awaitable<void> InstanceManager::acquire_all(EntryPtr entry, std::size_t& begun) {
  Instance& instance = entry->instance;
  for (const auto& resource : resources_) {
    if (entry->unwanted) {
      throw Error(ErrorCode::conflict,
                  "'" + instance.name + "' was released while it was being started");
    }
    ++begun;
    co_await resource->acquire(instance);
  }
  const std::string name = instance.name;
  const InstanceState state = entry->reported.value_or(InstanceState::running);
  const auto run = [&](Store& store) { store.set_instance_state(name, state); };
  co_await store_.run(Durability::power, run);
  instance.state = state;
}

asio::awaitable<void> InstanceManager::roll_back(EntryPtr entry, std::size_t begun) {
  Ending ending("allocation failed", std::chrono::steady_clock::now());
  ending.keeps_wanted = entry->instance.is_restart && !entry->unwanted;
  ending.undone = true;
  if (begun > 0 && resources_[begun - 1]->begins_later_ones()) begun = resources_.size();
  std::exception_ptr failure;
  try {
    co_await release_all(entry, begun, ending);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) {
    living_.erase(entry->instance.name);
    entry->instance.state = InstanceState::gone;
    entry->instance.end_reason = ending.reason;
    entry->died = false;
    co_return become_idle(entry);
  }
  on_warning_("cannot take back '" + entry->instance.name + "': " + message_of(failure));
  spawn(release_until_gone(entry, ending));
}

InstanceManager::EntryPtr InstanceManager::require(const std::string& name) const {
  const auto found = living_.find(name);
  if (found != living_.end()) return found->second;
  throw Error(ErrorCode::not_found, "there is no instance '" + name + "'");
}

const Instance& InstanceManager::find(const std::string& name) const {
  return require(name)->instance;
}

void InstanceManager::visit(const std::function<void(const Instance&)>& callback) const {
  for (const auto& [name, entry] : living_) callback(entry->instance);
}

InstanceManager::NameHold InstanceManager::hold(const std::string& name) { return {held_, name}; }

asio::awaitable<void> InstanceManager::begin_release(std::string name, Ending ending) {
  const EntryPtr entry = require(name);
  co_await wait_while_starting(entry);
  const bool is_repeated = entry->busy && entry->instance.end_reason == ending.reason;
  if (is_repeated) co_return;
  if (entry->instance.state == InstanceState::gone) require(name);
  if (entry->busy) {
    throw Error(ErrorCode::conflict, "'" + name + "' is being released already");
  }
  co_await note_ending(entry, ending);
  spawn(release_until_gone(entry, std::move(ending)));
}

asio::awaitable<void> InstanceManager::note_ending(EntryPtr entry, const Ending& ending) {
  entry->busy = true;
  entry->instance.end_reason = ending.reason;
  const std::string name = entry->instance.name;
  const auto note = [&](Store& store) {
    store.note_instance_ending(name, ending.reason, ending.summary, ending.key);
  };
  std::exception_ptr failure;
  try {
    co_await store_.run(Durability::power, note);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    entry->instance.end_reason.clear();
    become_idle(entry);
    std::rethrow_exception(failure);
  }
  entry->instance.state = InstanceState::stopping;
  entry->not_busy.cancel();
  observer_.on_state(entry->instance);
}

asio::awaitable<void> InstanceManager::report(std::string name, InstanceState state) {
  const EntryPtr entry = require(name);
  const InstanceState now = entry->instance.state;
  if (now == InstanceState::starting) entry->reported = state;
  entry->instance.reports = true;
  if (entry->busy || now == state || now == InstanceState::unknown) co_return;
  entry->instance.state = state;
  observer_.on_state(entry->instance);
  const auto set = [&](Store& store) { store.set_instance_state(name, state); };
  co_await store_.run(Durability::process, set);
}

asio::awaitable<Instance> InstanceManager::release(std::string name, Ending ending) {
  const EntryPtr entry = require(name);
  co_await wait_while_busy(entry);
  if (entry->instance.state == InstanceState::gone) co_return entry->instance;
  if (entry->busy) {
    throw Error(ErrorCode::conflict, "'" + name + "' is being released, which is tried again: " +
                                         entry->release_failure);
  }
  const InstanceState before = entry->instance.state;
  co_await note_ending(entry, ending);
  std::exception_ptr failure;
  std::size_t left = resources_.size();
  try {
    co_await release_all(entry, left, ending);
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    co_await release_failed(entry, left, before, ending);
    std::rethrow_exception(failure);
  }
  become_gone(entry, ending);
  co_return entry->instance;
}

// An instance that is whole goes on; there is no way back for one that has lost something, nor for
// one of which that cannot be written down.
asio::awaitable<void> InstanceManager::release_failed(EntryPtr entry, std::size_t left,
                                                      InstanceState before, Ending ending) {
  bool goes_on = left == resources_.size();
  if (goes_on) {
    const std::string name = entry->instance.name;
    const auto undo = [&](Store& store) { store.set_instance_state(name, before); };
    try {
      co_await store_.run(Durability::power, undo);
    } catch (const Error&) {
      goes_on = false;
    }
  }
  if (!goes_on) co_return spawn(release_until_gone(entry, std::move(ending)));
  entry->instance.state = before;
  entry->instance.end_reason.clear();
  observer_.on_state(entry->instance);
  become_idle(entry);
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
  // A tombstone may say more of its end than what it was released for.
  const bool has_tombstone = entry->instance.state == InstanceState::gone;
  if (!has_tombstone) entry->instance.end_reason = ending.reason;
  entry->instance.state = InstanceState::gone;
  entry->died = false;
  become_idle(entry);
  observer_.on_gone(entry->instance, std::chrono::steady_clock::now() - ending.began);
}

void InstanceManager::process_died(const std::string& name, SteadyTime when) {
  end_unasked(name, "process", when);
}

void InstanceManager::end_unasked(const std::string& name, std::string_view lost, SteadyTime when) {
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
  spawn(release_until_gone(entry, ended_without(lost, when)));
}

asio::awaitable<void> InstanceManager::release_until_gone(EntryPtr entry, Ending ending) {
  now_running("release");
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
    entry->release_failure = message_of(failure);
    entry->not_busy.cancel();
    on_warning_("cannot release '" + entry->instance.name +
                "', trying again: " + entry->release_failure);
    co_await pause_for(io_, retry_interval);
  }
}

}  // namespace yardmaster
