// Work on a store that can be looked for afterwards: each operation has a number, which is in what
// it stores. What is there after a crash must be a beginning of all that was begun, since
// operations take effect in their order, and as long as what was promised. Not thread-safe; the
// store may be on any engine.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "coordinator/store/group_commit.h"

namespace yardmaster::support {

// What the work has been told so far.
struct Promises {
  std::int64_t begun = 0;  // the latest operation that was given to the store
  // All up to this one were promised for a power cut; 0 stands for the instances.
  std::int64_t until_power = -1;
  // Work begun after this one was done on a server that may have lost what is in between: there it
  // need not be a beginning, and only what is named in `power` was promised.
  std::int64_t before_crash = std::numeric_limits<std::int64_t>::max();
  std::set<std::int64_t> power = {};
  // What was said to have failed may be there or not.
  std::set<std::int64_t> failed = {};
};

// A store as the daemon has it, with its threads.
class OpenStore {
 public:
  OpenStore(std::unique_ptr<Database> database, const GroupCommitOptions& options);
  // An orderly stop.
  ~OpenStore();
  OpenStore(const OpenStore&) = delete;
  OpenStore& operator=(const OpenStore&) = delete;

  void submit(std::unique_ptr<Operation> operation) { commits_->submit(std::move(operation)); }
  // Hands over what was submitted, in one transaction.
  void hand_over() { commits_->hand_over(); }
  // Waits until all of it is completed.
  void complete();

 private:
  std::unique_ptr<Database> database_;
  ManualClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<CommitObserver> observer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool notified_ = false;
  std::unique_ptr<GroupCommit> commits_;
};

class NumberedWork {
 public:
  using OnPromise = std::function<void(const Promises&)>;

  // `on_promise` is called whenever a promise was given.
  NumberedWork(std::uint64_t seed, OnPromise on_promise);

  // Makes the instances that the rest is about; once, on an empty store.
  void begin(OpenStore& store);
  // Submits so many operations, drawn by chance: entries of some lengths, some again, messages,
  // broadcasts and handoffs, each at a durability of its own.
  void submit(OpenStore& store, int count);
  const Promises& promises() const { return promises_; }
  // How many failed, and why the last one did: with outcome_unknown on a server that is killed.
  std::size_t failed() const { return failed_; }
  const std::string& last_failure() const { return last_failure_; }

  // From now on, what is done is done on a server that has crashed.
  void crashes() { promises_.before_crash = promises_.begun; }

  // Looks everything up in the database; what contradicts the promises, empty when nothing does.
  static std::string audit(Database& database, const Promises& promises);

 private:
  using Work = std::function<void(Store&)>;
  class Numbered;

  void add(OpenStore& store, Durability durability, std::int64_t promised, Work work);
  void add_entry(OpenStore& store, Durability durability);
  void repeat_entry(OpenStore& store, Durability durability);
  void done(const Numbered& operation);

  struct Entry {
    std::int64_t number = 0;  // of its operation
    std::string context;
    std::uint64_t seq = 0;
    std::string data;
  };

  std::mt19937_64 random_;
  OnPromise on_promise_;
  Promises promises_;
  std::vector<std::uint64_t> last_seqs_;  // by writer
  std::optional<Entry> latest_;
  std::size_t failed_ = 0;
  std::string last_failure_;
};

}  // namespace yardmaster::support
