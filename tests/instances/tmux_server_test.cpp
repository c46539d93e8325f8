// Windows on a real tmux server: opened, told apart, watched and taken back, whatever happens to
// the server, its connection, or the process that started it.
#include "coordinator/instances/tmux/tmux_server.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include <sys/wait.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/instances/tmux/server_socket.h"
#include "tests/instances/agent.h"
#include "tests/instances/tmux_fixture.h"

namespace yardmaster {
namespace {

using support::eventually;
using support::Names;
using support::TmuxTest;

class TmuxServerTest : public TmuxTest {};

TEST_F(TmuxServerTest, a_window_is_opened_listed_and_killed) {
  EXPECT_FALSE(list().has_value()) << "there is no server yet";
  EXPECT_EQ(tmux_.server_pid(), 0);
  const TmuxPane opened = open("worker-1");
  EXPECT_EQ(opened.session, "yard-test");
  EXPECT_EQ(opened.window, "worker-1");
  EXPECT_TRUE(support::is_running(static_cast<pid_t>(opened.pid)));
  EXPECT_GT(tmux_.server_pid(), 0);
  const auto found = find(opened.pane);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->pid, opened.pid);
  EXPECT_EQ(found->window_id, opened.window_id);
  EXPECT_FALSE(found->dead);
  EXPECT_EQ(windows(), Names{"yard-test:worker-1"}) << "and not the connection's own session";
  loop_.wait_for(tmux_.kill_pane(opened.pane));
  EXPECT_EQ(windows(), Names{});
  loop_.wait_for(tmux_.kill_pane(opened.pane));
  loop_.wait_for(tmux_.kill_window("yard-test", "worker-1"));
  EXPECT_TRUE(eventually([&] { return !support::is_running(static_cast<pid_t>(opened.pid)); }));
}

TEST_F(TmuxServerTest, worker_1_and_worker_10_are_never_confused) {
  const TmuxPane ten = open("worker-10");
  loop_.wait_for(tmux_.kill_window("yard-test", "worker-1"));
  EXPECT_EQ(windows(), Names{"yard-test:worker-10"});
  const TmuxPane one = open("worker-1");
  EXPECT_NE(one.pane, ten.pane);
  loop_.wait_for(tmux_.kill_window("yard-test", "worker-1"));
  EXPECT_EQ(windows(), Names{"yard-test:worker-10"});
  loop_.wait_for(tmux_.kill_window("yard", "worker-10"));
  loop_.wait_for(tmux_.kill_window("yard-test0", "worker-10"));
  EXPECT_EQ(windows(), Names{"yard-test:worker-10"});
}

// tmux takes a number for a window's place before it takes it for a name.
TEST_F(TmuxServerTest, names_that_are_numbers_are_names) {
  for (const char* name : {"2", "0", "1"}) {
    open(name, {"sh", "-c", std::string("echo it is ") + name + "; sleep 60"}, "10");
  }
  for (const std::string name : {"0", "1", "2"}) {
    EXPECT_EQ(output_ending_with(directory_ / (name + ".log"), "\n"), "it is " + name + "\r\n");
  }
  loop_.wait_for(tmux_.kill_window("10", "1"));
  EXPECT_EQ(windows(), (Names{"10:0", "10:2"}));
  loop_.wait_for(tmux_.kill_window("1", "0"));
  EXPECT_EQ(windows(), (Names{"10:0", "10:2"}));
}

TEST_F(TmuxServerTest, a_name_is_taken_once) {
  open("worker-1");
  EXPECT_EQ(code_of([&] { open("worker-1"); }), ErrorCode::already_exists);
  EXPECT_EQ(windows(), Names{"yard-test:worker-1"});
  open("worker-1", {"sleep", "60"}, "yard-other");
  EXPECT_EQ(windows(), (Names{"yard-other:worker-1", "yard-test:worker-1"}));
}

TEST_F(TmuxServerTest, names_that_tmux_would_change_and_lone_words_are_refused) {
  for (const char* name :
       {"", "a.b", "a:b", "-a", "@1", "$1", "%1", "=a", "a b", "a\nb", "{a}", "ü"}) {
    EXPECT_EQ(code_of([&] { open(name); }), ErrorCode::invalid_request) << name;
    EXPECT_EQ(code_of([&] {
                open("worker", {"sleep", "60"}, name);
              }),
              ErrorCode::invalid_request)
        << name;
  }
  EXPECT_EQ(code_of([&] { open("worker", {"sleep 60"}); }), ErrorCode::invalid_request);
  EXPECT_EQ(code_of([&] {
              open("worker", {"sleep", "60"}, "yardmaster-control");
            }),
            ErrorCode::invalid_request);
  EXPECT_FALSE(list().has_value());
}

TEST_F(TmuxServerTest, what_a_program_says_before_it_ends_at_once_is_not_lost) {
  for (int i = 0; i < 20; ++i) {
    const std::string name = "brief-" + std::to_string(i);
    const TmuxPane pane = open(name, says("echo hello", "exit 3"));
    const std::string log = output_ending_with(directory_ / (name + ".log"), shown_mark);
    EXPECT_EQ(log, std::string("hello\r\n") + shown_mark);
    const TmuxPane dead = ended(pane.pane);
    EXPECT_EQ(dead.pid, pane.pid);
    EXPECT_EQ(dead.window, name);
    EXPECT_EQ(dead.exit_status, 3);
    EXPECT_EQ(dead.exit_signal, std::nullopt);
    EXPECT_EQ(loop_.wait_for(tmux_.read_output(pane.pane, 10)), "hello\n");
  }
}

// tmux 3.3a crashes when the last windows of a session are killed in one breath.
TEST_F(TmuxServerTest, the_signal_that_ended_a_program_is_reported) {
  const TmuxPane pane = open("worker-1", {"sh", "-c", "kill -9 $$"});
  const TmuxPane dead = ended(pane.pane);
  EXPECT_EQ(dead.exit_signal, SIGKILL);
  EXPECT_EQ(dead.exit_status, std::nullopt);
}

TEST_F(TmuxServerTest, the_last_lines_can_be_read) {
  const TmuxPane pane = open("worker-1", says("seq 1 500; printf 'the last, naïve'"));
  ended(pane.pane);
  EXPECT_EQ(loop_.wait_for(tmux_.read_output(pane.pane, 3)), "499\n500\nthe last, naïve\n");
  EXPECT_EQ(loop_.wait_for(tmux_.read_output("%999", 3)), "");
}

TEST_F(TmuxServerTest, a_window_killed_by_somebody_is_told) {
  open("worker-1");
  open("worker-2");
  list();
  const int before = changes_;
  EXPECT_EQ(outside({"kill-window", "-t", "=yard-test:=worker-1"}).status, 0);
  EXPECT_TRUE(told_since(before));
  EXPECT_EQ(windows(), Names{"yard-test:worker-2"});
}

TEST_F(TmuxServerTest, a_session_killed_by_somebody_is_told) {
  open("worker-1");
  open("worker-2");
  open("worker-3", {"sleep", "60"}, "yard-other");
  list();
  const int before = changes_;
  EXPECT_EQ(outside({"kill-session", "-t", "=yard-test"}).status, 0);
  EXPECT_TRUE(told_since(before));
  EXPECT_EQ(windows(), Names{"yard-other:worker-3"});
}

TEST_F(TmuxServerTest, twenty_five_windows_are_opened_at_once) {
  std::size_t opened = 0;
  Names expected;
  for (int i = 0; i < 25; ++i) {
    TmuxWindowRequest request;
    request.session = "yard-" + std::to_string(i % 3);
    request.window = "worker-" + std::to_string(i);
    request.argv = {"sleep", "60"};
    expected.push_back(request.session + ":" + request.window);
    boost::asio::co_spawn(loop_.io(), tmux_.open_window(std::move(request)),
                          [&](std::exception_ptr failure, TmuxPane pane) {
                            EXPECT_FALSE(failure);
                            opened += pane.pid > 0 ? 1 : 0;
                          });
  }
  EXPECT_TRUE(loop_.run_until([&] { return opened == 25; }));
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(windows(), expected);
}

TEST_F(TmuxServerTest, of_two_that_ask_for_a_name_at_once_one_gets_it) {
  int opened = 0;
  int refused = 0;
  for (int i = 0; i < 2; ++i) {
    TmuxWindowRequest request;
    request.session = "yard-test";
    request.window = "worker-1";
    request.argv = {"sleep", "60"};
    boost::asio::co_spawn(
        loop_.io(), tmux_.open_window(std::move(request)),
        [&](std::exception_ptr failure, const TmuxPane&) { (failure ? refused : opened) += 1; });
  }
  EXPECT_TRUE(loop_.run_until([&] { return opened + refused == 2; }));
  EXPECT_EQ(opened, 1);
  EXPECT_EQ(windows(), Names{"yard-test:worker-1"});
}

TEST_F(TmuxServerTest, words_reach_the_program_unchanged) {
  const Names words{"it's",
                    "\"q\"",
                    "$HOME;x",
                    ";",
                    "a;",
                    "\\;",
                    "new\nline\r\t",
                    "back\\slash\\",
                    "#{pane_id}",
                    "#",
                    "##",
                    "~",
                    "~/x",
                    "\n~",
                    "{",
                    "}",
                    "%if",
                    "%%d",
                    "",
                    " ",
                    "-t",
                    "\xff\xfe",
                    "naïve €",
                    "\x1b[31m",
                    "''''",
                    "$(x)`y`",
                    "\x01\x7f"};
  const std::string file = (directory_ / "words").string();
  std::vector<std::string> argv{"sh", "-c",
                                "printf '%s\\0' \"$@\" >\"$0.tmp\"; mv \"$0.tmp\" \"$0\"", file};
  argv.insert(argv.end(), words.begin(), words.end());
  open("worker-1", argv);
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(file); }));
  std::string expected;
  for (const std::string& word : words) expected += word + '\0';
  EXPECT_EQ(support::read_file(file), expected);
}

