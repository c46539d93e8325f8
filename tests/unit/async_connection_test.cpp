#include "coordinator/client/async_connection.h"

#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "tests/unit/line_server.h"

namespace yardmaster {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

TEST(EventLoopTest, timers_fire_in_the_order_of_their_times_and_not_when_cancelled) {
  EventLoop loop;
  std::vector<int> fired;
  const auto now = steady_clock::now();
  loop.at(now + milliseconds(2), [&] { fired.push_back(2); });
  loop.at(now + milliseconds(1), [&] { fired.push_back(1); });
  const auto never = loop.at(now + milliseconds(1), [&] { fired.push_back(0); });
  loop.cancel(never);
  ASSERT_TRUE(run_until(loop, [&] { return fired.size() == 2; }));
  EXPECT_EQ(fired, (std::vector<int>{1, 2}));
  EXPECT_GE(steady_clock::now(), now + milliseconds(2));
}

TEST(EventLoopTest, runs_what_another_thread_posts) {
  EventLoop loop;
  bool ran = false;
  std::thread other([&] { loop.post([&] { ran = true; }); });
  EXPECT_TRUE(run_until(loop, [&] { return ran; }));
  other.join();
}

class AsyncConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(connection_.connect(server_.path()));
    server_.accept();
  }

  void ask(const std::string& command) {
    connection_.request(
        command, nlohmann::json::object(), [this, command](const AsyncReply& reply) {
          answers_.push_back(command + ":" + (reply.success ? reply.data.dump() : reply.code));
        });
  }

  LineServer server_;
  EventLoop loop_;
  AsyncConnection connection_{loop_};
  std::vector<std::string> answers_;
};

TEST_F(AsyncConnectionTest, replies_go_to_their_requests_whatever_order_they_come_in) {
  ask("first");
  ask("second");
  EXPECT_EQ(server_.read_line(loop_), R"({"args":{},"command":"first","id":1})");
  server_.read_line(loop_);
  server_.write(
      "{\"id\":2,\"success\":true,\"data\":{\"n\":2}}\n"
      "{\"id\":1,\"success\":false,\"error\":\"no\",\"code\":\"not_found\"}\n");
  ASSERT_TRUE(run_until(loop_, [&] { return answers_.size() == 2; }));
  EXPECT_EQ(answers_[0], "second:{\"n\":2}");
  EXPECT_EQ(answers_[1], "first:not_found");
}

TEST_F(AsyncConnectionTest, lines_may_arrive_in_any_pieces) {
  ask("ping");
  server_.read_line(loop_);
  for (const char c : std::string("{\"id\":1,\"success\":true,\"data\":{}}\n")) {
    server_.write(std::string(1, c));
    loop_.poll(steady_clock::now());
  }
  EXPECT_TRUE(run_until(loop_, [&] { return answers_.size() == 1; }));
}

TEST_F(AsyncConnectionTest, a_reply_larger_than_the_read_buffer_is_whole) {
  std::size_t length = 0;
  connection_.request("read", nlohmann::json::object(),
                      [&](const AsyncReply& reply) { length = reply.text("body").size(); });
  server_.read_line(loop_);
  const std::string body(300'000, 'x');
  std::thread writer(
      [&] { server_.write(R"({"id":1,"success":true,"data":{"body":")" + body + "\"}}\n"); });
  EXPECT_TRUE(run_until(loop_, [&] { return length != 0; }));
  writer.join();
  EXPECT_EQ(length, body.size());
}

TEST_F(AsyncConnectionTest, a_request_larger_than_the_socket_takes_is_sent_whole) {
  const std::string body(900'000, 'x');
  connection_.request("send", {{"body", body}}, [](const AsyncReply&) {});
  const auto request = nlohmann::json::parse(server_.read_line(loop_));
  EXPECT_EQ(request["args"]["body"], body);
}

TEST_F(AsyncConnectionTest, events_are_told_apart_from_replies) {
  std::vector<std::string> events;
  connection_.on_event([&](std::string_view event, const nlohmann::json& data) {
    events.push_back(std::string(event) + data.dump());
  });
  server_.write(
      "{\"event\":\"gone\",\"data\":{\"n\":1}}\nnot json\n{\"id\":99}\n"
      "{\"event\":\"gone\",\"data\":{\"n\":2}}\n");
  ASSERT_TRUE(run_until(loop_, [&] { return events.size() == 2; }));
  EXPECT_EQ(events[1], "gone{\"n\":2}");
}

TEST_F(AsyncConnectionTest, who_waits_is_told_when_the_daemon_goes_away) {
  bool lost = false;
  connection_.on_lost([&] { lost = true; });
  ask("one");
  ask("two");
  server_.die();
  ASSERT_TRUE(run_until(loop_, [&] { return lost; }));
  EXPECT_EQ(answers_.size(), 2U);
  for (const auto& answer : answers_) EXPECT_NE(answer.find("unavailable"), std::string::npos);
  EXPECT_FALSE(connection_.is_open());
  EXPECT_FALSE(connection_.connect(server_.path()));
  ask("three");
  EXPECT_EQ(answers_.back(), "three:unavailable");
}

TEST_F(AsyncConnectionTest, a_last_answer_does_not_hide_that_the_daemon_has_gone) {
  bool lost = false;
  connection_.on_lost([&] { lost = true; });
  ask("one");
  server_.read_line(loop_);
  server_.write("{\"id\":1,\"success\":true,\"data\":{}}\n");
  server_.die();  // one event tells of both
  ASSERT_TRUE(run_until(loop_, [&] { return lost; }));
  EXPECT_EQ(answers_, std::vector<std::string>{"one:{}"});
}

TEST_F(AsyncConnectionTest, a_daemon_that_takes_no_more_is_lost) {
  bool lost = false;
  connection_.on_lost([&] { lost = true; });
  server_.stop_reading();
  ask("one");
  EXPECT_FALSE(lost) << "not within the call that sends";
  ASSERT_TRUE(run_until(loop_, [&] { return lost; }));
  EXPECT_EQ(answers_, std::vector<std::string>{"one:unavailable"});
}

TEST_F(AsyncConnectionTest, who_waits_is_told_in_the_order_of_the_requests) {
  std::vector<std::string> expected;
  for (int i = 0; i < 50; ++i) {
    ask(std::to_string(i));
    expected.push_back(std::to_string(i) + ":unavailable");
  }
  server_.die();
  ASSERT_TRUE(run_until(loop_, [&] { return answers_.size() == expected.size(); }));
  EXPECT_EQ(answers_, expected);
}

TEST_F(AsyncConnectionTest, an_answer_without_what_is_needed_is_named) {
  AsyncReply reply{.success = true, .data = {{"id", "text"}}, .code = {}, .error = {}};
  EXPECT_THROW((void)reply.number("id"), Error);
  EXPECT_THROW((void)reply.text("name"), Error);
  EXPECT_EQ(reply.text("id"), "text");
}

TEST(LineChannelTest, a_path_that_is_too_long_for_a_socket_is_refused) {
  EventLoop loop;
  AsyncConnection connection(loop);
  EXPECT_THROW((void)connection.connect(std::string(108, 'x')), Error);
}

}  // namespace
}  // namespace yardmaster
