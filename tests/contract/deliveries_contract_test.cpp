// What becomes of messages: who took them, whose they are when a name comes again, and when they
// are dead. And of handoffs that nobody decides.
#include <map>

#include "coordinator/domain/names.h"
#include "coordinator/store/lists.h"
#include "tests/contract/store_fixture.h"

namespace yardmaster {
namespace {

using Ids = std::vector<std::uint64_t>;

class DeliveryContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    create("ada");
    create("bob");
  }

  static InstanceRequest keeper(const std::string& role = "supervisor") {
    InstanceRequest request;
    request.name = "keeper";
    request.role = role;
    request.repo = "engine";
    request.wanted = true;
    return request;
  }
  Instance create_as(const InstanceRequest& request) {
    return in_transaction([&] { return store_->create_instance(request, ""); });
  }
  void die(const std::string& name) {
    EndRecord record;
    record.reason = "process died";
    record.keeps_wanted = true;
    in_transaction([&] { return store_->end_instance(name, record); });
  }

  std::uint64_t send(const std::string& to, const std::string& body = "hello") {
    return in_transaction([&] { return store_->send_message("ada", to, body, "").id; });
  }
  Ids confirm(const std::string& name, const Ids& ids) {
    return ids_of(in_transaction([&] { return store_->confirm_delivery(name, ids); }));
  }
  Ids confirm_up_to(const std::string& name, std::uint64_t newest) {
    return ids_of(in_transaction([&] { return store_->confirm_delivery_up_to(name, newest); }));
  }
  static Ids ids_of(const std::vector<Message>& messages) {
    Ids ids;
    for (const Message& message : messages) ids.push_back(message.id);
    return ids;
  }
  Ids inbox(const std::string& name, std::optional<MessageStatus> status = {},
            bool newest_first = false) {
    MessageFilter filter;
    filter.recipient = name;
    filter.status = status;
    filter.newest_first = newest_first;
    return ids_of(store_->list_messages(filter));
  }

  // The whole walk, as the daemon makes it; the causes by id.
  std::map<std::uint64_t, DeathCause> bury(std::chrono::nanoseconds after) {
    const WallTime before =
        clock_.wall_now() - std::chrono::duration_cast<std::chrono::microseconds>(after);
    std::map<std::uint64_t, DeathCause> buried;
    std::optional<std::string> next = "";
    while (next) {
      const auto burial = in_transaction([&] { return store_->bury_undeliverable(*next, before); });
      EXPECT_LE(burial.letters.size(), 256U) << "a step does not hold up the store for long";
      for (const DeadLetter& letter : burial.letters) {
        EXPECT_TRUE(buried.emplace(letter.message.id, letter.cause).second);
      }
      next = burial.next;
    }
    return buried;
  }
  std::map<std::uint64_t, DeathCause> bury_ended() { return bury(std::chrono::hours(24)); }

  std::vector<DeadLetter> dead_letters(const std::string& instance = "") {
    DeadLetterFilter filter;
    filter.instance = instance;
    return list_dead_letters(*database_, filter).items;
  }

