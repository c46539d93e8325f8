#include "coordinator/instances/roles/agent_command.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/shell_quote.h"
#include "coordinator/instances/roles/command_words.h"
#include "coordinator/instances/roles/task_in_code.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

[[noreturn]] void refuse_command(const std::string& why) {
  throw Error(ErrorCode::invalid_request, why);
}

using Placeholder = std::pair<std::string_view, std::string>;

std::vector<Placeholder> placeholders(const AgentFacts& facts) {
  return {{"{task}", facts.task},
          {"{prompt_file}", facts.prompt_file.string()},
          {"{session_id}", facts.session_id},
          {"{instance}", facts.instance},
          {"{worktree}", facts.worktree.string()}};
}

const Placeholder* placeholder_at(const std::vector<Placeholder>& all, const std::string& word,
                                  std::size_t at) {
  const auto found = std::find_if(all.begin(), all.end(), [&](const Placeholder& each) {
    return word.compare(at, each.first.size(), each.first) == 0;
  });
  return found == all.end() ? nullptr : &*found;
}

// All placeholders are replaced in one pass, so that a task may hold what looks like one.
std::string fill_values(const std::string& word, const std::vector<Placeholder>& values) {
  std::string filled;
  for (std::size_t at = 0; at < word.size();) {
    const Placeholder* found = placeholder_at(values, word, at);
    filled += found == nullptr ? std::string(1, word[at]) : found->second;
    at += found == nullptr ? 1 : found->first.size();
  }
  return filled;
}

std::string fill(const std::string& word, const AgentFacts& facts) {
  return fill_values(word, placeholders(facts));
}

[[noreturn]] void refuse_task_in_code(const std::string& word) {
  refuse_command("{task} in '" + word.substr(0, 200) +
                 "' would be executed: let the program take it from its environment, where "
                 "YARDMASTER_TASK holds it, or give it a word of its own");
}

// The shell takes the task from its environment, so that nothing in it is read as a script.
std::string fill_script(const std::string& script, const AgentFacts& facts) {
  const std::vector<Placeholder> values = placeholders(facts);
  std::string filled;
  ScriptQuotes quotes;
  for (std::size_t at = 0; at < script.size();) {
    const Placeholder* found = placeholder_at(values, script, at);
    if (found == nullptr) {
      quotes.pass(script[at]);
      filled += script[at++];
      continue;
    }
    const bool is_task = found->first == "{task}";
    if (is_task && quotes.begins_command()) refuse_task_in_code(script);
    const std::string expression = is_task ? "\"$YARDMASTER_TASK\"" : shell_quote(found->second);
    if (!is_task || !facts.task.empty()) filled += quotes.here(expression);
    quotes.pass('x');
    at += found->first.size();
  }
  return filled;
}

std::string fill_as(WordUse use, const std::string& word, const AgentFacts& facts) {
  const bool has_task = word.find("{task}") != std::string::npos;
  if (has_task && (use == WordUse::code || (use == WordUse::script && calls_interpreter(word)))) {
    refuse_task_in_code(word);
  }
  if (use != WordUse::script) return fill(word, facts);
  if (has_task && !fits_environment(facts.task)) {
    refuse_command(
        "a task of " + std::to_string(facts.task.size()) +
        " bytes fits in no variable: put it into a file, and let the task name the file");
  }
  return fill_script(word, facts);
}

bool says(const Words& words, std::string_view placeholder) {
  return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
    return word.find(placeholder) != std::string::npos;
  });
}

bool has_option(const Words& words, const Words& options) {
  return std::any_of(words.begin(), words.end(), [&](const std::string_view word) {
    const std::string_view name = word.substr(0, word.find('='));
    return std::find(options.begin(), options.end(), name) != options.end();
  });
}

// What an agent that takes no prompt of its own is told first.
std::string beginning(const AgentFacts& facts, bool is_told_already) {
  if (facts.prompt_file.empty() || is_told_already) return facts.task;
  const std::string reads = "First read " + facts.prompt_file.string() +
                            ": it says who you are here, and how one works here.";
  return facts.task.empty() ? reads : reads + "\n\nThen: " + facts.task;
}

// A prompt that is just the name of one of the agent's own commands (`update`, `doctor`) might run
// it; a line's end behind it makes it a text.
std::string as_prompt(const std::string& task) {
  const auto is_of_a_name = [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; };
  const bool may_be_command = !task.empty() && task.front() != '-' && task.size() <= 64 &&
                              std::all_of(task.begin(), task.end(), is_of_a_name);
  return may_be_command ? task + "\n" : task;
}

