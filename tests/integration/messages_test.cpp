// Durable messages: in order, again until they are acknowledged, once per key, to all or to none.
#include <set>
#include <string>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class Messages : public YardTest {
 protected:
  void SetUp() override {
    allocate("anna");
    allocate("bert");
  }

  json send(const std::string& body, const json& more = json::object()) {
    json arguments = {{"from", "anna"}, {"to", "bert"}, {"body", body}};
    arguments.update(more);
    return bystander_.request("send_message", arguments);
  }

  json inbox(const std::string& name = "bert", const json& more = json::object()) {
    json arguments = {{"instance_id", name}};
    arguments.update(more);
    return bystander_.call("list_messages", arguments).at("messages");
  }
};

TEST_F(Messages, come_in_order_and_again_until_acked) {
  for (int i = 1; i <= 20; ++i) send("message " + std::to_string(i));
  for (int round = 0; round < 2; ++round) {
    const auto messages = inbox();
    ASSERT_EQ(messages.size(), 20U);
    for (std::size_t i = 0; i < 20; ++i) {
      EXPECT_EQ(messages[i].at("body"), "message " + std::to_string(i + 1));
      EXPECT_EQ(messages[i].at("from"), "anna");
    }
  }
  const auto first = inbox()[0].at("id");
  bystander_.call("ack_message", {{"instance_id", "bert"}, {"id", first}});
  const auto rest = inbox();
  ASSERT_EQ(rest.size(), 19U);
  EXPECT_EQ(rest[0].at("body"), "message 2");
}

TEST_F(Messages, go_through_their_states) {
  const auto id = send("hello").at("data").at("id");
  const json which = {{"instance_id", "bert"}, {"id", id}};
  EXPECT_EQ(inbox("bert", {{"status", "pending"}}).size(), 1U);
  EXPECT_EQ(inbox("bert", {{"status", "pending"}}).size(), 1U) << "to list it is not to have it";
  bystander_.call("confirm_delivery", {{"instance_id", "bert"}, {"ids", {id}}});
  EXPECT_EQ(inbox("bert", {{"status", "pending"}}).size(), 0U);
  EXPECT_EQ(inbox("bert", {{"status", "delivered"}}).size(), 1U);
  EXPECT_EQ(bystander_.call("read_message", which).at("body"), "hello");
  EXPECT_EQ(inbox("bert", {{"status", "read"}}).size(), 1U);
  bystander_.call("ack_message", which);
  EXPECT_EQ(inbox("bert", {{"status", "acked"}}).size(), 1U);
  EXPECT_TRUE(inbox().empty());
  bystander_.call("ack_message", which);  // again: the same answer
}

TEST_F(Messages, pages_follow_ids) {
  for (int i = 1; i <= 25; ++i) send(std::to_string(i));
  const auto page = inbox("bert", {{"limit", 10}});
  ASSERT_EQ(page.size(), 10U);
  const auto next = inbox("bert", {{"limit", 10}, {"after", page.back().at("id")}});
  ASSERT_EQ(next.size(), 10U);
  EXPECT_EQ(next[0].at("body"), "11");
}

TEST_F(Messages, a_repeated_key_is_done_once) {
  const auto first = send("hello", {{"key", "k1"}});
  const auto again = send("hello", {{"key", "k1"}});
  EXPECT_EQ(first.at("data").at("id"), again.at("data").at("id"));
  EXPECT_EQ(inbox().size(), 1U);
  EXPECT_EQ(send("something else", {{"key", "k1"}}).at("code"), "key_reused");
  EXPECT_EQ(inbox().size(), 1U);
}

TEST_F(Messages, a_key_lasts_past_the_ack_and_a_crash) {
  const auto first = send("hello", {{"key", "k1"}});
  bystander_.call("ack_message", {{"instance_id", "bert"}, {"id", first.at("data").at("id")}});
  daemon_.kill();
  daemon_.start();
  bystander_ = daemon_.connect();
  EXPECT_EQ(send("hello", {{"key", "k1"}}).at("data").at("id"), first.at("data").at("id"));
  EXPECT_TRUE(inbox().empty());
}

TEST_F(Messages, a_repeated_key_is_told_once) {
  auto listener = daemon_.connect();
  listener.call("subscribe", {{"events", {"message"}}, {"instance_id", "bert"}});
  const auto id = send("hello", {{"key", "k1"}}).at("data").at("id");
  EXPECT_EQ(listener.event("message").at("id"), id);
  bystander_.call("ack_message", {{"instance_id", "bert"}, {"id", id}});
  const json all = {{"from", "anna"}, {"to", "@all"}, {"body", "to all"}, {"key", "k2"}};
  bystander_.call("broadcast", all);
  EXPECT_EQ(listener.event("message").at("body"), "to all");
  send("hello", {{"key", "k1"}});
  bystander_.call("broadcast", all);
  send("the next one");
  EXPECT_EQ(listener.event("message").at("body"), "the next one");
}

