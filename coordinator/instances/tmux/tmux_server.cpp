#include "coordinator/instances/tmux/tmux_server.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <unistd.h>

#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"
#include "coordinator/instances/tmux/quote.h"
#include "coordinator/instances/tmux/server_link.h"
#include "coordinator/instances/tmux/tmux_version.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

// A session may come or go between looking and opening a window.
constexpr int open_attempts = 5;

void require_name(const std::string& name, const char* whose) {
  if (is_tmux_name(name)) return;
  std::string shown = name;
  std::replace_if(
      shown.begin(), shown.end(), [](char c) { return c >= 0 && c < ' '; }, '?');
  throw Error(ErrorCode::invalid_request, "'" + shown + "' cannot be the name of a tmux " + whose +
                                              ": it takes letters, digits, '-' and '_'");
}

bool is_own_session(const std::string& session) {
  return session == control_session || session == people_session;
}

void require_openable(const TmuxWindowRequest& request) {
  require_name(request.session, "session");
  require_name(request.window, "window");
  if (is_own_session(request.session)) {
    throw Error(ErrorCode::invalid_request,
                "the tmux session '" + request.session + "' is Yardmaster's own");
  }
  if (request.argv.size() < 2) {
    throw Error(ErrorCode::invalid_request, "a tmux window needs a command of two words or more");
  }
}

std::vector<std::string> list_command() {
  return {tmux_command({"list-panes", "-a", "-F", std::string(tmux_pane_format)})};
}

std::vector<TmuxPane> to_panes(const ControlReply& reply) {
  std::vector<TmuxPane> panes;
  for (const std::string& line : reply.lines) {
    std::optional<TmuxPane> pane = parse_tmux_pane(line);
    if (!pane) throw_unavailable("tmux described a pane in words that are not understood: " + line);
    if (!is_own_session(pane->session)) panes.push_back(std::move(*pane));
  }
  return panes;
}

bool lacks_status(const TmuxPane& pane) { return pane.dead && !pane.has_status(); }

std::string session_target(const std::string& session) { return "=" + session + ":"; }

// The window is opened under a passing name that is no other's, since tmux finds windows by their
// numbers before it finds them by their names, and takes its own at the end.
std::vector<std::string> open_commands(const TmuxWindowRequest& request, const std::string& passing,
                                       bool has_session) {
  const std::string target = session_target(request.session) + "=" + passing;
  std::vector<std::string> open;
  if (has_session) {
    open = {"new-window", "-d", "-t", session_target(request.session)};
  } else {
    open = {"new-session", "-d", "-s", request.session, "-x", "200", "-y", "50"};
  }
  open.insert(open.end(), {"-P", "-F", std::string(tmux_pane_format), "-n", passing});
  if (!request.directory.empty()) {
    open.insert(open.end(), {"-c", escape_tmux_format(request.directory.native())});
  }
  open.emplace_back("--");
  open.insert(open.end(), request.argv.begin(), request.argv.end());
  std::vector<std::string> commands;
  commands.push_back(tmux_command(open));
  commands.push_back(tmux_command({"set-option", "-p", "-t", target, "remain-on-exit", "on"}));
  if (!request.log_command.empty()) {
    commands.push_back(
        tmux_command({"pipe-pane", "-t", target, escape_tmux_time_format(request.log_command)}));
  }
  commands.push_back(tmux_command({"rename-window", "-t", target, request.window}));
  return commands;
}

bool is_about_a_session(const ControlReply& reply) {
  const std::string text = reply.text();
  return text.starts_with("duplicate session") || text.starts_with("can't find session");
}

bool is_about_what_is_gone(const ControlReply& reply) {
  return reply.text().starts_with("can't find ");
}

