#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/base/process_environment.h"
#include "coordinator/base/surroundings.h"
#include "coordinator/broker/commands/command_spec.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/plain_text.h"
#include "coordinator/cli/output/terminal.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

// What was set on purpose may be a secret.
Surroundings shown_surroundings(const Config& config) {
  const Surroundings caller = own_environment();
  Surroundings shown = compose_surroundings(config, caller, this_user(caller));
  for (auto& [name, value] : shown) {
    if (is_listed(config.agent_environment, name)) value = "***";
  }
  return shown;
}

void print_surroundings(const Config& config) {
  std::cout
      << "\nWhat agents have around them, whoever starts the daemon; beside it only what makes\n"
         "them an instance (YARDMASTER_*, TERM, PWD):\n"
         "    directory: their worktree; umask: "
      << config.agent_umask
      << "; files: the terminal alone; signals: as by\n"
         "    default; limits: as high as the system lets them\n";
  for (const auto& [name, value] : shown_surroundings(config)) {
    std::cout << "    " << one_line(name + "=" + value) << "\n";
  }
}

void print_values(const LoadedConfig& loaded) {
  const std::size_t width = terminal_width();
  for (const ConfigValue& value : loaded.values) {
    std::cout << value.key << " = " << terminal_safe_json(to_text(value.value)) << "\n"
              << wrapped(value.help, 4, width)
              << wrapped("default " + to_text(value.default_value) + ", from " + value.origin, 4,
                         width);
  }
  print_surroundings(loaded.config);
}

void print_values_json(const LoadedConfig& loaded) {
  json shown = json::object();
  for (const ConfigValue& value : loaded.values) {
    shown[value.key] = {{"value", value.value},
                        {"default", value.default_value},
                        {"origin", value.origin},
                        {"help", value.help}};
  }
  shown["agents"] = {{"environment", shown_surroundings(loaded.config)},
                     {"directory", "the worktree"},
                     {"umask", loaded.config.agent_umask}};
  print_json(shown);
}

std::string command_names() {
  std::string names;
  for (const CommandSpec& command : command_specs()) names.append(command.name).append(" ");
  return names;
}

}  // namespace

void add_config_verbs(CLI::App& app, Places& places) {
  CLI::App* config = app.add_subcommand("config", "Settings");
  config->require_subcommand(1);
  config->footer("Example: yardmaster config show");
  CLI::App* show = config->add_subcommand("show", "Every setting, its value and where it is from");
  add_place_options(*show, places);
  CLI::Option* as_json = add_json_flag(*show);
  show->footer("Example: yardmaster config show --json");
  show->callback([&places, as_json] {
    const LoadedConfig loaded = places.load();
    if (as_json->count() > 0) {
      print_values_json(loaded);
    } else {
      print_values(loaded);
    }
  });
}

void add_call_verb(CLI::App& app, Places& places) {
  CLI::App* call = app.add_subcommand("call", "Send a command of the protocol, print its data");
  add_place_options(*call, places);
  CLI::Option* command = call->add_option("COMMAND", "e.g. list_instances")->required();
  CLI::Option* arguments = call->add_option("ARGS", "A JSON object");
  CLI::Option* socket = call->add_option("--socket", "Instead of the broker's, e.g. an instance's");
  completed_with(command, command_names());
  completed_with(socket, Names::files);
  call->footer("Example: yardmaster call read_context '{\"context\":\"alice\",\"limit\":10}'");
  call->callback([&places, command, arguments, socket] {
    json given = json::object();
    if (arguments->count() > 0) {
      given = parse_json_with_comments(arguments->as<std::string>(), "ARGS");
    }
    Client client = socket->count() > 0 ? Client(socket->as<std::string>()) : places.connect();
    const json data = client.call(command->as<std::string>(), given, std::chrono::minutes(5));
    std::cout << terminal_safe_json(to_text(data)) << "\n";
  });
}

}  // namespace yardmaster::cli
