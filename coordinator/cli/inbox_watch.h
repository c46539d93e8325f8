// Waits beside an agent that waits, for as long as that makes sense: until there are messages that
// it is to be told of. Outlives the daemon's restarts, but neither the process that started it nor
// the agent. Blocking; one thread.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/base/unique_fd.h"
#include "coordinator/cli/hook_event.h"
#include "coordinator/client/client.h"

namespace yardmaster::cli {

class InboxWatch {
 public:
  // `socket` is the instance's own.
  InboxWatch(std::filesystem::path socket, std::string instance);

  // What to tell the agent; nothing once it works again, or is no more.
  std::optional<Told> wait();

 private:
  enum class Turn { ask, over };

  std::optional<Told> watch(Client& client);
  Turn next_turn(Client& client);
  // Waits for that long (-1: without end) at most, or until the descriptor can be read. Returns
  // whether one of those for whom this waits has ended.
  bool has_lost_company(int descriptor, int timeout_ms) const;

  const std::filesystem::path socket_;
  const std::string instance_;
  std::vector<UniqueFd> company_;  // pidfds of who started it, who started that, and its session
};

}  // namespace yardmaster::cli
