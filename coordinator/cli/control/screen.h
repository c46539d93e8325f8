// The whole terminal, by ncurses: lines in colours, and keys. One at a time; main thread. The
// terminal is given back by the destructor, and whenever another program is to have it.
#pragma once

#include <cstddef>
#include <string>

#include "coordinator/domain/state_sign.h"

namespace yardmaster::cli {

enum class Key {
  none,
  text,
  enter,
  escape,
  erase,
  clear_line,
  up,
  down,
  page_up,
  page_down,
  tab,
  resized
};
struct KeyPress {
  Key key = Key::none;
  char byte = 0;  // of text, which comes byte by byte
};

struct LineStyle {
  StateColour colour = StateColour::plain;
  bool bold = false;
  bool reverse = false;
};

// Throws Error{usage} that says what to do when there is no terminal, or one that cannot be drawn
// on.
void require_drawable_terminal();

class Screen {
 public:
  // Throws what require_drawable_terminal() does.
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  std::size_t width() const;
  std::size_t height() const;

  // Replaces a line; `text` is UTF-8 without control characters, and is cut at the edge.
  void put(std::size_t line, const std::string& text, LineStyle style = {});
  void clear();
  // A column to show the cursor at in that line; nothing else shows it.
  void show_cursor(std::size_t line, std::size_t column);
  void hide_cursor();
  void refresh();

  // Key::none when there is none now.
  KeyPress next_key();

  // Between these two another program has the terminal.
  void leave();
  void come_back();
};

}  // namespace yardmaster::cli
