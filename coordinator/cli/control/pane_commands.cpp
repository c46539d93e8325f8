#include "coordinator/cli/control/pane_commands.h"

#include <algorithm>
#include <array>

#include "coordinator/base/error.h"

namespace yardmaster::cli {
namespace {

struct PaneCommand {
  std::string_view name;
  std::string_view usage;
  std::string_view help;
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
    PaneCommand{"/send", "NAME TEXT", "sends a message to one", 1, true,
                [](const Words& names, const std::string& text) {
                  return with_text({"send", names[0]}, text);
                }},
    PaneCommand{"/broadcast", "TEXT", "sends it to all in the yard", 0, true,
                [](const Words& /*names*/, const std::string& text) {
                  return with_text({"broadcast"}, text);
                }},
    PaneCommand{"/spawn", "ROLE[@REPO] [TASK]", "starts an instance", 1, false,
                [](const Words& names, const std::string& text) {
                  const std::size_t at = std::min(names[0].find('@'), names[0].size());
                  const std::string repo = names[0].substr(std::min(at + 1, names[0].size()));
                  return with_option(with_option({"spawn", names[0].substr(0, at)}, "--repo", repo),
                                     "--task", text);
                }},
    PaneCommand{"/rm", "NAME", "ends one; unsaved work is rescued", 1, false,
                [](const Words& names, const std::string& /*text*/) {
                  return Words{"rm", names[0]};
                }},
    PaneCommand{"/context-handoff", "FROM TO [SUMMARY]", "offers what FROM has written to TO", 2,
                false,
                [](const Words& names, const std::string& text) {
                  return with_option({"handoff", names[0], names[1]}, "--summary", text);
                }},
    PaneCommand{"/attach", "NAME", "shows its window", 1, false,
                [](const Words& names, const std::string& /*text*/) {
                  return Words{"attach", names[0]};
                }},
    PaneCommand{"/help", "", "this", 0, false,
                [](const Words& /*names*/, const std::string& /*text*/) { return Words{"help"}; }},
    PaneCommand{"/quit", "", "ends this; agents go on", 0, false,
                [](const Words& /*names*/, const std::string& /*text*/) { return Words{"quit"}; }}};

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
    throw Error(ErrorCode::usage, "there is no '" + name + "'; /help lists the commands");
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

std::vector<std::string> completions_of(std::string_view line, const Completable& known) {
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
  if (command == nullptr || written >= command->names) return found;
  for (const std::string& name : command->name == "/spawn" ? known.roles : known.instances) {
    add(name);
  }
  return found;
}

std::vector<std::string> pane_help() {
  std::vector<std::string> lines{"Commands"};
  for (const PaneCommand& command : commands) {
    std::string line = "  " + std::string(command.name) + " " + std::string(command.usage);
    line.resize(std::max<std::size_t>(line.size() + 2, 38), ' ');
    lines.push_back(line.append(command.help));
  }
  lines.insert(
      lines.end(),
      {"", "Keys", "  Tab completes, Up and Down go through earlier commands, Esc leaves the line",
       "  Up Down PgUp PgDn choose an instance, Enter attaches to it, q quits",
       "  in tmux: Ctrl-b L comes back here from an agent, Ctrl-b d leaves tmux", "", "Letters",
       "  R running, I idle, S starting, X stopping, ? unknown",
       "  W waiting for its restart, or for you; G given up"});
  return lines;
}

}  // namespace yardmaster::cli
