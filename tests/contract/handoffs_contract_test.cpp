#include "coordinator/store/context_walk.h"
#include "tests/contract/store_fixture.h"

namespace yardmaster {
namespace {

class HandoffContract : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    create("ada");
    create("bob");
    append("ada", 1, 100);
  }

  std::string digest_of(const ContextSnapshot& snapshot) {
    Reader reader(database_->open_reader());
    ContextDigest digest;
    ContextWalk walk(snapshot);
    const auto add = [&](std::uint64_t seq, std::string_view kind, std::string_view data,
                         WallTime) { digest.add(seq, kind, data); };
    while (!walk.is_over()) walk.go_on(reader.database(), 1, add);
    return digest.finish();
  }

  Handoff offer(const std::string& key = "", Giver giver = Giver::living) {
    const Store::HandoffStart start = in_transaction(
        [&] { return store_->start_handoff("ada", "bob", "", "take over", key, giver); });
    if (start.earlier) return *start.earlier;
    const std::string digest = digest_of(start.snapshot);
    return in_transaction([&] {
      return store_->offer_handoff("ada", "bob", start.snapshot.info.name, "take over", key, digest,
                                   start.snapshot.info.last_seq, {}, giver);
    });
  }

  // Entries of one request; a context that begins so has its digest kept up as they come.
  void append_together(const std::string& context, std::uint64_t first, std::uint64_t last,
                       const std::string& data = "x") {
    for (std::uint64_t seq = first; seq <= last; ++seq) {
      store_->append({context, seq, "note", data + std::to_string(seq), {}, {}, true});
    }
  }
  Store::HandoffStart start_from(const std::string& giver) {
    return in_transaction([&] { return store_->start_handoff(giver, "bob", "", "", ""); });
  }

  ErrorCode refusal_of_offer(Giver giver, const std::string& from = "ada") {
    return refusal([&] { return store_->start_handoff(from, "bob", "", "", "", giver); });
  }

  Handoff accept(const Handoff& handoff) {
    return in_transaction(
        [&] { return store_->accept_handoff(handoff.id, "bob", handoff.digest, handoff.count); });
  }
};
INSTANTIATE_TEST_SUITE_P(Drivers, HandoffContract, testing::ValuesIn(store_names()), driver_name);

TEST_P(HandoffContract, an_accepted_handoff_gives_the_whole_context_to_the_receiver) {
  const Handoff offered = offer();
  EXPECT_EQ(offered.count, 100U);
  EXPECT_EQ(offered.state, HandoffState::pending);
  const Handoff accepted = accept(offered);
  EXPECT_EQ(accepted.state, HandoffState::accepted);
  EXPECT_EQ(accepted.generation, 2U);
  reopen();
  const ContextSnapshot snapshot = store_->snapshot("ada", 1, 0);
  EXPECT_EQ(snapshot.info.owner, "bob");
  EXPECT_EQ(snapshot.info.generation, 2U);
  EXPECT_EQ(digest_of(snapshot), offered.digest);
  EXPECT_EQ(store_->find_instance("ada").context, "ada-2");
  append("ada-2", 1, 1);
}

TEST_P(HandoffContract, a_late_write_of_the_giver_is_refused) {
  accept(offer());
  EXPECT_EQ(refusal([&] {
              return store_->append({"ada", 101, "note", "x", 1, {}});
            }),
            ErrorCode::stale_generation);
  EXPECT_EQ(refusal([&] {
              return store_->append({"ada", 101, "note", "x", {}, "ada"});
            }),
            ErrorCode::stale_generation);
  in_transaction([&] { store_->append({"ada", 101, "note", "x", 2, "bob"}); });
}

TEST_P(HandoffContract, a_pending_handoff_freezes_the_context_also_after_a_crash) {
  const Handoff offered = offer();
  const auto write = [&] { return store_->append({"ada", 101, "note", "x", {}, {}}); };
  EXPECT_EQ(refusal(write), ErrorCode::context_frozen);
  reopen();
  EXPECT_EQ(refusal(write), ErrorCode::context_frozen);
  in_transaction([&] { return store_->cancel_handoff(offered.id, "ada"); });
  append("ada", 101, 101);
  EXPECT_EQ(store_->snapshot("ada", 1, 0).info.owner, "ada");
}

