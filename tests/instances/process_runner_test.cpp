// Real programs, mostly shells: what they say, how they end, and what becomes of them when the
// daemon does.
#include "coordinator/instances/processes/process_runner.h"

#include <algorithm>
#include <csignal>
#include <fstream>
#include <thread>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "tests/instances/coroutine_loop.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::read_file;

ProgramCall shell(const std::string& script) {
  ProgramCall call;
  call.argv = {"sh", "-c", script};
  return call;
}

// Cancelled as soon as it has said that it is ready.
ProgramCall shell_until_ready(const std::string& script) {
  ProgramCall call = shell(script);
  call.cancel = std::make_shared<ProgramCancel>();
  call.on_error_line = [cancel = call.cancel](std::string_view) { cancel->cancel(); };
  return call;
}

bool runs(pid_t pid) {
  const std::string stat = read_file("/proc/" + std::to_string(pid) + "/stat");
  return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

class ProcessRunnerTest : public testing::Test {
 protected:
  ProgramResult run(ProgramCall call) { return loop_.wait_for(runner_.run(std::move(call))); }
  ErrorCode code_of(ProgramCall call) {
    try {
      run(std::move(call));
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::internal;
  }

  support::TemporaryDirectory scratch_;
  support::CoroutineLoop loop_;
  SystemProcessRunner runner_{loop_.io(), scratch_ / "programs.lock"};
};

TEST_F(ProcessRunnerTest, a_program_that_says_without_end_is_ended) {
  const ProgramResult result = run(shell("exec cat /dev/zero"));
  EXPECT_TRUE(result.cancelled);
  EXPECT_FALSE(result.succeeded());
  EXPECT_LT(result.output.size(), std::size_t{70} << 20U);
  EXPECT_NE(result.errors.find("longer than 64 MiB"), std::string::npos) << result.errors;
}

TEST_F(ProcessRunnerTest, output_errors_and_status_are_the_programs) {
  const ProgramResult result = run(shell("echo out; echo err >&2; exit 3"));
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "err\n");
  EXPECT_EQ(result.status, 3);
  EXPECT_FALSE(result.succeeded());
  EXPECT_TRUE(run(shell("true")).succeeded());
}

TEST_F(ProcessRunnerTest, a_signal_is_told_as_a_shell_does) {
  EXPECT_EQ(run(shell("kill -9 $$")).status, 128 + SIGKILL);
}

TEST_F(ProcessRunnerTest, arguments_arrive_as_they_are) {
  ProgramCall call;
  call.argv = {"printf", "%s|", "a b", "'\"$HOME\\", "", "*"};
  EXPECT_EQ(run(call).output, "a b|'\"$HOME\\||*|");
}

TEST_F(ProcessRunnerTest, megabytes_come_whole_from_both_pipes_and_go_in) {
  constexpr std::size_t size = 8 << 20;
  ProgramCall call = shell("cat; head -c 3000000 /dev/zero | tr '\\0' e >&2");
  call.input.assign(size, 'i');
  call.input.back() = '.';
  const ProgramResult result = run(call);
  EXPECT_TRUE(result.output == call.input);
  EXPECT_GE(result.errors.size(), 256U * 1024);
  EXPECT_LT(result.errors.size(), 1U << 20) << "the last part is kept";
}

TEST_F(ProcessRunnerTest, without_input_there_is_nothing_to_read) {
  EXPECT_EQ(run(shell("cat; echo end")).output, "end\n");
}

TEST_F(ProcessRunnerTest, each_line_of_errors_comes_as_it_is_said) {
  std::vector<std::string> lines;
  ProgramCall call = shell("printf 'one\\rtwo\\r\\nthr' >&2; printf 'ee\\nrest' >&2");
  call.on_error_line = [&](std::string_view line) { lines.emplace_back(line); };
  EXPECT_EQ(run(call).errors, "one\rtwo\r\nthree\nrest");
  EXPECT_EQ(lines, (std::vector<std::string>{"one", "two", "three"}));
}

TEST_F(ProcessRunnerTest, what_is_not_there_is_not_found) {
  ProgramCall call;
  call.argv = {"no-such-program-anywhere"};
  EXPECT_EQ(code_of(call), ErrorCode::not_found);
  call.argv = {(scratch_ / "none").string()};
  EXPECT_EQ(code_of(call), ErrorCode::not_found);
  call = shell("true");
  call.directory = scratch_ / "none";
  EXPECT_EQ(code_of(call), ErrorCode::not_found);
  support::write_file(scratch_ / "text", "no program");
  call.argv = {(scratch_ / "text").string()};
  call.directory.clear();
  EXPECT_EQ(code_of(call), ErrorCode::unavailable);
}

TEST_F(ProcessRunnerTest, directory_and_environment_are_as_asked) {
  ::setenv("YARD_DROPPED", "here", 1);
  ProgramCall call = shell("pwd; echo \"$YARD_ADDED,$YARD_DROPPED,$HOME\"");
  call.directory = scratch_.path();
  call.environment = {{"YARD_ADDED", "a=b c"}, {"HOME", "/another"}};
  call.dropped_variables = {"YARD_DROPPED"};
  EXPECT_EQ(run(call).output, scratch_.path().string() + "\na=b c,,/another\n");
  ::unsetenv("YARD_DROPPED");
}

TEST_F(ProcessRunnerTest, a_path_in_the_calls_environment_is_searched) {
  support::write_file(scratch_ / "tool", "#!/bin/sh\necho mine\n");
  std::filesystem::permissions(scratch_ / "tool", std::filesystem::perms::owner_all);
  ProgramCall call;
  call.argv = {"tool"};
  call.environment = {{"PATH", "/nowhere:" + scratch_.path().string()}};
  EXPECT_EQ(run(call).output, "mine\n");
}

TEST_F(ProcessRunnerTest, no_descriptor_and_no_blocked_signal_is_inherited_but_the_lock) {
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ProgramCall call;
  call.argv = {"grep", "-E", "Sig(Blk|Ign)", "/proc/self/status"};
  const ProgramResult signals = run(call);
  ::signal(SIGPIPE, SIG_DFL);
  ::sigprocmask(SIG_UNBLOCK, &blocked, nullptr);
  EXPECT_EQ(signals.output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
  call.argv = {"ls", "/proc/self/fd"};  // the last one is that directory
  EXPECT_EQ(run(call).output, "0\n1\n2\n3\n4\n");
  call.argv = {"readlink", "/proc/self/fd/3"};
  EXPECT_EQ(run(call).output, (scratch_ / "programs.lock").string() + "\n");
}

TEST_F(ProcessRunnerTest, it_has_no_terminal_and_a_group_of_its_own) {
  const ProgramResult result = run(shell("echo $$; ps -o pid=,pgid=,sid=,tty= -p $$"));
  std::istringstream words(result.output);
  std::vector<std::string> seen{std::istream_iterator<std::string>(words), {}};
  ASSERT_EQ(seen.size(), 5U) << result.output;
  EXPECT_EQ(std::count(seen.begin(), seen.end(), seen.front()), 4);
  EXPECT_EQ(seen.back(), "?");
}

TEST_F(ProcessRunnerTest, what_takes_too_long_is_asked_to_end) {
  ProgramCall call;
  call.argv = {"sleep", "60"};
  call.timeout = milliseconds(100);
  const ProgramResult result = run(call);
  EXPECT_TRUE(result.timed_out);
  EXPECT_FALSE(result.cancelled);
  EXPECT_FALSE(result.succeeded());
  EXPECT_EQ(result.status, 128 + SIGTERM);
}

TEST_F(ProcessRunnerTest, what_is_asked_to_end_ends_with_its_children) {
  const ProgramResult result = run(shell_until_ready("sleep 60 & echo $!; echo ready >&2; wait"));
  EXPECT_TRUE(result.cancelled);
  EXPECT_EQ(result.status, 128 + SIGTERM);
  const pid_t child = std::stoi(result.output);
  EXPECT_TRUE(support::eventually([&] { return !runs(child); }));
}

TEST_F(ProcessRunnerTest, what_ignores_the_request_is_killed_with_its_children) {
  const ProgramResult result =
      run(shell_until_ready("trap '' TERM; (while :; do sleep 1; done) & echo $!; echo ready >&2; "
                            "while :; do sleep 1; done"));
  EXPECT_TRUE(result.cancelled);
  EXPECT_EQ(result.status, 128 + SIGKILL);
  const pid_t child = std::stoi(result.output);
  EXPECT_TRUE(support::eventually([&] { return !runs(child); }));
}

TEST_F(ProcessRunnerTest, one_that_tidies_up_on_the_request_may_finish) {
  ProgramCall call = shell_until_ready(
      "trap 'rm lock; exit 1' TERM; touch lock; echo ready >&2; while :; do sleep 0.01; done");
  call.directory = scratch_.path();
  EXPECT_EQ(run(call).status, 1);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "lock"));
}

