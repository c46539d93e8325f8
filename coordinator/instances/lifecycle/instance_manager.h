// Allocates instances, watches over them, and takes everything back when they end, however they
// end. Broker thread only; coroutines on its io_context. A thread of its own looks at what there is
// of the instances.
//
// An instance is a list of resources, acquired in the order of the list and released in reverse,
// also when an allocation fails half way, and after the daemon was killed (reconcile()).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "coordinator/instances/processes/file_workers.h"
#include "coordinator/instances/resources/instance_observer.h"
#include "coordinator/instances/resources/instance_resource.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

// The report of reconcile() on the instances that an earlier daemon left.
struct ReconcileReport {
  std::uint64_t adopted = 0;
  std::uint64_t ended = 0;        // their process died meanwhile
  std::uint64_t rolled_back = 0;  // their allocation was never finished
  std::uint64_t unknown = 0;      // cannot be told yet
};

// A repair is what was or would be done about an instance that is not as it is recorded.
struct Repair {
  std::string instance;
  std::string action;  // "release": it has ended; "probe": ask again for what could not be told
};

class InstanceManager {
 public:
  // Called with a line about what could not be done and is tried again.
  using OnWarning = std::function<void(const std::string& what)>;

  // `file_timeout`: how long a look at an instance's files may stand still.
  InstanceManager(boost::asio::io_context& io, StoreQueue& store, InstanceObserver& observer,
                  OnWarning on_warning, std::chrono::nanoseconds file_timeout = usual_file_timeout);

  // The next in the order of acquisition. Before reconcile().
  void add_resource(std::unique_ptr<InstanceResource> resource);

  // Takes up what an earlier daemon left; once, before anything else. Instances that ended
  // meanwhile are given a second to be gone, and released beside everything else when that is too
  // short.
  boost::asio::awaitable<ReconcileReport> reconcile();

  // Throws already_exists, conflict (it was released meanwhile), or whatever a resource refuses
  // with.
  boost::asio::awaitable<Instance> allocate(InstanceRequest request);
  // Returns when the last trace is gone, also when somebody else has asked for it before; of one
  // that is being allocated the allocation fails. From its beginning on a daemon that is killed
  // goes on with it at its next start. Throws not_found, conflict (it is tried again and again), or
  // what a resource could not do: nothing has changed then if that was the first one, and else it
  // is tried again until the instance is gone.
  boost::asio::awaitable<Instance> release(std::string name, Ending ending);
  // The registered process has ended: releases the instance, and tries until it is gone.
  void process_died(const std::string& name, SteadyTime when);
  // Begins to release it, as soon as it is allocated, and returns when it is sure to end. Repeated
  // for the same reason it changes nothing. Throws not_found, conflict (it is being released for
  // another reason).
  boost::asio::awaitable<void> begin_release(std::string name, Ending ending);
  // Records the state that the agent itself reports: running or idle. Of one that is being started
  // it is the state that it starts in; it has no effect on one that is being taken over or ends.
  // Throws not_found.
  boost::asio::awaitable<void> report(std::string name, InstanceState state);

  // Looks at all instances now: releases those that are proven to have ended, and with
  // `ask_unknown` probes those again that could not be told. `dry_run` changes nothing. Does not
  // wait for the releases.
  boost::asio::awaitable<std::vector<Repair>> repair(bool ask_unknown, bool dry_run);

  std::size_t size() const { return living_.size(); }
  // An instance lives also while it is being allocated or released.
  bool lives(const std::string& name) const { return living_.contains(name); }
  // Throws not_found.
  const Instance& find(const std::string& name) const;
  // Nothing in it may start or end an instance.
  void visit(const std::function<void(const Instance&)>& callback) const;
  InstanceObserver& observer() const { return observer_; }
  // Until it is destroyed, an allocation of this name waits: what is left of an earlier instance
  // can be taken away elsewhere. May outlive the manager.
  class NameHold;
  NameHold hold(const std::string& name);
  // Stops trying.
  void stop();

