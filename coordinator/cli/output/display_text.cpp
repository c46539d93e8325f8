#include "coordinator/cli/output/display_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "coordinator/cli/output/plain_text.h"

namespace yardmaster::cli {
namespace {

using std::chrono::seconds;

struct Range {
  char32_t first, last;
};

template <std::size_t count>
bool is_within(char32_t value, const std::array<Range, count>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(), [value](const Range& range) {
    return value >= range.first && value <= range.last;
  });
}

std::size_t width_of(char32_t value) {
  static constexpr std::array<Range, 4> none{
      {{0x0300, 0x036F}, {0x200B, 0x200D}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}}};
  static constexpr std::array<Range, 8> wide{{{0x1100, 0x115F},
                                              {0x2E80, 0xA4CF},
                                              {0xAC00, 0xD7A3},
                                              {0xF900, 0xFAFF},
                                              {0xFE30, 0xFE6F},
                                              {0xFF00, 0xFF60},
                                              {0x1F300, 0x1FAFF},
                                              {0x20000, 0x3FFFD}}};
  if (is_within(value, none)) return 0;
  return is_within(value, wide) ? 2 : 1;
}

bool read_number(std::string_view text, std::size_t at, std::size_t length, int& number) {
  const auto field = text.substr(at, length);
  const auto [end, failure] = std::from_chars(field.data(), field.data() + field.size(), number);
  return failure == std::errc() && end == field.data() + field.size();
}

}  // namespace

std::string duration_text(seconds duration) {
  const auto count = std::max<std::int64_t>(duration.count(), 0);
  if (count < 60) return std::to_string(count) + " s";
  if (count < 3600) return std::to_string(count / 60) + " min";
  if (count < 48L * 3600) return std::to_string(count / 3600) + " h";
  return std::to_string(count / 86400) + " d";
}

std::string relative_time(WallTime then, WallTime now) {
  const auto elapsed = std::chrono::duration_cast<seconds>(now - then);
  return elapsed < seconds(1) ? "now" : duration_text(elapsed);
}

std::optional<WallTime> parse_time(std::string_view text) {
  // 2026-11-21T09:15:00.000000Z
  constexpr std::string_view shape = "0000-00-00T00:00:00.000000Z";
  if (text.size() != shape.size()) return std::nullopt;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] != '0' && text[i] != shape[i]) return std::nullopt;
  }
  std::array<int, 7> parts{};
  constexpr std::array<std::pair<std::size_t, std::size_t>, 7> places{
      {{0, 4}, {5, 2}, {8, 2}, {11, 2}, {14, 2}, {17, 2}, {20, 6}}};
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!read_number(text, places[i].first, places[i].second, parts[i])) return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year(parts[0]),
                                         std::chrono::month(static_cast<unsigned>(parts[1])),
                                         std::chrono::day(static_cast<unsigned>(parts[2])));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(parts[3]) +
         std::chrono::minutes(parts[4]) + seconds(parts[5]) + std::chrono::microseconds(parts[6]);
}

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1024) return std::to_string(bytes) + " B";
  constexpr std::array<const char*, 4> units{"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (value >= 1023.5 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), value < 9.95 ? "%.1f %s" : "%.0f %s", value,
                units.at(unit));
  return text.data();
}

std::string counted(std::size_t count, const std::string& one, const std::string& several) {
  const std::string& many = several.empty() ? one + "s" : several;
  return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const char c : plain_output(text)) {
    if (c != ' ' && c != '\n' && c != '\t') {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
  }
  if (line.ends_with(' ')) line.pop_back();
  return line;
}

std::string plain_output(std::string_view text) {
  PlainText plain;
  const std::string shown = plain.take(text);
  return shown + plain.end();
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    width += width_of(point.value);
    text.remove_prefix(point.length);
  }
  return width;
}

std::string cut(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string(text);
  if (width == 0) return {};
  std::size_t used = 1;  // the ellipsis
  std::size_t bytes = 0;
  while (bytes < text.size()) {
    const CodePoint point = first_code_point(text.substr(bytes));
    used += width_of(point.value);
    if (used > width) break;
    bytes += point.length;
  }
  std::string kept(text.substr(0, bytes));
  while (kept.ends_with(' ')) kept.pop_back();
  return kept + "…";
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  const std::string margin(indent, ' ');
  std::string all;
  std::string line;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::size_t needed = indent + display_width(line) + 1 + display_width(word);
    if (width > 0 && !line.empty() && needed > width) {
      all += margin + line + "\n";
      line.clear();
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  return all + margin + line + "\n";
}

bool is_before(std::string_view one, std::string_view other) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto take_number = [&](std::string_view& text) {
    const auto end = std::find_if_not(text.begin(), text.end(), is_digit);
    std::string_view number = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(number.size());
    number.remove_prefix(std::min(number.find_first_not_of('0'), number.size()));
    return number;
  };
  std::string_view left = one;
  std::string_view right = other;
  while (!left.empty() && !right.empty()) {
    if (is_digit(left.front()) && is_digit(right.front())) {
      const std::string_view first = take_number(left);
      const std::string_view second = take_number(right);
      if (first.size() != second.size()) return first.size() < second.size();
      if (first != second) return first < second;
    } else {
      if (left.front() != right.front()) return left.front() < right.front();
      left.remove_prefix(1);
      right.remove_prefix(1);
    }
  }
  if (left.empty() != right.empty()) return left.empty();
  return one < other;  // "01" and "1"
}

}  // namespace yardmaster::cli
