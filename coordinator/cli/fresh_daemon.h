// Has the daemon keep nothing of the process that starts it: this program becomes itself again,
// with an environment that is composed (base/surroundings.h). Its settings, which may come from
// variables and hold a password, are handed over in a file in memory. Before there are threads.
#pragma once

#include <string>
#include <vector>

#include "coordinator/base/config.h"

namespace yardmaster::cli {

// The option, hidden from people, that names the descriptor of that file.
inline constexpr const char* settings_option = "--settings";

// Becomes this program again, with the arguments and that option. `hard_limits_too`: see
// forget_caller(). Throws unavailable when that cannot be.
[[noreturn]] void become_fresh_daemon(const Config& config,
                                      const std::vector<std::string>& arguments,
                                      bool hard_limits_too);

// Reads the settings in that program, and closes their descriptor. The variables that the setting
// daemon_environment keeps for the daemon alone go out of the environment, which its children get.
Config take_settings(int descriptor);

}  // namespace yardmaster::cli