 private:
  struct Entry {
    explicit Entry(boost::asio::io_context& io) : not_busy(io, SteadyTime::max()) {}

    Instance instance;
    bool busy = false;       // is being allocated, taken up or released
    bool unwanted = false;   // somebody waits to release it
    std::size_t ending = 0;  // calls that wait for its allocation to end it then
    bool died = false;       // while busy
    SteadyTime died_at{};
    // By its agent, before it counted as started.
    std::optional<InstanceState> reported;
    std::string release_failure;         // why its release has failed so far
    boost::asio::steady_timer not_busy;  // cancelled when it is not busy any more, or in trouble
  };
  using EntryPtr = std::shared_ptr<Entry>;

  EntryPtr require(const std::string& name) const;
  EntryPtr add_entry(Instance instance);
  boost::asio::awaitable<void> wait_while_busy(EntryPtr entry);
  boost::asio::awaitable<void> wait_while_starting(EntryPtr entry);
  void become_idle(EntryPtr entry);
  boost::asio::awaitable<void> acquire_all(EntryPtr entry, std::size_t& begun);
  boost::asio::awaitable<void> roll_back(EntryPtr entry, std::size_t begun);
  boost::asio::awaitable<void> note_ending(EntryPtr entry, const Ending& ending);
  boost::asio::awaitable<void> release_all(EntryPtr entry, std::size_t& left, Ending ending);
  boost::asio::awaitable<void> release_failed(EntryPtr entry, std::size_t left,
                                              InstanceState before, Ending ending);
  boost::asio::awaitable<void> release_until_gone(EntryPtr entry, Ending ending);
  struct Adopted {
    Adoption all = Adoption::held;
    std::string_view lost = {};  // the last of the lost resources
  };
  boost::asio::awaitable<Adopted> adopt_all(Instance& instance);
  boost::asio::awaitable<void> adopt_entry(EntryPtr entry, ReconcileReport& report);
  void end_adopted(EntryPtr entry, std::string_view lost, ReconcileReport& report);
  boost::asio::awaitable<void> probe_again(EntryPtr entry);
  boost::asio::awaitable<bool> resolve_unknown(EntryPtr entry);
  bool still_idle(const EntryPtr& entry) const;
  // Of each, the number of the last of its resources that is proven lost; -1: none is.
  using Lost = std::vector<std::ptrdiff_t>;
  boost::asio::awaitable<Lost> probe_all(std::vector<Instance> instances);
  boost::asio::awaitable<std::vector<std::string_view>> find_lost(
      const std::vector<EntryPtr>& entries);
  boost::asio::awaitable<void> repair_some(const std::vector<EntryPtr>& entries,
                                           std::vector<Repair>& repairs, bool ask_unknown,
                                           bool dry_run);
  std::string_view name_of_lost(const Instance& instance, std::ptrdiff_t probed) const;
  void end_unasked(const std::string& name, std::string_view lost, SteadyTime when);
  void become_gone(EntryPtr entry, const Ending& ending);
  void spawn(boost::asio::awaitable<void> work);

  boost::asio::io_context& io_;
  StoreQueue& store_;
  InstanceObserver& observer_;
  OnWarning on_warning_;
  std::vector<std::unique_ptr<InstanceResource>> resources_;
  std::unordered_map<std::string, EntryPtr> living_;
  using HeldNames = std::multiset<std::string>;
  std::shared_ptr<HeldNames> held_ = std::make_shared<HeldNames>();
  bool stopping_ = false;
  FileWorkers probes_;  // last, since what it runs uses the others
};

class InstanceManager::NameHold {
 public:
  NameHold(std::shared_ptr<HeldNames> held, const std::string& name)
      : held_(std::move(held)), place_(held_->insert(name)) {}
  NameHold(NameHold&&) noexcept = default;
  NameHold& operator=(NameHold&&) = delete;
  ~NameHold() {
    if (held_) held_->erase(place_);
  }

 private:
  std::shared_ptr<HeldNames> held_;
  HeldNames::iterator place_;
};

}  // namespace yardmaster
