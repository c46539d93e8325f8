#include "coordinator/base/child_start.h"

#include <algorithm>
#include <array>
#include <string>
#include <thread>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/exec_environment.h"

namespace yardmaster {
namespace {

constexpr std::chrono::seconds child_timeout{60};

ChildStart shell(const std::string& script) {
  ChildStart start;
  start.argv = {"sh", "-c", script};
  start.environment = environment_with({});
  return start;
}

std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = ::read(fd, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::string said_by(ChildStart start) {
  Pipe pipe = make_pipe();
  start.output = pipe.write.get();
  OwnedChild child(start_child(start));
  pipe.write.reset();
  return read_to_end(pipe.read.get());
}

ErrorCode start_refusal(const ChildStart& start) {
  try {
    OwnedChild child(start_child(start));
  } catch (const Error& failure) {
    return failure.code();
  }
  return ErrorCode::internal;
}

}  // namespace

TEST(ChildStartTest, a_program_inherits_no_descriptor_that_is_not_named) {
  const UniqueFd inherited(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  const UniqueFd passed = open_null();
  ChildStart start = shell(
      "n=3; while [ $n -lt 256 ]; do [ -e /proc/$$/fd/$n ] && printf '%s ' $n; n=$((n + 1)); done");
  ASSERT_LT(std::max(inherited.get(), passed.get()), 256);
  EXPECT_EQ(said_by(start), "");
  start.passed = PassedDescriptor{passed.get(), 3};
  EXPECT_EQ(said_by(start), "3 ");
  start.passed = PassedDescriptor{passed.get(), passed.get()};
  EXPECT_EQ(said_by(start), std::to_string(passed.get()) + " ");
}

TEST(ChildStartTest, descriptors_that_lie_where_others_go_are_not_lost) {
  const UniqueFd input(::memfd_create("input", MFD_CLOEXEC));
  ASSERT_EQ(::write(input.get(), "fed", 3), 3);
  ::lseek(input.get(), 0, SEEK_SET);
  ChildStart start = shell("cat");
  start.input = input.get();
  start.errors = STDOUT_FILENO;
  EXPECT_EQ(said_by(start), "fed");
}

TEST(ChildStartTest, a_group_or_a_session_of_its_own_is_led_by_the_program) {
  ChildStart start = shell("cut -d ' ' -f 5,6 < /proc/$$/stat; echo $$");
  const std::string ours = std::to_string(::getpgid(0)) + " " + std::to_string(::getsid(0));
  EXPECT_TRUE(said_by(start).starts_with(ours + "\n"));
  start.group = ChildGroup::own_group;
  std::string said = said_by(start);
  std::string pid = said.substr(said.find('\n') + 1);
  pid.pop_back();
  EXPECT_EQ(said, pid + " " + std::to_string(::getsid(0)) + "\n" + pid + "\n");
  start.group = ChildGroup::own_session;
  said = said_by(start);
  pid = said.substr(said.find('\n') + 1);
  pid.pop_back();
  EXPECT_EQ(said, pid + " " + pid + "\n" + pid + "\n");
}

TEST(ChildStartTest, signals_that_this_process_blocks_or_ignores_are_the_programs_own_again) {
  sigset_t blocked;
  sigset_t before;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto pipe_before = ::signal(SIGPIPE, SIG_IGN);
  const std::string said = said_by(shell("grep -E '^Sig(Blk|Ign)' /proc/$$/status | cut -f 2"));
  ::signal(SIGPIPE, pipe_before);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(said, "0000000000000000\n0000000000000000\n");
}

TEST(ChildStartTest, a_program_ends_with_the_thread_that_started_it) {
  StartedChild started;
  std::thread starter([&started] {
    ChildStart start = shell("exec sleep 3600");
    start.death_signal = SIGKILL;
    started = start_child(start);
  });
  starter.join();
  OwnedChild child(std::move(started));
  ASSERT_TRUE(child.has_ended(child_timeout));
  EXPECT_EQ(child.reap(), 128 + SIGKILL);
}

TEST(ChildStartTest, a_child_ends_with_its_owner) {
  pid_t pid = -1;
  {
    OwnedChild child(start_child(shell("exec sleep 3600")));
    pid = child.pid();
    EXPECT_FALSE(child.has_ended(std::chrono::milliseconds(0)));
  }
  EXPECT_EQ(::waitpid(pid, nullptr, 0), -1) << "it was not reaped";
}

TEST(ChildStartTest, what_is_missing_is_told_from_what_cannot_be_started) {
  ChildStart start = shell("true");
  start.directory = "/no/such/place";
  EXPECT_EQ(start_refusal(start), ErrorCode::not_found);
  start = shell("true");
  start.argv = {"no-program-of-this-name"};
  EXPECT_EQ(start_refusal(start), ErrorCode::not_found);
  start.program = "/no/such/program";
  EXPECT_EQ(start_refusal(start), ErrorCode::not_found);
  start.program = "/proc/self/status";
  EXPECT_EQ(start_refusal(start), ErrorCode::unavailable);
}

TEST(ChildStartTest, a_program_may_run_as_another_user_in_a_directory_of_its_choice) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ChildStart start = shell("id -u; id -g; pwd; umask");
  start.account = Account{.user = 65534, .group = 65534};
  start.directory = "/";
  start.file_mask = 077;
  EXPECT_EQ(said_by(start), "65534\n65534\n/\n0077\n");
  EXPECT_EQ(::geteuid(), 0U);
}

}  // namespace yardmaster
