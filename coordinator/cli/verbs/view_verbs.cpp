#include <iostream>
#include <optional>

#include "coordinator/base/error.h"
#include "coordinator/cli/attach.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/lookups.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/follow_log.h"
#include "coordinator/cli/output/terminal.h"
#include "coordinator/cli/yard_connection.h"
#include "coordinator/domain/names.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

// An instance's end as the daemon tells it. Without a daemon it is never reached: the agent may
// well go on.
class InstanceEnd final : public LogEnd {
 public:
  InstanceEnd(const Places& places, const std::string& name) {
    try {
      client_ = places.connect();
      client_->call("subscribe", {{"events", json::array({"gone"})}, {"instance_id", name}});
      gone_ = !find_instance(*client_, name);
    } catch (const Error&) {
      client_.reset();
    }
  }

  int descriptor() const override { return client_ ? client_->native_handle() : -1; }

  bool reached() override {
    try {
      gone_ = gone_ || (client_ && client_->next_event(std::chrono::milliseconds(1)));
    } catch (const Error&) {
      client_.reset();
    }
    return gone_;
  }

 private:
  std::optional<Client> client_;
  bool gone_ = false;
};

void show_output(const Places& places, const std::string& name, LogView view) {
  require_name("NAME", name);
  const std::filesystem::path file = places.load().config.paths().output_log(name);
  if (!std::filesystem::exists(file)) {
    throw Error(ErrorCode::not_found,
                "there is no output of '" + name + "' (" + file.string() +
                    "): 'yardmaster ls' shows who runs, 'yardmaster history' who ran; what an "
                    "agent prints in the foreground is not kept");
  }
  std::optional<InstanceEnd> end;
  if (view.follow) view.end = &end.emplace(places, name);
  view.earlier = file.string() + ".1";
  show_log(file, view);
}

void attach(const Places& places, const std::string& name, bool read_only) {
  const Config config = places.load().config;
  const Paths paths = config.paths();
  Client client = connect_to_yard(config);
  const std::optional<json> instance = find_instance(client, name);
  if (!instance) {
    throw Error(ErrorCode::not_found, "there is no instance '" + one_line(name) +
                                          "' ('yardmaster ls' shows them, 'yardmaster history' "
                                          "those that ended)");
  }
  std::vector<std::string> command = attach_command(*instance, paths.tmux_socket(), read_only);
  if (!is_interactive()) {
    throw Error(ErrorCode::usage,
                "attach needs a terminal; see the output with 'yardmaster logs " + name + "'");
  }
  become_tmux(std::move(command));
}

void add_attach(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("attach", "Show an agent's window in this terminal");
  add_place_options(*verb, places);
  CLI::Option* name = must_be_name(verb->add_option("NAME", "As ls shows it"))->required();
  completed_with(name, Names::instances);
  CLI::Option* read_only = verb->add_flag("--read-only")->description("Look, and type nothing");
  verb->footer(
      "The window is tmux's: Ctrl-b d leaves it, and the agent goes on. Works from within\n"
      "another tmux too; Ctrl-b is that one's first, then. From another window of the yard it\n"
      "switches this terminal, and Ctrl-b L comes back. Terminals that are attached to\n"
      "agents of one repository show the same window: the one that was attached last.\n"
      "Example: yardmaster attach worker-1 --read-only");
  verb->callback([&places, name, read_only] {
    attach(places, name->as<std::string>(), read_only->count() > 0);
  });
}

}  // namespace

void add_logs_verb(CLI::App& parent, Places& places) {
  CLI::App* verb = parent.add_subcommand("logs", "Show what an agent prints, or the daemon's log");
  add_place_options(*verb, places);
  CLI::Option* name = verb->add_option("NAME",
                                       "An instance, also one that is gone (default: the "
                                       "daemon)");
  completed_with(name, Names::instances);
  CLI::Option* follow = verb->add_flag("-f,--follow")
                            ->description("Go on with what is added, until it ends or Ctrl-C");
  CLI::Option* lines = verb->add_option("-n,--lines", "Only the last lines");
  lines->type_name("COUNT");
  CLI::Option* raw = verb->add_flag("--raw")->description(
      "Byte for byte, also what colours, moves or otherwise controls a terminal");
  verb->footer(
      "Examples:\n"
      "  yardmaster logs worker-1 -n 50\n"
      "  yardmaster logs worker-1 -f\n"
      "  yardmaster logs -f            the daemon's own");
  verb->callback([&places, name, follow, lines, raw] {
    LogView view;
    view.raw = raw->count() > 0;
    view.follow = follow->count() > 0;
    view.last_lines = count_of(*lines);
    if (name->count() > 0) return show_output(places, name->as<std::string>(), view);
    show_log(places.load().config.paths().log(), view);
  });
}

void add_view_verbs(CLI::App& app, Places& places) {
  add_logs_verb(app, places);
  add_attach(app, places);
}

}  // namespace yardmaster::cli