TEST_P(HandoffContract, a_freeze_without_an_offer_is_gone_after_a_crash) {
  in_transaction([&] { return store_->start_handoff("ada", "bob", "", "", ""); });
  reopen();
  append("ada", 101, 101);
}

TEST_P(HandoffContract, a_preparation_that_nobody_ends_ends_by_itself) {
  in_transaction([&] { return store_->start_handoff("ada", "bob", "", "", ""); });
  const auto write = [&] { return store_->append({"ada", 101, "note", "x", {}, {}}); };
  EXPECT_EQ(refusal(write), ErrorCode::context_frozen);
  clock_.advance(std::chrono::seconds(30));
  append("ada", 101, 101);
}

TEST_P(HandoffContract, what_came_several_at_a_time_is_offered_at_once) {
  create("cyd");
  in_transaction([&] { append_together("cyd", 1, 200); });
  in_transaction([&] { append_together("cyd", 201, 300); });
  const Store::HandoffStart start = start_from("cyd");
  ASSERT_TRUE(start.offered);
  EXPECT_EQ(start.offered->count, 300U);
  EXPECT_EQ(start.offered->digest, digest_of(store_->snapshot("cyd", 1, 0)));
  EXPECT_EQ(refusal([&] { append_together("cyd", 301, 301); }), ErrorCode::context_frozen);
  reopen();
  EXPECT_EQ(refusal([&] { append_together("cyd", 301, 301); }), ErrorCode::context_frozen);
  in_transaction([&] { return store_->cancel_handoff(start.offered->id, "bob"); });
  in_transaction([&] { append_together("cyd", 301, 301); });
  EXPECT_FALSE(start_from("cyd").offered) << "a new process does not know what came before it";
}

TEST_P(HandoffContract, a_cancelled_offer_that_was_made_at_once_can_be_made_again) {
  create("cyd");
  in_transaction([&] { append_together("cyd", 1, 10); });
  const Store::HandoffStart first = start_from("cyd");
  in_transaction([&] { return store_->cancel_handoff(first.offered->id, "cyd"); });
  in_transaction([&] { append_together("cyd", 11, 20); });
  const Store::HandoffStart second = start_from("cyd");
  ASSERT_TRUE(second.offered);
  EXPECT_EQ(second.offered->digest, digest_of(store_->snapshot("cyd", 1, 0)));
  EXPECT_NE(second.offered->digest, first.offered->digest);
}

TEST_P(HandoffContract, what_was_rolled_back_is_in_no_digest) {
  create("cyd");
  in_transaction([&] { append_together("cyd", 1, 10); });
  const auto undone = [&] {
    append_together("cyd", 11, 20, "undone ");
    return store_->append({"cyd", 99, "note", "a gap", {}, {}, true});
  };
  EXPECT_EQ(refusal(undone), ErrorCode::sequence_gap);
  in_transaction([&] { append_together("cyd", 11, 20); });
  const Store::HandoffStart start = start_from("cyd");
  const ContextSnapshot snapshot = store_->snapshot("cyd", 1, 0);
  if (start.offered) {
    EXPECT_EQ(start.offered->digest, digest_of(snapshot));
  }
  EXPECT_EQ(snapshot.info.last_seq, 20U);
}

TEST_P(HandoffContract, entries_that_come_alone_are_read_before_they_are_offered) {
  create("cyd");
  in_transaction([&] { append_together("cyd", 1, 10); });
  append("cyd", 11, 11);
  in_transaction([&] { append_together("cyd", 12, 20); });
  const Store::HandoffStart start = start_from("cyd");
  EXPECT_FALSE(start.offered);
  EXPECT_EQ(start.snapshot.info.last_seq, 20U);
}

