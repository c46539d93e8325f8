// The progress is what a person sees on standard error while a run goes on: on a terminal one block
// that is redrawn in place, elsewhere a plain line every few seconds. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/base/clock.h"

namespace yardmaster::loadgen {

struct ProgressRow {
  std::string measurement;
  std::uint64_t count = 0;
  std::chrono::nanoseconds p99{};
  std::chrono::nanoseconds limit{};  // the P99 target's; zero: none
};

struct ProgressView {
  std::string title;   // "25 instances"
  std::string phase;   // "measuring"
  std::string detail;  // more about the phase
  std::chrono::nanoseconds elapsed{};
  std::chrono::nanoseconds total{};
  double offered_per_s = 0;  // 0: as fast as it goes
  double achieved_per_s = 0;
  std::vector<ProgressRow> rows;
};

class Progress {
 public:
  struct Style {
    bool redraw = false;  // on a terminal
    bool color = false;
    std::size_t columns = 80;
  };
  // Returns the style for standard error: it follows from whether that is a terminal, from NO_COLOR
  // and from TERM.
  static Style style_of_stderr();
  // Returns whether colours may be written to a descriptor: it is a terminal, and NO_COLOR is not
  // set.
  static bool has_color(int descriptor);

  Progress(std::ostream& out, Style style) : out_(out), style_(style) {}

  // Returns whether show() would show a view with this phase now, so that it need not be put
  // together otherwise.
  bool is_due(std::string_view phase, SteadyTime now) const;
  // Shows the view, or not when it is too soon.
  void show(const ProgressView& view, SteadyTime now);
  // Removes the block, so that other text can follow.
  void clear();
  // A line that stays.
  void print_line(const std::string& line);

 private:
  void draw(const ProgressView& view);
  void write_line(const ProgressView& view);
  std::string paint(const char* code, const std::string& text) const;

  std::ostream& out_;
  Style style_;
  std::size_t drawn_lines_ = 0;
  SteadyTime last_shown_{};
  std::string last_phase_;
};

}  // namespace yardmaster::loadgen