TEST_F(Messages, a_list_that_is_not_whole_says_so_and_the_newest_can_be_reached) {
  for (int i = 1; i <= 30; ++i) send(std::to_string(i));
  json page = bystander_.call("list_messages", {{"instance_id", "bert"}, {"limit", 20}});
  EXPECT_EQ(page.at("messages").size(), 20U);
  EXPECT_EQ(page.at("more"), true);
  EXPECT_EQ(page.at("unread"), 30);
  EXPECT_EQ(page.at("next_after"), page.at("messages").back().at("id"));
  page = bystander_.call("list_messages", {{"instance_id", "bert"}, {"after", page["next_after"]}});
  EXPECT_EQ(page.at("messages").size(), 10U);
  EXPECT_EQ(page.at("more"), false);
  const json newest = {{"instance_id", "bert"}, {"order", "newest"}, {"limit", 2}};
  page = bystander_.call("list_messages", newest);
  EXPECT_EQ(page.at("messages")[0].at("body"), "30");
  EXPECT_EQ(page.at("messages")[1].at("body"), "29");
  json next = newest;
  next["after"] = page.at("next_after");
  EXPECT_EQ(bystander_.call("list_messages", next).at("messages")[0].at("body"), "28");
  EXPECT_EQ(bystander_.code_of("list_messages", {{"instance_id", "bert"}, {"order", "up"}}),
            "invalid_request");
}

TEST_F(Messages, a_list_has_about_a_frame_of_them) {
  const std::string large(400'000, 'x');
  for (int i = 0; i < 5; ++i) send(large);
  const json page = bystander_.call("list_messages", {{"instance_id", "bert"}, {"limit", 8192}});
  EXPECT_EQ(page.at("messages").size(), 2U);
  EXPECT_EQ(page.at("more"), true);
}

TEST_F(Messages, to_or_from_nobody_is_not_found) {
  EXPECT_EQ(send("x", {{"to", "nobody"}}).at("code"), "not_found");
  EXPECT_EQ(send("x", {{"from", "nobody"}}).at("code"), "not_found");
}

TEST_F(Messages, only_the_recipient_can_ack) {
  const auto id = send("hello").at("data").at("id");
  EXPECT_EQ(bystander_.code_of("ack_message", {{"instance_id", "anna"}, {"id", id}}), "not_found");
  EXPECT_EQ(bystander_.code_of("ack_message", {{"instance_id", "bert"}, {"id", 999'999'999}}),
            "not_found");
  EXPECT_EQ(inbox().size(), 1U);
}

TEST_F(Messages, a_broadcast_reaches_everyone_else_once) {
  allocate("carl", "reviewer");
  const auto all = bystander_.call("broadcast", {{"from", "anna"}, {"to", "@all"}, {"body", "hi"}});
  EXPECT_EQ(all.at("ids").size(), 2U);
  const auto some =
      bystander_.call("broadcast", {{"from", "anna"}, {"to", "@reviewer"}, {"body", "review"}});
  EXPECT_EQ(some.at("ids").size(), 1U);
  EXPECT_EQ(inbox("bert").size(), 1U);
  EXPECT_EQ(inbox("carl").size(), 2U);
  EXPECT_TRUE(inbox("anna").empty());
}

TEST_F(Messages, a_broadcasts_recipients_are_fixed_when_it_commits) {
  bystander_.call("broadcast", {{"from", "anna"}, {"to", "@all"}, {"body", "hi"}, {"key", "b"}});
  allocate("carl");
  bystander_.call("broadcast", {{"from", "anna"}, {"to", "@all"}, {"body", "hi"}, {"key", "b"}});
  EXPECT_EQ(inbox("bert").size(), 1U);
  EXPECT_TRUE(inbox("carl").empty());
}

TEST_F(Messages, a_subscriber_hears_of_its_messages_and_no_others) {
  auto listener = daemon_.connect();
  listener.call("subscribe", {{"events", {"message"}}, {"instance_id", "bert"}});
  send("for anna", {{"from", "bert"}, {"to", "anna"}});
  const auto id = send("for bert").at("data").at("id");
  const auto event = listener.event("message");
  EXPECT_EQ(event.at("id"), id);
  EXPECT_EQ(event.at("to"), "bert");
  EXPECT_EQ(event.at("body"), "for bert");
}

TEST_F(Messages, a_subscriber_that_does_not_read_is_dropped_and_holds_up_nobody) {
  auto deaf = daemon_.connect();
  deaf.call("subscribe", {{"events", {"message"}}, {"instance_id", "bert"}});
  const std::string large(500'000, 'x');
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(send(large).at("success").get<bool>());
  EXPECT_TRUE(deaf.stream().closed_by_peer());
  EXPECT_EQ(inbox("bert", {{"limit", 1}}).size(), 1U);
}

}  // namespace
}  // namespace yardmaster::support
