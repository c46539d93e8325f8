#include "coordinator/cli/command_line.h"

#include <algorithm>
#include <charconv>
#include <csignal>
#include <iostream>

#include "coordinator/base/error.h"
#include "coordinator/base/process_environment.h"
#include "coordinator/base/shell_quote.h"
#include "coordinator/cli/closest_word.h"
#include "coordinator/cli/free_texts.h"
#include "coordinator/cli/option_checks.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/plain_text.h"
#include "coordinator/cli/usage_error.h"
#include "coordinator/cli/yard_connection.h"
#include "coordinator/daemon/own_process.h"
#include "coordinator/domain/names.h"

namespace yardmaster::cli {
namespace {

constexpr const char* examples =
    "A day with it, in a git repository:\n"
    "  yardmaster start                                 start the daemon\n"
    "  yardmaster repo add .                            tell it about the repository\n"
    "  yardmaster spawn worker --task 'Fix issue 12'    an agent, in a worktree and window of its "
    "own\n"
    "  yardmaster ls                                    who runs, and since when\n"
    "  yardmaster attach worker-1                       see it, and type to it\n"
    "  yardmaster logs worker-1 -f                      or only what it prints\n"
    "  yardmaster rm worker-1                           end it; unsaved work is rescued first\n"
    "  yardmaster rescue ls                             what was rescued\n"
    "  yardmaster doctor                                is everything here as it should be?\n"
    "  yardmaster stop                                  agents go on without the daemon\n"
    "  yardmaster stop-all                              nobody goes on\n"
    "\n"
    "Settings come from a JSON file with comments (~/.config/yardmaster/config.json), from the\n"
    "environment (YARDMASTER_STATE_DIR, YARDMASTER_RUNTIME_DIR, YARDMASTER_CONFIG and one\n"
    "YARDMASTER_<KEY> for each key) and from the command line, the later before the earlier;\n"
    "'yardmaster config show' lists them. 'yardmaster help COMMAND' tells more of each, and\n"
    "'yardmaster completion bash' (zsh, fish) lets your shell complete them.\n"
    "Exit status: 0 done, 1 could not be done, 2 wrong usage or not found, 4 timed out, 5 no "
    "daemon.";

struct Group {
  const char* title;
  std::vector<const char*> verbs;
};

// Sorts the verbs into the groups that --help shows.
void group_verbs(CLI::App& app) {
  const std::vector<Group> groups{
      {"The daemon", {"start", "stop", "status", "doctor", "config", "backup", "call", "stop-all"}},
      {"Other ways in", {"ui", "token", "nginx-config"}},
      {"Repositories", {"init", "repo"}},
      {"Instances", {"spawn", "ls", "control", "top", "attach", "logs", "history", "rm"}},
      {"Messages and contexts",
       {"send", "inbox", "read", "ack", "broadcast", "context", "handoff", "events"}},
      {"Work that was saved, and what stayed behind", {"rescue", "cleanup", "repair"}},
      {"For agents themselves", {"complete", "mcp", "agent"}},
      {"Help", {"help", "completion"}},
      {"The same by other words", {"work", "daemon"}},
  };
  for (const Group& group : groups) {
    for (const char* verb : group.verbs) app.get_subcommand(verb)->group(group.title);
  }
}

// Prints a complaint in one line, whatever is in it.
int print_error(const std::string& text, int status) {
  std::string what = plain_output(text);
  std::replace(what.begin(), what.end(), '\n', ' ');
  std::cerr << "yardmaster: " << what << "\n";
  return status;
}

// Others are run by the daemon and by agents' hooks.
bool is_for_people(const CLI::App& app, const std::vector<std::string>& words) {
  const auto is_hidden = [&](const CLI::App* verb) {
    return !words.empty() && verb->check_name(words.front()) && verb->get_group().empty();
  };
  return app.get_subcommands(is_hidden).empty();
}

// A setting that is mistyped would leave things as they are, unnoticed.
void warn_of_unknown_settings() {
  std::vector<std::string> known = setting_variables();
  for (const char* of_agents : {"INSTANCE", "SOCKET", "PROMPT_FILE", "TASK", "TOKEN"}) {
    known.push_back(std::string("YARDMASTER_") + of_agents);
  }
  for (const auto& [name, value] : own_environment()) {
    const bool is_ours = name.starts_with("YARDMASTER_") && !name.starts_with("YARDMASTER_TEST_");
    if (!is_ours || std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string meant = closest_word(name, known);
    print_error(name + " is no setting, and is ignored" +
                    (meant.empty() ? "; 'yardmaster config show' lists them"
                                   : "; did you mean " + meant + "?"),
                0);
  }
}

// What a script may branch on; --help says it.
int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::usage:
    case ErrorCode::not_found:
      return 2;
    case ErrorCode::timed_out:
      return 4;
    default:
      return 1;
  }
}

}  // namespace

LoadedConfig Places::load() const {
  ConfigSources sources;
  if (!config_file.empty()) sources.file = config_file;
  if (!state_dir.empty()) sources.command_line["state_dir"] = state_dir;
  if (!runtime_dir.empty()) sources.command_line["runtime_dir"] = runtime_dir;
  if (!store.empty()) sources.command_line["store"] = store;
  if (!checkpoint_policy.empty()) sources.command_line["checkpoint_policy"] = checkpoint_policy;
  if (!listen.empty()) sources.command_line["listen"] = listen;
  return load_config(sources);
}

