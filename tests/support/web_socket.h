// The client's end of a WebSocket (RFC 6455) over a Unix socket, small enough to be read beside the
// RFC: text frames up to 64 KiB out, single frames in. It is not the library that the daemon uses,
// so that a mistake there is not repeated here.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/unix_stream.h"

namespace yardmaster::support {

class WebSocket {
 public:
  // Throws std::runtime_error with the answer when the upgrade is refused. `headers` are further
  // lines, each ended by \r\n.
  explicit WebSocket(const std::filesystem::path& socket, std::string_view headers = "");
  // The same over any stream; `headers` have the Host, too.
  WebSocket(UnixStream stream, std::string_view target, std::string_view headers);

  void send_text(std::string_view text) { send_frame(0x1, text); }
  void send_frame(unsigned opcode, std::string_view payload);
  // The next text frame; pings are answered, the close frame throws.
  std::string receive_text(Deadline deadline = Deadline());
  // Waits for a ping, and answers it.
  void await_ping(Deadline deadline = Deadline());
  UnixStream& stream() { return stream_; }

 private:
  struct Frame {
    unsigned opcode = 0;
    std::string payload;
  };
  // The next frame; pings are answered, the close frame throws.
  Frame receive_frame(Deadline deadline);

  UnixStream stream_;
};

}  // namespace yardmaster::support
