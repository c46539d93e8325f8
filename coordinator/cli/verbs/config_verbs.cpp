#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/cli/command_line.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

void print_values(const LoadedConfig& loaded) {
  for (const ConfigValue& value : loaded.values) {
    std::cout << value.key << " = " << terminal_safe_json(to_text(value.value)) << "\n    "
              << value.help << "\n    default " << to_text(value.default_value) << ", from "
              << value.origin << "\n";
  }
}

void print_values_json(const LoadedConfig& loaded) {
  json shown = json::object();
  for (const ConfigValue& value : loaded.values) {
    shown[value.key] = {{"value", value.value},
                        {"default", value.default_value},
                        {"origin", value.origin},
                        {"help", value.help}};
  }
  print_json(shown);
}

}  // namespace

void add_config_verbs(CLI::App& app, Places& places) {
  CLI::App* config = app.add_subcommand("config", "Settings");
  config->require_subcommand(1);
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
