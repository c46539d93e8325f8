#include "coordinator/base/config.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <initializer_list>
#include <string_view>
#include <variant>

#include <unistd.h>

#include "coordinator/base/config_keys.h"
#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/base/postgres_secrets.h"
#include "coordinator/base/secrets.h"
#include "coordinator/base/store_kind.h"
#include "coordinator/base/surroundings.h"
#include "coordinator/base/yard_record.h"

namespace yardmaster {
namespace {

using nlohmann::json;
using std::chrono::nanoseconds;

[[noreturn]] void refuse(const std::string& where, std::string_view key, const std::string& why) {
  throw Error(ErrorCode::usage, where + ": " + std::string(key) + ": " + why);
}

json raw_json(const Config& config, const Member& member) {
  return std::visit(
      [&](auto pointer) -> json {
        if constexpr (std::is_same_v<decltype(pointer), nanoseconds Config::*>) {
          return std::to_string((config.*pointer).count()) + "ns";
        } else {
          return config.*pointer;
        }
      },
      member);
}

json to_json(const Config& config, const Member& member) {
  if (member == Member(&Config::agent_environment)) return without_values(config.agent_environment);
  return std::visit(
      [&](auto pointer) -> json {
        if constexpr (std::is_same_v<decltype(pointer), nanoseconds Config::*>) {
          return format_duration(config.*pointer);
        } else if constexpr (std::is_same_v<decltype(pointer), std::string Config::*>) {
          const bool may_hold_password = pointer == &Config::postgres;
          return may_hold_password ? without_password(config.*pointer) : config.*pointer;
        } else {
          return config.*pointer;
        }
      },
      member);
}

void assign(Config& config, std::string Config::*member, const json& value) {
  config.*member = value.get<std::string>();
}
void assign(Config& config, bool Config::*member, const json& value) {
  config.*member = value.get<bool>();
}
void assign(Config& config, std::uint64_t Config::*member, const json& value) {
  if (!value.is_number_unsigned()) {
    throw Error(ErrorCode::usage, "must be a whole number, not negative");
  }
  config.*member = value.get<std::uint64_t>();
}
void assign(Config& config, nanoseconds Config::*member, const json& value) {
  config.*member = parse_duration(value.get<std::string>());
}
void assign(Config& config, std::vector<std::string> Config::*member, const json& value) {
  config.*member = value.get<std::vector<std::string>>();
}

void require_least(const Config& config, const Key& key, const std::string& where) {
  if (const auto* number = std::get_if<std::uint64_t Config::*>(&key.member)) {
    if (config.**number >= key.least) return;
    refuse(where, key.name, "must be at least " + std::to_string(key.least));
  }
  if (const auto* duration = std::get_if<nanoseconds Config::*>(&key.member)) {
    const nanoseconds least(static_cast<std::int64_t>(key.least));
    if (config.**duration >= least) return;
    refuse(where, key.name, "must be at least " + format_duration(least));
  }
}

void set(Config& config, const Key& key, const json& value, const std::string& where) {
  try {
    std::visit([&](auto member) { assign(config, member, value); }, key.member);
  } catch (const json::exception&) {
    refuse(where, key.name, "expected a value like " + to_text(to_json(Config{}, key.member)));
  } catch (const Error& failure) {
    refuse(where, key.name, failure.what());
  }
  require_least(config, key, where);
  if (key.choices.empty()) return;
  const std::string text = value.get<std::string>();
  if (std::find(key.choices.begin(), key.choices.end(), text) != key.choices.end()) return;
  std::string list;
  for (const std::string& choice : key.choices) list += " " + choice;
  refuse(where, key.name, "'" + text + "' is not one of:" + list);
}

// The value of a variable or flag, as the JSON that the file would hold.
json from_text(const Member& member, const std::string& text) {
  if (std::holds_alternative<bool Config::*>(member)) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return text;
  }
  if (std::holds_alternative<std::uint64_t Config::*>(member)) {
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure == std::errc() && end == text.data() + text.size()) return number;
    return text;
  }
  if (!std::holds_alternative<std::vector<std::string> Config::*>(member)) return text;
  json list = json::array();
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    list.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return list;
}

struct Loader {
  const ConfigSources& sources;
  Config config;
  std::map<std::string_view, std::string> origins;

  void apply(std::string_view name, const json& value, const std::string& origin) {
    const Key* key = find_key(name);
    if (key == nullptr) refuse(origin, name, "unknown key");
    set(config, *key, value, origin);
    origins[key->name] = origin;
  }

  void read_file() {
    const bool by_name = sources.file.has_value();
    const auto file = by_name ? *sources.file : default_config_file(sources.environment);
    if (!by_name && !std::filesystem::exists(file)) return;
    const json content = read_json_file(file);
    if (!content.is_object()) throw Error(ErrorCode::usage, file.string() + ": not an object");
    for (const auto& [name, value] : content.items()) apply(name, value, file.string());
  }

  void read_environment() {
    for (const Key& key : setting_keys()) {
      const std::string variable = variable_of(key.name);
      const auto text = sources.environment(variable);
      if (text) apply(key.name, from_text(key.member, *text), "environment " + variable);
    }
  }

