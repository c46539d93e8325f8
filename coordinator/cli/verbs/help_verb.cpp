// What the words of the command line mean, and those of others for the same.
#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/broker/commands/protocol_reference.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/usage_error.h"

namespace yardmaster::cli {
namespace {

const CLI::App* shown_verb(const CLI::App& group, const std::string& word) {
  const auto is_meant = [&](const CLI::App* each) {
    return !each->get_group().empty() && each->check_name(word);
  };
  const auto found = group.get_subcommands(is_meant);
  return found.empty() ? nullptr : found.front();
}

// As the verb's own --help has it; App::help() would tell of `help`, the verb that was given.
std::string help_of(const CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* verb = &app;
  std::string path = app.get_name();
  for (const std::string& word : words) {
    const CLI::App* next = shown_verb(*verb, word);
    if (next == nullptr) {
      throw Error(ErrorCode::usage, "unknown command '" + one_line(word) + "'" +
                                        suggested_verb(*verb, word) + " (see " + path + " --help)");
    }
    verb = next;
    path += " " + verb->get_name();
  }
  return app.get_formatter()->make_help(verb, path, CLI::AppFormatMode::Normal);
}

}  // namespace

void add_help_verb(CLI::App& app) {
  CLI::App* verb = app.add_subcommand("help", "Tell more of a command, or of the protocol");
  CLI::Option* words = verb->add_option("COMMAND", "Its words; or 'protocol': the whole reference");
  completed_with(words, Names::verbs)->expected(1, -1)->allow_extra_args();
  verb->footer(
      "Examples:\n"
      "  yardmaster help context show\n"
      "  yardmaster help protocol");
  verb->callback([&app, words] {
    std::vector<std::string> wanted;
    if (words->count() > 0) wanted = words->as<std::vector<std::string>>();
    if (wanted == std::vector<std::string>{protocol_topic}) {
      std::cout << protocol_reference();
    } else {
      std::cout << help_of(app, wanted);
    }
  });
}

void add_older_verbs(CLI::App& app, Places& places, int& status) {
  add_work_verb(app, places);
  CLI::App* daemon = app.add_subcommand("daemon", "As start, stop, status and logs");
  daemon->require_subcommand(1);
  add_running_verbs(*daemon, places, status);
  add_logs_verb(*daemon, places);
}

}  // namespace yardmaster::cli
