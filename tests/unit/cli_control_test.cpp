// The parts of the control pane that need no terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "coordinator/cli/control/command_entry.h"
#include "coordinator/cli/control/pane_commands.h"
#include "coordinator/cli/control/pane_rows.h"
#include "coordinator/cli/output/display_text.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

WallTime now() { return parse_time("2026-11-21T09:15:00.000000Z").value(); }

json instance() {
  return {{"instance_id", "worker-1"},
          {"state", "idle"},
          {"role", "worker"},
          {"repo", "api"},
          {"task", std::string("mend the \x1b]0;x\x07 parser #(id) ") + std::string(100, 't')},
          {"branch", "work/worker-1"},
          {"created_at", "2026-11-21T09:14:30.000000Z"},
          {"unread", 3U},
          {"entries", 120U},
          {"last_entry", "progress: half way\nthere"},
          {"waits_for", "handoff from ada"}};
}

TEST(PaneTable, has_all_columns_where_there_is_room) {
  json other = instance();
  other["repo"] = "web";
  const PaneTable table = pane_table(json::array({instance(), other}), now(), 200);
  for (const char* title : {"NAME", "STATE", "ROLE", "TASK", "BRANCH", "UNREAD", "WAITS FOR",
                            "ENTRIES", "AGE", "LAST WORDS", "REPO"}) {
    EXPECT_THAT(table.heading, HasSubstr(title));
  }
  ASSERT_EQ(table.rows.size(), 2U);
  EXPECT_THAT(table.rows[0].text, StartsWith("I worker-1 idle"));
  for (const char* cell : {"worker-1 ", "handoff from ada", " 3 ", " 120 ", "30 s", "#(id)"}) {
    EXPECT_THAT(table.rows[0].text, HasSubstr(cell));
  }
}

TEST(PaneTable, keeps_what_matters_in_a_narrow_terminal) {
  const PaneTable table = pane_table(json::array({instance()}), now(), 80);
  for (const char* title : {"NAME", "STATE", "TASK", "UNREAD", "WAITS FOR", "AGE"}) {
    EXPECT_THAT(table.heading, HasSubstr(title));
  }
  EXPECT_THAT(table.heading, Not(HasSubstr("REPO")));
  EXPECT_THAT(pane_table(json::array({instance()}), now(), 30).rows[0].text,
              StartsWith("I worker-1 idle"));
}

TEST(PaneTable, stays_in_its_lines_whatever_is_in_a_field) {
  for (const std::size_t width : {1U, 5U, 30U, 80U, 81U, 200U, 1000U}) {
    const PaneTable table = pane_table(json::array({instance()}), now(), width);
    EXPECT_LE(display_width(table.rows[0].text), width);
    for (const char byte : table.rows[0].text) {
      EXPECT_FALSE(static_cast<unsigned char>(byte) < 0x20) << table.rows[0].text;
    }
  }
}

TEST(PaneTable, leaves_out_what_nobody_has) {
  json bare = instance();
  bare["waits_for"] = "";
  bare.erase("last_entry");
  const PaneTable table = pane_table(json::array({bare}), now(), 200);
  EXPECT_THAT(table.heading, Not(HasSubstr("WAITS FOR")));
  EXPECT_THAT(table.heading, Not(HasSubstr("LAST WORDS")));
}

TEST(PaneTable, says_when_one_that_died_is_started_again) {
  const json waiting{
      {"instance_id", "boss"}, {"state", "waiting"}, {"next_start", "2026-11-21T09:15:08.000000Z"}};
  const PaneTable table = pane_table(json::array({waiting}), now(), 100);
  EXPECT_THAT(table.rows[0].text, StartsWith("W boss"));
  EXPECT_THAT(table.rows[0].text, HasSubstr("restart in 8 s"));
}

TEST(PaneTable, changes_by_itself_only_when_a_time_reads_differently) {
  EXPECT_EQ(time_until_change(json::array(), now()), std::nullopt);
  const json young = json::array({instance()});
  EXPECT_EQ(time_until_change(young, now()), seconds(1));
  EXPECT_EQ(time_until_change(young, now() + seconds(70)), seconds(20));
}

TEST(PaneCommands, become_words_of_the_command_line) {
  EXPECT_THAT(words_of("/send ada - how  far?"), ElementsAre("send", "ada", "--", "- how  far?"));
  EXPECT_THAT(words_of("/spawn worker@api Fix it"),
              ElementsAre("spawn", "worker", "--repo=api", "--task=Fix it"));
  EXPECT_THAT(words_of("/spawn worker"), ElementsAre("spawn", "worker"));
  EXPECT_THAT(words_of("/context-handoff ada bob"), ElementsAre("handoff", "ada", "bob"));
  EXPECT_THAT(words_of("/quit"), ElementsAre("quit"));
  EXPECT_THAT(words_of("/help"), ElementsAre("help"));
  EXPECT_THROW(words_of("/send ada"), Error);
  EXPECT_THROW(words_of("/allow 7"), Error);
  EXPECT_THROW(words_of(""), Error);
}

TEST(PaneCommands, are_completed_with_what_fits) {
  const Completable known{{"ada", "adam", "bob"}, {"worker", "supervisor"}};
  EXPECT_THAT(completions_of("/br", known), ElementsAre("/broadcast "));
  EXPECT_THAT(completions_of("/rm ad", known), ElementsAre("/rm ada ", "/rm adam "));
  EXPECT_THAT(completions_of("/spawn w", known), ElementsAre("/spawn worker "));
  EXPECT_THAT(completions_of("/context-handoff ada b", known),
              ElementsAre("/context-handoff ada bob "));
  EXPECT_THAT(completions_of("/send ada b", known), ElementsAre());
}

TEST(PaneCommands, are_explained_in_lines_that_fit) {
  for (const std::string& line : pane_help()) EXPECT_LE(display_width(line), 80U) << line;
  EXPECT_LE(pane_help().size(), 20U);
}

TEST(CommandEntry, goes_through_earlier_lines) {
  CommandEntry entry;
  for (const char* line : {"/rm ada", "/rm bob"}) {
    entry.open(line);
    entry.take();
  }
  entry.open("/");
  entry.earlier();
  EXPECT_EQ(entry.text(), "/rm bob");
  entry.earlier();
  entry.earlier();
  EXPECT_EQ(entry.text(), "/rm ada");
  entry.later();
  entry.later();
  EXPECT_EQ(entry.text(), "/");
}

}  // namespace
}  // namespace yardmaster::cli