  std::uint64_t offer(const std::string& from, const std::string& to, std::uint64_t count) {
    return in_transaction([&] {
      const auto start = store_->start_handoff(from, to, "", "take it", "");
      if (start.offered) return start.offered->id;
      const std::string& context = start.snapshot.info.name;
      return store_->offer_handoff(from, to, context, "take it", "", "d1", count).id;
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Drivers, DeliveryContract, testing::ValuesIn(store_names()), driver_name);

TEST_P(DeliveryContract, what_is_listed_is_not_delivered_and_what_is_confirmed_is) {
  const Ids ids{send("bob"), send("bob"), send("bob")};
  EXPECT_EQ(inbox("bob", MessageStatus::pending), ids);
  EXPECT_EQ(inbox("bob", MessageStatus::pending), ids);
  EXPECT_EQ(confirm("bob", {ids[1], 999'999}), Ids{ids[1]});
  EXPECT_EQ(confirm("bob", {ids[1]}), Ids{}) << "it was before";
  EXPECT_EQ(confirm("ada", {ids[0]}), Ids{}) << "it is not hers";
  reopen();
  EXPECT_EQ(inbox("bob", MessageStatus::pending), (Ids{ids[0], ids[2]}));
  EXPECT_EQ(confirm_up_to("bob", ids[0]), Ids{ids[0]});
  in_transaction([&] { return store_->ack_message("bob", ids[2]); });
  EXPECT_EQ(confirm_up_to("bob", ids[2]), Ids{}) << "who dealt with it had it";
  EXPECT_EQ(inbox("bob", MessageStatus::delivered), (Ids{ids[0], ids[1]}));
}

TEST_P(DeliveryContract, all_up_to_one_are_confirmed_however_many_there_are) {
  Ids ids;
  in_transaction([&] {
    for (int i = 0; i < 600; ++i) ids.push_back(store_->send_message("ada", "bob", "x", "").id);
  });
  EXPECT_EQ(confirm_up_to("bob", ids[590]).size(), Store::most_confirmed) << "a step at a time";
  EXPECT_EQ(confirm_up_to("bob", ids[590]).size(), 591U - Store::most_confirmed);
  EXPECT_EQ(inbox("bob", MessageStatus::pending).size(), 9U);
}

TEST_P(DeliveryContract, a_reused_name_gets_none_of_the_old_mail) {
  const auto old = send("bob");
  const auto read = send("bob");
  in_transaction([&] { return store_->read_message("bob", read); });
  end("bob", "process died");
  create("bob");
  EXPECT_EQ(inbox("bob"), Ids{});
  EXPECT_EQ(inbox("bob", {}, true), Ids{});
  EXPECT_EQ(inbox("bob", MessageStatus::pending, true), Ids{});
  EXPECT_EQ(find_unread(*database_, "bob").count, 0U);
  EXPECT_EQ(find_unread(*database_, "bob").newest, 0U);
  EXPECT_EQ(confirm("bob", {old}), Ids{});
  EXPECT_EQ(confirm_up_to("bob", old), Ids{});
  EXPECT_EQ(refusal([&] { return store_->read_message("bob", old); }), ErrorCode::not_found);
  EXPECT_EQ(refusal([&] { return store_->ack_message("bob", old); }), ErrorCode::not_found);
  const auto fresh = send("bob");
  reopen();
  EXPECT_EQ(inbox("bob"), Ids{fresh});
  EXPECT_EQ(inbox("bob", {}, true), Ids{fresh});
  EXPECT_EQ(find_unread(*database_, "bob").newest, fresh);
  EXPECT_EQ(bury_ended(), (std::map<std::uint64_t, DeathCause>{{old, DeathCause::recipient_ended}}))
      << "what was read is not lost";
}

TEST_P(DeliveryContract, the_inbox_of_a_persistent_one_outlives_its_restarts) {
  create_as(keeper());
  const auto first = send("keeper");
  die("keeper");
  const auto second = send("keeper");
  EXPECT_TRUE(bury_ended().empty()) << "it comes back";
  EXPECT_EQ(inbox("keeper"), (Ids{first, second})) << "while it is away";
  create_as(keeper());
  reopen();
  EXPECT_EQ(inbox("keeper"), (Ids{first, second}));
  die("keeper");
  WantedInstance given_up = store_->list_wanted().at(0);
  given_up.given_up = "it ended too often";
  in_transaction([&] { store_->note_deaths(given_up); });
  const auto third = send("keeper");
  EXPECT_TRUE(bury_ended().empty());
  create_as(keeper());
  EXPECT_EQ(inbox("keeper"), (Ids{first, second, third}));
}

TEST_P(DeliveryContract, another_who_takes_a_persistent_name_begins_with_an_empty_inbox) {
  for (const bool other_role : {true, false}) {
    create_as(keeper());
    send("keeper");
    if (other_role) {
      die("keeper");
      create_as(keeper("merge-queue"));
    } else {
      end("keeper", "released");
      create_as(keeper());
    }
    EXPECT_EQ(inbox("keeper"), Ids{}) << other_role;
    end("keeper", "released");
  }
}

TEST_P(DeliveryContract, what_was_for_one_that_ended_is_a_dead_letter_with_its_reason) {
  const Ids ids{send("bob", "one"), send("bob", "two"), send("bob", "three"), send("bob", "four")};
  confirm("bob", {ids[0]});
  in_transaction([&] { return store_->read_message("bob", ids[2]); });
  in_transaction([&] { return store_->ack_message("bob", ids[3]); });
  EXPECT_TRUE(bury_ended().empty());
  end("bob", "process died");
  const auto buried = bury_ended();
  EXPECT_EQ(buried, (std::map<std::uint64_t, DeathCause>{{ids[0], DeathCause::recipient_ended},
                                                         {ids[1], DeathCause::recipient_ended}}));
  EXPECT_TRUE(bury_ended().empty()) << "once";
  reopen();
  const auto letters = dead_letters();
  ASSERT_EQ(letters.size(), 2U);
  EXPECT_EQ(letters[1].message.body, "two");
  EXPECT_EQ(letters[1].message.status, MessageStatus::dead);
  EXPECT_EQ(death_reason(letters[1]), "'bob' ended before it had read it");
  EXPECT_EQ(dead_letters("ada").size(), 2U) << "its sender sees it";
  EXPECT_EQ(dead_letters("bob").size(), 2U);
  EXPECT_TRUE(dead_letters("eve").empty());
  EXPECT_EQ(store_->counts().dead_letters, 2U);
  EXPECT_EQ(store_->counts().pending_messages, 1U) << "the one that was read";
}

TEST_P(DeliveryContract, what_nobody_takes_in_time_is_dead_and_stays_so) {
  const auto taken = send("bob");
  const auto left = send("bob");
  in_transaction([&] { return store_->send_message("ada", person_name, "hello", ""); });
  confirm("bob", {taken});
  clock_.advance(std::chrono::hours(3));
  const auto late = send("bob");
  EXPECT_EQ(bury(std::chrono::hours(2)),
            (std::map<std::uint64_t, DeathCause>{{left, DeathCause::not_taken}}))
      << "the person may be on holiday";
  EXPECT_EQ(inbox("bob"), (Ids{taken, late}));
  EXPECT_EQ(death_reason(dead_letters().at(0)), "'bob' has not taken it within 3h");
  EXPECT_EQ(refusal([&] { return store_->ack_message("bob", left); }), ErrorCode::conflict);
  EXPECT_EQ(confirm("bob", {left}), Ids{});
  EXPECT_EQ(in_transaction([&] { return store_->read_message("bob", left); }).message.status,
            MessageStatus::dead);
}

TEST_P(DeliveryContract, many_dead_letters_are_made_in_steps_and_listed_in_pages) {
  constexpr std::size_t many = 700;
  in_transaction([&] {
    for (std::size_t i = 0; i < many; ++i) store_->send_message("ada", "bob", "x", "");
  });
  for (int i = 0; i < 70; ++i) {
    create("other-" + std::to_string(i));
    send("other-" + std::to_string(i));
  }
  end("bob", "released");
  EXPECT_EQ(bury_ended().size(), many);
  DeadLetterFilter filter;
  filter.limit = 500;
  const auto first = list_dead_letters(*database_, filter);
  EXPECT_EQ(first.items.size(), 500U);
  EXPECT_TRUE(first.more);
  filter.after = first.items.back().message.id;
  const auto rest = list_dead_letters(*database_, filter);
  EXPECT_EQ(rest.items.size(), 200U);
  EXPECT_FALSE(rest.more);
}

TEST_P(DeliveryContract, a_handoff_that_nobody_decides_expires_and_its_giver_keeps_all) {
  append("ada", 1, 3);
  const auto id = offer("ada", "bob", 3);
  EXPECT_TRUE(store_->is_offered("ada", "bob"));
  clock_.advance(std::chrono::hours(2));
  const auto expire = [&](std::chrono::hours after) {
    return in_transaction([&] { return store_->expire_handoffs(clock_.wall_now() - after); });
  };
  EXPECT_TRUE(expire(std::chrono::hours(3)).empty());
  const auto expired = expire(std::chrono::hours(1));
  ASSERT_EQ(expired.size(), 1U);
  EXPECT_EQ(expired[0].id, id);
  EXPECT_EQ(expired[0].state, HandoffState::expired);
  EXPECT_TRUE(expire(std::chrono::hours(1)).empty());
  reopen();
  EXPECT_FALSE(store_->is_offered("ada", "bob"));
  EXPECT_EQ(refusal([&] { return store_->accept_handoff(id, "bob", expired[0].digest, 3); }),
            ErrorCode::conflict);
  EXPECT_EQ(in_transaction([&] { return store_->cancel_handoff(id, "ada"); }).state,
            HandoffState::expired);
  EXPECT_EQ(store_->list_handoffs({.state = HandoffState::expired}).size(), 1U);
  append("ada", 4, 5);
  EXPECT_EQ(read("ada").size(), 5U);
  EXPECT_EQ(store_->snapshot("ada", 1, 0).info.owner, "ada");
  offer("ada", "bob", 5);
}

}  // namespace
}  // namespace yardmaster
