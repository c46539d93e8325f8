// Aligned columns for a terminal or a pipe. A value, any thread.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace yardmaster::cli {

struct Column {
  std::string title;
  // Gives way when the lines would get longer than the terminal; the others do only after it.
  bool shrinks = false;
  bool right = false;  // aligned to the right, as numbers are
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // One row; cells that are missing or empty show as "-". Whatever is in a cell, it stays in its
  // line and has no effect on the terminal.
  void add(const std::vector<std::string>& cells);
  bool empty() const { return rows_.empty(); }

  // A line of titles and a line per row, each ended. `width` in columns; 0: as wide as it gets.
  std::string text(std::size_t width = 0) const;

 private:
  std::vector<std::size_t> column_widths(std::size_t width) const;
  std::string line(const std::vector<std::string>& cells,
                   const std::vector<std::size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace yardmaster::cli
