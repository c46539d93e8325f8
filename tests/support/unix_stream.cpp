#include "tests/support/unix_stream.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/support/system_error.h"

namespace yardmaster::support {
UnixStream::UnixStream(const std::filesystem::path& socket)
    : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto& name = socket.native();
  if (name.size() >= sizeof(address.sun_path)) throw std::runtime_error("too long: " + name);
  std::memcpy(address.sun_path, name.data(), name.size());
  if (!fd_) throw_system_error("socket");
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw_system_error("connect " + name);
  }
}

UnixStream UnixStream::to_port(int port) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  const auto* const any = reinterpret_cast<const sockaddr*>(&address);  // NOLINT: as above
  if (!fd || ::connect(fd.get(), any, sizeof(address)) != 0) {
    throw_system_error("connect to port " + std::to_string(port));
  }
  ::fcntl(fd.get(), F_SETFL, O_NONBLOCK);
  return UnixStream(std::move(fd));
}

void UnixStream::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const auto sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (errno != EAGAIN) throw_system_error("send");
    pollfd watched{fd_.get(), POLLOUT, 0};
    if (::poll(&watched, 1, deadline.poll_timeout()) <= 0) {
      throw std::runtime_error("the other end does not read");
    }
  }
}

bool UnixStream::readable(Deadline deadline) const {
  pollfd watched{fd_.get(), POLLIN, 0};
  return ::poll(&watched, 1, deadline.poll_timeout()) > 0;
}

std::string UnixStream::receive(Deadline deadline) {
  if (!buffered_.empty()) return std::exchange(buffered_, {});
  if (!readable(deadline)) throw std::runtime_error("nothing came in time");
  std::string bytes(65536, '\0');
  const auto got = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
  if (got < 0 && errno != ECONNRESET && errno != EPIPE) throw_system_error("recv");
  bytes.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
  return bytes;
}

std::string UnixStream::receive_exactly(std::size_t count, Deadline deadline) {
  std::string bytes;
  while (bytes.size() < count) {
    const auto more = receive(deadline);
    if (more.empty()) throw std::runtime_error("closed after: " + bytes);
    bytes += more;
  }
  buffered_ = bytes.substr(count);
  bytes.resize(count);
  return bytes;
}

std::string UnixStream::receive_until(std::string_view text, Deadline deadline) {
  std::string bytes;
  std::size_t found = std::string::npos;
  while ((found = bytes.find(text)) == std::string::npos) {
    const auto more = receive(deadline);
    if (more.empty()) throw std::runtime_error("closed after: " + bytes);
    bytes += more;
  }
  buffered_ = bytes.substr(found + text.size());
  bytes.resize(found + text.size());
  return bytes;
}

bool UnixStream::closed_by_peer(Deadline deadline) {
  buffered_.clear();
  while (readable(deadline)) {
    if (receive(deadline).empty()) return true;
  }
  return false;
}

void UnixStream::finish_sending() { ::shutdown(fd_.get(), SHUT_WR); }

}  // namespace yardmaster::support
