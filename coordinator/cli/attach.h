// The commands with which a person attaches to an instance's window. Pure, any thread.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace yardmaster::cli {

// The command line of tmux that shows an instance's window. It names the pane by its id: a name can
// be that of another window, or its number. `instance` is one of list_instances'; throws
// Error{conflict} that says what to do when it has no window.
std::vector<std::string> attach_command(const nlohmann::json& instance,
                                        const std::filesystem::path& socket, bool read_only);

}  // namespace yardmaster::cli