// Nothing where the command itself says it, or what it would say is not known.
Words words_of(const AgentOption& option, const Words& command, const AgentFacts& facts) {
  std::vector<Placeholder> values = placeholders(facts);
  values.emplace_back("{begin}", beginning(facts, says(command, "{prompt_file}")));
  for (const auto& [placeholder, value] : values) {
    const bool is_used = says(option.words, placeholder);
    if (is_used && (value.empty() || says(command, placeholder))) return {};
  }
  if (has_option(command, option.unless)) return {};
  Words words;
  for (const std::string& word : option.words) {
    if (word == "{task}") {
      words.push_back(as_prompt(facts.task));
    } else {
      words.push_back(fill_values(word, values));
    }
  }
  return words;
}

void append(const Words& words, Words& to) { to.insert(to.end(), words.begin(), words.end()); }

Words options_of(const AgentKind& kind, const Words& command, const AgentFacts& facts) {
  Words options;
  for (const AgentOption& option : kind.options) append(words_of(option, command, facts), options);
  if (facts.skip_permissions) append(words_of(kind.skip_permissions, command, facts), options);
  return options;
}

// Behind the program: options of the command that take several values would swallow what follows
// them.
std::size_t place_of_options(const AgentKind& kind, const Words& command) {
  for (std::size_t at = 0; at < command.size(); ++at) {
    const std::string name = fs::path(command[at]).filename().string();
    if (std::find(kind.programs.begin(), kind.programs.end(), name) != kind.programs.end()) {
      return at + 1;
    }
  }
  return 1;
}

// A `--` of the command's own serves for the beginning, too.
Words beginning_of(const AgentKind& kind, const Words& command, const AgentFacts& facts) {
  if (says(command, "{task}")) return {};
  Words words = words_of(kind.begin, command, facts);
  const bool has_dashes = std::find(command.begin(), command.end(), "--") != command.end();
  if (has_dashes && !words.empty() && words.front() == "--") words.erase(words.begin());
  return words;
}

void require_arguments(const Words& argv) {
  for (const std::string& argument : argv) {
    if (argument.size() > max_argument_bytes) {
      refuse_command("an argument of the agent command would have " +
                     std::to_string(argument.size()) + " bytes, and " +
                     std::to_string(max_argument_bytes) +
                     " are possible: put a long task into a file, and let the task name the file");
    }
    if (argument.find('\0') != std::string::npos) {
      refuse_command("an argument of the agent command has a NUL byte: take it out of the task");
    }
  }
}

bool is_executable(const fs::path& file) {
  struct stat found {};
  return ::stat(file.c_str(), &found) == 0 && S_ISREG(found.st_mode) &&
         ::faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0;
}

[[noreturn]] void not_installed(const std::string& name, const std::string& why) {
  throw Error(ErrorCode::not_found, "the agent command '" + name.substr(0, 200) +
                                        "' is not installed: " + why +
                                        "; install it, add its directory to agent_path, or "
                                        "name another with agent_command");
}

}  // namespace

bool fits_environment(const std::string& task) {
  constexpr std::string_view beginning = "YARDMASTER_TASK=";
  return task.size() + beginning.size() <= max_argument_bytes;
}

std::vector<std::string> agent_argv(const AgentKind& kind, const std::string& command,
                                    const AgentFacts& facts,
                                    const std::vector<std::string>& added) {
  const Words words = split_command(command);
  if (words.empty() || words.front().empty()) {
    refuse_command("the agent command is empty: name the program that is to be started");
  }
  if (words.front().find("{task}") != std::string::npos) {
    refuse_command("the agent command must begin with a program, not with {task}");
  }
  Words options = options_of(kind, words, facts);
  append(added, options);
  const bool says_where = std::find(words.begin(), words.end(), "{options}") != words.end();
  const std::size_t place = says_where ? words.size() : place_of_options(kind, words);
  Words argv;
  const std::vector<WordUse> uses = uses_of(words);
  for (std::size_t at = 0; at < words.size(); ++at) {
    if (at == place || words[at] == "{options}") append(options, argv);
    if (words[at] == "{options}") continue;
    const std::string filled = fill_as(uses[at], words[at], facts);
    if (words[at] != "{task}" || !facts.task.empty()) argv.push_back(filled);
  }
  if (!says_where && place == words.size()) append(options, argv);
  append(beginning_of(kind, words, facts), argv);
  require_arguments(argv);
  return argv;
}

fs::path require_program(const std::string& name, std::string_view path) {
  if (name.find('/') != std::string::npos) {
    if (name.front() != '/' || is_executable(name)) return name;
    not_installed(name, "there is no such program");
  }
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find(':', begin), path.size());
    const fs::path directory = path.substr(begin, end - begin);
    begin = end + 1;
    // A relative one would be looked up in the worktree, where no program is expected.
    if (directory.is_absolute() && is_executable(directory / name)) return directory / name;
  }
  not_installed(name, "it is in no directory of the daemon's PATH, " + std::string(path));
}

}  // namespace yardmaster
