// What happens in the yard, as it happens.
#include <iostream>
#include <sstream>
#include <string>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/events_text.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr auto longest_wait = std::chrono::hours(1);
constexpr const char* every_event = "instance,gone,message,message_status,handoff";

json wanted_events(const CLI::Option& only) {
  json wanted = json::array();
  std::istringstream names(only.count() > 0 ? only.as<std::string>() : every_event);
  for (std::string name; std::getline(names, name, ',');) wanted.push_back(name);
  return wanted;
}

}  // namespace

void add_event_verb(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("events", "Tell what happens, as it happens, until Ctrl-C");
  add_place_options(*verb, places);
  verb->add_flag("-f,--follow")->description("What it does anyway");
  CLI::Option* only = verb->add_option(
      "--only", "instance, gone, message, message_status, unread, handoff, checkpoint");
  completed_with(only, "instance gone message message_status unread handoff checkpoint")
      ->type_name("EVENT,...");
  CLI::Option* whose = verb->add_option("--instance", "Only what concerns this one");
  completed_with(whose, Names::instances)->type_name("NAME");
  CLI::Option* as_json = verb->add_flag("--json")->description("One JSON object per line");
  verb->footer("Example: yardmaster events --only gone,handoff");
  verb->callback([&places, only, whose, as_json] {
    Client client = places.connect();
    json arguments{{"events", wanted_events(*only)}};
    if (whose->count() > 0) arguments["instance_id"] = value_of(*whose);
    client.call("subscribe", arguments);
    while (std::cout.flush()) {
      const auto event = client.next_event(longest_wait);
      if (!event) continue;
      std::cout << (as_json->count() > 0 ? to_text(*event) : event_line(*event)) << "\n";
    }
  });
}

}  // namespace yardmaster::cli