TEST_F(ProcessRunnerTest, it_can_be_cancelled_before_and_while_it_runs) {
  const ProgramCall call = shell_until_ready("echo started >&2; sleep 60");
  ProgramResult result = run(call);
  EXPECT_TRUE(result.cancelled);
  EXPECT_FALSE(result.timed_out);
  result = run(call);
  EXPECT_TRUE(result.cancelled);
  EXPECT_EQ(result.errors, "") << "it was not started again";
}

TEST_F(ProcessRunnerTest, children_that_stay_do_not_hold_it_up) {
  const ProgramResult result = run(shell("sleep 60 & echo $!"));
  EXPECT_TRUE(result.succeeded());
  ::kill(std::stoi(result.output), SIGKILL);
}

TEST_F(ProcessRunnerTest, many_run_at_once) {
  int ended = 0;
  for (int i = 0; i < 60; ++i) {
    boost::asio::co_spawn(loop_.io(), runner_.run(shell("exit 7")),
                          [&](const std::exception_ptr&, const ProgramResult& result) {
                            if (result.status == 7) ++ended;
                          });
  }
  EXPECT_TRUE(loop_.run_until([&] { return ended == 60; }));
}

TEST_F(ProcessRunnerTest, nothing_is_left_open_afterwards) {
  const auto open_files = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
  };
  run(shell("true"));
  const auto before = open_files();
  for (int i = 0; i < 5; ++i) run(shell("echo x"));
  EXPECT_EQ(open_files(), before);
}

