// Of how many contexts the store keeps something in memory, and that whoever uses one that was let
// go meanwhile notices nothing.
#include "tests/contract/store_fixture.h"

namespace yardmaster {
namespace {

constexpr std::size_t most = 8;

class ContextHeadsContract : public StoreContract {
 protected:
  ContextHeadsContract() { most_heads_ = most; }

  static std::string name_of(std::size_t number) { return "ada-" + std::to_string(number); }

  void create_all(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) create(name_of(i));
  }

  std::uint64_t last_seq(const std::string& context) {
    return in_transaction([&] { return store_->snapshot(context, 1, 0).info.last_seq; });
  }

  void expect_whole(const std::string& context, std::uint64_t last) {
    const std::vector<ContextEntry> entries = read(context);
    ASSERT_EQ(entries.size(), last) << context;
    for (std::uint64_t seq = 1; seq <= last; ++seq) {
      EXPECT_EQ(entries[seq - 1].seq, seq);
      EXPECT_EQ(entries[seq - 1].data, "entry " + std::to_string(seq));
    }
  }
};

INSTANTIATE_TEST_SUITE_P(Drivers, ContextHeadsContract, testing::ValuesIn(store_names()),
                         driver_name);

TEST_P(ContextHeadsContract, what_is_kept_of_contexts_does_not_grow_with_their_number) {
  create_all(10 * most);
  for (std::size_t i = 0; i < 10 * most; ++i) append(name_of(i), 1, 3);
  EXPECT_LE(store_->heads_in_memory(), most);
  for (std::size_t i = 0; i < 10 * most; ++i) last_seq(name_of(i));  // reading counts, too
  EXPECT_LE(store_->heads_in_memory(), most);
}

TEST_P(ContextHeadsContract, a_context_that_was_let_go_is_written_to_and_read_as_before) {
  create_all(4 * most);
  for (std::uint64_t seq = 1; seq <= 5; ++seq) {  // each round lets go of all others
    for (std::size_t i = 0; i < 4 * most; ++i) append(name_of(i), seq, seq);
  }
  for (std::size_t i = 0; i < 4 * most; ++i) {
    EXPECT_EQ(last_seq(name_of(i)), 5U);
    expect_whole(name_of(i), 5);
  }
  EXPECT_EQ(refusal([&] {
              return store_->append({name_of(0), 7, "note", "entry 7", {}, {}});
            }),
            ErrorCode::sequence_gap);
  const AppendResult again = in_transaction([&] {
    return store_->append({name_of(0), 5, "note", "entry 5", {}, {}});
  });
  EXPECT_TRUE(again.duplicate);
  reopen();
  for (std::size_t i = 0; i < 4 * most; ++i) expect_whole(name_of(i), 5);
}

TEST_P(ContextHeadsContract, a_rollback_takes_nothing_back_of_what_was_let_go) {
  create_all(3 * most);
  for (std::size_t i = 0; i < 3 * most; ++i) append(name_of(i), 1, 2);
  EXPECT_THROW(in_transaction([&] {
                 for (std::size_t i = 0; i < 3 * most; ++i) {
                   store_->append({name_of(i), 3, "note", "lost", {}, {}});
                 }
                 store_->prepare_commit();
                 throw Error(ErrorCode::internal, "on purpose");
               }),
               Error);
  for (std::size_t i = 0; i < 3 * most; ++i) append(name_of(i), 3, 3);
  for (std::size_t i = 0; i < 3 * most; ++i) expect_whole(name_of(i), 3);
}

TEST_P(ContextHeadsContract, a_pending_handoff_holds_however_many_contexts_are_used_meanwhile) {
  create_all(4 * most);
  append(name_of(0), 1, 2);
  const Store::HandoffStart start = in_transaction(
      [&] { return store_->start_handoff(name_of(0), name_of(1), {}, "take it", ""); });
  for (std::size_t i = 2; i < 4 * most; ++i) append(name_of(i), 1, 2);
  const Handoff offered = in_transaction([&] {
    return store_->offer_handoff(name_of(0), name_of(1), name_of(0), "take it", "", "digest", 2,
                                 "");
  });
  for (std::size_t i = 2; i < 4 * most; ++i) append(name_of(i), 3, 4);
  EXPECT_EQ(refusal([&] {
              return store_->append({name_of(0), 3, "note", "entry 3", {}, {}});
            }),
            ErrorCode::context_frozen);
  in_transaction([&] { return store_->accept_handoff(offered.id, name_of(1), "digest", 2); });
  for (std::size_t i = 2; i < 4 * most; ++i) append(name_of(i), 5, 6);
  EXPECT_EQ(refusal([&] {
              return store_->append({name_of(0), 3, "note", "late", 1, {}});
            }),
            ErrorCode::stale_generation);
  EXPECT_EQ(last_seq(name_of(0)), 2U);
}

}  // namespace
}  // namespace yardmaster
