// A daemon's middle with resources that are played: shared by the tests of InstanceManager.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/instances/lifecycle/instance_manager.h"
#include "coordinator/instances/resources/process_resource.h"
#include "coordinator/instances/resources/row_resource.h"
#include "coordinator/store/sqlite_database.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {

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
    while (stands_still) {
      asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
      co_await timer.async_wait(asio::use_awaitable);
    }
    if (fails_to_acquire) throw Error(ErrorCode::conflict, "no " + name_);
  }
  bool begins_later_ones() const override { return begins_others; }
  asio::awaitable<Adoption> adopt(Instance&) override {
    journal_.push_back("adopt " + name_);
    co_return found;
  }
  Adoption probe(const Instance&) const override { return found; }
  asio::awaitable<void> release(Instance& instance, const Ending&) override {
    if (!silent) journal_.push_back("release " + name_);
    if (fails_to_release) throw Error(ErrorCode::timed_out, name_ + " stays");
    finds_out(instance);
    co_return;
  }

  bool fails_to_acquire = false;
  bool stands_still = false;   // in acquire()
  bool begins_others = false;  // in acquire(), also when that fails
  bool fails_to_release = false;
  bool silent = false;
  Adoption found = Adoption::held;
  std::function<void(Instance&)> finds_out = [](Instance&) {};  // while it is released

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
        manager(io_, queue_, *this, [this](const std::string& what) { warnings.push_back(what); }) {
    manager.add_resource(std::make_unique<RowResource>(queue_, *this));
    window = add("window");
    agent = add("agent");
    manager.add_resource(std::make_unique<ProcessResource>(
        io_, workers_, "/yard", std::chrono::seconds(5), [] { return std::vector<std::int64_t>(); },
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

  template <class T, class Done>
  void begin(asio::awaitable<T> work, Done done) {
    asio::co_spawn(io_, std::move(work), std::move(done));
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

  std::vector<Instance> living() {
    return wait_for(ask([](Store& store) { return store.list_instances(); }));
  }
  std::vector<Instance> ended() {
    return wait_for(ask([](Store& store) { return store.list_tombstones(10); }));
  }
  std::vector<WantedInstance> wanted() {
    return wait_for(ask([](Store& store) { return store.list_wanted(); }));
  }

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

  template <class Question>
  asio::awaitable<std::invoke_result_t<Question, Store&>> ask(Question question) {
    co_return co_await queue_.run(Durability::process, question);
  }

  Journal& journal_;
  asio::io_context io_{1};
  asio::thread_pool workers_{1};
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
  std::vector<std::string> warnings;
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

  static std::string text_of(const std::exception_ptr& failure) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const std::exception& error) {
      return error.what();
    }
    return {};
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

}  // namespace yardmaster
