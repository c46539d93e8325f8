// "Delivered" is what the recipient's side has said, and nothing else. What it has not said is sent
// again, in order, until it does, or the message is dead for all to see.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Deliveries : public testing::Test {
 protected:
  Deliveries() { configure(json::object()); }

  void configure(const json& more) {
    json config{{"delivery_lease", "60s"}, {"sweep_interval", "200ms"}};
    config.update(more);
    daemon_.emplace(DaemonOptions{.config = config.dump()});
    for (const std::string name : {"anna", "bert"}) allocate(name);
  }

  void allocate(const std::string& name) {
    daemon_->call("allocate_instance", {{"instance_id", name}, {"role", "worker"}});
  }
  std::uint64_t send(const std::string& body, const std::string& to = "bert") {
    return daemon_->call("send_message", {{"from", "anna"}, {"to", to}, {"body", body}}).at("id");
  }
  // The receiving side of an instance, on the instance's own socket.
  LineClient taker(const std::string& name = "bert") const {
    LineClient client(daemon_->instance_socket(name));
    client.call("subscribe", {{"events", {"message"}}, {"instance_id", name}, {"confirms", true}});
    return client;
  }
  static std::string body_of(LineClient& client) {
    return client.event("message").at("body").get<std::string>();
  }
  static void confirm(LineClient& client, std::uint64_t id) {
    client.call("confirm_delivery", {{"ids", {id}}});
  }
  std::string status_of(std::uint64_t id, const std::string& name = "bert") const {
    for (const char* status : {"pending", "delivered", "read", "acked", "dead"}) {
      const json listed =
          daemon_->call("list_messages", {{"instance_id", name}, {"status", status}});
      for (const json& each : listed.at("messages")) {
        if (each.at("id") == id) return status;
      }
    }
    return "nowhere";
  }

  std::optional<DaemonProcess> daemon_;
};

TEST_F(Deliveries, nothing_is_delivered_by_being_written_or_listed) {
  auto watcher = daemon_->connect();
  watcher.call("subscribe", {{"events", {"message"}}, {"instance_id", "bert"}});
  auto receiver = taker();
  const auto id = send("hello");
  EXPECT_EQ(body_of(watcher), "hello");
  EXPECT_EQ(body_of(receiver), "hello");
  receiver.call("list_messages");
  EXPECT_EQ(status_of(id), "pending") << "its side has not said that it took it";
  auto sender = daemon_->connect();
  sender.call("subscribe", {{"events", {"message_status"}}, {"instance_id", "anna"}});
  EXPECT_EQ(receiver.call("confirm_delivery", {{"ids", {id}}}).at("delivered"), json::array({id}));
  EXPECT_EQ(status_of(id), "delivered");
  EXPECT_EQ(sender.event("message_status").at("status"), "delivered");
  EXPECT_EQ(receiver.call("confirm_delivery", {{"ids", {id}}}).at("delivered"), json::array());
}

TEST_F(Deliveries, what_is_pending_comes_first_and_in_order) {
  for (int i = 1; i <= 300; ++i) send(std::to_string(i));
  auto receiver = taker();
  for (int i = 301; i <= 310; ++i) send(std::to_string(i));
  std::uint64_t last = 0;
  for (int i = 1; i <= 310; ++i) {
    const json message = receiver.event("message");
    ASSERT_EQ(message.at("body"), std::to_string(i));
    ASSERT_GT(message.at("id").get<std::uint64_t>(), last);
    last = message.at("id");
    confirm(receiver, last);
  }
  send("the next one");
  EXPECT_EQ(body_of(receiver), "the next one");
}

TEST_F(Deliveries, a_receiver_that_confirms_nothing_has_a_limited_number) {
  auto receiver = taker();
  for (int i = 1; i <= 300; ++i) send(std::to_string(i));
  json message;
  for (int i = 1; i <= 256; ++i) message = receiver.event("message");
  EXPECT_EQ(message.at("body"), "256");
  EXPECT_EQ(receiver.code_of("ping"), "success");
  receiver.call("confirm_delivery", {{"up_to", message.at("id")}});
  for (int i = 257; i <= 300; ++i) EXPECT_EQ(body_of(receiver), std::to_string(i));
}

