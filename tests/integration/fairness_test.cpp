// What one client asks for is its own wait: others are answered in their turn, by counts, not time.
#include <algorithm>
#include <string>

#include <sys/socket.h>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

// More than one session may have in flight.
#ifdef YARDMASTER_SANITIZED
constexpr int large_count = 8;
#else
constexpr int large_count = 40;
#endif

class Fairness : public YardTest {
 protected:
  void SetUp() override {
    allocate("anna");
    allocate("bert");
    append("bert", 1, 1);
  }

  // A context of so many megabytes.
  void fill(const std::string& context, int megabytes) {
    auto client = daemon_.connect();
    const std::string data(1'000'000, 'x');
    for (int seq = 1; seq <= megabytes; ++seq) {
      client.call("append_context",
                  {{"context", context}, {"seq", seq}, {"kind", "note"}, {"data", data}});
    }
  }

  static std::string many(int count, const std::string& command, const json& arguments) {
    const json request{{"id", 1}, {"command", command}, {"args", arguments}};
    std::string text;
    for (int i = 0; i < count; ++i) text += request.dump() + "\n";
    return text;
  }

  // Requests of a command that were answered so far, by outcome.
  std::uint64_t answered(const std::string& command, const std::string& code) {
    const std::string page = daemon_.http_get("/metrics");
    const std::string series =
        "yardmaster_requests_total{code=\"" + code + "\",command=\"" + command + "\"} ";
    const std::size_t at = page.find(series);
    return at == std::string::npos ? 0 : std::stoull(page.substr(at + series.size()));
  }

  static std::ptrdiff_t lines_waiting(UnixStream& stream) {
    std::string buffer(1U << 20U, 0);
    const ssize_t got = ::recv(stream.fd(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_PEEK);
    buffer.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return std::count(buffer.begin(), buffer.end(), '\n');
  }
};

TEST_F(Fairness, a_pile_of_digests_keeps_no_other_reader_waiting) {
  fill("anna", 20);
  auto hostile = daemon_.connect();
  hostile.stream().send(many(100, "digest_context", {{"context", "anna"}}));
  EXPECT_EQ(bystander_.call("digest_context", {{"context", "bert"}}).at("count"), 1);
  EXPECT_LT(lines_waiting(hostile.stream()), 50) << "sessions take turns";
  EXPECT_EQ(bystander_.call("read_context", {{"context", "bert"}}).at("last_seq"), 1);
}

TEST_F(Fairness, what_a_closed_session_asked_for_is_dropped) {
  fill("anna", 20);
  {
    auto hostile = daemon_.connect();
    hostile.stream().send(many(300, "digest_context", {{"context", "anna"}}));
    bystander_.call("ping");
  }
  Deadline deadline;
  while (answered("digest_context", "ok") + answered("digest_context", "unavailable") < 300) {
    ASSERT_FALSE(deadline.passed());
  }
  EXPECT_GT(answered("digest_context", "unavailable"), 200U);
}

TEST_F(Fairness, lists_that_nobody_reads_are_not_made) {
  const std::string body(1'000'000, 'x');
  for (int i = 0; i < 20; ++i) {
    bystander_.call("send_message", {{"from", "anna"}, {"to", "bert"}, {"body", body}});
  }
  auto hostile = daemon_.connect();
  const json arguments{{"instance_id", "bert"}, {"limit", 8192}};
  hostile.stream().send(many(50, "list_messages", arguments));
  append("anna", 1, 1);
  bystander_.call("list_messages", {{"instance_id", "bert"}, {"limit", 1}});
  EXPECT_LT(answered("list_messages", "ok"), 10U) << "a few at a time for each session";
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(hostile.next_frame().at("data").at("messages").size(), 1U);
  }
}

TEST_F(Fairness, who_reads_his_replies_gets_them_all_however_large) {
  fill("anna", 1);
  auto client = daemon_.connect();
  client.stream().send(many(150, "read_context", {{"context", "anna"}}));
  for (int i = 0; i < 150; ++i) {
    ASSERT_EQ(client.next_frame().at("data").at("entries").size(), 1U) << i;
  }
}

TEST_F(Fairness, large_requests_of_one_session_go_between_those_of_others) {
  auto hostile = daemon_.connect();
  const std::string body(900'000, 'x');
  const json large{{"from", "anna"}, {"to", "bert"}, {"body", body}};
  hostile.stream().send(many(large_count, "send_message", large));
  EXPECT_EQ(bystander_.code_of("append_context",
                               {{"context", "anna"}, {"seq", 1}, {"kind", "note"}, {"data", "x"}}),
            "success");
  for (int i = 0; i < large_count; ++i) EXPECT_EQ(hostile.next_frame().at("success"), true);
  json ids = json::array();
  json page{{"next_after", 0}};
  do {
    page = bystander_.call("list_messages",
                           {{"instance_id", "bert"}, {"after", page.at("next_after")}});
    for (const json& message : page.at("messages")) ids.push_back(message.at("id"));
  } while (page.at("more") == true);
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(large_count));
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

TEST_F(Fairness, a_request_of_very_many_values_is_refused_without_being_built) {
  std::string text = R"({"id":1,"command":"ping","args":{"x":[)";
  while (text.size() < 1'000'000) text += "[],";
  text += "[]]}}";
  bystander_.stream().send(text + "\n");
  EXPECT_EQ(bystander_.next_frame().at("code"), "invalid_request");
  expect_bystander_undisturbed();
}

}  // namespace
}  // namespace yardmaster::support
