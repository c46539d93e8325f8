#include "coordinator/cli/control/pane_commands.h"

#include <algorithm>
#include <array>

#include "coordinator/base/error.h"

namespace yardmaster::cli {
namespace {

struct PaneCommand {
  std::string_view name;
  std::string_view usage;
  std::size_t names = 0;    // how many words that are names come first
  bool needs_text = false;  // after them, to the end of the line
  std::vector<std::string> (*words)(const std::vector<std::string>& names, const std::string& text);
};

using Words = std::vector<std::string>;

// A text may begin with a dash.
Words with_text(Words words, const std::string& text) {
  words.emplace_back("--");
  words.push_back(text);
  return words;
}

Words with_option(Words words, const char* option, const std::string& value) {
  if (!value.empty()) words.push_back(std::string(option) + "=" + value);
  return words;
}

constexpr std::array commands{
    PaneCommand{"/send", "NAME TEXT", 1, true,
                [](const Words& names, const std::string& text) {
                  return with_text({"send", names[0]}, text);
                }},
    PaneCommand{"/broadcast", "TEXT", 0, true,
                [](const Words& /*names*/, const std::string& text) {
                  return with_text({"broadcast"}, text);
                }},
    PaneCommand{"/spawn", "ROLE [TASK]", 1, false,
                [](const Words& names, const std::string& text) {
                  return with_option({"spawn", names[0]}, "--task", text);
                }},
    PaneCommand{"/rm", "NAME", 1, false,
                [](const Words& names, const std::string& /*text*/) {
                  return Words{"rm", names[0]};
                }},
    PaneCommand{"/context-handoff", "FROM TO [SUMMARY]", 2, false,
                [](const Words& names, const std::string& text) {
                  return with_option({"handoff", names[0], names[1]}, "--summary", text);
                }},
    PaneCommand{"/attach", "NAME", 1, false, [](const Words& names, const std::string& /*text*/) {
                  return Words{"attach", names[0]};
                }}};

std::string next_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::size_t end = std::min(rest.find(' '), rest.size());
  std::string word(rest.substr(0, end));
  rest.remove_prefix(end);
  return word;
}

const PaneCommand* find_command(std::string_view name) {
  const auto* const found =
      std::ranges::find_if(commands, [name](const auto& each) { return each.name == name; });
  return found == commands.end() ? nullptr : found;
}

}  // namespace

std::vector<std::string> words_of(std::string_view line) {
  std::string_view rest = line;
  const std::string name = next_word(rest);
  const PaneCommand* const command = find_command(name);
  if (command == nullptr) {
    throw Error(ErrorCode::usage, "there is no '" + name + "': " + pane_commands_help());
  }
  Words names;
  while (names.size() < command->names) {
    std::string word = next_word(rest);
    if (word.empty()) break;
    names.push_back(std::move(word));
  }
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (names.size() < command->names || (command->needs_text && rest.empty())) {
    throw Error(ErrorCode::usage, name + " needs " + std::string(command->usage));
  }
  return command->words(names, std::string(rest));
}

std::vector<std::string> completions_of(std::string_view line,
                                        const std::vector<std::string>& names) {
  const std::size_t space = line.rfind(' ');
  const std::string_view before = line.substr(0, space == std::string_view::npos ? 0 : space + 1);
  const std::string_view begun = line.substr(before.size());
  std::vector<std::string> found;
  const auto add = [&](std::string_view word) {
    if (word.starts_with(begun)) found.push_back(std::string(before).append(word).append(" "));
  };
  if (before.empty()) {
    for (const PaneCommand& command : commands) add(command.name);
    return found;
  }
  std::string_view rest = before;
  const PaneCommand* const command = find_command(next_word(rest));
  std::size_t written = 0;
  while (!next_word(rest).empty()) ++written;
  if (command == nullptr || written >= command->names || command->name == "/spawn") return found;
  for (const std::string& name : names) add(name);
  return found;
}

std::string pane_commands_help() {
  std::string text;
  for (const PaneCommand& command : commands) {
    text.append(text.empty() ? "" : "  ").append(command.name).append(" ").append(command.usage);
  }
  return text;
}

}  // namespace yardmaster::cli
