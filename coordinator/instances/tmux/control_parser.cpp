#include "coordinator/instances/tmux/control_parser.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

constexpr std::size_t max_line = std::size_t{1} << 20;
constexpr std::size_t max_reply = std::size_t{1} << 24;

constexpr std::string_view begin_mark = "%begin ";
constexpr std::string_view end_mark = "%end ";
constexpr std::string_view error_mark = "%error ";

struct Guard {
  std::uint64_t number = 0;
  std::uint64_t flags = 0;
};

// "TIME NUMBER FLAGS", three numbers and nothing else.
std::optional<Guard> parse_guard(std::string_view text) {
  std::array<std::uint64_t, 3> values{};
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), values[i]);
    if (failure != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (i + 1 == values.size()) break;
    if (!text.starts_with(' ')) return std::nullopt;
    text.remove_prefix(1);
  }
  if (!text.empty()) return std::nullopt;
  return Guard{values[1], values[2]};
}

// Guards that are out of place are none.
bool is_notification(std::string_view line) {
  const std::string_view name = line.substr(0, line.find(' '));
  return name.size() > 1 && name[0] == '%' && name[1] >= 'a' && name[1] <= 'z' &&
         name != "%begin" && name != "%end" && name != "%error";
}

ControlNotification to_notification(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return {std::string(line), {}};
  return {std::string(line.substr(0, space)), std::string(line.substr(space + 1))};
}

[[noreturn]] void refuse(const char* what) {
  throw Error(ErrorCode::unavailable, std::string("tmux sent ") + what + " without an end");
}

}  // namespace

std::string ControlReply::text() const {
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out += "; ";
    out += line;
  }
  return out;
}

std::vector<ControlEvent> ControlParser::feed(std::string_view bytes) {
  std::vector<ControlEvent> events;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    partial_ += bytes.substr(0, end);
    if (partial_.size() > max_line) refuse("a line");
    if (end == std::string_view::npos) break;
    bytes.remove_prefix(end + 1);
    take_line(std::exchange(partial_, {}), events);
  }
  return events;
}

void ControlParser::take_line(std::string line, std::vector<ControlEvent>& events) {
  const std::string_view text = line;
  if (in_reply_) {
    const bool ends = text.starts_with(end_mark) && text.substr(end_mark.size()) == guard_;
    const bool fails = text.starts_with(error_mark) && text.substr(error_mark.size()) == guard_;
    if (ends || fails) {
      reply_.succeeded = ends;
      in_reply_ = false;
      events.emplace_back(std::exchange(reply_, {}));
      return;
    }
    reply_size_ += line.size() + 1;
    if (reply_size_ > max_reply) refuse("a reply");
    reply_.lines.push_back(std::move(line));
  } else if (text.starts_with(begin_mark) && parse_guard(text.substr(begin_mark.size()))) {
    begin_reply(text.substr(begin_mark.size()));
  } else if (is_notification(text)) {
    events.emplace_back(to_notification(text));
  } else if (!text.empty()) {
    events.emplace_back(ControlNoise{std::move(line)});
  }
}

void ControlParser::begin_reply(std::string_view guard) {
  const Guard numbers = *parse_guard(guard);
  in_reply_ = true;
  guard_ = guard;
  reply_size_ = 0;
  reply_.number = numbers.number;
  reply_.asked = (numbers.flags & 1U) != 0;
}

}  // namespace yardmaster
