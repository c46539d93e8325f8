// The tmux server itself: what ends, replaces or outlives it and its connection, and whose it is.
#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/instances/tmux/server_socket.h"
#include "coordinator/instances/tmux/tmux_server.h"
#include "tests/instances/agent.h"
#include "tests/instances/tmux_fixture.h"

namespace yardmaster {
namespace {

using support::eventually;
using support::Names;
using support::TmuxTest;

class TmuxServerLifeTest : public TmuxTest {};

TEST_F(TmuxServerLifeTest, the_server_survives_that_all_windows_are_killed_at_once) {
  for (int round = 0; round < 5; ++round) {
    std::vector<std::string> panes;
    for (int i = 0; i < 10; ++i) panes.push_back(open("worker-" + std::to_string(i)).pane);
    const std::int64_t server = tmux_.server_pid();
    std::size_t killed = 0;
    for (const std::string& pane : panes) {
      boost::asio::co_spawn(loop_.io(), tmux_.kill_pane(pane), [&](std::exception_ptr failure) {
        EXPECT_FALSE(failure);
        ++killed;
      });
    }
    EXPECT_TRUE(loop_.run_until([&] { return killed == panes.size(); }));
    EXPECT_EQ(list()->size(), 0U);
    EXPECT_EQ(tmux_.server_pid(), server);
  }
}

TEST_F(TmuxServerLifeTest, a_killed_server_is_told_and_proven_and_a_new_one_started) {
  for (const int signal : {SIGTERM, SIGKILL}) {
    open("worker-1");
    const int before = changes_;
    ::kill(static_cast<pid_t>(tmux_.server_pid()), signal);
    EXPECT_TRUE(told_since(before));
    EXPECT_FALSE(list().has_value());
    EXPECT_EQ(tmux_.server_pid(), 0);
  }
  open("worker-1");
  EXPECT_EQ(windows(), Names{"yard-test:worker-1"});
}

TEST_F(TmuxServerLifeTest, it_connects_again_when_its_connection_is_killed) {
  open("worker-1");
  // A request is refused while the connection breaks, and may be repeated.
  const auto sees_the_window = [&] {
    try {
      return windows() == Names{"yard-test:worker-1"};
    } catch (const Error&) {
      return false;
    }
  };
  for (int i = 0; i < 3; ++i) {
    const int before = changes_;
    const pid_t client = client_pid();
    ASSERT_GT(client, 1);
    ::kill(client, SIGKILL);
    EXPECT_TRUE(told_since(before));
    EXPECT_TRUE(loop_.run_until([&] { return client_pid() > 1 && client_pid() != client; }))
        << "of itself";
    EXPECT_TRUE(eventually(sees_the_window));
  }
  // Found out only by asking, once the server has given the connection up: until then it answers.
  const pid_t client = client_pid();
  ::kill(client, SIGKILL);
  ASSERT_TRUE(eventually([&] { return client_pid() != client; }));
  EXPECT_TRUE(eventually(sees_the_window));
  open("worker-2");
  const int before = changes_;
  outside({"kill-window", "-t", "=yard-test:=worker-1"});
  EXPECT_TRUE(told_since(before)) << "and hears again";
  EXPECT_EQ(trouble_, Names{});
}

TEST_F(TmuxServerLifeTest, a_server_is_ended_though_the_connection_just_died) {
  const TmuxPane pane = open("worker-1");
  ::kill(client_pid(), SIGKILL);
  loop_.wait_for(tmux_.kill_server());
  EXPECT_FALSE(list().has_value());
  EXPECT_TRUE(eventually([&] { return !support::is_running(static_cast<pid_t>(pane.pid)); }));
}

TEST_F(TmuxServerLifeTest, the_end_of_its_own_session_is_survived) {
  open("worker-1");
  const int before = changes_;
  outside({"kill-session", "-t", "=yardmaster-control"});
  EXPECT_TRUE(told_since(before));
  EXPECT_EQ(windows(), Names{"yard-test:worker-1"});
}

TEST_F(TmuxServerLifeTest, the_server_survives_the_death_of_the_process_that_started_it) {
#ifdef YARDMASTER_SANITIZED
  GTEST_SKIP() << "a sanitizer starts no threads in the copy of a process that has some";
#endif
  const pid_t starter = ::fork();
  if (starter == 0) {
    support::CoroutineLoop loop;
    boost::asio::thread_pool workers(1);
    TmuxServer tmux(
        loop.io(), workers, socket_, [] {}, [](const std::string&) {});
    TmuxWindowRequest request;
    request.session = "yard-test";
    request.window = "worker-1";
    request.argv = {"sleep", "60"};
    loop.wait_for(tmux.open_window(std::move(request)));
    ::kill(::getpid(), SIGKILL);
  }
  ASSERT_EQ(::waitpid(starter, nullptr, 0), starter);
  EXPECT_EQ(windows(), Names{"yard-test:worker-1"});
  EXPECT_NE(::getpgid(static_cast<pid_t>(tmux_.server_pid())), ::getpgrp());
  EXPECT_NE(::getsid(static_cast<pid_t>(tmux_.server_pid())), ::getsid(0));
}

TEST_F(TmuxServerLifeTest, what_outlives_an_agent_becomes_the_servers_child) {
  const std::string file = (directory_ / "pid").string();
  const TmuxPane pane =
      open("worker-1",
           {"sh", "-c", "setsid sh -c 'trap \"\" HUP; (sleep 60 & echo $! >\"$0\")' \"$0\"", file});
  const pid_t orphan = support::pid_in(file);
  EXPECT_TRUE(eventually([&] { return support::parent_of(orphan) == tmux_.server_pid(); }));
  ::kill(orphan, SIGKILL);
  EXPECT_TRUE(eventually([&] { return support::parent_of(orphan) == 0; })) << "and is reaped by it";
  EXPECT_TRUE(ended(pane.pane).dead);
}

TEST_F(TmuxServerLifeTest, a_server_whose_socket_was_removed_is_not_taken_for_dead) {
  open("worker-1");
  const std::int64_t server = tmux_.server_pid();
  std::filesystem::remove(socket_);
  TmuxServer another(
      loop_.io(), workers_, socket_, [] {}, [](const std::string&) {});
  const auto panes = loop_.wait_for(another.list_panes());
  ASSERT_TRUE(panes.has_value());
  EXPECT_EQ(panes->size(), 1U);
  EXPECT_EQ(another.server_pid(), server);
  EXPECT_TRUE(std::filesystem::exists(socket_));
}

TEST_F(TmuxServerLifeTest,
       a_server_that_does_not_answer_is_neither_alive_nor_dead_and_can_be_ended) {
  open("worker-1");
  TmuxServer hasty(
      loop_.io(), workers_, socket_, [] {}, [](const std::string&) {},
      std::chrono::milliseconds(200));
  const auto server = static_cast<pid_t>(tmux_.server_pid());
  ::kill(server, SIGSTOP);
  EXPECT_EQ(code_of([&] { loop_.wait_for(hasty.list_panes()); }), ErrorCode::unavailable);
  TmuxWindowRequest request;
  request.session = "yard-test";
  request.window = "worker-2";
  request.argv = {"sleep", "60"};
  EXPECT_EQ(code_of([&] { loop_.wait_for(hasty.open_window(request)); }), ErrorCode::unavailable);
  loop_.wait_for(hasty.kill_server());
  EXPECT_TRUE(eventually([&] { return !support::is_running(server); }));
}

TEST_F(TmuxServerLifeTest, after_close_the_server_lives_on_and_nobody_waits) {
  open("worker-1");
  const std::int64_t server = tmux_.server_pid();
  TmuxServer other(
      loop_.io(), workers_, socket_, [] {}, [](const std::string&) {});
  loop_.wait_for(other.ensure());
  bool failed = false;
  boost::asio::co_spawn(
      loop_.io(), other.list_panes(),
      [&](std::exception_ptr failure, const std::optional<std::vector<TmuxPane>>&) {
        failed = failure != nullptr;
      });
  loop_.io().restart();
  loop_.io().poll_one();
  other.close();
  EXPECT_TRUE(loop_.run_until([&] { return failed; }));
  EXPECT_EQ(code_of([&] { loop_.wait_for(other.ensure()); }), ErrorCode::unavailable);
  EXPECT_EQ(windows(), Names{"yard-test:worker-1"});
  EXPECT_EQ(tmux_.server_pid(), server);
}

TEST_F(TmuxServerLifeTest, a_socket_path_that_is_too_long_is_one_clear_line) {
  TmuxServer other(
      loop_.io(), workers_, directory_ / std::string(120, 'x'), [] {}, [](const std::string&) {});
  EXPECT_EQ(code_of([&] { loop_.wait_for(other.ensure()); }), ErrorCode::usage);
}

TEST_F(TmuxServerLifeTest, a_place_without_room_for_a_socket_is_one_clear_line) {
  TmuxServer other(
      loop_.io(), workers_, directory_ / "none" / "t.sock", [] {}, [](const std::string&) {});
  EXPECT_EQ(code_of([&] { loop_.wait_for(other.ensure()); }), ErrorCode::unavailable);
}

// The server that the user works in, which $TMUX and $TMUX_TMPDIR point to.
TEST_F(TmuxServerLifeTest, nobody_elses_server_is_touched) {
  const std::string tmux_directory = directory_.path().string();
  ::setenv("TMUX_TMPDIR", tmux_directory.c_str(), 1);
  ::unsetenv("TMUX");
  const auto users = [](std::vector<std::string> words) {
    words.insert(words.begin(), {"tmux", "-f", "/dev/null"});
    return support::run({.argv = std::move(words)});
  };
  ASSERT_EQ(users({"new-session", "-d", "-s", "yard-test", "-n", "worker-1", "sleep", "60"}).status,
            0);
  const std::string its_socket = users({"display-message", "-p", "#{socket_path}"}).output;
  ::setenv("TMUX", (its_socket.substr(0, its_socket.find('\n')) + ",1,0").c_str(), 1);
  ::setenv("TMUX_PANE", "%0", 1);
  open("worker-1");
  loop_.wait_for(tmux_.kill_window("yard-test", "worker-1"));
  loop_.wait_for(tmux_.kill_server());
  EXPECT_EQ(users({"list-sessions", "-F", "#{session_name}"}).output, "yard-test\n");
  EXPECT_EQ(users({"show-options", "-gv", "default-size"}).output, "80x24\n");
  users({"kill-server"});
}

}  // namespace
}  // namespace yardmaster
