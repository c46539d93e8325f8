#include "loadgen/run/progress.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include <sys/ioctl.h>
#include <unistd.h>

namespace yardmaster::loadgen {
namespace {

constexpr std::chrono::milliseconds between_redraws{250};
constexpr std::chrono::seconds between_lines{5};
constexpr std::size_t bar_width = 30;

std::string formatted(const char* format, double value) {
  std::array<char, 64> text{};
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): fixed formats of one number
  const int length = std::snprintf(text.data(), text.size(), format, value);
  return {text.data(), static_cast<std::size_t>(length)};
}

double in_seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string milliseconds_text(std::chrono::nanoseconds duration) {
  const double value = std::chrono::duration<double, std::milli>(duration).count();
  return formatted(value < 10 ? "%.3f ms" : "%.1f ms", value);
}

std::string bar(double part) {
  const auto full = static_cast<std::size_t>(std::clamp(part, 0.0, 1.0) * bar_width);
  return "[" + std::string(full, '#') + std::string(bar_width - full, '.') + "]";
}

std::string rate_of(const ProgressView& view) {
  const std::string achieved = formatted("%.0f", view.achieved_per_s);
  if (view.offered_per_s <= 0) return achieved + " writes/s";
  return achieved + " of " + formatted("%.0f", view.offered_per_s) + " writes/s";
}

std::string padded(const std::string& text, std::size_t width) {
  return text.size() >= width ? text : text + std::string(width - text.size(), ' ');
}

bool is_real_terminal(int descriptor) {
  const char* const term = std::getenv("TERM");
  return ::isatty(descriptor) == 1 && term != nullptr && std::string(term) != "dumb";
}

}  // namespace

bool Progress::has_color(int descriptor) {
  const char* const no_color = std::getenv("NO_COLOR");
  return is_real_terminal(descriptor) && (no_color == nullptr || *no_color == '\0');
}

Progress::Style Progress::style_of_stderr() {
  Style style;
  style.redraw = is_real_terminal(STDERR_FILENO);
  style.color = has_color(STDERR_FILENO);
  winsize window{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 20) {
    style.columns = window.ws_col;
  }
  return style;
}

bool Progress::is_due(std::string_view phase, SteadyTime now) const {
  const auto pause = style_.redraw ? std::chrono::milliseconds(between_redraws) : between_lines;
  return phase != last_phase_ || now - last_shown_ >= pause;
}

void Progress::show(const ProgressView& view, SteadyTime now) {
  if (!is_due(view.phase, now)) return;
  last_shown_ = now;
  last_phase_ = view.phase;
  if (style_.redraw) {
    draw(view);
  } else {
    write_line(view);
  }
}

void Progress::draw(const ProgressView& view) {
  clear();
  std::vector<std::string> lines;
  const double total = in_seconds(view.total);
  lines.push_back(view.title + "  " + view.phase + view.detail);
  lines.push_back(bar(total > 0 ? in_seconds(view.elapsed) / total : 0) + " " +
                  formatted("%.0f", in_seconds(view.elapsed)) + " s of at most " +
                  formatted("%.0f s  ", total) + rate_of(view));
  for (const auto& row : view.rows) {
    lines.push_back("  " + padded(row.measurement, 15) + "P99 " +
                    padded(row.count == 0 ? "-" : milliseconds_text(row.p99), 12) +
                    std::to_string(row.count) + " samples");
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string line = lines[i].substr(0, style_.columns - 1);
    if (i == 0) line = paint("1", line);
    const bool is_row = i >= 2;
    if (is_row && view.rows[i - 2].limit.count() > 0 && view.rows[i - 2].count > 0) {
      line = paint(view.rows[i - 2].p99 > view.rows[i - 2].limit ? "31" : "32", line);
    }
    out_ << line << '\n';
  }
  out_ << std::flush;
  drawn_lines_ = lines.size();
}

void Progress::write_line(const ProgressView& view) {
  out_ << view.title << ": " << view.phase << view.detail << ", "
       << formatted("%.0f s", in_seconds(view.elapsed));
  if (view.achieved_per_s > 0) out_ << ", " << rate_of(view);
  const char* separator = "; P99 ";
  for (const auto& row : view.rows) {
    if (row.count == 0) continue;
    out_ << separator << row.measurement << " " << milliseconds_text(row.p99);
    separator = ", ";
  }
  out_ << std::endl;
}

void Progress::clear() {
  if (drawn_lines_ == 0) return;
  out_ << "\x1b[" << drawn_lines_ << "A\x1b[J";
  drawn_lines_ = 0;
}

void Progress::print_line(const std::string& line) {
  clear();
  out_ << line << std::endl;
}

std::string Progress::paint(const char* code, const std::string& text) const {
  return style_.color ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
}

}  // namespace yardmaster::loadgen
