#include "coordinator/cli/command_line.h"

#include <algorithm>
#include <iostream>

#include "coordinator/base/error.h"

namespace yardmaster::cli {
namespace {

constexpr const char* examples =
    "Examples:\n"
    "  yardmaster start                                  start the daemon and wait until it "
    "answers\n"
    "  yardmaster status                                 what it does, in a table (--json for "
    "tools)\n"
    "  yardmaster call allocate_instance '{\"instance_id\":\"alice\",\"role\":\"worker\"}'\n"
    "  yardmaster agent send-message bob 'tests are green' --from alice\n"
    "  yardmaster config show                            every setting, its value and where it is "
    "from\n"
    "  yardmaster stop\n"
    "\n"
    "Settings come from a JSON file with comments (~/.config/yardmaster/config.json), from the\n"
    "environment (YARDMASTER_STATE_DIR, YARDMASTER_RUNTIME_DIR, YARDMASTER_CONFIG and one\n"
    "YARDMASTER_<KEY> for each key) and from the command line, the later before the earlier.\n"
    "Exit status: 0 done, 1 could not be done, 2 wrong usage.";

// One line, whatever is in it.
int complain(std::string what, int status) {
  std::replace(what.begin(), what.end(), '\n', ' ');
  std::cerr << "yardmaster: " << what << "\n";
  return status;
}

// The parser complains about the missing verb before it looks at what stands in its place.
std::string usage_error(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining();
  const bool misled = error.get_name() == "RequiredError" && !unknown.empty();
  return (misled ? "unknown: " + unknown.front() : std::string(error.what())) +
         " (see yardmaster --help)";
}

}  // namespace

LoadedConfig Places::load() const {
  ConfigSources sources;
  if (!config_file.empty()) sources.file = config_file;
  if (!state_dir.empty()) sources.command_line["state_dir"] = state_dir;
  if (!runtime_dir.empty()) sources.command_line["runtime_dir"] = runtime_dir;
  if (!store.empty()) sources.command_line["store"] = store;
  if (!checkpoint_policy.empty()) sources.command_line["checkpoint_policy"] = checkpoint_policy;
  return load_config(sources);
}

Client Places::connect() const { return Client(load().config.paths().broker_socket()); }

void add_place_options(CLI::App& verb, Places& places) {
  verb.add_option("--config", places.config_file, "Settings file (JSON with comments)");
  verb.add_option("--state-dir", places.state_dir, "Holds the database, the lock and the log");
  verb.add_option("--runtime-dir", places.runtime_dir, "Holds the sockets");
}

int run(int argc, char** argv) {
  CLI::App app{"yardmaster coordinates coding agents on one machine", "yardmaster"};
  app.set_version_flag("--version", YARDMASTER_VERSION);
  app.require_subcommand(0, 1);  // a missing one is complained of last: what is there matters more
  app.footer(examples);
  Places places;
  int status = 0;
  add_daemon_verbs(app, places, status);
  add_agent_verbs(app, places);
  add_config_verbs(app, places);
  add_call_verb(app, places);
  try {
    app.parse(argc, argv);
    if (app.get_subcommands().empty()) throw CLI::RequiredError("A command");
    return status;
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    return complain(usage_error(app, error), 2);
  } catch (const Error& error) {
    return complain(error.what(), error.code() == ErrorCode::usage ? 2 : 1);
  } catch (const std::exception& error) {
    return complain(error.what(), 1);
  }
}

}  // namespace yardmaster::cli
