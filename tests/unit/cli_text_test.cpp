// Text that others wrote fits into a line of the terminal, and into its columns, and does nothing
// to it.
#include <sstream>

#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/table.h"
#include "coordinator/cli/output/terminal.h"

namespace yardmaster::cli {
namespace {

using namespace std::chrono_literals;

WallTime at(const char* text) { return parse_time(text).value(); }

TEST(CliText, times_are_told_by_how_long_ago_they_were) {
  const WallTime then = at("2026-11-21T09:15:00.000000Z");
  EXPECT_EQ(relative_time(then, then), "now");
  EXPECT_EQ(relative_time(then, then + 42s), "42 s");
  EXPECT_EQ(relative_time(then, then + 3min + 59s), "3 min");
  EXPECT_EQ(relative_time(then, then + 47h), "47 h");
  EXPECT_EQ(relative_time(then, then + 49h), "2 d");
  EXPECT_EQ(relative_time(then, then - 5min), "now");
}

TEST(CliText, a_time_is_read_as_the_daemon_writes_it_and_nothing_else_is) {
  EXPECT_EQ(at("1970-01-02T00:00:01.000002Z"), WallTime(24h + 1s + 2us));
  for (const char* bad :
       {"", "yesterday", "2026-11-21 09:15:00.000000Z", "2026-13-21T09:15:00.000000Z",
        "2026-11-21T09:15:00Z", "2026-11-21T0x:15:00.000000Z", "-026-11-21T09:15:00.0000000"}) {
    EXPECT_FALSE(parse_time(bad)) << bad;
  }
}

TEST(CliText, sizes_have_two_digits_at_least_and_a_unit) {
  EXPECT_EQ(size_text(0), "0 B");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(4301), "4.2 KiB");
  EXPECT_EQ(size_text(12U << 20U), "12 MiB");
  EXPECT_EQ(size_text((1U << 20U) - 1), "1.0 MiB");
  EXPECT_EQ(size_text(5ULL << 40U), "5.0 TiB");
}

TEST(CliText, a_text_of_others_becomes_one_harmless_line) {
  EXPECT_EQ(one_line("fix\n\tthe   parser \r\n"), "fix the parser");
  EXPECT_EQ(one_line("\x1b[2J\x1b]0;title\x07red\x1b[31m!\x1b[0m"), "red!");
  EXPECT_EQ(one_line("a\x01\x7f\xc2\x9b"
                     "31mb"),
            "ab");
  EXPECT_EQ(one_line("\x1b"), "");
  EXPECT_EQ(one_line("\x1b["), "");
  // NOLINTNEXTLINE(misc-misleading-bidirectional): what must not come through
  EXPECT_EQ(one_line("\xe2\x80\xae"
                     "txt.exe"),
            "txt.exe");
  EXPECT_EQ(one_line("a\xff"
                     "b\xe2\x82"),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(CliText, output_keeps_its_lines_and_loses_its_escapes) {
  EXPECT_EQ(plain_output("one\r\n\x1b[1mtwo\x1b(B\n\tthree"), "one\ntwo\n\tthree");
}

TEST(CliText, a_long_text_is_cut_where_its_columns_end) {
  EXPECT_EQ(cut("short", 5), "short");
  EXPECT_EQ(cut("longer text", 7), "longer…");
  EXPECT_EQ(cut("longer text", 8), "longer…");
  EXPECT_EQ(cut("anything", 0), "");
  EXPECT_EQ(cut("日本語", 5), "日本…");
  EXPECT_EQ(display_width("日本語 é"), 8U);
  EXPECT_EQ(display_width("e\xcc\x81"), 1U);
}

TEST(CliText, things_are_counted_in_words) {
  EXPECT_EQ(counted(1, "instance"), "1 instance");
  EXPECT_EQ(counted(0, "instance"), "0 instances");
  EXPECT_EQ(counted(2, "repository", "repositories"), "2 repositories");
}

TEST(CliTable, columns_are_aligned_and_empty_cells_show) {
  Table table({{"NAME"}, {"AGE", false, true}, {"TASK"}});
  table.add({"worker-1", "3 min", "Fix it"});
  table.add({"w", "12 d"});
  EXPECT_EQ(table.text(),
            "NAME        AGE  TASK\n"
            "worker-1  3 min  Fix it\n"
            "w          12 d  -\n");
}

TEST(CliTable, columns_that_may_give_way_first_when_the_terminal_is_narrow) {
  Table table({{"NAME"}, {"TASK", true}, {"BRANCH", true}});
  table.add({"worker-with-a-long-name", "Fix the parser and the lexer", "instance/w"});
  EXPECT_EQ(table.text(51),
            "NAME                     TASK            BRANCH\n"
            "worker-with-a-long-name  Fix the parse…  instance/w\n");
  // Too narrow for that: all give, up to where nothing could be read any more.
  EXPECT_EQ(table.text(30),
            "NAME        TASK      BRANCH\n"
            "worker-wi…  Fix the…  instanc…\n");
}

TEST(CliTable, a_cell_stays_in_its_row) {
  Table table({{"TASK"}, {"STATE"}});
  table.add({"one\ntwo\x1b[2J", "idle"});
  EXPECT_EQ(table.text(), "TASK     STATE\none two  idle\n");
}

bool ask(const std::string& answer, bool yes = false, bool interactive = true) {
  std::istringstream in(answer);
  std::ostringstream out;
  return confirm("Go on?", yes, interactive, in, out);
}

TEST(Confirmation, only_a_yes_is_one) {
  EXPECT_TRUE(ask("y\n"));
  EXPECT_TRUE(ask("yes\n"));
  EXPECT_FALSE(ask("\n"));
  EXPECT_FALSE(ask("n\n"));
  EXPECT_FALSE(ask("yesterday\n"));
  EXPECT_FALSE(ask(""));
}

TEST(Confirmation, is_not_asked_for_when_it_was_given) {
  EXPECT_TRUE(ask("n\n", true));
  EXPECT_TRUE(ask("", true, false));
}

TEST(Confirmation, is_asked_for_in_vain_when_nobody_is_there) {
  try {
    ask("y\n", false, false);
    FAIL() << "nobody can have answered";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    EXPECT_NE(std::string(error.what()).find("--yes"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace yardmaster::cli
