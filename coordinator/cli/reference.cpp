#include "coordinator/cli/reference.h"

#include <initializer_list>
#include <vector>

#include "coordinator/cli/command_line.h"

namespace yardmaster::cli {
namespace {

constexpr const char* introduction =
    "# Commands of yardmaster\n\n"
    "Run them in your shell. They know who you are and which yard you are in by your environment.\n"
    "Each exits with 0 when it is done, 1 when it could not be done and 2 when it was asked "
    "wrongly,\n"
    "and says why in one line.\n";

bool is_shown(const CLI::Option* option) {
  const std::string& group = option->get_group();  // "": hidden
  return !group.empty() && group != place_group && option->get_name() != "--help" &&
         option->get_envname().empty();  // an identity comes from the environment
}

std::string positional_usage(const CLI::Option& option) {
  const std::string name = option.get_name(true);
  return option.get_required() ? name : "[" + name + "]";
}

bool is_flag(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

std::string flag_usage(const CLI::Option& option) {
  std::string usage = option.get_name(false, true);  // all of its names
  if (!is_flag(option)) usage += " " + option.get_type_name();
  return usage;
}

std::string usage_of(const CLI::App& verb, const std::string& name) {
  std::string usage = name;
  for (const CLI::Option* option : verb.get_options(is_shown)) {
    if (option->get_positional()) usage += " " + positional_usage(*option);
  }
  return usage;
}

void describe(const CLI::App& verb, const std::string& parent, std::string& text) {
  const std::string name = parent + " " + verb.get_name();
  const auto visible = [](const CLI::App* child) { return !child->get_group().empty(); };
  const std::vector<const CLI::App*> children = verb.get_subcommands(visible);
  for (const CLI::App* child : children) describe(*child, name, text);
  if (!children.empty()) return;
  text += "\n`" + usage_of(verb, name) + "`: " + verb.get_description() + ".\n";
  for (const CLI::Option* option : verb.get_options(is_shown)) {
    const bool positional = option->get_positional();
    text += "- `" + (positional ? option->get_name(true) : flag_usage(*option)) +
            "`: " + option->get_description() + "\n";
  }
}

}  // namespace

std::string cli_reference() {
  CLI::App app{"", "yardmaster"};
  Places places;
  int status = 0;
  add_verbs(app, places, status);
  std::string text = introduction;
  for (const char* verb : {"agent", "complete", "spawn", "ls", "logs", "history", "rescue"}) {
    describe(*app.get_subcommand(verb), "yardmaster", text);
  }
  return text;
}

}  // namespace yardmaster::cli
