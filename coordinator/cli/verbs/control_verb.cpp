// The live table of the yard, with a command line below it.
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/control/control_pane.h"

namespace yardmaster::cli {

void add_control_verb(CLI::App& app, Places& places) {
  CLI::App* verb = app.add_subcommand("top", "Watch the yard live, and give it commands");
  add_place_options(*verb, places);
  verb->footer(
      "A letter and a word tell the state: R running, I idle, W waiting for you, S starting,\n"
      "X stopping, ? unknown. Keys: / a command, Tab completes it, Up and Down choose or go\n"
      "through earlier commands, Enter attaches, q ends it.\n"
      "Commands: /send NAME TEXT, /broadcast TEXT, /spawn ROLE [TASK], /rm NAME,\n"
      "/context-handoff FROM TO [SUMMARY], /attach NAME.\n"
      "Example: yardmaster top");
  verb->callback([&places] {
    ControlPane(
        [&places] { return places.connect(); },
        [&places](std::vector<std::string> words) { return places.words(std::move(words)); })
        .show();
  });
}

}  // namespace yardmaster::cli
