#include "coordinator/cli/output/plain_text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

namespace yardmaster::cli {
namespace {

constexpr char32_t replacement = 0xFFFD;
constexpr std::string_view replacement_text = "\xEF\xBF\xBD";
constexpr char32_t escape_character = 0x1B;
constexpr char32_t bell = 0x07;
constexpr char32_t string_terminator = 0x9C;

std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

bool is_control(char32_t value) { return value < 0x20 || (value >= 0x7F && value < 0xA0); }

// Directions and line ends that Unicode has besides: they rearrange what stands beside them.
bool is_unseen_order(char32_t value) {
  return (value >= 0x200E && value <= 0x200F) || (value >= 0x2028 && value <= 0x202E) ||
         (value >= 0x2066 && value <= 0x2069) || value == 0x061C;
}

bool is_line_end(char32_t value) {
  return value == '\n' || value == '\r' || value == 0x2028 || value == 0x2029;
}

// Whether more bytes could still make one character of these.
bool may_be_continued(std::string_view text) {
  const std::size_t length = sequence_length(static_cast<unsigned char>(text.front()));
  if (text.size() >= length) return false;
  return std::ranges::all_of(
      text.substr(1), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; });
}

}  // namespace

CodePoint first_code_point(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  const std::size_t length = sequence_length(lead);
  if (length == 0 || length > text.size()) return {};
  constexpr std::array<unsigned, 5> masks{0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t value = lead & masks.at(length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return {};
    value = (value << 6U) | (byte & 0x3FU);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  return overlong ? CodePoint{} : CodePoint{value, length};
}

std::string PlainText::take(std::string_view piece) {
  const std::string whole = std::exchange(unfinished_, {}) + std::string(piece);
  for (std::string_view rest = whole; !rest.empty();) {
    if (may_be_continued(rest)) {
      unfinished_ = rest;
      break;
    }
    const CodePoint point = first_code_point(rest);
    take_character(point, rest.substr(0, point.length));
    rest.remove_prefix(point.length);
  }
  return std::exchange(shown_, {});
}

std::string PlainText::end() {
  std::string rest;
  for (std::size_t i = 0; i < unfinished_.size(); ++i) rest += replacement_text;
  *this = PlainText();
  return rest;
}

void PlainText::take_character(const CodePoint& point, std::string_view bytes) {
  if (state_ != State::text && swallows(point.value)) return;
  if (begins_sequence(point.value)) return;
  show(point, bytes);
}

bool PlainText::begins_sequence(char32_t value) {
  if (value == escape_character) {
    state_ = State::escape;
  } else if (value == 0x9B) {
    state_ = State::sequence;
  } else if (value == 0x90 || value == 0x98 || (value >= 0x9D && value <= 0x9F)) {
    state_ = State::string;
  } else {
    return false;
  }
  return true;
}

// The end of a line ends any sequence: what is never ended would hide all that comes after it.
bool PlainText::swallows(char32_t value) {
  const State before = std::exchange(state_, State::text);
  if (is_line_end(value)) return false;
  const bool in_string = before == State::string || before == State::string_escape;
  if (value == escape_character) {
    state_ = in_string ? State::string_escape : State::escape;
    return true;
  }
  if (before == State::string) {
    if (value != bell && value != string_terminator) state_ = State::string;
    return true;
  }
  if (before == State::sequence) {
    const bool goes_on = value < 0x40;  // parameters, and controls among them
    if (goes_on) state_ = State::sequence;
    return value < 0x7F;
  }
  if (before == State::string_escape && value == '\\') return true;
  const bool is_intermediate = value >= 0x20 && value <= 0x2F;
  if (is_intermediate) state_ = State::intermediate;
  if (before != State::intermediate && value == '[') state_ = State::sequence;
  const bool opens_string =
      value == ']' || value == 'P' || value == 'X' || value == '^' || value == '_';
  if (before != State::intermediate && opens_string) state_ = State::string;
  return value < 0x7F;
}

void PlainText::show(const CodePoint& point, std::string_view bytes) {
  const bool ends_return = std::exchange(after_return_, point.value == '\r') && point.value == '\n';
  if (ends_return) return;
  if (is_line_end(point.value)) {
    shown_ += '\n';
  } else if (point.value == replacement) {
    shown_ += replacement_text;
  } else if (point.value == '\t' || (!is_control(point.value) && !is_unseen_order(point.value))) {
    shown_ += bytes;
  }
}

std::string terminal_safe_json(std::string_view text) {
  std::string safe;
  while (!text.empty()) {
    const CodePoint point = first_code_point(text);
    const bool between_lines = point.value == '\n' || point.value == '\t';
    if (!between_lines && (is_control(point.value) || is_unseen_order(point.value))) {
      std::array<char, 16> escaped{};
      std::snprintf(escaped.data(), escaped.size(), "\\u%04x", static_cast<unsigned>(point.value));
      safe += escaped.data();
    } else {
      safe += text.substr(0, point.length);
    }
    text.remove_prefix(point.length);
  }
  return safe;
}

}  // namespace yardmaster::cli
