#include "coordinator/instances/tmux/tmux_pane.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace yardmaster {
namespace {

// Takes what stands before the separator off the text; nullopt when there is none.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view separator) {
  const std::size_t end = text.find(separator);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(end + separator.size());
  return taken;
}

template <class Number>
std::optional<Number> to_number(std::string_view text) {
  Number number{};
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace

// The names come last: a window's may hold anything, a session's no colon.
const std::string_view tmux_pane_format =
    "#{pane_id} #{window_id} #{pane_pid} #{pane_dead} [#{pane_dead_status}] "
    "[#{pane_dead_signal}] #{session_name}:#{window_name}";

std::optional<TmuxPane> parse_tmux_pane(std::string_view line) {
  const auto pane = take_until(line, " ");
  const auto window_id = take_until(line, " ");
  const auto pid = take_until(line, " ");
  const auto dead = take_until(line, " [");
  const auto status = take_until(line, "] [");
  const auto signal = take_until(line, "] ");
  const auto session = take_until(line, ":");
  if (!session || !pane->starts_with('%') || !window_id->starts_with('@')) return std::nullopt;
  const auto pid_number = to_number<std::int64_t>(*pid);
  if (!pid_number) return std::nullopt;
  TmuxPane result;
  result.session = *session;
  result.window = line;
  result.pane = *pane;
  result.window_id = *window_id;
  result.pid = *pid_number;
  result.dead = *dead == "1";
  result.exit_status = to_number<int>(*status);
  result.exit_signal = to_number<int>(*signal);
  return result;
}

const std::string_view tmux_look_format = "#{pane_dead} #{pane_in_mode} #{window_activity}";

std::optional<TmuxPaneLook> parse_tmux_look(std::string_view pane, std::string_view line,
                                            const std::vector<std::string>& clients) {
  const auto dead = take_until(line, " ");
  const auto mode = take_until(line, " ");
  const auto activity = to_number<std::int64_t>(line);
  if (!dead || !mode || !activity || *dead == "1") return std::nullopt;
  TmuxPaneLook look;
  look.in_mode = *mode != "0";
  look.last_output = WallTime(std::chrono::seconds(*activity));
  for (std::string_view client : clients) {
    const auto shown = take_until(client, " ");
    const auto pressed = to_number<std::int64_t>(client);
    if (!shown || *shown != pane || !pressed) continue;
    look.last_key_press = std::max(look.last_key_press, WallTime(std::chrono::seconds(*pressed)));
  }
  return look;
}

bool is_tmux_name(std::string_view name) {
  return !name.empty() && name.front() != '-' &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

}  // namespace yardmaster
