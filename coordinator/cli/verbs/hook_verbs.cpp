#include <array>
#include <csignal>
#include <iostream>
#include <optional>
#include <string>

#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

#include "coordinator/base/paths.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/hook_event.h"
#include "coordinator/cli/inbox_watch.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

// An agent waits for its hooks.
constexpr auto input_timeout = std::chrono::milliseconds(500);
constexpr auto hook_timeout = std::chrono::milliseconds(1000);
constexpr timeval whole_timeout{1, 800'000};
constexpr int status_that_wakes = 2;
constexpr std::size_t longest_input = 16U << 20U;

// Whatever else happens, the agent goes on.
void end_in_time() {
  std::signal(SIGALRM, [](int) { ::_exit(0); });
  const itimerval timer{{0, 0}, whole_timeout};
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

std::string read_input() {
  std::string input;
  if (::isatty(STDIN_FILENO) == 1) return input;
  const auto deadline = steady_clock::now() + input_timeout;
  std::array<char, 65536> buffer{};
  while (input.size() < longest_input) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now());
    pollfd poll{STDIN_FILENO, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&poll, 1, static_cast<int>(left.count())) <= 0) break;
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count <= 0) break;
    input.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return input;
}

// The broker's socket, unlike an instance's own, cannot tell who calls.
void add_caller(json& arguments) {
  if (const auto name = process_environment("YARDMASTER_INSTANCE")) {
    arguments["instance_id"] = *name;
  }
}

json unread_messages(Client& client, json request) {
  add_caller(request);
  try {
    return client.call("unread_messages", request, hook_timeout);
  } catch (const Error&) {
    return {};  // what its agent does is reported all the same
  }
}

// The agent reads it when this process ends, which is all that follows.
void confirm(Client& client, const Told& told) {
  json arguments{{"up_to", told.newest}, {"rung", told.rung}};
  add_caller(arguments);
  client.call("confirm_delivery", arguments, hook_timeout);
}

// Prints what there is to say, and returns what that was.
std::optional<Told> tell(Client& client, const Hearing& hearing) {
  const json unread = unread_messages(client, hearing.request);
  if (!flag_of(unread, "tell")) return std::nullopt;
  const std::string text = unread_text(text_of(unread, "instance_id"), number_of(unread, "unread"));
  std::cout << said_to_agent(hearing.event, text) << std::flush;
  if (!std::cout) return std::nullopt;
  return Told{text, text_of(hearing.request, "rung"), number_of(unread, "newest")};
}

void report(Client& client, json state) {
  add_caller(state);
  client.call("report_state", state, hook_timeout);
}

void serve(const std::string& event) {
  const auto socket = process_environment("YARDMASTER_SOCKET");
  if (!socket) return;  // not one of our agents: the files were copied, or it was started by hand
  const std::string input = read_input();
  const auto state = report_of(event, input);
  const auto hearing = hearing_of(event, input);
  if (!state && !hearing) return;
  Client client(*socket, hook_timeout);
  const std::optional<Told> told = hearing ? tell(client, *hearing) : std::nullopt;
  const bool goes_on = told && ends_turn(event);  // its turn; the confirmation says so
  if (state && !goes_on) report(client, *state);
  if (told) confirm(client, *told);
}

// Runs beside an agent that waits; what it says on standard error is told to it.
void wait_for_messages(int& status) {
  const auto socket = process_environment("YARDMASTER_SOCKET");
  const auto name = process_environment("YARDMASTER_INSTANCE");
  if (!socket || !name) return;
  const auto woken = InboxWatch(*socket, *name).wait();
  if (!woken) return;
  std::cerr << woken->text << std::endl;
  status = status_that_wakes;
  Client client(*socket, hook_timeout);
  confirm(client, *woken);
}

}  // namespace

void add_hook_verb(CLI::App& app, int& status) {
  CLI::App* verb = app.add_subcommand("hook", "What agents' hooks call");
  verb->group("");
  // Exit status 2 of a hook stops what the agent does, or wakes it: nothing here may be wrong
  // usage.
  verb->allow_extras();
  CLI::Option* event = verb->add_option(
      "EVENT", "session-start, prompt, tool, stop, stop-block, session-end or wait");
  verb->callback([event, &status] {
    const std::string name = value_of(*event);
    if (name != "wait") end_in_time();
    try {
      name == "wait" ? wait_for_messages(status) : serve(name);
    } catch (const std::exception&) {
      return;  // the daemon finds out by other means
    }
  });
}

}  // namespace yardmaster::cli
