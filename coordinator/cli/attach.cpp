#include "coordinator/cli/attach.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {
namespace {

constexpr const char* switch_client = "switch-client";

// $TMUX is "SOCKET,PID,SESSION".
bool is_within(const std::filesystem::path& socket) {
  const char* const tmux = std::getenv("TMUX");
  return tmux != nullptr && std::string_view(tmux).starts_with(socket.string() + ",");
}

}  // namespace

std::vector<std::string> attach_command(const nlohmann::json& instance,
                                        const std::filesystem::path& socket, bool read_only) {
  const std::string name = text_of(instance, "instance_id");
  const std::string pane = text_of(instance, "tmux_pane");
  if (text_of(instance, "tmux_session").empty()) {
    throw Error(ErrorCode::conflict,
                name +
                    " has no window here: it runs in somebody's terminal ('spawn --foreground'), "
                    "was registered by another program, or tmux is switched off");
  }
  if (pane.empty()) {
    throw Error(ErrorCode::conflict,
                name + " has no window yet: it is being started; try again in a moment");
  }
  return show_command(socket, pane, read_only);
}

std::vector<std::string> show_command(const std::filesystem::path& socket,
                                      const std::string& target, bool read_only) {
  if (!read_only && is_within(socket)) {
    return {"tmux", "-S", socket.string(), switch_client, "-t", target};
  }
  std::vector<std::string> command{"tmux", "-S", socket.string(), "attach-session"};
  if (read_only) command.emplace_back("-r");
  command.insert(command.end(), {"-t", target});
  return command;
}

void become_tmux(std::vector<std::string> command) {
  // tmux refuses to be shown within another tmux, and finds whom to switch by this.
  if (std::ranges::find(command, switch_client) == command.end()) ::unsetenv("TMUX");
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execvp(arguments.front(), arguments.data());
  if (errno == ENOENT) {
    throw Error(ErrorCode::unsupported, "tmux is not installed (on Debian: apt install tmux)");
  }
  throw Error(ErrorCode::unavailable, std::string("cannot start tmux: ") + std::strerror(errno));
}

}  // namespace yardmaster::cli
