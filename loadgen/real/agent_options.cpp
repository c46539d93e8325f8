#include "loadgen/real/agent_options.h"

#include <array>
#include <charconv>
#include <utility>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "coordinator/base/shell_quote.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::array<std::pair<std::string_view, AgentBehaviour>, 6> behaviours{{
    {"normal", AgentBehaviour::normal},
    {"crash", AgentBehaviour::crash},
    {"hang", AgentBehaviour::hang},
    {"children", AgentBehaviour::children},
    {"stubborn", AgentBehaviour::stubborn},
    {"exit", AgentBehaviour::exit},
}};

[[noreturn]] void refuse(const std::string& flag, const std::string& why) {
  throw Error(ErrorCode::usage, std::string(simulated_agent_verb) + ": " + flag + ": " + why);
}

AgentBehaviour behaviour_from(const std::string& flag, const std::string& text) {
  for (const auto& [name, behaviour] : behaviours) {
    if (name == text) return behaviour;
  }
  refuse(flag, "'" + text + "' is none of normal, crash, hang, children, stubborn, exit");
}

template <typename Whole>
Whole whole_number(const std::string& flag, const std::string& text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, number);
  if (failure != std::errc() || rest != end || !std::in_range<Whole>(number)) {
    refuse(flag, "'" + text + "' is not a whole number of that size");
  }
  return static_cast<Whole>(number);
}

void set(AgentOptions& options, const std::string& flag, const std::string& value) {
  if (flag == "--behaviour") {
    options.behaviour = behaviour_from(flag, value);
  } else if (flag == "--after") {
    options.after = parse_duration(value);
  } else if (flag == "--edit") {
    options.edit = value;
  } else if (flag == "--edits") {
    options.edits = parse_duration(value);
  } else if (flag == "--commit-every") {
    options.commit_every = whole_number<std::uint64_t>(flag, value);
  } else if (flag == "--journal") {
    options.journal = value;
  } else if (flag == "--writes") {
    options.writes = parse_duration(value);
  } else if (flag == "--owner") {
    options.owner = whole_number<pid_t>(flag, value);
  } else {
    refuse(flag, "there is no such option");
  }
}

}  // namespace

AgentOptions parse_agent_options(const std::vector<std::string>& words) {
  AgentOptions options;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (i + 1 == words.size()) refuse(words[i], "needs a value");
    set(options, words[i], words[i + 1]);
  }
  return options;
}

std::string agent_command(const std::filesystem::path& program,
                          const std::vector<std::string>& words) {
  std::string command = shell_quote(program.string()) + " " + std::string(simulated_agent_verb);
  for (const auto& word : words) command += " " + shell_quote(word);
  return command;
}

}  // namespace yardmaster::loadgen