TEST_F(TmuxServerTest, places_may_have_any_name) {
  const std::filesystem::path place = directory_ / "it's #{pane_id} %H ~ \"$HOME\" #(date) ü";
  std::filesystem::create_directory(place);
  TmuxWindowRequest request;
  request.session = "yard-test";
  request.window = "worker-1";
  request.directory = place;
  request.argv = {"sh", "-c", "pwd; sleep 60"};
  request.log_command = log_command(place / "log %d #S");
  loop_.wait_for(tmux_.open_window(std::move(request)));
  EXPECT_EQ(output_ending_with(place / "log %d #S", "\n"), place.string() + "\r\n");
}

// The process ends like a daemon that is killed: nothing is closed, nothing said.
TEST(TmuxPaneLookTest, who_looks_at_a_pane_is_known_by_the_last_key) {
  const auto look = parse_tmux_look("%3", "0 0 1700000000",
                                    {"%3 1700000005", "%3 1700000004", "%4 1700000009", "%3 ", ""});
  ASSERT_TRUE(look.has_value());
  EXPECT_FALSE(look->in_mode);
  EXPECT_EQ(look->last_output, WallTime(std::chrono::seconds(1'700'000'000)));
  EXPECT_EQ(look->last_key_press, WallTime(std::chrono::seconds(1'700'000'005)));
  EXPECT_TRUE(parse_tmux_look("%3", "0 1 1700000000", {})->in_mode);
  for (const char* line : {"1 0 1700000000", "0 0 ", "0", ""}) {
    EXPECT_FALSE(parse_tmux_look("%3", line, {}).has_value()) << line;
  }
}

}  // namespace
}  // namespace yardmaster
