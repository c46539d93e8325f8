// Ends what a private coordinator of real instances leaves running when it stops: its tmux server,
// which outlives it on purpose, and whatever carries one of its tokens. Not thread-safe.
#pragma once

#include <filesystem>
#include <string>
#include <utility>

namespace yardmaster::loadgen {

// Kills every process whose token begins so, until a look finds none; for at most some seconds.
void kill_processes_with_token(const std::string& prefix) noexcept;

class Remains {
 public:
  // `token_prefix`: "<state directory>#".
  Remains(std::filesystem::path tmux_socket, std::string token_prefix)
      : tmux_socket_(std::move(tmux_socket)), token_prefix_(std::move(token_prefix)) {}
  // Must run when the coordinator has stopped, and while its runtime directory is still there.
  ~Remains();
  Remains(const Remains&) = delete;
  Remains& operator=(const Remains&) = delete;

 private:
  std::filesystem::path tmux_socket_;
  std::string token_prefix_;
};

}  // namespace yardmaster::loadgen
