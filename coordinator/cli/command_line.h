// The command line of `yardmaster`: verbs, help, exit status. One file per family of verbs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

#include "coordinator/base/config.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/client/client.h"

namespace yardmaster::cli {

// The flags that every verb takes.
struct Places {
  std::string config_file;
  std::string state_dir;
  std::string runtime_dir;
  std::string store;
  std::string checkpoint_policy;
  std::string listen;
  bool force = false;  // of start

  LoadedConfig load() const;
  // See connect_to_yard().
  Client connect() const;
  // A command for the same yard, as a shell takes it: for hints that can be pasted.
  std::string command(const std::vector<std::string>& words) const;
  // The same as separate words, without the program's own name.
  std::vector<std::string> words(std::vector<std::string> verb_and_arguments) const;
  // `rescue restore` of a ref, in the same way; not to outlive this.
  RestoreCommand restore_command() const;

 private:
  // Those that were given.
  std::vector<std::string> flags() const;
};

// Each adds its verbs; `status` is what the program ends with.
void add_daemon_verbs(CLI::App& app, Places& places, int& status);
void add_agent_verbs(CLI::App& app, Places& places);
void add_message_verbs(CLI::App& app, Places& places);
void add_inbox_verb(CLI::App& app, Places& places);
void add_context_verbs(CLI::App& app, Places& places);
void add_event_verb(CLI::App& app, Places& places);
void add_control_verb(CLI::App& app, Places& places);
void add_mcp_verb(CLI::App& app, Places& places);
// token and ui.
void add_token_verbs(CLI::App& app, Places& places);
void add_proxy_verb(CLI::App& app, Places& places);
void add_config_verbs(CLI::App& app, Places& places);
void add_call_verb(CLI::App& app, Places& places);
// Hidden: what the daemon has run in and beside agents' windows.
void add_agent_process_verbs(CLI::App& app, Places& places);
void add_repository_verbs(CLI::App& app, Places& places);
void add_yard_verbs(CLI::App& app, Places& places);
void add_spawn_verb(CLI::App& app, Places& places);
void add_instance_verbs(CLI::App& app, Places& places);
void add_view_verbs(CLI::App& app, Places& places);
void add_upkeep_verbs(CLI::App& app, Places& places);
void add_doctor_verb(CLI::App& app, Places& places, int& status);
void add_hook_verb(CLI::App& app, int& status);
// Adds all of these verbs.
void add_verbs(CLI::App& app, Places& places, int& status);

// What `help` tells of beside verbs.
inline constexpr const char* protocol_topic = "protocol";
void add_help_verb(CLI::App& app);
void add_completion_verb(CLI::App& app);
// The words of others for the same: after all that they stand for.
void add_older_verbs(CLI::App& app, Places& places, int& status);

// These stand in several places: below a group, and by themselves.
void add_complete_verb(CLI::App& parent, Places& places);
CLI::App* add_list_verb(CLI::App& parent, Places& places, const char* name);
void add_removal_verb(CLI::App& parent, Places& places);
void add_logs_verb(CLI::App& parent, Places& places);
void add_work_verb(CLI::App& app, Places& places);
// start, stop and status.
void add_running_verbs(CLI::App& parent, Places& places, int& status);

// The group that the options of add_place_options() are in.
inline constexpr const char* place_group = "Which yard";
// Adds --config, --state-dir and --runtime-dir to a verb.
void add_place_options(CLI::App& verb, Places& places);
CLI::Option* add_json_flag(CLI::App& verb);
// Adds --repo.
CLI::Option* add_repository_option(CLI::App& verb, const char* help);
void print_json(const nlohmann::json& value);
// "" when the option was not given.
std::string value_of(const CLI::Option& option);
// Adds the flag that says for whom the caller speaks.
CLI::Option* add_speaker_option(CLI::App& verb, const char* flag);
// What that flag says; else the instance in whose window or surroundings this runs; else the person
// at the terminal (person_name).
std::string speaker(const CLI::Option& option);
// Throws Error{usage} that names `what` when the text is no whole number from 0.
std::uint64_t whole_number(const std::string& what, std::string_view text);
// nullopt when it was not given; throws Error{usage} when it is no whole number from 0.
std::optional<std::uint64_t> count_of(const CLI::Option& option);

// Has the daemon stop, with its tmux server when asked for, and waits until it is gone.
void stop_daemon(const Config& config, bool with_tmux);

// Exit status: 0, 1 when it could not be done, 2 when it was asked for wrongly.
int run(int argc, char** argv);

}  // namespace yardmaster::cli