// The session's windows, "@3 name" each; nullopt when there is no such session.
asio::awaitable<std::optional<std::vector<std::string>>> windows_of(
    std::shared_ptr<ControlConnection> connection, std::string session) {
  std::vector<std::string> list{
      tmux_command({"list-windows", "-t", "=" + session, "-F", "#{window_id} #{window_name}"})};
  const std::vector<ControlReply> replies = co_await connection->run(std::move(list));
  const ControlReply& reply = replies.front();
  if (reply.succeeded) co_return reply.lines;
  if (!is_about_a_session(reply)) throw_unavailable("tmux: " + reply.text());
  co_return std::nullopt;
}

bool has_name(const std::string& window_line, const std::string& name) {
  return window_line.substr(window_line.find(' ') + 1) == name;
}

// False when there is no such session.
asio::awaitable<bool> session_lacks_window(std::shared_ptr<ControlConnection> connection,
                                           std::string session, std::string window) {
  const auto windows = co_await windows_of(connection, session);
  if (!windows) co_return false;
  for (const std::string& each : *windows) {
    if (!has_name(each, window)) continue;
    throw Error(ErrorCode::already_exists,
                "the tmux session '" + session + "' has a window '" + window + "' already");
  }
  co_return true;
}

asio::awaitable<void> kill(std::shared_ptr<ControlConnection> connection, const char* command,
                           std::string target) {
  std::vector<std::string> commands{tmux_command({command, "-t", std::move(target)})};
  const std::vector<ControlReply> replies = co_await connection->run(std::move(commands));
  const ControlReply& reply = replies.front();
  if (!reply.succeeded && !is_about_what_is_gone(reply)) throw_unavailable("tmux: " + reply.text());
}

// The last of the lines that hold something.
std::string last_lines(const std::vector<std::string>& lines, std::size_t count) {
  std::size_t end = lines.size();
  while (end > 0 && lines[end - 1].empty()) --end;
  std::string text;
  for (std::size_t i = end > count ? end - count : 0; i < end; ++i) text += lines[i] + "\n";
  return text;
}

}  // namespace

// The windows that are being opened: tmux would open two of one name.
class TmuxServer::Openings {
 public:
  // A name, taken until the destructor gives it back.
  class Opening {
   public:
    Opening(std::shared_ptr<Openings> openings, const TmuxWindowRequest& request);
    ~Opening() { openings_->names_.erase(name_); }
    Opening(const Opening&) = delete;
    Opening& operator=(const Opening&) = delete;

    const std::string& passing_name() const { return passing_name_; }

   private:
    std::shared_ptr<Openings> openings_;
    std::string name_;
    std::string passing_name_;
  };

 private:
  std::set<std::string> names_;
  std::uint64_t next_ = 1;
};

TmuxServer::Openings::Opening::Opening(std::shared_ptr<Openings> openings,
                                       const TmuxWindowRequest& request)
    : openings_(std::move(openings)), name_(request.session + ":" + request.window) {
  if (!openings_->names_.insert(name_).second) {
    throw Error(ErrorCode::already_exists, "the tmux window " + name_ + " is being opened already");
  }
  passing_name_ =
      "_opening_" + std::to_string(::getpid()) + "_" + std::to_string(openings_->next_++);
}

TmuxServer::TmuxServer(asio::io_context& io, asio::thread_pool& workers,
                       std::filesystem::path socket, std::function<void()> on_change,
                       std::function<void(const std::string&)> on_warning,
                       std::chrono::nanoseconds timeout)
    : io_(io),
      link_(std::make_shared<ServerLink>(io, workers, std::move(socket), timeout,
                                         std::move(on_change), std::move(on_warning))),
      openings_(std::make_shared<Openings>()),
      kills_(std::make_unique<Turns>(io)) {}

TmuxServer::~TmuxServer() { close(); }

asio::awaitable<std::string> TmuxServer::version() { return read_tmux_version(io_); }

asio::awaitable<void> TmuxServer::ensure() {
  const auto link = link_;
  co_await link->connect(true);
}