// The daemon's own files are private, those of the user's repository are as the user has them.
TEST_F(ProcessRunnerTest, a_program_has_the_umask_that_was_asked_for) {
  SystemProcessRunner runner(loop_.io(), scratch_ / "other.lock", mode_t{027});
  EXPECT_EQ(loop_.wait_for(runner.run(shell("umask"))).output, "0027\n");
}

// A daemon that is killed while its program runs. The program notes that it was asked to end, and
// ends when it may.
class LeftoverTest : public testing::Test {
 protected:
  LeftoverTest() {
    daemon_ = ::fork();
    if (daemon_ == 0) be_daemon();
    started_ = support::eventually([&] { return std::filesystem::exists(scratch_ / "ready"); });
  }
  ~LeftoverTest() override {
    if (daemon_ > 0) kill_daemon();
    support::write_file(scratch_ / "go", "");
  }

  [[noreturn]] void be_daemon() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    support::CoroutineLoop loop;
    SystemProcessRunner runner(loop.io(), scratch_ / "programs.lock");
    ProgramCall call = shell(
        "trap 'touch asked' TERM; touch ready; "
        "n=0; until [ -e go ] || [ $n = 6000 ]; do sleep 0.01; n=$((n+1)); done");
    call.directory = scratch_.path();
    loop.wait_for(runner.run(std::move(call)));
    ::_exit(0);
  }
  void kill_daemon() {
    ::kill(daemon_, SIGKILL);
    ::waitpid(daemon_, nullptr, 0);
    daemon_ = -1;
  }

  support::TemporaryDirectory scratch_;
  pid_t daemon_ = -1;
  bool started_ = false;
};

TEST_F(LeftoverTest, programs_are_asked_to_end_when_their_daemon_is_killed) {
  ASSERT_TRUE(started_);
  EXPECT_FALSE(std::filesystem::exists(scratch_ / "asked"));
  kill_daemon();
  EXPECT_TRUE(support::eventually([&] { return std::filesystem::exists(scratch_ / "asked"); }));
}

TEST_F(LeftoverTest, the_next_daemon_waits_until_the_last_has_ended) {
  ASSERT_TRUE(started_);
  kill_daemon();
  support::CoroutineLoop loop;
  SystemProcessRunner runner(loop.io(), scratch_ / "programs.lock");
  try {
    loop.wait_for(runner.wait_for_leftovers(milliseconds(200)));
    FAIL() << "the program still runs";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::timed_out);
  }
  support::write_file(scratch_ / "go", "");
  loop.wait_for(runner.wait_for_leftovers(seconds(60)));
  loop.wait_for(runner.wait_for_leftovers(seconds(0)));
}

TEST_F(ProcessRunnerTest, without_leftovers_nothing_is_waited_for) {
  loop_.wait_for(runner_.wait_for_leftovers(seconds(0)));
}

TEST_F(ProcessRunnerTest, what_need_not_be_waited_for_does_not_hold_the_lock) {
  ProgramCall call;
  call.argv = {"ls", "/proc/self/fd"};
  call.holds_lock = false;
  EXPECT_EQ(run(call).output, "0\n1\n2\n3\n");
}

TEST(ProcessRunner, its_end_asks_what_still_runs_to_end) {
  const support::TemporaryDirectory scratch;
  pid_t pid = 0;
  {
    support::CoroutineLoop loop;
    SystemProcessRunner runner(loop.io(), scratch / "programs.lock");
    ProgramCall call = shell("echo $$ >&2; exec sleep 60");
    call.on_error_line = [&](std::string_view line) { pid = std::stoi(std::string(line)); };
    boost::asio::co_spawn(loop.io(), runner.run(call),
                          [](const std::exception_ptr&, const ProgramResult&) {});
    ASSERT_TRUE(loop.run_until([&] { return pid != 0; }));
  }
  EXPECT_TRUE(support::eventually([&] { return !runs(pid); }));
  ::waitpid(pid, nullptr, 0);
}

}  // namespace
}  // namespace yardmaster
