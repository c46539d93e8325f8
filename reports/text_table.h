// A table of text, as plain columns or as Markdown. The first column is aligned left, the others
// as told. One thread at a time.
#pragma once

#include <string>
#include <vector>

namespace yardmaster::reports {

enum class Align { left, right };

class TextTable {
 public:
  struct Column {
    std::string title;
    Align align = Align::right;
  };

  explicit TextTable(std::vector<Column> columns);

  // Adds a row; there must be as many cells as columns.
  void add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }

  // Two blanks between columns, each line after the indent, no blanks at its end. Escape sequences
  // of terminals take no room.
  std::string plain(std::size_t indent) const;
  // Vertical bars and line ends in cells are escaped.
  std::string markdown() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Characters that text takes on a terminal: UTF-8 counts by code point, escape sequences nothing.
std::size_t shown_width(const std::string& text);

// A report's lines have at most this many columns on a terminal.
inline constexpr std::size_t line_width = 100;

// Breaks at blanks so that a line is at most so wide, with every line after the indent.
std::string wrapped(const std::string& text, std::size_t indent, std::size_t width);

}  // namespace yardmaster::reports
