// tmux's control mode, byte by byte: what is a reply, what a notification, and what is neither.
#include "coordinator/instances/tmux/control_parser.h"

#include <random>

#include <gtest/gtest.h>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

const ControlReply& reply_at(const std::vector<ControlEvent>& events, std::size_t index) {
  return std::get<ControlReply>(events.at(index));
}

std::string notification_at(const std::vector<ControlEvent>& events, std::size_t index) {
  const auto& notification = std::get<ControlNotification>(events.at(index));
  return notification.name + "|" + notification.arguments;
}

std::string noise_at(const std::vector<ControlEvent>& events, std::size_t index) {
  return std::get<ControlNoise>(events.at(index)).line;
}

TEST(ControlParser, a_reply_is_what_stands_between_its_guards) {
  ControlParser parser;
  const auto events = parser.feed("%begin 1795252805 266 1\none\n\ntwo\n%end 1795252805 266 1\n");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(reply_at(events, 0).succeeded);
  EXPECT_TRUE(reply_at(events, 0).asked);
  EXPECT_EQ(reply_at(events, 0).number, 266U);
  EXPECT_EQ(reply_at(events, 0).lines, (std::vector<std::string>{"one", "", "two"}));
}

TEST(ControlParser, what_tmux_does_of_itself_is_told_from_answers) {
  ControlParser parser;
  const auto events = parser.feed("%begin 1 260 0\n%end 1 260 0\n%begin 1 261 1\n%end 1 261 1\n");
  ASSERT_EQ(events.size(), 2U);
  EXPECT_FALSE(reply_at(events, 0).asked);
  EXPECT_TRUE(reply_at(events, 1).asked);
}

TEST(ControlParser, a_sequence_ends_with_the_error_in_its_middle) {
  ControlParser parser;
  const auto events = parser.feed(
      "%begin 7 1 1\n%1 @1 77\n%end 7 1 1\n"
      "%begin 7 2 1\ncan't find pane: %77\n%error 7 2 1\n"
      "%unlinked-window-add @1\n%sessions-changed\n");
  ASSERT_EQ(events.size(), 4U);
  EXPECT_TRUE(reply_at(events, 0).succeeded);
  EXPECT_EQ(reply_at(events, 0).text(), "%1 @1 77");
  EXPECT_FALSE(reply_at(events, 1).succeeded);
  EXPECT_EQ(reply_at(events, 1).text(), "can't find pane: %77");
  EXPECT_EQ(notification_at(events, 2), "%unlinked-window-add|@1");
  EXPECT_EQ(notification_at(events, 3), "%sessions-changed|");
}

TEST(ControlParser, pieces_of_any_size_make_the_same_replies) {
  const std::string text =
      "%begin 1 2 1\nline\n%end 1 2 1\n%window-close @3\n%begin 3 4 1\nno\n%error 3 4 1\n%exit x "
      "y\n";
  for (std::size_t size = 1; size < text.size(); ++size) {
    ControlParser parser;
    std::vector<ControlEvent> events;
    for (std::size_t at = 0; at < text.size(); at += size) {
      for (auto& event : parser.feed(std::string_view(text).substr(at, size))) {
        events.push_back(std::move(event));
      }
    }
    ASSERT_EQ(events.size(), 4U) << "in pieces of " << size;
    EXPECT_EQ(reply_at(events, 0).text(), "line");
    EXPECT_EQ(notification_at(events, 1), "%window-close|@3");
    EXPECT_FALSE(reply_at(events, 2).succeeded);
    EXPECT_EQ(notification_at(events, 3), "%exit|x y");
  }
}

TEST(ControlParser, guards_of_another_reply_are_text) {
  ControlParser parser;
  const auto events = parser.feed(
      "%begin 1 2 1\n%begin 1 3 1\n%end 1 3 1\n%error 9 2 1\n%end 1 2 0\n%end 1 2\n"
      "%window-close @1\n%end 1 2 1\n");
  ASSERT_EQ(events.size(), 1U);
  EXPECT_TRUE(reply_at(events, 0).succeeded);
  EXPECT_EQ(reply_at(events, 0).lines.size(), 6U);
}

TEST(ControlParser, guards_without_a_reply_are_noise_and_harm_nothing) {
  ControlParser parser;
  const auto events = parser.feed(
      "%end 1 2 1\n%error 1 2 1\n%begin\n%begin x y z\n%begin 1 2\n%begin 1 2 3 4\n%begin -1 2 3\n"
      "no server running on /x\n%\n%A\n\n%begin 5 6 1\n%end 5 6 1\n");
  ASSERT_EQ(events.size(), 11U);
  EXPECT_EQ(noise_at(events, 0), "%end 1 2 1");
  EXPECT_EQ(noise_at(events, 7), "no server running on /x");
  EXPECT_EQ(reply_at(events, 10).number, 6U);
}

TEST(ControlParser, what_never_ends_is_refused) {
  ControlParser parser;
  EXPECT_THROW(parser.feed(std::string(2'000'000, 'x')), Error);
  ControlParser reader;
  reader.feed("%begin 1 2 1\n");
  const std::string line = std::string(100'000, 'x') + "\n";
  EXPECT_THROW(
      {
        for (int i = 0; i < 1000; ++i) reader.feed(line);
      },
      Error);
}

TEST(ControlParser, random_bytes_are_survived) {
  std::mt19937 random(4);
  const std::string alphabet = "%begin end error 123\n\n\r\x01\xff";
  std::uniform_int_distribution<std::size_t> pick(0, alphabet.size() - 1);
  ControlParser parser;
  std::size_t count = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string piece;
    for (int j = 0; j < 20; ++j) piece += alphabet[pick(random)];
    count += parser.feed(piece).size();
  }
  EXPECT_GT(count, 0U);
}

}  // namespace
}  // namespace yardmaster
