// What agents, and the programs that the daemon runs, have around them: composed from the settings
// and the user's entry in the password database, so that it is the same whoever starts the daemon.
// Any thread, while none changes the environment.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "coordinator/base/config.h"

namespace yardmaster {

using Surroundings = std::map<std::string, std::string>;  // variables by name

struct UserEntry {
  std::string name;
  std::string home;
  std::string shell;
};
// Whom this process runs as. Who is not in the database has the home directory of `caller`.
UserEntry this_user(const Surroundings& caller);

// HOME, USER, LOGNAME, SHELL, LANG and PATH, and what the setting agent_environment adds:
// NAME=value, or the names of variables of whoever starts the daemon. Never what is the yard's own.
Surroundings compose_surroundings(const Config& config, const Surroundings& caller,
                                  const UserEntry& user);

// Whether one of the entries of such a setting names the variable: NAME, NAME=value or BEGINNING*.
bool is_listed(const std::vector<std::string>& entries, const std::string& variable);

// The setting agent_umask. Throws Error{usage} when it is no umask.
mode_t file_mask_of(const std::string& agent_umask);

// The environment that this process was started with, also what has been taken out since.
Surroundings initial_environment();

}  // namespace yardmaster
