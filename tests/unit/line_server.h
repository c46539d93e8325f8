// The daemon's end of line sessions, played by a test: a listening Unix socket whose connections
// are read and written step by step.
#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>

#include "coordinator/base/unique_fd.h"
#include "coordinator/client/event_loop.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/unix_listener.h"

namespace yardmaster {

class LineServer {
 public:
  LineServer() { listen(); }
  LineServer(const LineServer&) = delete;
  LineServer& operator=(const LineServer&) = delete;

  std::string path() const { return directory_ / "socket"; }

  void listen() {
    std::filesystem::remove(path());
    listener_ = listen_on(path());
  }
  // Ends as a daemon that is killed does: the connection ends and nobody listens.
  void die() {
    listener_.reset();
    client_.reset();
    pending_.clear();
  }

  // Takes nothing more, though it may still answer.
  void stop_reading() const { ::shutdown(client_.get(), SHUT_RD); }

  void accept() { client_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)); }

  void write(std::string_view text) const {
    if (::send(client_.get(), text.data(), text.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(text.size())) {
      throw std::runtime_error("cannot write");
    }
  }

  // The next line, without its newline; waits for it while the client's loop runs.
  std::string read_line(EventLoop& loop) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::string::size_type end = 0;
    while ((end = pending_.find('\n')) == std::string::npos) {
      if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error("no line came");
      loop.poll(std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
      std::array<char, 65536> buffer{};
      const ssize_t got = ::recv(client_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (got > 0) pending_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    std::string line = pending_.substr(0, end);
    pending_.erase(0, end + 1);
    return line;
  }

 private:
  support::TemporaryDirectory directory_;
  UniqueFd listener_;
  UniqueFd client_;
  std::string pending_;
};

// Runs the loop until the condition holds; false after 20 s.
template <typename Condition>
bool run_until(EventLoop& loop, const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    loop.poll(deadline);
  }
  return true;
}

}  // namespace yardmaster
