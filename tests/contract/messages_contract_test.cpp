#include "tests/contract/store_fixture.h"

namespace yardmaster {
namespace {

class MessageContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    create("ada");
    create("bob");
  }

  std::uint64_t send(const std::string& body, const std::string& key = "") {
    return in_transaction([&] { return store_->send_message("ada", "bob", body, key); });
  }

  std::vector<Message> inbox(const std::string& name) {
    MessageFilter filter;
    filter.recipient = name;
    return store_->list_messages(filter);
  }
};
INSTANTIATE_TEST_SUITE_P(Drivers, MessageContract, testing::ValuesIn(store_names()), driver_name);

TEST_P(MessageContract, messages_come_in_order_and_again_until_they_are_acked) {
  const auto first = send("one");
  const auto second = send("two");
  EXPECT_LT(first, second);
  reopen();
  auto messages = inbox("bob");
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].body, "one");
  EXPECT_EQ(messages[1].body, "two");
  in_transaction([&] { return store_->ack_message("bob", first); });
  messages = inbox("bob");
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].id, second);
}

TEST_P(MessageContract, the_status_only_rises) {
  const auto id = send("one");
  EXPECT_EQ(inbox("bob")[0].status, MessageStatus::pending);
  in_transaction([&] { store_->mark_delivered("bob", {id}); });
  EXPECT_EQ(inbox("bob")[0].status, MessageStatus::delivered);
  in_transaction([&] { return store_->read_message("bob", id); });
  in_transaction([&] { store_->mark_delivered("bob", {id}); });
  EXPECT_EQ(inbox("bob")[0].status, MessageStatus::read);
  const Message acked = in_transaction([&] { return store_->ack_message("bob", id); });
  EXPECT_EQ(acked.status, MessageStatus::acked);
  ASSERT_TRUE(acked.acked_at.has_value());
  clock_.advance(std::chrono::seconds(1));
  const Message again = in_transaction([&] { return store_->ack_message("bob", id); });
  EXPECT_EQ(again.acked_at, acked.acked_at);
}

TEST_P(MessageContract, a_repeated_key_sends_once) {
  const auto id = send("one", "k1");
  reopen();
  EXPECT_EQ(send("one", "k1"), id);
  EXPECT_EQ(inbox("bob").size(), 1U);
  EXPECT_EQ(refusal([&] { return store_->send_message("ada", "bob", "other", "k1"); }),
            ErrorCode::key_reused);
  EXPECT_NE(send("one", "k2"), id);
}

TEST_P(MessageContract, only_the_recipient_reads_and_acks) {
  const auto id = send("one");
  EXPECT_EQ(refusal([&] { return store_->ack_message("ada", id); }), ErrorCode::not_found);
  EXPECT_EQ(refusal([&] { return store_->read_message("ada", id); }), ErrorCode::not_found);
}

TEST_P(MessageContract, unknown_ends_are_not_found) {
  EXPECT_EQ(refusal([&] { return store_->send_message("ada", "eve", "x", ""); }),
            ErrorCode::not_found);
  EXPECT_EQ(refusal([&] { return store_->send_message("eve", "ada", "x", ""); }),
            ErrorCode::not_found);
}

TEST_P(MessageContract, a_broadcast_reaches_its_group_but_not_its_sender) {
  create("cyd", "reviewer");
  const auto all = in_transaction([&] { return store_->broadcast("ada", "@all", "hello", "b1"); });
  EXPECT_EQ(all.recipients, (std::vector<std::string>{"bob", "cyd"}));
  const auto role =
      in_transaction([&] { return store_->broadcast("ada", "@reviewer", "look", ""); });
  EXPECT_EQ(role.recipients, (std::vector<std::string>{"cyd"}));
  create("dan");  // comes too late for the repeated one
  const auto again =
      in_transaction([&] { return store_->broadcast("ada", "@all", "hello", "b1"); });
  EXPECT_EQ(again.ids, all.ids);
  EXPECT_EQ(again.recipients, all.recipients);
  EXPECT_TRUE(inbox("dan").empty());
  EXPECT_EQ(inbox("cyd").size(), 2U);
}

TEST_P(MessageContract, a_broadcast_that_is_rolled_back_reaches_nobody) {
  EXPECT_THROW(in_transaction([&] {
                 store_->broadcast("ada", "@all", "hello", "b1");
                 throw Error(ErrorCode::internal, "on purpose");
               }),
               Error);
  EXPECT_TRUE(inbox("bob").empty());
  const auto sent = in_transaction([&] { return store_->broadcast("ada", "@all", "hello", "b1"); });
  EXPECT_EQ(sent.ids.size(), 1U);
}

TEST_P(MessageContract, a_list_starts_after_an_id_and_stops_at_the_limit) {
  std::vector<std::uint64_t> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(send(std::to_string(i)));
  MessageFilter filter;
  filter.recipient = "bob";
  filter.after = ids[1];
  filter.limit = 2;
  const auto messages = store_->list_messages(filter);
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].id, ids[2]);
  in_transaction([&] { return store_->ack_message("bob", ids[4]); });
  filter = {};
  filter.recipient = "bob";
  filter.status = MessageStatus::acked;
  ASSERT_EQ(store_->list_messages(filter).size(), 1U);
}

}  // namespace
}  // namespace yardmaster
