// The live table of the yard, with a command line below it: in a window of the yard's own tmux, and
// by itself.
#include "coordinator/base/error.h"
#include "coordinator/cli/attach.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/control/command_run.h"
#include "coordinator/cli/control/control_pane.h"
#include "coordinator/cli/yard_connection.h"
#include "coordinator/instances/tmux/control_connection.h"

namespace yardmaster::cli {
namespace {

constexpr const char* table_help =
    "A letter and a word tell the state: R running, I idle, S starting, X stopping,\n"
    "? unknown, W waiting for its restart or for you, G given up. Keys: / a command, Tab\n"
    "completes it, Up and Down choose or go through earlier commands, Enter attaches, ? help,\n"
    "q ends it.\n"
    "Commands: /send NAME TEXT, /broadcast TEXT, /spawn ROLE[@REPO] [TASK], /rm NAME,\n"
    "/context-handoff FROM TO [SUMMARY], /attach NAME, /help, /quit.\n";

void add_top(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("top", "Watch the yard live in this terminal, without tmux");
  add_place_options(*verb, places);
  verb->footer(std::string(table_help) + "Example: yardmaster top");
  verb->callback([&places] {
    ControlPane(
        [&places] { return places.connect(); },
        [&places](std::vector<std::string> words) { return places.words(std::move(words)); })
        .show();
  });
}

// Without a daemon, the pane that an earlier one has opened is of use: it waits for the next one.
std::string find_control_pane(const Config& config) {
  const std::string session = "=" + std::string(people_session);
  try {
    return connect_to_yard(config).call("open_control_pane").at("tmux_pane");
  } catch (const NoDaemon&) {
    const std::string socket = config.paths().tmux_socket().string();
    if (!succeeds({"tmux", "-S", socket, "has-session", "-t", session})) throw;
  }
  return session + ":";
}

void open_control(const Places& places) {
  require_drawable_terminal();
  const Config config = places.load().config;
  const std::string pane = find_control_pane(config);
  become_tmux(show_command(config.paths().tmux_socket(), pane, false));
}

}  // namespace

void add_control_verb(CLI::App& app, Places& places) {
  CLI::App* verb =
      app.add_subcommand("control", "Watch the yard live, and give it commands, in its tmux");
  add_place_options(*verb, places);
  verb->footer(
      std::string(table_help) +
      "It is a window of the yard's tmux, opened once: it goes on when you leave it with\n"
      "Ctrl-b d or lose the connection, and waits when the daemon is restarted. Enter shows an\n"
      "agent's window, and Ctrl-b L comes back. Works from within another tmux too; Ctrl-b is\n"
      "that one's first, then.\n"
      "Example: yardmaster control");
  verb->callback([&places] { open_control(places); });
  add_top(app, places);
}

}  // namespace yardmaster::cli