TEST_F(Deliveries, what_a_receiver_left_unconfirmed_goes_to_the_next) {
  std::optional<LineClient> first(taker());
  const auto one = send("one");
  send("two");
  EXPECT_EQ(body_of(*first), "one");
  EXPECT_EQ(body_of(*first), "two");
  confirm(*first, one);
  first.reset();  // it dies with the second in its hands
  send("three");
  auto second = taker();
  EXPECT_EQ(body_of(second), "two");
  EXPECT_EQ(body_of(second), "three");
}

TEST_F(Deliveries, what_was_read_or_acked_elsewhere_is_not_sent_again) {
  configure({{"delivery_lease", "300ms"}});
  auto receiver = taker();
  const auto one = send("one");
  const auto two = send("two");
  const auto three = send("three");
  daemon_->call("read_message", {{"instance_id", "bert"}, {"id", one}});
  daemon_->call("ack_message", {{"instance_id", "bert"}, {"id", two}});
  for (const char* body : {"one", "two", "three", "three"}) EXPECT_EQ(body_of(receiver), body);
  EXPECT_EQ(status_of(three), "pending");
}

TEST_F(Deliveries, what_is_not_confirmed_within_the_lease_comes_again_with_all_that_follow) {
  configure({{"delivery_lease", "300ms"}});
  auto receiver = taker();
  const auto one = send("one");
  send("two");
  const auto three = send("three");
  EXPECT_EQ(body_of(receiver), "one");
  confirm(receiver, one);
  EXPECT_EQ(body_of(receiver), "two");
  EXPECT_EQ(body_of(receiver), "three");
  EXPECT_EQ(body_of(receiver), "two") << "again";
  EXPECT_EQ(body_of(receiver), "three");
  receiver.call("confirm_delivery", {{"up_to", three}});
  EXPECT_THAT(daemon_->http_get("/metrics"), HasSubstr("yardmaster_redeliveries_total"));
}

TEST_F(Deliveries, a_kill_of_the_daemon_keeps_what_was_confirmed_and_sends_the_rest_again) {
  std::optional<LineClient> receiver(taker());
  const auto one = send("one");
  send("two");
  EXPECT_EQ(body_of(*receiver), "one");
  confirm(*receiver, one);
  daemon_->kill();
  receiver.reset();
  daemon_->start();
  EXPECT_EQ(status_of(one), "delivered");
  auto again = taker();
  EXPECT_EQ(body_of(again), "two");
}

TEST_F(Deliveries, only_the_recipient_confirms) {
  const auto id = send("hello");
  LineClient anna(daemon_->instance_socket("anna"));
  EXPECT_EQ(anna.code_of("confirm_delivery", {{"instance_id", "bert"}, {"ids", {id}}}),
            "forbidden");
  anna.call("confirm_delivery", {{"ids", {id}}});
  EXPECT_EQ(status_of(id), "pending");
  for (const json& bad : {json::object(), json{{"ids", {id}}, {"up_to", id}},
                          json{{"ids", json::array()}}, json{{"ids", {0}}}, json{{"ids", "1"}}}) {
    EXPECT_EQ(anna.code_of("confirm_delivery", bad), "invalid_request") << bad;
  }
  EXPECT_EQ(anna.code_of("subscribe", {{"events", {"gone"}}, {"confirms", true}}),
            "invalid_request");
}

TEST_F(Deliveries, the_command_line_confirms_what_it_has_printed) {
  const auto id = send("hello");
  EXPECT_THAT(daemon_->command({"inbox", "--as", "bert"}).output, HasSubstr("pending"));
  EXPECT_EQ(status_of(id), "delivered");
  const auto other = send("and this");
  daemon_->command({"agent", "list-messages", "--instance", "bert"});
  EXPECT_EQ(status_of(other), "delivered");
  const auto third = send("waited for");
  ChildProcess waiting({.argv = daemon_->command_words({"inbox", "--follow", "--as", "bert"})});
  EXPECT_TRUE(eventually([&] { return status_of(third) == "delivered"; }));
  const auto fourth = send("followed");
  EXPECT_TRUE(eventually([&] { return status_of(fourth) == "delivered"; }));
  waiting.kill();
}

