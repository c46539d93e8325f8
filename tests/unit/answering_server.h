// A daemon as a test wants it: a thread that answers every line of its connections, one connection
// at a time, with what a function makes of it.
#pragma once

#include <array>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <sys/socket.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/unique_fd.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/unix_listener.h"

namespace yardmaster {

class AnsweringServer {
 public:
  // Gives {"success":…}, to which the request's id is added. Called on the server's thread.
  using Answer = std::function<nlohmann::json(const std::string& command, const nlohmann::json&)>;

  explicit AnsweringServer(Answer answer) : answer_(std::move(answer)) {
    listener_ = listen_on(path());
    thread_ = std::thread([this] { run(); });
  }
  // Must be destroyed after its clients.
  ~AnsweringServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  AnsweringServer(const AnsweringServer&) = delete;
  AnsweringServer& operator=(const AnsweringServer&) = delete;

  std::string path() const { return directory_ / "socket"; }

 private:
  void run() {
    while (true) {
      const UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      serve(client.get());
    }
  }

  void serve(int client) {
    std::string pending;
    std::array<char, 65536> buffer{};
    ssize_t got = 0;
    while ((got = ::recv(client, buffer.data(), buffer.size(), 0)) > 0) {
      pending.append(buffer.data(), static_cast<std::size_t>(got));
      std::string::size_type end = 0;
      while ((end = pending.find('\n')) != std::string::npos) {
        const auto request = nlohmann::json::parse(pending.substr(0, end));
        pending.erase(0, end + 1);
        auto reply = answer_(request.at("command"), request.at("args"));
        reply["id"] = request.at("id");
        const std::string line = reply.dump() + "\n";
        if (::send(client, line.data(), line.size(), MSG_NOSIGNAL) < 0) return;
      }
    }
  }

  Answer answer_;
  support::TemporaryDirectory directory_;
  UniqueFd listener_;
  std::thread thread_;
};

}  // namespace yardmaster