  void read_command_line() {
    for (const auto& [name, text] : sources.command_line) {
      const Key* key = find_key(name);
      if (key == nullptr) refuse("command line", name, "unknown key");
      apply(name, from_text(key->member, text), "command line");
    }
  }
};

// One that is gone with a session, and that we may not make again, is of no use any more.
bool can_be_there(const std::filesystem::path& directory) {
  std::filesystem::path there = directory;
  while (!std::filesystem::exists(there) && there.has_relative_path()) there = there.parent_path();
  return std::filesystem::is_directory(there) && ::access(there.c_str(), W_OK | X_OK) == 0;
}

std::optional<YardRecord> known_yard(const std::filesystem::path& state_dir) {
  try {
    return read_yard_record(state_dir);
  } catch (const Error&) {
    return std::nullopt;  // a start says what is wrong with it
  }
}

// A yard stays where it was, however the surroundings of whoever calls have changed meanwhile.
void remember_yard(Config& config, std::map<std::string_view, std::string>& origins) {
  const std::optional<YardRecord> yard = known_yard(config.state_dir);
  if (!yard) return;
  const std::string origin = "the yard, since its latest start";
  // One that was moved since, or copied, does not take its sockets along.
  const bool is_there = is_same_directory(yard->state_dir, config.state_dir);
  if (origins.count("runtime_dir") == 0 && is_there && can_be_there(yard->runtime_dir)) {
    config.runtime_dir = yard->runtime_dir.string();
    origins["runtime_dir"] = origin;
  }
  if (origins.count("store") == 0 && store_kind_from(yard->store)) {
    config.store = yard->store;
    origins["store"] = origin;
  }
}

void fill_state_dir(Config& config, const Environment& environment) {
  if (config.state_dir.empty()) config.state_dir = default_state_dir(environment).string();
  config.state_dir = std::filesystem::absolute(config.state_dir).lexically_normal().string();
  // Spelt with or without a slash at its end, it is one directory.
  while (config.state_dir.size() > 1 && config.state_dir.ends_with('/')) {
    config.state_dir.pop_back();
  }
}

void fill_places(Config& config, const Environment& environment) {
  if (config.runtime_dir.empty()) {
    config.runtime_dir = default_runtime_dir(environment, config.state_dir).string();
  }
  config.runtime_dir = std::filesystem::absolute(config.runtime_dir).lexically_normal().string();
  const std::filesystem::path state_dir = config.state_dir;
  if (config.worktrees_dir.empty()) config.worktrees_dir = (state_dir / "worktrees").string();
  config.worktrees_dir =
      std::filesystem::absolute(config.worktrees_dir).lexically_normal().string();
  if (config.roles_file.empty()) {
    const bool has_home = environment("HOME") || environment("XDG_CONFIG_HOME");
    const std::filesystem::path place =
        has_home ? default_config_file(environment).parent_path() : state_dir;
    config.roles_file = (place / "roles.json").string();
  }
  config.roles_file = std::filesystem::absolute(config.roles_file).lexically_normal().string();
}

}  // namespace

std::string settings_text(const Config& config) {
  json all = json::object();
  for (const Key& key : setting_keys()) all[std::string(key.name)] = raw_json(config, key.member);
  const std::vector<std::uint8_t> bytes = json::to_cbor(all);  // paths may be no UTF-8
  return {bytes.begin(), bytes.end()};
}

Config config_from_settings(const std::string& text) {
  Config config;
  const json all = json::from_cbor(text);
  for (const auto& [name, value] : all.items()) {
    if (const Key* key = find_key(name)) set(config, *key, value, "settings");
  }
  return config;
}

LoadedConfig load_config(const ConfigSources& sources) {
  ConfigSources effective = sources;
  if (!effective.file) {
    if (const auto named = sources.environment("YARDMASTER_CONFIG")) effective.file = *named;
  }
  Loader loader{effective, {}, {}};
  // A process without HOME has no default file to look for; the variables may still say everything.
  if (effective.file || sources.environment("HOME") || sources.environment("XDG_CONFIG_HOME")) {
    loader.read_file();
  }
  loader.read_environment();
  loader.read_command_line();
  loader.config.named_by_sockets =
      loader.origins.count("runtime_dir") > 0 && loader.origins.count("state_dir") == 0;
  fill_state_dir(loader.config, sources.environment);
  remember_yard(loader.config, loader.origins);
  fill_places(loader.config, sources.environment);
  file_mask_of(loader.config.agent_umask);
  Config defaults;
  for (const auto place :
       {&Config::state_dir, &Config::runtime_dir, &Config::worktrees_dir, &Config::roles_file}) {
    const auto key =
        std::find_if(setting_keys().begin(), setting_keys().end(),
                     [&](const Key& candidate) { return candidate.member == Member(place); });
    if (loader.origins.count(key->name) == 0) defaults.*place = loader.config.*place;
  }
  LoadedConfig loaded{loader.config, {}};
  for (const Key& key : setting_keys()) {
    const auto origin = loader.origins.find(key.name);
    loaded.values.push_back(
        {std::string(key.name), to_json(loader.config, key.member), to_json(defaults, key.member),
         origin == loader.origins.end() ? "default" : origin->second, std::string(key.help)});
  }
  return loaded;
}

}  // namespace yardmaster
