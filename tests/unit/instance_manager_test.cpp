// The list of resources behind an instance: order, failure half way, death and restart, on a real
// store and with real processes.
#include "coordinator/instances/instance_manager.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

#include "coordinator/instances/process_resource.h"
#include "coordinator/instances/row_resource.h"
#include "coordinator/store/sqlite_database.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
using Journal = std::vector<std::string>;

class SilentObserver final : public CommitObserver {
 public:
  void on_commit(std::chrono::nanoseconds, std::size_t, Durability, bool) override {}
  void on_checkpoint(const CheckpointResult&) override {}
  void on_storage_error(const Error&) override {}
};

// Writes down what is done to it, and fails when told.
class NotedResource final : public InstanceResource {
 public:
  NotedResource(std::string name, Journal& journal) : name_(std::move(name)), journal_(journal) {}

  std::string_view name() const override { return name_; }
  asio::awaitable<void> acquire(Instance&) override {
    if (!silent) journal_.push_back("acquire " + name_);
    if (fails_to_acquire) throw Error(ErrorCode::conflict, "no " + name_);
    co_return;
  }
  asio::awaitable<Adoption> adopt(Instance&) override {
    journal_.push_back("adopt " + name_);
    co_return found;
  }
  Adoption probe(const Instance&) const override { return found; }
  asio::awaitable<void> release(Instance&, const Ending&) override {
    if (!silent) journal_.push_back("release " + name_);
    if (fails_to_release) throw Error(ErrorCode::timed_out, name_ + " stays");
    co_return;
  }

  bool fails_to_acquire = false;
  bool fails_to_release = false;
  bool silent = false;
  Adoption found = Adoption::held;

 private:
  std::string name_;
  Journal& journal_;
};

// A daemon's middle: can be dropped without any goodbye and set up again on the same database.
class Yard final : public InstanceObserver {
 public:
  Yard(const std::filesystem::path& file, Journal& journal)
      : journal_(journal),
        database_(SqliteDatabase::open(file)),
        store_(*database_, clock_),
        queue_(io_, store_, std::make_unique<Reader>(database_->open_reader()), {}, silent_),
        manager(io_, queue_, *this, [this](const std::string& what) { trouble.push_back(what); }) {
    manager.add_resource(std::make_unique<RowResource>(queue_, *this));
    window = add("window");
    agent = add("agent");
    manager.add_resource(std::make_unique<ProcessResource>(
        io_, std::chrono::seconds(5),
        [this](const std::string& name, SteadyTime when) { manager.process_died(name, when); }));
    last = add("last");
    last->silent = true;
  }

  template <class T>
  T wait_for(asio::awaitable<T> work) {
    std::optional<T> result;
    std::exception_ptr failure;
    asio::co_spawn(io_, std::move(work), [&](std::exception_ptr error, T value) {
      failure = error;
      result = std::move(value);
    });
    run_until([&] { return failure || result; });
    if (failure) std::rethrow_exception(failure);
    return std::move(*result);
  }

  template <class Done>
  void run_until(Done done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      io_.restart();
      io_.run_one_until(deadline);
    }
    ASSERT_TRUE(done());
  }

  std::vector<Instance> living() { return wait_for(list_living()); }

  void on_state(const Instance& instance) override {
    journal_.push_back(instance.name + " is " + std::string(to_string(instance.state)));
  }
  void on_gone(const Instance& instance, std::chrono::nanoseconds) override {
    journal_.push_back(instance.name + " gone: " + instance.end_reason);
    gone = true;
  }
  void on_handoff(const Handoff&) override {}

 private:
  NotedResource* add(const char* name) {
    auto resource = std::make_unique<NotedResource>(name, journal_);
    NotedResource* const added = resource.get();
    manager.add_resource(std::move(resource));
    return added;
  }

  asio::awaitable<std::vector<Instance>> list_living() {
    const auto list = [](Store& store) { return store.list_instances(); };
    co_return co_await queue_.run(Durability::process, list);
  }

  Journal& journal_;
  asio::io_context io_{1};
  SilentObserver silent_;
  SystemClock clock_;
  std::unique_ptr<Database> database_;
  Store store_;
  StoreQueue queue_;

 public:
  InstanceManager manager;
  NotedResource* window = nullptr;
  NotedResource* agent = nullptr;
  NotedResource* last = nullptr;  // to be acquired, so the first to be released
  std::vector<std::string> trouble;
  bool gone = false;
};

