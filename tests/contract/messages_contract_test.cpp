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
    return in_transaction([&] { return store_->send_message("ada", "bob", body, key).id; });
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
  in_transaction([&] { return store_->confirm_delivery("bob", {id}); });
  EXPECT_EQ(inbox("bob")[0].status, MessageStatus::delivered);
  in_transaction([&] { return store_->read_message("bob", id); });
  in_transaction([&] { return store_->confirm_delivery("bob", {id}); });
  EXPECT_EQ(inbox("bob")[0].status, MessageStatus::read);
  const Message acked = in_transaction([&] { return store_->ack_message("bob", id).message; });
  EXPECT_EQ(acked.status, MessageStatus::acked);
  ASSERT_TRUE(acked.acked_at.has_value());
  clock_.advance(std::chrono::seconds(1));
  const Message again = in_transaction([&] { return store_->ack_message("bob", id).message; });
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

class GroupContract : public MessageContract {
 protected:
  void SetUp() override {
    // Without the instances of the other, which would be among the recipients.
    StoreContract::SetUp();  // NOLINT(bugprone-parent-virtual-call)
    for (const std::string repo : {"engine", "site"}) {
      in_transaction([&] {
        Repository repository;
        repository.name = repo;
        return store_->add_repository(repository);
      });
      for (const std::string role : {"worker", "reviewer"}) create_in(repo, role);
    }
    create_in("", "worker");
  }

  // Its name is "<repository>-<role>", or "free-<role>".
  void create_in(const std::string& repo, const std::string& role) {
    InstanceRequest request;
    request.name = (repo.empty() ? "free" : repo) + "-" + role;
    request.role = role;
    request.repo = repo;
    in_transaction([&] { return store_->create_instance(request, ""); });
  }

  std::string recipients(const std::string& from, const std::string& to) {
    const auto result = in_transaction([&] { return store_->broadcast(from, to, "the text", ""); });
    std::string names;
    for (const std::string& name : result.recipients) names += name + " ";
    return names;
  }
};
INSTANTIATE_TEST_SUITE_P(Drivers, GroupContract, testing::ValuesIn(store_names()), driver_name);

TEST_P(GroupContract, groups_are_those_of_the_senders_repository_unless_it_says_otherwise) {
  const std::string from = "engine-worker";
  EXPECT_EQ(recipients(from, "@all"), "engine-reviewer ");
  EXPECT_EQ(recipients(from, "@reviewer"), "engine-reviewer ");
  EXPECT_EQ(recipients(from, "@worker"), "");
  EXPECT_EQ(recipients(from, "@reviewer@site"), "site-reviewer ");
  EXPECT_EQ(recipients(from, "@all@site"), "site-reviewer site-worker ");
  EXPECT_EQ(recipients(from, "@@worker"), "free-worker site-worker ");
  EXPECT_EQ(recipients(from, "@@all"), "engine-reviewer free-worker site-reviewer site-worker ");
  EXPECT_EQ(refusal([&] { return store_->broadcast(from, "@all@nowhere", "x", ""); }),
            ErrorCode::not_found);
  for (const std::string bad : {"all", "@", "@@", "@@all@site", "@all@", "@All", "@all@site@x"}) {
    EXPECT_EQ(refusal([&] { return store_->broadcast(from, bad, "x", ""); }),
              ErrorCode::invalid_request)
        << bad;
  }
}

TEST_P(GroupContract, who_belongs_to_no_repository_means_the_whole_yard) {
  EXPECT_EQ(recipients("free-worker", "@reviewer"), "engine-reviewer site-reviewer ");
  EXPECT_EQ(recipients("free-worker", "@all@site"), "site-reviewer site-worker ");
}

TEST_P(GroupContract, a_broadcasts_text_is_read_by_each_whoever_has_it) {
  recipients("engine-worker", "@@all");
  for (const std::string name : {"engine-reviewer", "site-worker"}) {
    ASSERT_EQ(inbox(name).size(), 1U);
    EXPECT_EQ(inbox(name)[0].body, "the text");
    const auto id = inbox(name)[0].id;
    EXPECT_EQ(in_transaction([&] { return store_->ack_message(name, id); }).message.body,
              "the text");
  }
  EXPECT_EQ(inbox("site-reviewer")[0].body, "the text") << "also when others have acked it";
}

}  // namespace
}  // namespace yardmaster
