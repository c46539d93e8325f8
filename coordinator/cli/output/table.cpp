#include "coordinator/cli/output/table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "coordinator/cli/output/display_text.h"

namespace yardmaster::cli {
namespace {

constexpr std::string_view gap = "  ";
constexpr std::size_t least_width = 8;  // to which a column shrinks
// To which all others shrink after that.
constexpr std::size_t least_of_all = 5;

std::size_t width_of_line(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), gap.size() * (widths.size() - 1));
}

// Takes from the widest that may give, until the line fits or none may any more.
template <class May>
void shrink(std::vector<std::size_t>& widths, std::size_t width, std::size_t least, May may) {
  for (std::size_t total = width_of_line(widths); total > width; --total) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      if (!may(i) || widths[i] <= least) continue;
      if (widest == widths.size() || widths[i] > widths[widest]) widest = i;
    }
    if (widest == widths.size()) return;
    --widths[widest];
  }
}

}  // namespace

void Table::add(const std::vector<std::string>& cells) {
  std::vector<std::string> row(columns_.size(), "-");
  for (std::size_t i = 0; i < std::min(cells.size(), row.size()); ++i) {
    std::string cell = one_line(cells[i]);
    if (!cell.empty()) row[i] = std::move(cell);
  }
  rows_.push_back(std::move(row));
}

std::vector<std::size_t> Table::column_widths(std::size_t width) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = display_width(columns_[i].title);
    for (const auto& row : rows_) widest = std::max(widest, display_width(row[i]));
    widths.push_back(widest);
  }
  if (width == 0) return widths;
  shrink(widths, width, least_width, [this](std::size_t i) { return columns_[i].shrinks; });
  shrink(widths, width, least_of_all, [](std::size_t) { return true; });
  return widths;  // what is wider still, the terminal has to wrap
}

std::string Table::line(const std::vector<std::string>& cells,
                        const std::vector<std::size_t>& widths) const {
  std::string text;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) text.append(gap);
    const std::string cell = cut(cells[i], widths[i]);
    const std::string padding(widths[i] - display_width(cell), ' ');
    text += columns_[i].right ? padding + cell : cell + padding;
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string Table::text(std::size_t width) const {
  const std::vector<std::size_t> widths = column_widths(width);
  std::vector<std::string> titles;
  titles.reserve(columns_.size());
  for (const Column& column : columns_) titles.push_back(column.title);
  std::string all = line(titles, widths);
  for (const auto& row : rows_) all += line(row, widths);
  return all;
}

}  // namespace yardmaster::cli