TEST_F(Deliveries, a_sender_can_wait_for_the_delivery_and_hears_of_a_death) {
  auto receiver = taker();
  ChildProcess sender({.argv = daemon_->command_words(
                           {"send", "--from", "anna", "bert", "hello", "--wait", "delivered"})});
  confirm(receiver, receiver.event("message").at("id"));
  EXPECT_EQ(sender.wait(), 0);
  ChildProcess other({.argv = daemon_->command_words(
                          {"send", "--from", "anna", "bert", "to nobody", "--wait", "acked"})});
  receiver.event("message");
  daemon_->call("release_instance", {{"instance_id", "bert"}});
  EXPECT_EQ(other.wait(), 1) << "it does not wait out its time";
}

TEST_F(Deliveries, a_dead_letter_is_seen_everywhere) {
  auto listener = daemon_->connect();
  listener.call("subscribe", {{"events", {"message_status"}}});
  const auto id = send("are you there?");
  daemon_->call("release_instance", {{"instance_id", "bert"}});
  const json event = listener.event("message_status");
  EXPECT_EQ(event.at("id"), id);
  EXPECT_EQ(event.at("status"), "dead");
  EXPECT_EQ(event.at("reason"), "'bert' ended before it had read it");
  EXPECT_THAT(daemon_->command({"inbox", "--dead"}).output,
              testing::AllOf(HasSubstr("are you there?"), HasSubstr("ended before")));
  EXPECT_THAT(daemon_->command({"inbox", "--dead", "--as", "anna"}).output, HasSubstr("bert"));
  EXPECT_EQ(daemon_->call("status").at("counts").at("dead_letters"), 1);
  EXPECT_THAT(daemon_->http_get("/metrics"),
              HasSubstr(R"(yardmaster_dead_letters_total{cause="recipient_ended"} 1)"));
  allocate("bert");
  EXPECT_EQ(daemon_->call("list_messages", {{"instance_id", "bert"}}).at("messages"),
            json::array());
  LineClient bert(daemon_->instance_socket("bert"));
  EXPECT_EQ(bert.call("list_dead_letters").at("letters").at(0).at("id"), id);
  allocate("carl");
  LineClient carl(daemon_->instance_socket("carl"));
  EXPECT_EQ(carl.call("list_dead_letters").at("letters"), json::array()) << "it is none of his";
}

TEST_F(Deliveries, what_nobody_takes_ends_after_its_time_and_an_offer_too) {
  configure({{"undeliverable_after", "300ms"}, {"handoff_expires_after", "300ms"}});
  auto listener = daemon_->connect();
  listener.call("subscribe", {{"events", {"message_status", "handoff"}}});
  const json append{{"context", "anna"}, {"seq", 1}, {"kind", "note"}, {"data", "x"}};
  daemon_->call("append_context", append);
  const auto handoff = daemon_->call("context_handoff", {{"from", "anna"}, {"to", "bert"}});
  EXPECT_EQ(listener.event("handoff").at("state"), "pending");
  EXPECT_EQ(listener.event("handoff").at("state"), "expired");
  const json decided{{"id", handoff.at("id")},
                     {"instance_id", "bert"},
                     {"digest", handoff.at("digest")},
                     {"count", handoff.at("count")}};
  EXPECT_EQ(daemon_->connect().code_of("accept_handoff", decided), "conflict");
  EXPECT_THAT(daemon_->command({"handoff", "ls", "--state", "expired"}).output,
              HasSubstr("expired"));
  EXPECT_THAT(daemon_->command({"handoff", "show", to_string(handoff.at("id"))}).output,
              HasSubstr("is expired"));
  daemon_->call("append_context",
                {{"context", "anna"}, {"seq", 2}, {"kind", "note"}, {"data", "y"}});
  const auto id = send("hello");
  EXPECT_TRUE(eventually([&] { return status_of(id) == "dead"; }));
}

}  // namespace
}  // namespace yardmaster::support
