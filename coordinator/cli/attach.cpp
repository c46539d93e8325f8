#include "coordinator/cli/attach.h"

#include "coordinator/base/error.h"
#include "coordinator/cli/output/listings.h"

namespace yardmaster::cli {

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
  std::vector<std::string> command{"tmux", "-S", socket.string(), "attach-session"};
  if (read_only) command.emplace_back("-r");
  command.insert(command.end(), {"-t", pane});
  return command;
}

}  // namespace yardmaster::cli
