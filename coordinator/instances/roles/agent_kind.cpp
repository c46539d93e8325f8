#include "coordinator/instances/roles/agent_kind.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/domain/names.h"
#include "coordinator/instances/roles/command_words.h"
#include "embedded/agents.json.h"

namespace yardmaster {
namespace {

using nlohmann::json;

constexpr std::string_view any_command = "command";

constexpr std::array<std::pair<std::string_view, ConfigurationForm>, 6> forms{
    {{"none", ConfigurationForm::none},
     {"worktree", ConfigurationForm::worktree},
     {"claude", ConfigurationForm::claude},
     {"codex", ConfigurationForm::codex},
     {"gemini", ConfigurationForm::gemini},
     {"opencode", ConfigurationForm::opencode}}};

constexpr std::array<std::string_view, 6> events{"session-start", "prompt",     "tool",
                                                 "stop",          "stop-block", "session-end"};

ConfigurationForm read_form(const Field& form) {
  const std::string text = form.text();
  std::string names;
  for (const auto& [name, value] : forms) {
    if (name == text) return value;
    names += (names.empty() ? "" : ", ") + std::string(name);
  }
  form.refuse("'" + text + "' is not one of " + names);
}

AgentOption read_option(const Field& option) {
  option.require_keys({"words", "unless"});
  if (!option.has("words")) option.refuse("needs words");
  AgentOption read;
  read.words = option.at("words").texts();
  if (option.has("unless")) read.unless = option.at("unless").texts();
  return read;
}

std::map<std::string, std::string> read_hooks(const Field& hooks) {
  const auto read = hooks.texts_by_name();
  for (const auto& [event, ours] : read) {
    if (std::ranges::find(events, ours) != events.end()) continue;
    std::string names;
    for (const std::string_view name : events) names += " " + std::string(name);
    hooks.at(event).refuse("'" + ours + "' is none of our events:" + names);
  }
  return read;
}

void read_kind(const Field& field, AgentKind& kind) {
  field.require_keys({"like", "programs", "options", "skip_permissions", "begin", "environment",
                      "configuration", "hooks", "wake"});
  if (field.has("programs")) kind.programs = field.at("programs").texts();
  if (field.has("options")) {
    kind.options.clear();
    for (const Field& option : field.at("options").elements()) {
      kind.options.push_back(read_option(option));
    }
  }
  if (field.has("skip_permissions")) {
    kind.skip_permissions = read_option(field.at("skip_permissions"));
  }
  if (field.has("begin")) kind.begin.words = field.at("begin").texts();
  if (field.has("environment")) kind.environment = field.at("environment").texts_by_name();
  if (field.has("configuration")) kind.configuration = read_form(field.at("configuration"));
  if (field.has("hooks")) kind.hooks = read_hooks(field.at("hooks"));
  if (field.has("wake")) kind.wake = read_wake_way(field.at("wake"));
}

const AgentKind* look_up(const std::vector<AgentKind>& kinds, std::string_view name) {
  const auto found =
      std::ranges::find_if(kinds, [&](const AgentKind& kind) { return kind.name == name; });
  return found == kinds.end() ? nullptr : &*found;
}

// What a new kind begins with.
AgentKind beginning_of(const Field& field, const std::vector<AgentKind>& kinds) {
  if (!field.has("like")) return {};
  const std::string like = field.at("like").text();
  const AgentKind* const other = look_up(kinds, like);
  if (other == nullptr) field.at("like").refuse("there is no kind of agent '" + like + "'");
  AgentKind kind = *other;
  kind.programs.clear();
  return kind;
}

}  // namespace

WakeWay read_wake_way(const Field& wake) {
  const std::string text = wake.text();
  const auto way = wake_way_from(text);
  if (!way) wake.refuse("'" + text + "' is not hooks, pane or none");
  return *way;
}

void read_agent_kinds(const Field& agents, std::vector<AgentKind>& kinds) {
  for (const std::string& name : agents.keys()) {
    const Field field = agents.at(name);
    if (!is_valid_name(name)) {
      field.refuse("is not a kind's name: use 1 to 63 of a-z, 0-9 and '-', not starting with '-'");
    }
    field.require_object();
    const AgentKind* const known = look_up(kinds, name);
    AgentKind kind = known != nullptr && !field.has("like") ? *known : beginning_of(field, kinds);
    kind.name = name;
    read_kind(field, kind);
    // What was said last is looked at first.
    std::erase_if(kinds, [&](const AgentKind& each) { return each.name == name; });
    kinds.insert(kinds.begin(), std::move(kind));
  }
}

std::vector<AgentKind> built_in_agent_kinds() {
  const json table = json::parse(embedded::agents_json, nullptr, true, true);
  std::vector<AgentKind> kinds;
  read_agent_kinds(Field(table, "agents.json", ""), kinds);
  return kinds;
}

const AgentKind& find_kind(const std::vector<AgentKind>& kinds, std::string_view name) {
  if (const AgentKind* const found = look_up(kinds, name)) return *found;
  throw Error(ErrorCode::not_found, "there is no kind of agent '" + std::string(name) + "'");
}

const AgentKind& kind_of_command(const std::vector<AgentKind>& kinds, const std::string& command) {
  const auto words = split_command(command);
  const std::string program =
      words.empty() ? std::string() : std::filesystem::path(words.front()).filename().string();
  const auto found = std::ranges::find_if(kinds, [&](const AgentKind& kind) {
    return std::ranges::find(kind.programs, program) != kind.programs.end();
  });
  return found == kinds.end() ? find_kind(kinds, any_command) : *found;
}

}  // namespace yardmaster