TEST_P(HandoffContract, what_was_read_must_be_what_was_offered) {
  const Handoff offered = offer();
  EXPECT_EQ(refusal([&] {
              return store_->accept_handoff(offered.id, "bob", std::string(64, '0'), offered.count);
            }),
            ErrorCode::digest_mismatch);
  EXPECT_EQ(refusal([&] {
              return store_->accept_handoff(offered.id, "bob", offered.digest, offered.count - 1);
            }),
            ErrorCode::digest_mismatch);
  EXPECT_EQ(store_->snapshot("ada", 1, 0).info.owner, "ada");
  accept(offered);
}

TEST_P(HandoffContract, only_the_owner_hands_off_and_only_the_receiver_accepts) {
  EXPECT_EQ(refusal([&] { return store_->start_handoff("bob", "ada", "ada", "", ""); }),
            ErrorCode::forbidden);
  const Handoff offered = offer();
  EXPECT_EQ(refusal([&] {
              return store_->accept_handoff(offered.id, "ada", offered.digest, offered.count);
            }),
            ErrorCode::forbidden);
  EXPECT_EQ(refusal([&] { return store_->start_handoff("ada", "bob", "", "again", ""); }),
            ErrorCode::conflict);
}

TEST_P(HandoffContract, repeating_gives_the_same_answer) {
  const Handoff offered = offer("h1");
  EXPECT_EQ(offer("h1").id, offered.id);
  const Handoff accepted = accept(offered);
  const Handoff again = accept(offered);
  EXPECT_EQ(again.generation, accepted.generation);
  EXPECT_EQ(offer("h1").state, HandoffState::accepted);
  EXPECT_EQ(
      refusal([&] { return store_->start_handoff("ada", "bob", "ada-2", "take over", "h1"); }),
      ErrorCode::key_reused);
}

TEST_P(HandoffContract, the_end_of_either_side_cancels_a_pending_handoff) {
  const Handoff offered = offer();
  end("bob", "process died");
  const auto handoffs =
      store_->list_handoffs({.instance = "ada", .state = HandoffState::cancelled});
  ASSERT_EQ(handoffs.size(), 1U);
  EXPECT_EQ(handoffs[0].id, offered.id);
  append("ada", 101, 101);
}

TEST_P(HandoffContract,
       what_an_ended_instance_left_is_handed_over_whole_and_its_late_writes_refused) {
  end("ada", "killed by SIGKILL");
  EXPECT_EQ(refusal_of_offer(Giver::living), ErrorCode::not_found);
  const Handoff offered = offer("", Giver::ended);
  EXPECT_EQ(offered.count, 100U);
  reopen();
  EXPECT_EQ(
      refusal([&] { return store_->accept_handoff(offered.id, "bob", std::string(64, '0'), 100); }),
      ErrorCode::digest_mismatch);
  const Handoff accepted = accept(offered);
  EXPECT_EQ(accepted.generation, offered.generation + 1);
  reopen();
  const ContextSnapshot snapshot = store_->snapshot("ada", 1, 0);
  EXPECT_EQ(snapshot.info.owner, "bob");
  EXPECT_EQ(digest_of(snapshot), offered.digest);
  EXPECT_EQ(refusal([&] {
              return store_->append({"ada", 101, "note", "x", offered.generation, {}});
            }),
            ErrorCode::stale_generation);
  EXPECT_EQ(refusal_of_offer(Giver::ended), ErrorCode::forbidden) << "it is bob's by now";
  in_transaction([&] { store_->append({"ada", 101, "note", "x", {}, "bob"}); });
}

TEST_P(HandoffContract, only_what_an_instance_left_that_does_not_go_on_is_taken_from_it) {
  EXPECT_EQ(refusal_of_offer(Giver::ended), ErrorCode::conflict) << "it lives";
  EXPECT_EQ(refusal_of_offer(Giver::ended, "nobody"), ErrorCode::not_found);
  EXPECT_EQ(refusal_of_offer(Giver::ended, "No name"), ErrorCode::invalid_request);
  InstanceRequest request;
  request.name = "cyd";
  request.role = "supervisor";
  request.wanted = true;
  in_transaction([&] { return store_->create_instance(request, ""); });
  EndRecord died;
  died.keeps_wanted = true;
  in_transaction([&] { return store_->end_instance("cyd", died); });
  EXPECT_EQ(refusal_of_offer(Giver::ended, "cyd"), ErrorCode::conflict) << "it is started again";
  WantedInstance wanted = store_->list_waiting().at(0);
  wanted.given_up = "died too often";
  in_transaction([&] { store_->note_deaths(wanted); });
  in_transaction([&] { return store_->start_handoff("cyd", "bob", "", "", "", Giver::ended); });
}

