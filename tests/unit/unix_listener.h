// A Unix socket that a test listens on. Any thread. Throws std::runtime_error.
#pragma once

#include <stdexcept>
#include <string>

#include <sys/socket.h>
#include <sys/un.h>

#include "coordinator/base/unique_fd.h"

namespace yardmaster {

inline UniqueFd listen_on(const std::string& path) {
  UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener.get(), 16) != 0) {
    throw std::runtime_error("cannot listen");
  }
  return listener;
}

}  // namespace yardmaster
