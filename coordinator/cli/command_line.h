// The command line of `yardmaster`: verbs, help, exit status. One file per family of verbs.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "coordinator/base/config.h"
#include "coordinator/client/client.h"

namespace yardmaster::cli {

// The flags that every verb takes.
struct Places {
  std::string config_file;
  std::string state_dir;
  std::string runtime_dir;
  std::string store;
  std::string checkpoint_policy;

  LoadedConfig load() const;
  // Throws Error{unavailable} when no daemon runs there.
  Client connect() const;
};

// Each adds its verbs; `status` is what the program ends with.
void add_daemon_verbs(CLI::App& app, Places& places, int& status);
void add_agent_verbs(CLI::App& app, Places& places);
void add_config_verbs(CLI::App& app, Places& places);
void add_call_verb(CLI::App& app, Places& places);

// Adds --config, --state-dir and --runtime-dir to a verb.
void add_place_options(CLI::App& verb, Places& places);

// Exit status: 0, 1 when it could not be done, 2 when it was asked for wrongly.
int run(int argc, char** argv);

}  // namespace yardmaster::cli