class InstanceManagerTest : public testing::Test {
 protected:
  InstanceManagerTest() { start(); }

  void start() {
    yard_.reset();
    yard_ = std::make_unique<Yard>(directory_ / "yard.db", journal_);
  }

  static InstanceRequest request(const std::string& name, pid_t pid = 0) {
    InstanceRequest wanted;
    wanted.name = name;
    wanted.role = "worker";
    if (pid > 0) wanted.process = ProcessIdentity{pid, 0, {}};
    return wanted;
  }

  Instance allocate(const std::string& name, pid_t pid = 0) {
    return yard_->wait_for(yard_->manager.allocate(request(name, pid)));
  }
  Instance release(const std::string& name) {
    Ending ending("released", std::chrono::steady_clock::now());
    return yard_->wait_for(yard_->manager.release(name, std::move(ending)));
  }

  support::TemporaryDirectory directory_;
  Journal journal_;
  std::unique_ptr<Yard> yard_;
};

TEST_F(InstanceManagerTest, resources_are_released_in_reverse_order) {
  EXPECT_EQ(allocate("one").state, InstanceState::running);
  release("one");
  EXPECT_EQ(journal_,
            (Journal{"acquire window", "acquire agent", "one is running", "one is stopping",
                     "release agent", "release window", "one gone: released"}));
  EXPECT_TRUE(yard_->living().empty());
}

TEST_F(InstanceManagerTest, a_failure_half_way_takes_back_what_was_acquired) {
  yard_->agent->fails_to_acquire = true;
  EXPECT_THROW(allocate("one"), Error);
  EXPECT_EQ(journal_, (Journal{"acquire window", "acquire agent", "release window"}));
  EXPECT_TRUE(yard_->living().empty());
  yard_->agent->fails_to_acquire = false;
  EXPECT_EQ(allocate("one").name, "one");
}

TEST_F(InstanceManagerTest, an_instance_that_lost_nothing_stays_and_can_be_asked_for_again) {
  allocate("one");
  yard_->last->fails_to_release = true;
  EXPECT_THROW(release("one"), Error);
  EXPECT_EQ(journal_.back(), "one is running");
  EXPECT_EQ(yard_->living().size(), 1U);
  yard_->last->fails_to_release = false;
  EXPECT_EQ(release("one").state, InstanceState::gone);
  EXPECT_TRUE(yard_->living().empty());
}

TEST_F(InstanceManagerTest, a_release_that_fails_half_way_goes_on_until_all_is_gone) {
  allocate("one");
  yard_->window->fails_to_release = true;
  EXPECT_THROW(release("one"), Error);
  EXPECT_THROW(release("one"), Error) << "it is under way";
  EXPECT_THROW(allocate("one"), Error);
  yard_->run_until([&] { return !yard_->trouble.empty(); });
  yard_->window->fails_to_release = false;
  yard_->run_until([&] { return yard_->gone; });
  EXPECT_EQ(journal_.back(), "one gone: released");
  EXPECT_TRUE(yard_->living().empty());
}

TEST_F(InstanceManagerTest, a_dry_repair_says_what_a_real_one_does) {
  allocate("one");
  const auto repair = [this](bool ask_unknown, bool dry_run) {
    return yard_->wait_for(yard_->manager.repair(ask_unknown, dry_run));
  };
  EXPECT_TRUE(repair(true, false).empty());
  yard_->window->found = Adoption::lost;
  const auto would_be = repair(false, true);
  ASSERT_EQ(would_be.size(), 1U);
  EXPECT_EQ(would_be[0].instance, "one");
  EXPECT_EQ(would_be[0].action, "release");
  EXPECT_EQ(yard_->living().size(), 1U);
  EXPECT_EQ(repair(false, false).size(), 1U);
  yard_->run_until([&] { return yard_->gone; });
  EXPECT_TRUE(repair(true, false).empty());
}

