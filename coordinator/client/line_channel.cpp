#include "coordinator/client/line_channel.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw Error(ErrorCode::usage, "'" + path + "' is too long for a socket: " +
                                      std::to_string(sizeof address.sun_path - 1) +
                                      " bytes are the most");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

int connect_to(int fd, const sockaddr_un& address) {
  int result = 0;
  do {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets interface wants it
    result = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  } while (result != 0 && errno == EINTR);
  return result;
}

ssize_t send_some(int fd, std::string_view bytes) {
  ssize_t sent = 0;
  do {
    sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

}  // namespace

bool LineChannel::connect(const std::string& path, bool patient) {
  const sockaddr_un address = address_of(path);
  close();
  UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | (patient ? 0 : SOCK_NONBLOCK), 0));
  if (!socket || connect_to(socket.get(), address) != 0) return false;
  if (patient) ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
  loop_.add(socket.get(), EPOLLIN | EPOLLRDHUP, *this);
  socket_ = std::move(socket);
  return true;
}

void LineChannel::send(std::string_view bytes) {
  if (!socket_) return;
  if (!unsent_.empty()) {
    unsent_.append(bytes);
    return;
  }
  const ssize_t sent = send_some(socket_.get(), bytes);
  if (std::cmp_equal(sent, bytes.size())) return;
  if (sent < 0 && errno != EAGAIN) {
    lose_soon();
    return;
  }
  unsent_.assign(bytes.substr(sent < 0 ? 0 : static_cast<std::size_t>(sent)));
  loop_.modify(socket_.get(), EPOLLIN | EPOLLRDHUP | EPOLLOUT, *this);
}

void LineChannel::close() {
  if (!socket_) return;
  loop_.remove(socket_.get(), *this);
  if (loss_) loop_.cancel(*std::exchange(loss_, std::nullopt));
  socket_.reset();
  partial_line_.clear();
  unsent_.clear();
}

void LineChannel::on_ready(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) flush();
  const bool ends = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  if (ends || (events & EPOLLIN) != 0) receive(ends);
}

bool LineChannel::receive(bool to_the_end) {
  const auto buffer = loop_.read_buffer();
  while (socket_) {
    const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return true;
    if (got <= 0) {
      lose();
      return false;
    }
    const auto size = static_cast<std::size_t>(got);
    handle_input({buffer.data(), size});
    // Whatever comes later makes an edge of its own; an end that was told already does not.
    if (size < buffer.size() && !to_the_end) break;
  }
  return is_open();
}

void LineChannel::handle_input(std::string_view bytes) {
  while (socket_) {
    const auto end = bytes.find('\n');
    if (end == std::string_view::npos) {
      partial_line_.append(bytes);
      return;
    }
    if (partial_line_.empty()) {
      listener_.on_line(bytes.substr(0, end));
    } else {
      partial_line_.append(bytes.substr(0, end));
      const std::string line = std::move(partial_line_);
      partial_line_.clear();
      listener_.on_line(line);
    }
    bytes.remove_prefix(end + 1);
  }
}

void LineChannel::flush() {
  if (unsent_.empty()) return;
  const ssize_t sent = send_some(socket_.get(), unsent_);
  if (sent < 0 && errno != EAGAIN) lose_soon();
  if (sent <= 0) return;
  unsent_.erase(0, static_cast<std::size_t>(sent));
  if (unsent_.empty()) loop_.modify(socket_.get(), EPOLLIN | EPOLLRDHUP, *this);
}

// The lines that the other side still sent come first.
void LineChannel::lose_soon() {
  if (loss_) return;
  loss_ = loop_.at(std::chrono::steady_clock::now(), [this] {
    loss_.reset();
    if (receive(true)) lose();
  });
}

void LineChannel::lose() {
  close();
  listener_.on_closed();
}

}  // namespace yardmaster
