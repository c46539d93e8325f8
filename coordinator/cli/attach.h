// The commands with which a person attaches to windows of the yard. Any thread.
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

// The command line of tmux that shows a pane or session. Within the same tmux server the terminal
// that looks at this window is switched to it, instead of showing tmux within itself.
std::vector<std::string> show_command(const std::filesystem::path& socket,
                                      const std::string& target, bool read_only);
// Becomes such a command. Throws Error{unsupported} when tmux is not installed, Error{unavailable}.
[[noreturn]] void become_tmux(std::vector<std::string> command);

}  // namespace yardmaster::cli