asio::awaitable<TmuxPane> TmuxServer::open_window(TmuxWindowRequest request) {
  const auto link = link_;
  require_openable(request);
  const Openings::Opening opening(openings_, request);
  const std::shared_ptr<ControlConnection> connection = co_await link->connect(true);
  std::vector<ControlReply> replies;
  std::size_t expected = 0;
  for (int attempt = 0; attempt < open_attempts; ++attempt) {
    const bool has_session =
        co_await session_lacks_window(connection, request.session, request.window);
    std::vector<std::string> commands = open_commands(request, opening.passing_name(), has_session);
    expected = commands.size();
    replies = co_await connection->run(std::move(commands));
    if (replies.front().succeeded || !is_about_a_session(replies.front())) break;
  }
  const ControlReply& opened = replies.front();
  if (!opened.succeeded) throw_unavailable("tmux cannot open a window: " + opened.text());
  std::optional<TmuxPane> pane = parse_tmux_pane(opened.text());
  if (!pane) throw_unavailable("tmux described a pane in words that are not understood");
  if (replies.size() != expected || !replies.back().succeeded) {
    const std::string why = replies.back().text();
    co_await kill(connection, "kill-pane", pane->pane);
    throw_unavailable("tmux cannot set up a window: " + why);
  }
  pane->window = request.window;
  co_return std::move(*pane);
}

asio::awaitable<void> TmuxServer::free_window_name(std::string session, std::string window) {
  const auto link = link_;
  const std::shared_ptr<ControlConnection> connection = co_await link->connect(true);
  const auto windows = co_await windows_of(connection, session);
  if (!windows) co_return;
  std::vector<std::string> renames;
  int number = 2;
  for (const std::string& each : *windows) {
    if (!has_name(each, window)) continue;
    std::string other = window + "-" + std::to_string(number);
    const auto is_taken = [&](const std::string& line) { return has_name(line, other); };
    while (std::any_of(windows->begin(), windows->end(), is_taken)) {
      other = window + "-" + std::to_string(++number);
    }
    renames.push_back(tmux_command({"rename-window", "-t", each.substr(0, each.find(' ')), other}));
    ++number;
  }
  if (!renames.empty()) co_await connection->run(std::move(renames));
}

asio::awaitable<std::optional<std::vector<TmuxPane>>> TmuxServer::list_panes() {
  const auto link = link_;
  std::optional<std::vector<TmuxPane>> panes;
  for (int attempt = 0; !panes; ++attempt) {
    const std::shared_ptr<ControlConnection> connection = co_await link->connect(false);
    if (!connection) break;
    std::vector<std::string> list = list_command();
    try {
      const ControlReply reply = co_await connection->require(std::move(list));
      panes = to_panes(reply);
    } catch (const Error&) {
      if (attempt > 0) throw;  // else it may have ended just now, which is to be proven then
    }
  }
  if (panes && std::any_of(panes->begin(), panes->end(), lacks_status)) {
    link->point_to_ended_programs();  // makes tmux notice them before the next listing
  }
  co_return panes;
}

asio::awaitable<std::string> TmuxServer::read_output(std::string pane, unsigned lines) {
  const auto link = link_;
  const std::shared_ptr<ControlConnection> connection = co_await link->connect(false);
  if (!connection) co_return std::string();
  std::vector<std::string> capture{tmux_command(
      {"capture-pane", "-p", "-J", "-t", std::move(pane), "-S", "-" + std::to_string(lines)})};
  const std::vector<ControlReply> replies = co_await connection->run(std::move(capture));
  const ControlReply& reply = replies.front();
  if (!reply.succeeded && !is_about_what_is_gone(reply)) throw_unavailable("tmux: " + reply.text());
  if (!reply.succeeded) co_return std::string();
  co_return last_lines(reply.lines, lines);
}

