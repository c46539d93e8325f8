// Work on files that block: who waits for it hears of that, and what it does late harms nobody.
#include "coordinator/instances/processes/file_workers.h"

#include <atomic>
#include <future>
#include <memory>
#include <optional>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <boost/asio/co_spawn.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"
#include "tests/instances/coroutine_loop.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

class FileWorkersTest : public testing::Test {
 protected:
  FileWorkersTest() { EXPECT_EQ(::mkfifo(pipe_.c_str(), 0600), 0); }
  ~FileWorkersTest() override { let_go(); }

  // A system call that comes back when somebody opens the other end.
  std::function<int()> blocking() const {
    return [path = pipe_] {
      const UniqueFd opened(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
      return opened ? 1 : -1;
    };
  }
  void let_go() {
    if (!other_end_) other_end_ = UniqueFd(::open(pipe_.c_str(), O_RDONLY | O_NONBLOCK));
  }
  int run(FileWorkers& workers, std::function<int()> work, const std::string& concerns) {
    return loop_.wait_for(workers.run(std::move(work), concerns));
  }
  ErrorCode code_of(FileWorkers& workers, std::function<int()> work, const std::string& concerns) {
    try {
      run(workers, std::move(work), concerns);
    } catch (const Error& error) {
      message_ = error.what();
      return error.code();
    }
    return ErrorCode::internal;
  }
  FileWorkers& workers_of(std::chrono::nanoseconds patience) {
    return workers_.emplace(loop_.io(), 1, patience,
                            [this](const std::string& what) { said_.push_back(what); });
  }

  support::TemporaryDirectory place_;
  const std::filesystem::path pipe_ = place_ / "pipe";
  UniqueFd other_end_;
  support::CoroutineLoop loop_;
  std::vector<std::string> said_;
  std::string message_;
  std::optional<FileWorkers> workers_;  // its end waits for what is blocked
};

TEST_F(FileWorkersTest, what_blocks_is_given_up_and_others_go_on) {
  FileWorkers& workers = workers_of(20ms);
  EXPECT_EQ(code_of(workers, blocking(), "/away"), ErrorCode::unavailable);
  EXPECT_THAT(message_, HasSubstr("'/away' has not answered for 20ms"));
  EXPECT_EQ(run(
                workers, [] { return 7; }, "/there"),
            7)
      << "its only thread is stuck";
  ASSERT_EQ(said_.size(), 1U);
  EXPECT_EQ(said_[0], message_);
}

TEST_F(FileWorkersTest, nothing_is_done_where_something_may_still_be_on_its_way) {
  FileWorkers& workers = workers_of(20ms);
  EXPECT_EQ(code_of(workers, blocking(), "/away"), ErrorCode::unavailable);
  std::atomic<bool> done{false};
  const auto next = [&done] {
    done = true;
    return 1;
  };
  EXPECT_EQ(code_of(workers, next, "/away"), ErrorCode::unavailable);
  EXPECT_THAT(message_, HasSubstr("an earlier operation on it has not come back"));
  EXPECT_THROW(workers.require_answering("/away"), Error);
  EXPECT_FALSE(done);
  let_go();
  EXPECT_TRUE(loop_.run_until([&] { return said_.size() == 2; }));
  EXPECT_EQ(said_[1], "'/away' answers again");
  workers.require_answering("/away");
  EXPECT_EQ(run(workers, next, "/away"), 1);
}

TEST_F(FileWorkersTest, what_waits_behind_it_is_refused_too) {
  FileWorkers& workers = workers_of(20ms);
  std::optional<ErrorCode> second;
  std::atomic<bool> done{false};
  std::function<int()> next = [&done] {
    done = true;
    return 1;
  };
  const auto both = [&](std::exception_ptr failure, int) {
    try {
      if (failure) std::rethrow_exception(failure);
    } catch (const Error& error) {
      second = error.code();
    }
  };
  asio::co_spawn(loop_.io(), workers.run(blocking(), "/away"), [](std::exception_ptr, int) {});
  asio::co_spawn(loop_.io(), workers.run(std::move(next), "/away"), both);
  EXPECT_TRUE(loop_.run_until([&] { return second.has_value(); }));
  EXPECT_EQ(second, ErrorCode::unavailable);
  EXPECT_FALSE(done);
}

TEST_F(FileWorkersTest, what_a_work_uses_lives_until_it_comes_back) {
  FileWorkers& workers = workers_of(20ms);
  auto used = std::make_shared<int>(5);
  const std::weak_ptr<int> watched = used;
  std::function<int()> work = [used = std::move(used), block = blocking()] {
    block();
    return *used;
  };
  EXPECT_EQ(code_of(workers, std::move(work), "/away"), ErrorCode::unavailable);
  EXPECT_FALSE(watched.expired());
  let_go();
  EXPECT_TRUE(loop_.run_until([&] { return watched.expired(); }));
}

TEST_F(FileWorkersTest, what_takes_long_and_goes_on_is_not_given_up) {
  FileWorkers& workers = workers_of(300ms);
  const auto long_work = [] {
    const auto end = std::chrono::steady_clock::now() + 1s;
    int turns = 0;
    while (std::chrono::steady_clock::now() < end) ++turns;
    return turns > 0 ? 1 : 0;
  };
  EXPECT_EQ(run(workers, long_work, "/large"), 1);
  EXPECT_TRUE(said_.empty());
}

TEST_F(FileWorkersTest, what_a_work_throws_is_thrown_to_who_waits) {
  FileWorkers& workers = workers_of(10s);
  const auto failing = []() -> int { throw Error(ErrorCode::storage_full, "no space"); };
  EXPECT_EQ(code_of(workers, failing, "/full"), ErrorCode::storage_full);
}

}  // namespace
}  // namespace yardmaster
