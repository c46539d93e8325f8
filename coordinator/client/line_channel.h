// One line session with the daemon: a non-blocking Unix stream socket on an EventLoop that sends
// bytes and hands over whole lines. Belongs to the loop's thread. Owns its socket.
//
// A listener may call send() and close() from on_line() and on_closed(), and connect() again from
// on_closed(), but must not destroy the channel there: leave that to a timer or post().
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "coordinator/base/unique_fd.h"
#include "coordinator/client/event_loop.h"

namespace yardmaster {

class LineChannel final : private EventHandler {
 public:
  class Listener {
   public:
    // `line` comes without its newline and is valid until the call returns.
    virtual void on_line(std::string_view line) = 0;
    // The other side went away, or the connection failed; not after close().
    virtual void on_closed() = 0;

   protected:
    ~Listener() = default;
  };

  LineChannel(EventLoop& loop, Listener& listener) : loop_(loop), listener_(listener) {}
  ~LineChannel() { close(); }
  LineChannel(const LineChannel&) = delete;
  LineChannel& operator=(const LineChannel&) = delete;

  // patient: waits while the daemon's queue of connections is full. Returns false, with the reason
  // in errno, when nobody listens there; throws Error{usage} when the path is too long for a
  // socket.
  bool connect(const std::string& path, bool patient = true);
  bool is_open() const { return static_cast<bool>(socket_); }
  // Bytes that the kernel does not take now are kept and sent when it does. A closed channel drops
  // them.
  void send(std::string_view bytes);
  void close();

 private:
  void on_ready(std::uint32_t events) override;
  // With to_the_end this reads until there is no more, otherwise until a read comes back short.
  // Returns whether the connection stands.
  bool receive(bool to_the_end);
  void handle_input(std::string_view bytes);
  void flush();
  void lose();
  // Reports the loss from the loop instead of from within a call of the listener's own.
  void lose_soon();

  EventLoop& loop_;
  Listener& listener_;
  UniqueFd socket_;
  std::string partial_line_;
  std::string unsent_;
  std::optional<EventLoop::TimerId> loss_;
};

}  // namespace yardmaster
