#include "reports/text_table.h"

#include <algorithm>
#include <sstream>
#include <utility>

namespace yardmaster::reports {
namespace {

std::string padded(const std::string& text, std::size_t width, Align align) {
  const std::size_t shown = shown_width(text);
  const std::string blanks(width > shown ? width - shown : 0, ' ');
  return align == Align::left ? text + blanks : blanks + text;
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '|') out += '\\';
    out += letter == '\n' || letter == '\r' ? ' ' : letter;
  }
  return out;
}

}  // namespace

std::size_t shown_width(const std::string& text) {
  std::size_t width = 0;
  bool in_escape = false;
  for (const char letter : text) {
    if (letter == '\x1b') in_escape = true;
    const bool continues = (static_cast<unsigned char>(letter) & 0xc0) == 0x80;
    if (!in_escape && !continues) ++width;
    if (letter == 'm') in_escape = false;
  }
  return width;
}

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

void TextTable::add(std::vector<std::string> cells) {
  cells.resize(columns_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::plain(std::size_t indent) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t width = shown_width(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, shown_width(row[i]));
    widths.push_back(width);
  }
  std::string out;
  const auto add_line = [&](auto cell) {
    std::string line(indent, ' ');
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line += "  ";
      line += padded(cell(i), widths[i], columns_[i].align);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + '\n';
  };
  add_line([&](std::size_t i) { return columns_[i].title; });
  for (const auto& row : rows_) add_line([&](std::size_t i) { return row[i]; });
  return out;
}

std::string TextTable::markdown() const {
  std::string out = "|";
  for (const Column& column : columns_) out += " " + escaped(column.title) + " |";
  out += "\n|";
  for (const Column& column : columns_) out += column.align == Align::left ? " --- |" : " ---: |";
  out += '\n';
  for (const auto& row : rows_) {
    out += '|';
    for (const std::string& cell : row) out += " " + escaped(cell) + " |";
    out += '\n';
  }
  return out;
}

std::string wrapped(const std::string& text, std::size_t indent, std::size_t width) {
  const std::string blanks(indent, ' ');
  std::istringstream words(text);
  std::string out;
  std::string line;
  for (std::string word; words >> word;) {
    if (!line.empty() && indent + shown_width(line) + 1 + shown_width(word) > width) {
      out += blanks + line + '\n';
      line.clear();
    }
    line += line.empty() ? word : ' ' + word;
  }
  return line.empty() ? out : out + blanks + line + '\n';
}

}  // namespace yardmaster::reports