TEST_P(HandoffContract, a_new_life_of_the_name_does_not_get_what_is_offered_to_another) {
  end("ada", "killed by SIGKILL");
  const Handoff offered = offer("h1", Giver::ended);
  create("ada");
  EXPECT_EQ(store_->find_instance("ada").context, "ada-2");
  append("ada-2", 1, 1);
  EXPECT_EQ(offer("h1", Giver::ended).id, offered.id) << "a repeated key has the first answer";
  accept(offered);
  EXPECT_EQ(store_->snapshot("ada", 1, 0).info.owner, "bob");
  EXPECT_EQ(store_->find_instance("ada").context, "ada-2");
  EXPECT_EQ(store_->snapshot("ada-2", 1, 0).info.last_seq, 1U);
}

TEST_P(HandoffContract, what_was_refused_of_an_ended_instance_can_be_offered_again) {
  end("ada", "killed by SIGKILL");
  const Handoff offered = offer("", Giver::ended);
  EXPECT_EQ(refusal_of_offer(Giver::ended), ErrorCode::conflict);
  in_transaction([&] { return store_->cancel_handoff(offered.id, "bob"); });
  const Handoff again = offer("", Giver::ended);
  EXPECT_EQ(again.digest, offered.digest);
  end("bob", "process died");
  EXPECT_EQ(store_->list_handoffs({.state = HandoffState::cancelled}).size(), 2U);
  EXPECT_EQ(store_->snapshot("ada", 1, 0).info.owner, "ada");
}

TEST_P(HandoffContract, a_context_goes_on_from_hand_to_hand) {
  create("cyd");
  accept(offer());
  const Store::HandoffStart start =
      in_transaction([&] { return store_->start_handoff("bob", "cyd", "ada", "", ""); });
  const std::string digest = digest_of(start.snapshot);
  const Handoff second = in_transaction(
      [&] { return store_->offer_handoff("bob", "cyd", "ada", "", "", digest, 100); });
  in_transaction([&] { return store_->accept_handoff(second.id, "cyd", digest, 100); });
  EXPECT_EQ(store_->snapshot("ada", 1, 0).info.owner, "cyd");
  EXPECT_EQ(store_->snapshot("ada", 1, 0).info.generation, 3U);
  EXPECT_EQ(store_->find_instance("bob").context, "bob");
  EXPECT_EQ(store_->list_handoffs({}).size(), 2U);
}

TEST_P(HandoffContract, a_list_of_them_goes_on_after_the_last_one_shown) {
  std::vector<std::uint64_t> made;
  for (int i = 0; i < 5; ++i) {
    const Handoff handoff = offer();
    made.push_back(handoff.id);
    in_transaction([&] { return store_->cancel_handoff(handoff.id, "ada"); });
  }
  made.push_back(offer().id);
  for (const std::string instance : {"", "ada", "bob"}) {
    std::vector<std::uint64_t> shown;
    HandoffFilter filter{.instance = instance, .limit = 2};
    for (;;) {
      const std::vector<Handoff> page = store_->list_handoffs(filter);
      if (page.empty()) break;
      EXPECT_LE(page.size(), 2U);
      for (const Handoff& handoff : page) shown.push_back(handoff.id);
      filter.after = shown.back();
    }
    EXPECT_EQ(shown, made) << instance;
    filter = {.instance = instance, .state = HandoffState::pending, .limit = 1};
    ASSERT_EQ(store_->list_handoffs(filter).size(), 1U) << "the limit counts what is asked for";
    EXPECT_EQ(store_->list_handoffs(filter)[0].id, made.back());
  }
  EXPECT_TRUE(store_->list_handoffs({.instance = "nobody"}).empty());
}

}  // namespace
}  // namespace yardmaster
