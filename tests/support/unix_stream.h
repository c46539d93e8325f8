// A raw connection to a Unix socket, or to a port: bytes out, bytes in, each wait with a deadline.
// It knows no protocol, so that tests can send what no client would.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "coordinator/base/unique_fd.h"
#include "tests/support/deadline.h"

namespace yardmaster::support {

class UnixStream {
 public:
  // Throws std::system_error when nobody listens.
  explicit UnixStream(const std::filesystem::path& socket);
  // The same to a port of the loopback.
  static UnixStream to_port(int port);

  int fd() const { return fd_.get(); }
  // Throws std::system_error when the other end is gone, std::runtime_error past the deadline.
  void send(std::string_view bytes, Deadline deadline = Deadline());
  // Returns as much as there is, at least one byte; empty when the other end closed. Throws
  // std::runtime_error past the deadline.
  std::string receive(Deadline deadline = Deadline());
  // Exactly so many bytes; throws when the other end closes before.
  std::string receive_exactly(std::size_t count, Deadline deadline = Deadline());
  // Reads up to and with the text; throws when the other end closes before.
  std::string receive_until(std::string_view text, Deadline deadline = Deadline());
  // Reads on until the other end closes; false past the deadline.
  bool closed_by_peer(Deadline deadline = Deadline());
  // No more bytes will be sent.
  void finish_sending();
  // Hangs up without a word.
  void close() { fd_.reset(); }

 private:
  explicit UnixStream(UniqueFd fd) : fd_(std::move(fd)) {}
  bool readable(Deadline deadline) const;

  UniqueFd fd_;
  std::string buffered_;
};

}  // namespace yardmaster::support