asio::awaitable<std::optional<TmuxPaneLook>> TmuxServer::look_at(std::string pane) {
  const auto link = link_;
  const std::shared_ptr<ControlConnection> connection = co_await link->connect(false);
  if (!connection) co_return std::nullopt;
  const std::string format(tmux_look_format);
  std::vector<std::string> commands{
      tmux_command({"display-message", "-p", "-t", pane, format}),
      tmux_command({"list-clients", "-F", "#{pane_id} #{client_activity}"})};
  const std::vector<ControlReply> replies = co_await connection->run(std::move(commands));
  if (replies.size() < 2 || replies[0].lines.empty()) co_return std::nullopt;
  co_return parse_tmux_look(pane, replies[0].lines.front(), replies[1].lines);
}

asio::awaitable<void> TmuxServer::send_keys(std::vector<std::string> words) {
  const auto link = link_;
  const std::shared_ptr<ControlConnection> connection = co_await link->connect(false);
  if (!connection) co_return;
  words.insert(words.begin(), "send-keys");
  std::vector<std::string> commands{tmux_command(words)};
  co_await connection->run(std::move(commands));
}

asio::awaitable<void> TmuxServer::type(std::string pane, std::string text) {
  std::vector<std::string> words{"-t", std::move(pane), "-l", "--", std::move(text)};
  return send_keys(std::move(words));
}

asio::awaitable<void> TmuxServer::press_enter(std::string pane) {
  std::vector<std::string> words{"-t", std::move(pane), "Enter"};
  return send_keys(std::move(words));
}

asio::awaitable<std::string> TmuxServer::open_people_pane(std::vector<std::string> argv) {
  const auto link = link_;
  const std::string session(people_session);
  std::vector<std::string> open{"new-session", "-d", "-s", session,      "-n",
                                "control",     "-P", "-F", "#{pane_id}", "--"};
  open.insert(open.end(), argv.begin(), argv.end());
  const std::string open_command = tmux_command(open);
  const std::string find_command =
      tmux_command({"display-message", "-p", "-t", "=" + session + ":", "#{pane_id}"});
  const std::shared_ptr<ControlConnection> connection = co_await link->connect(true);
  std::string trouble;
  for (int attempt = 0; attempt < open_attempts; ++attempt) {
    std::vector<std::string> commands{attempt % 2 == 0 ? open_command : find_command};
    const std::vector<ControlReply> replies = co_await connection->run(std::move(commands));
    const bool found = replies.front().succeeded;
    if (found) co_return replies.front().text();
    trouble = replies.front().text();
  }
  throw_unavailable("tmux cannot open the control pane: " + trouble);
}

void TmuxServer::run_now_and_first(std::vector<std::string> now, std::vector<std::string> first) {
  link_->begin_with(std::move(first));
  link_->run_if_connected(std::move(now));
}

asio::awaitable<void> TmuxServer::kill_pane(std::string pane) {
  const auto link = link_;
  const Turns::Turn turn = co_await kills_->acquire();
  const std::shared_ptr<ControlConnection> connection = co_await link->connect(false);
  if (connection) co_await kill(connection, "kill-pane", std::move(pane));
}

asio::awaitable<void> TmuxServer::kill_window(std::string session, std::string window) {
  const auto link = link_;
  const Turns::Turn turn = co_await kills_->acquire();
  const std::shared_ptr<ControlConnection> connection = co_await link->connect(false);
  if (!connection) co_return;
  std::vector<std::string> list = list_command();
  const ControlReply reply = co_await connection->require(std::move(list));
  const std::vector<TmuxPane> panes = to_panes(reply);
  for (const TmuxPane& pane : panes) {
    const bool meant = pane.session == session && pane.window == window;
    if (meant) co_await kill(connection, "kill-window", pane.window_id);
  }
}

asio::awaitable<void> TmuxServer::kill_server() {
  const auto link = link_;
  co_await link->end_server();
}

void TmuxServer::on_answer(std::function<void(std::chrono::nanoseconds)> callback) {
  link_->on_answer(std::move(callback));
}

void TmuxServer::close() { link_->close(); }

void TmuxServer::restore_socket() { link_->restore_socket(); }

std::int64_t TmuxServer::server_pid() const { return link_->server_pid(); }

}  // namespace yardmaster
