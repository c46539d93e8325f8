// What programs and messages of others say, made fit for a terminal: text, line ends and tabs stay;
// escape sequences, other control characters and what rearranges a line go. A text may come in
// pieces that end anywhere. One thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace yardmaster::cli {

struct CodePoint {
  char32_t value = 0xFFFD;  // which stands for bytes that are no UTF-8
  std::size_t length = 1;   // bytes
};

// Of a text that is not empty; what is no UTF-8 is one byte long.
CodePoint first_code_point(std::string_view text);

class PlainText {
 public:
  // What can be shown of this piece, after those before it. "\r\n" becomes "\n", and so does a
  // lone "\r", by which progress is shown.
  std::string take(std::string_view piece);
  // What the last piece held back.
  std::string end();

 private:
  enum class State {
    text,
    escape,        // after ESC
    intermediate,  // ESC and some of SP to /
    sequence,      // CSI, until a final byte
    string,        // OSC, DCS and their like, until ST, BEL or the end of the line
    string_escape  // ESC within it
  };

  void take_character(const CodePoint& point, std::string_view bytes);
  // True when the character belongs to a sequence.
  bool swallows(char32_t value);
  bool begins_sequence(char32_t value);
  void show(const CodePoint& point, std::string_view bytes);

  State state_ = State::text;
  bool after_return_ = false;
  std::string unfinished_;  // the first bytes of a character
  std::string shown_;
};

// JSON without characters that would do something to a terminal: they are escaped in its strings.
std::string terminal_safe_json(std::string_view text);

}  // namespace yardmaster::cli
