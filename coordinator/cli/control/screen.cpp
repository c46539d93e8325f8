#include "coordinator/cli/control/screen.h"

#include <clocale>
#include <cstdio>
#include <cstdlib>

#include <curses.h>
#include <unistd.h>

#include "coordinator/base/error.h"

// As in term.h, whose macros take many words from whatever comes after it.
extern "C" int setupterm(const char* terminal, int descriptor, int* known);

namespace yardmaster::cli {
namespace {

constexpr int escape_delay_ms = 25;
constexpr int escape_key = 27;
constexpr int control_u = 21;
constexpr int delete_key = 127;

short pair_of(StateColour colour) { return static_cast<short>(static_cast<int>(colour)); }

[[noreturn]] void throw_undrawable() {
  const char* const terminal = std::getenv("TERM");
  throw Error(ErrorCode::usage, std::string("the terminal TERM=") +
                                    (terminal == nullptr ? "" : terminal) +
                                    " is not known, or cannot be drawn on; 'yardmaster ls' shows "
                                    "the same once");
}

void choose_colours() {
  if (!::has_colors()) return;  // the letters say the same
  ::start_color();
  ::use_default_colors();
  const auto set = [](StateColour colour, short foreground) {
    ::init_pair(pair_of(colour), foreground, -1);
  };
  set(StateColour::good, COLOR_CYAN);
  set(StateColour::quiet, -1);
  set(StateColour::wants_you, COLOR_YELLOW);
  set(StateColour::passing, COLOR_MAGENTA);
  set(StateColour::bad, COLOR_RED);
}

}  // namespace

void require_drawable_terminal() {
  if (::isatty(STDIN_FILENO) != 1 || ::isatty(STDOUT_FILENO) != 1) {
    throw Error(ErrorCode::usage, "this needs a terminal; 'yardmaster ls' shows the same once");
  }
  int known = 0;
  if (::setupterm(nullptr, STDOUT_FILENO, &known) == OK && ::tigetstr("cup") != nullptr) return;
  throw_undrawable();
}

Screen::Screen() {
  require_drawable_terminal();
  std::setlocale(LC_CTYPE, "");
  // initscr() would end this program where newterm() says no.
  if (::newterm(nullptr, stdout, stdin) == nullptr) throw_undrawable();
  ::set_escdelay(escape_delay_ms);
  ::cbreak();
  ::noecho();
  ::nonl();
  ::keypad(stdscr, true);
  ::nodelay(stdscr, true);
  choose_colours();
  hide_cursor();
}

Screen::~Screen() { ::endwin(); }

std::size_t Screen::width() const { return static_cast<std::size_t>(getmaxx(stdscr)); }
std::size_t Screen::height() const { return static_cast<std::size_t>(getmaxy(stdscr)); }

void Screen::put(std::size_t line, const std::string& text, LineStyle style) {
  if (line >= height()) return;
  const attr_t attributes =
      (style.bold ? A_BOLD : A_NORMAL) | (style.reverse ? A_REVERSE : A_NORMAL);
  ::attr_set(attributes, pair_of(style.colour), nullptr);
  ::move(static_cast<int>(line), 0);
  ::clrtoeol();
  ::addnstr(text.c_str(), static_cast<int>(text.size()));
  ::attr_set(A_NORMAL, 0, nullptr);
}

void Screen::clear() { ::erase(); }

void Screen::show_cursor(std::size_t line, std::size_t column) {
  ::curs_set(1);
  ::move(static_cast<int>(line), static_cast<int>(column));
}

void Screen::hide_cursor() { ::curs_set(0); }

void Screen::refresh() { ::refresh(); }

KeyPress Screen::next_key() {
  const int key = ::getch();
  switch (key) {
    case ERR:
      return {};
    case KEY_RESIZE:
      return {.key = Key::resized};
    case KEY_UP:
      return {.key = Key::up};
    case KEY_DOWN:
      return {.key = Key::down};
    case KEY_PPAGE:
      return {.key = Key::page_up};
    case KEY_NPAGE:
      return {.key = Key::page_down};
    case KEY_BACKSPACE:
    case delete_key:
    case '\b':
      return {.key = Key::erase};
    case KEY_ENTER:
    case '\r':
    case '\n':
      return {.key = Key::enter};
    case '\t':
      return {.key = Key::tab};
    case escape_key:
      return {.key = Key::escape};
    case control_u:
      return {.key = Key::clear_line};
    default:
      if (key > 0xff) return {.key = Key::escape};
      return {.key = Key::text, .byte = static_cast<char>(key)};
  }
}

void Screen::leave() { ::endwin(); }

void Screen::come_back() {
  ::clearok(stdscr, true);
  ::refresh();
}

}  // namespace yardmaster::cli