TEST_F(InstanceManagerTest, what_could_not_be_told_is_asked_again_by_a_repair) {
  allocate("one");
  start();
  yard_->window->found = Adoption::unknown;
  EXPECT_EQ(yard_->wait_for(yard_->manager.reconcile()).unknown, 1U);
  EXPECT_TRUE(yard_->wait_for(yard_->manager.repair(false, false)).empty());
  yard_->window->found = Adoption::held;
  const auto repairs = yard_->wait_for(yard_->manager.repair(true, false));
  ASSERT_EQ(repairs.size(), 1U);
  EXPECT_EQ(repairs[0].action, "probe");
  EXPECT_EQ(journal_.back(), "one is running");
}

TEST(ProcessResourceTest, a_release_ends_a_process_that_nobody_watches) {
  support::ChildProcess process({{"sleep", "600"}});
  asio::io_context io;
  ProcessResource resource(io, std::chrono::seconds(5),
                           [](const std::string&, SteadyTime) { ADD_FAILURE(); });
  Instance instance;
  instance.name = "one";
  instance.process = open_process(process.pid()).identity;
  const Ending ending("released", std::chrono::steady_clock::now());
  bool released = false;
  asio::co_spawn(io, resource.release(instance, ending),
                 [&](std::exception_ptr failure) { released = !failure; });
  io.run_for(std::chrono::seconds(20));
  EXPECT_TRUE(released);
  EXPECT_EQ(process.wait(), 128 + SIGTERM);
}

TEST_F(InstanceManagerTest, a_start_does_not_wait_for_what_cannot_be_released) {
  support::ChildProcess process({{"sleep", "600"}});
  allocate("one", process.pid());
  start();
  process.kill();
  yard_->window->fails_to_release = true;
  EXPECT_EQ(yard_->wait_for(yard_->manager.reconcile()).ended, 1U);
  EXPECT_EQ(yard_->living().size(), 1U);
  yard_->window->fails_to_release = false;
  yard_->run_until([&] { return yard_->gone; });
}

TEST_F(InstanceManagerTest, the_death_of_its_process_releases_everything) {
  support::ChildProcess process({{"sleep", "600"}});
  allocate("one", process.pid());
  journal_.clear();
  process.kill();
  yard_->run_until([&] { return yard_->gone; });
  EXPECT_EQ(journal_, (Journal{"release agent", "release window", "one gone: process died"}));
}

TEST_F(InstanceManagerTest, a_release_ends_the_process) {
  support::ChildProcess process({{"sleep", "600"}});
  allocate("one", process.pid());
  release("one");
  EXPECT_EQ(process.wait(), 128 + SIGTERM);
}

TEST_F(InstanceManagerTest, a_dead_process_is_refused_and_leaves_nothing) {
  support::ChildProcess process({{"true"}});
  ASSERT_TRUE(process.wait().has_value());
  EXPECT_THROW(allocate("one", process.pid()), Error);
  EXPECT_TRUE(journal_.empty());
  EXPECT_TRUE(yard_->living().empty());
}

TEST_F(InstanceManagerTest, a_restart_takes_up_the_living_and_ends_the_dead) {
  support::ChildProcess lives({{"sleep", "600"}});
  support::ChildProcess dies({{"sleep", "600"}});
  allocate("lives", lives.pid());
  allocate("dies", dies.pid());
  start();
  dies.kill();
  start();
  const ReconcileReport report = yard_->wait_for(yard_->manager.reconcile());
  EXPECT_EQ(report.adopted, 1U);
  EXPECT_EQ(report.ended, 1U);
  const auto living = yard_->living();
  ASSERT_EQ(living.size(), 1U);
  EXPECT_EQ(living[0].name, "lives");
  // It is watched again.
  yard_->gone = false;
  lives.kill();
  yard_->run_until([&] { return yard_->gone; });
}

}  // namespace
}  // namespace yardmaster
