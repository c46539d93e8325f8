#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "loadgen/run/progress.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

ProgressView view_at(int second) {
  return {.title = "25 instances",
          .phase = "measuring",
          .detail = "",
          .elapsed = seconds(second),
          .total = seconds(240),
          .offered_per_s = 100,
          .achieved_per_s = 99.6,
          .rows = {{.measurement = "write",
                    .count = 500,
                    .p99 = milliseconds(40),
                    .limit = milliseconds(30)},
                   {.measurement = "handoff", .count = 0, .p99 = {}, .limit = {}}}};
}

TEST(ProgressTest, away_from_a_terminal_a_plain_line_comes_every_few_seconds) {
  std::ostringstream out;
  Progress progress(out, {});
  ManualClock clock;
  for (int second = 0; second < 12; ++second) {
    progress.show(view_at(second), clock.now());
    clock.advance(seconds(1));
  }
  const std::string text = out.str();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
  EXPECT_THAT(text,
              HasSubstr("25 instances: measuring, 5 s, 100 of 100 writes/s; P99 write 40.0 ms\n"));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("handoff")));
}

TEST(ProgressTest, on_a_terminal_one_block_is_drawn_over) {
  std::ostringstream out;
  Progress progress(out, {.redraw = true, .color = false, .columns = 100});
  ManualClock clock;
  progress.show(view_at(60), clock.now());
  EXPECT_THAT(out.str(), HasSubstr("[#######.......................] 60 s of at most 240 s"));
  EXPECT_THAT(out.str(), Not(HasSubstr("\x1b")));
  clock.advance(seconds(1));
  progress.show(view_at(61), clock.now());
  EXPECT_THAT(out.str(), HasSubstr("\x1b[4A\x1b[J"));
  progress.print_line("done");
  EXPECT_THAT(out.str(), HasSubstr("\x1b[4A\x1b[Jdone\n"));
}

TEST(ProgressTest, tells_when_a_view_is_due_before_it_is_made) {
  std::ostringstream out;
  Progress progress(out, {});
  ManualClock clock;
  progress.show(view_at(0), clock.now());
  EXPECT_FALSE(progress.is_due("measuring", clock.now()));
  EXPECT_TRUE(progress.is_due("draining", clock.now()));
  clock.advance(seconds(5));
  EXPECT_TRUE(progress.is_due("measuring", clock.now()));
}

TEST(ProgressTest, colours_tell_what_is_over_its_limit) {
  std::ostringstream out;
  Progress progress(out, {.redraw = true, .color = true, .columns = 100});
  progress.show(view_at(60), ManualClock().now());
  EXPECT_THAT(out.str(), HasSubstr("\x1b[31m  write"));
}

TEST(ProgressTest, lines_are_cut_at_the_terminals_width) {
  std::ostringstream out;
  Progress progress(out, {.redraw = true, .color = false, .columns = 30});
  progress.show(view_at(60), ManualClock().now());
  std::istringstream lines(out.str());
  for (std::string line; std::getline(lines, line);) EXPECT_LT(line.size(), 30U);
}

}  // namespace
}  // namespace yardmaster::loadgen
