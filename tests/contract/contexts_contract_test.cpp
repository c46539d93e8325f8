#include "tests/contract/store_fixture.h"

namespace yardmaster {
namespace {

using ContextContract = StoreContract;
INSTANTIATE_TEST_SUITE_P(Drivers, ContextContract, testing::ValuesIn(store_names()), driver_name);

void expect_entries(const std::vector<ContextEntry>& entries, std::uint64_t first,
                    std::uint64_t last) {
  ASSERT_EQ(entries.size(), last - first + 1);
  for (std::uint64_t seq = first; seq <= last; ++seq) {
    EXPECT_EQ(entries[seq - first].seq, seq);
    EXPECT_EQ(entries[seq - first].data, "entry " + std::to_string(seq));
  }
}

TEST_P(ContextContract, entries_are_read_back_in_order_across_blocks_and_tail) {
  create("ada");
  append("ada", 1, 1000);
  expect_entries(read("ada"), 1, 1000);
  expect_entries(read("ada", 60, 300), 60, 359);
  expect_entries(read("ada", 999, 50), 999, 1000);
  EXPECT_TRUE(read("ada", 1001).empty());
}

TEST_P(ContextContract, entries_and_their_order_survive_a_crash) {
  create("ada");
  create("bob");
  append("ada", 1, 500);
  append("bob", 1, 3);
  append("ada", 501, 700);
  reopen();
  EXPECT_FALSE(store_->recovery().clean);
  expect_entries(read("ada"), 1, 700);
  expect_entries(read("bob"), 1, 3);
  append("ada", 701, 900);
  reopen();
  expect_entries(read("ada"), 1, 900);
}

TEST_P(ContextContract, an_orderly_stop_leaves_nothing_to_rebuild) {
  create("ada");
  append("ada", 1, 700);
  reopen_after_orderly_stop();
  EXPECT_TRUE(store_->recovery().clean);
  EXPECT_EQ(store_->recovery().tail_entries, 0U);
  expect_entries(read("ada"), 1, 700);
  append("ada", 701, 702);
  expect_entries(read("ada"), 1, 702);
}

TEST_P(ContextContract, a_rollback_takes_back_what_lives_in_memory) {
  create("ada");
  append("ada", 1, 150);
  EXPECT_THROW(in_transaction([&] {
                 for (std::uint64_t seq = 151; seq <= 600; ++seq) {
                   store_->append({"ada", seq, "note", "lost", {}, {}});
                 }
                 throw Error(ErrorCode::internal, "on purpose");
               }),
               Error);
  append("ada", 151, 640);
  expect_entries(read("ada"), 1, 640);
  reopen();
  expect_entries(read("ada"), 1, 640);
}

TEST_P(ContextContract, a_repeated_entry_is_acknowledged_and_not_stored_twice) {
  create("ada");
  append("ada", 1, 3);
  const AppendResult again = in_transaction([&] {
    return store_->append({"ada", 2, "note", "entry 2", {}, {}});
  });
  EXPECT_TRUE(again.duplicate);
  EXPECT_EQ(again.seq, 2U);
  EXPECT_EQ(refusal([&] {
              return store_->append({"ada", 2, "note", "other", {}, {}});
            }),
            ErrorCode::sequence_conflict);
  expect_entries(read("ada"), 1, 3);
}

TEST_P(ContextContract, a_gap_is_refused_with_the_expected_seq) {
  create("ada");
  append("ada", 1, 3);
  try {
    in_transaction([&] { store_->append({"ada", 5, "note", "x", {}, {}}); });
    FAIL() << "a gap was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::sequence_gap);
    EXPECT_EQ(error.expected_seq(), 4U);
  }
  EXPECT_EQ(refusal([&] {
              return store_->append({"ada", 0, "note", "x", {}, {}});
            }),
            ErrorCode::sequence_gap);
}

TEST_P(ContextContract, an_unknown_context_is_not_found) {
  EXPECT_EQ(refusal([&] {
              return store_->append({"nobody", 1, "note", "x", {}, {}});
            }),
            ErrorCode::not_found);
  EXPECT_EQ(refusal([&] { return store_->snapshot("nobody", 1, 0); }), ErrorCode::not_found);
}

TEST_P(ContextContract, an_instance_started_again_takes_up_its_context_under_a_new_generation) {
  create("ada");
  append("ada", 1, 3);
  end("ada", "process died");
  create("ada");
  const Instance ada = store_->find_instance("ada");
  EXPECT_EQ(ada.context, "ada");
  EXPECT_EQ(ada.generation, 2U);
  EXPECT_EQ(refusal([&] {
              return store_->append({"ada", 4, "note", "late", 1, {}});
            }),
            ErrorCode::stale_generation);
  append("ada", 4, 4);
  expect_entries(read("ada"), 1, 4);
}

TEST_P(ContextContract, text_is_kept_byte_for_byte) {
  create("ada");
  using namespace std::string_literals;
  const std::string data = "zero\0byte, \xc3\xa9\xe2\x82\xac and \"quotes\""s;
  in_transaction([&] { store_->append({"ada", 1, "", data, {}, {}}); });
  const auto entries = read("ada");
  ASSERT_EQ(entries.size(), 1U);
  EXPECT_EQ(entries[0].data, data);
  EXPECT_EQ(entries[0].kind, "");
}

}  // namespace
}  // namespace yardmaster
