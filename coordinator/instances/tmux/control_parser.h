// Reads what a tmux client in control mode writes: replies between guard lines, notifications, and
// text that is neither. Takes bytes in any pieces. Not thread-safe; owns nothing but its buffers.
//
//   %begin TIME NUMBER FLAGS        a reply: lines until the guard with the same three words,
//   …                               one for each command of a line, the last of them an error when
//   %end|%error TIME NUMBER FLAGS   one of the commands failed
//   %window-close @3                a notification, only between replies
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace yardmaster {

struct ControlReply {
  bool succeeded = false;
  bool asked = false;  // answers a line that came over the connection, and not tmux's own doing
  std::uint64_t number = 0;
  std::vector<std::string> lines;

  // Returns the reply in one line, for people.
  std::string text() const;
};

struct ControlNotification {
  std::string name;       // with its percent sign
  std::string arguments;  // text after the name and a space
};

// A line outside of the protocol, e.g. what tmux says when it finds no server.
struct ControlNoise {
  std::string line;
};

using ControlEvent = std::variant<ControlReply, ControlNotification, ControlNoise>;

class ControlParser {
 public:
  // Returns the events that the bytes complete. Throws Error{unavailable} when a line or a reply
  // grows beyond all measure: the connection is of no use then.
  std::vector<ControlEvent> feed(std::string_view bytes);

 private:
  void take_line(std::string line, std::vector<ControlEvent>& events);
  void begin_reply(std::string_view guard);

  std::string partial_;  // a line without its end
  bool in_reply_ = false;
  std::string guard_;  // the words that the end of the reply repeats
  ControlReply reply_;
  std::size_t reply_size_ = 0;
};

}  // namespace yardmaster