Client Places::connect() const { return connect_to_yard(load().config); }

std::vector<std::string> Places::flags() const {
  std::vector<std::string> flags;
  const auto add = [&flags](const char* flag, const std::string& value) {
    if (!value.empty()) flags.insert(flags.end(), {flag, value});
  };
  add("--config", config_file);
  add("--state-dir", state_dir);
  add("--runtime-dir", runtime_dir);
  return flags;
}

std::string Places::command(const std::vector<std::string>& words) const {
  std::string line = "yardmaster";
  for (const std::string& word : words) line += " " + shell_quote(word);
  for (const std::string& word : flags()) line += " " + shell_quote(word);
  return line;
}

// The flags come before what may be a text after "--".
std::vector<std::string> Places::words(std::vector<std::string> verb_and_arguments) const {
  const std::vector<std::string> which = flags();
  verb_and_arguments.insert(verb_and_arguments.begin() + 1, which.begin(), which.end());
  return verb_and_arguments;
}

RestoreCommand Places::restore_command() const {
  return [this](const std::string& ref) { return command({"rescue", "restore", ref}); };
}

void add_place_options(CLI::App& verb, Places& places) {
  const auto add = [&verb](const char* flag, std::string& value, const char* help) {
    CLI::Option* option = must_not_be_empty(verb.add_option(flag, value, help));
    completed_with(option, Names::files)->type_name("PATH")->group(place_group);
  };
  add("--config", places.config_file, "Settings file (JSON with comments)");
  add("--state-dir", places.state_dir, "Holds the database, logs, clones and worktrees");
  add("--runtime-dir", places.runtime_dir, "Holds the sockets");
}

CLI::Option* add_repository_option(CLI::App& verb, const char* help) {
  CLI::Option* option =
      must_be_name(verb.add_option("--repo")->description(help))->type_name("NAME");
  return completed_with(option, Names::repositories);
}

CLI::Option* add_json_flag(CLI::App& verb) {
  return verb.add_flag("--json")->description("As JSON, for tools");
}

void print_json(const nlohmann::json& value) {
  using nlohmann::json;
  const std::string text = value.dump(2, ' ', false, json::error_handler_t::replace);
  std::cout << terminal_safe_json(text) << "\n";
}

std::string value_of(const CLI::Option& option) {
  return option.count() > 0 ? option.as<std::string>() : std::string();
}

CLI::Option* add_speaker_option(CLI::App& verb, const char* flag) {
  CLI::Option* option = verb.add_option(flag, "Who you are [YARDMASTER_INSTANCE, else user]");
  return completed_with(option, Names::instances)
      ->type_name("NAME")
      ->envname("YARDMASTER_INSTANCE");
}

std::string speaker(const CLI::Option& option) {
  return option.count() > 0 ? option.as<std::string>() : std::string(person_name);
}

std::uint64_t whole_number(const std::string& what, std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (failure == std::errc() && end == text.data() + text.size()) return count;
  throw Error(ErrorCode::usage,
              what + ": '" + one_line(text) + "' is not a whole number from 0 up");
}

std::optional<std::uint64_t> count_of(const CLI::Option& option) {
  if (option.count() == 0) return std::nullopt;
  return whole_number(option.get_name(), option.as<std::string>());
}

void add_verbs(CLI::App& app, Places& places, int& status) {
  add_daemon_verbs(app, places, status);
  add_repository_verbs(app, places);
  add_yard_verbs(app, places);
  add_spawn_verb(app, places);
  add_instance_verbs(app, places);
  add_view_verbs(app, places);
  add_upkeep_verbs(app, places);
  add_doctor_verb(app, places, status);
  add_message_verbs(app, places);
  add_inbox_verb(app, places);
  add_context_verbs(app, places);
  add_event_verb(app, places);
  add_control_verb(app, places);
  add_mcp_verb(app, places);
  add_token_verbs(app, places);
  add_proxy_verb(app, places);
  add_agent_verbs(app, places);
  add_config_verbs(app, places);
  add_call_verb(app, places);
  add_hook_verb(app, status);
  add_agent_process_verbs(app, places);
  add_help_verb(app);
  add_completion_verb(app);
  add_older_verbs(app, places, status);
  group_verbs(app);
}

int run(int argc, char** argv) {
  open_standard_descriptors();
  std::signal(SIGCHLD, SIG_DFL);  // where it is ignored, nobody hears how a program ended
  CLI::App app{"yardmaster coordinates coding agents on one machine", "yardmaster"};
  app.set_version_flag("--version", YARDMASTER_VERSION);
  app.require_subcommand(0, 1);  // a missing one is complained of last: what is there matters more
  Places places;
  int status = 0;
  add_verbs(app, places, status);
  app.footer(examples);  // after the verbs, which would take it over
  try {
    std::vector<std::string> words = with_free_texts(app, {argv + 1, argv + std::max(argc, 1)});
    if (is_for_people(app, words)) warn_of_unknown_settings();
    std::reverse(words.begin(), words.end());  // as the parser takes them
    app.parse(std::move(words));
    if (app.get_subcommands().empty()) throw CLI::RequiredError("A command");
    return status;
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    return print_error(usage_error(app, error), 2);
  } catch (const NoDaemon& error) {
    return print_error(error.what(), 5);
  } catch (const Error& error) {
    return print_error(error.what(), status_of(error.code()));
  } catch (const std::exception& error) {
    return print_error(error.what(), 1);
  }
}

}  // namespace yardmaster::cli
