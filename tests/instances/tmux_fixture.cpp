#include "tests/instances/tmux_fixture.h"

#include <algorithm>
#include <cstdlib>

#include <unistd.h>

#include "coordinator/base/shell_quote.h"
#include "coordinator/instances/tmux/server_socket.h"

namespace yardmaster::support {

void TmuxTest::TearDown() {
  loop_.wait_for(tmux_.kill_server());
  // A process that it was just about to start holds its socket, and has its name, until it begins.
  EXPECT_TRUE(eventually([&] { return probe_server(socket_) == ServerPresence::absent; }));
  EXPECT_TRUE(eventually([&] { return !find_server_process(socket_).has_value(); }));
}

// The server itself watches this process, since whoever kills this process may kill all that
// descends from it.
void TmuxTest::end_server_with_this_process() {
  if (tmux_.server_pid() == watched_server_) return;
  watched_server_ = tmux_.server_pid();
  const std::string socket = shell_quote(socket_.string());
  const auto watching =
      outside({"run-shell", "-b",
               "n=0; while [ -d /proc/" + std::to_string(::getpid()) +
                   " ] && [ $n -lt 120 ]; do sleep 1; n=$((n+1)); done; tmux -N -S " + socket +
                   " kill-server"});
  EXPECT_EQ(watching.status, 0) << watching.errors;
}

TmuxPane TmuxTest::open(const std::string& window, const std::vector<std::string>& argv,
                        const std::string& session) {
  TmuxWindowRequest request;
  request.session = session;
  request.window = window;
  request.directory = directory_.path();
  request.argv = argv;
  request.log_command = log_command(directory_ / (window + ".log"));
  TmuxPane opened = loop_.wait_for(tmux_.open_window(std::move(request)));
  end_server_with_this_process();
  return opened;
}

std::optional<std::vector<TmuxPane>> TmuxTest::list() {
  auto panes = loop_.wait_for(tmux_.list_panes());
  if (panes) end_server_with_this_process();
  return panes;
}

std::vector<std::string> TmuxTest::windows() {
  const auto panes = list();
  std::vector<std::string> names;
  if (!panes) return {"no server"};
  for (const TmuxPane& pane : *panes) names.push_back(pane.session + ":" + pane.window);
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<TmuxPane> TmuxTest::find(const std::string& pane) {
  const auto panes = list();
  for (const TmuxPane& candidate : panes.value_or(std::vector<TmuxPane>{})) {
    if (candidate.pane == pane) return candidate;
  }
  return std::nullopt;
}

TmuxPane TmuxTest::ended(const std::string& pane) {
  std::optional<TmuxPane> found;
  EXPECT_TRUE(eventually([&] {
    found = find(pane);
    return !found || found->has_status();
  }));
  return found.value_or(TmuxPane{});
}

Finished TmuxTest::outside(std::vector<std::string> words) const {
  words.insert(words.begin(), {"tmux", "-N", "-S", socket_.string()});
  return run({.argv = std::move(words)});
}

std::string TmuxTest::output_ending_with(const std::filesystem::path& log, const std::string& end) {
  std::string text;
  loop_.run_until([&] {
    text = read_file(log);
    return text.ends_with(end);
  });
  return text;
}

std::vector<std::string> TmuxTest::says(const std::string& command, const std::string& end) {
  return {"sh", "-c",
          "stty -icanon -echo; " + command + "; printf '" + shown_mark +
              "'; dd bs=4 count=1 >/dev/null 2>&1; " + end};
}

std::string TmuxTest::log_command(const std::filesystem::path& log) {
  return "exec cat >> " + shell_quote(log.string());
}

ErrorCode TmuxTest::code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::internal;
}

pid_t TmuxTest::client_pid() const {
  return std::atoi(outside({"list-clients", "-F", "#{client_pid}"}).output.c_str());
}

}  // namespace yardmaster::support
