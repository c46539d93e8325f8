// The append-only context: numbered by its writer, contiguous, and read back as it was written.
#include <string>
#include <utility>
#include <vector>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using namespace std::string_literals;

class Contexts : public YardTest {
 protected:
  void SetUp() override { allocate("one"); }

  json append_one(std::uint64_t seq, const std::string& data, const json& more = json::object()) {
    json arguments = {{"context", "one"}, {"seq", seq}, {"kind", "note"}, {"data", data}};
    arguments.update(more);
    return bystander_.request("append_context", arguments);
  }

  static json list(const std::vector<std::pair<std::string, std::string>>& entries) {
    json all = json::array();
    for (const auto& [kind, data] : entries) all.push_back(json::array({kind, data}));
    return all;
  }

  json append_several(std::uint64_t seq, const json& entries, const json& more = json::object()) {
    json arguments = {{"context", "one"}, {"seq", seq}, {"entries", entries}};
    arguments.update(more);
    return bystander_.request("append_entries", arguments);
  }

  json read(const json& more = json::object()) {
    json arguments = {{"context", "one"}};
    arguments.update(more);
    return bystander_.call("read_context", arguments);
  }
};

TEST_F(Contexts, an_instance_begins_with_an_empty_context_of_its_name) {
  const auto context = read();
  EXPECT_EQ(context.at("owner"), "one");
  EXPECT_EQ(context.at("last_seq"), 0);
  EXPECT_TRUE(context.at("entries").empty());
}

TEST_F(Contexts, entries_come_back_as_they_were_written) {
  const auto all = "tab\t, newline\n, quote\", backslash\\, zero\0, \x7f, é, 漢, 🚂"s;
  EXPECT_EQ(append_one(1, all).at("data").at("seq"), 1);
  append_one(2, "");
  append_one(3, std::string(900'000, 'z'), {{"durability", "power"}});
  const auto entries = read().at("entries");
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].at("data"), all);
  EXPECT_EQ(entries[0].at("kind"), "note");
  EXPECT_EQ(entries[1].at("data"), "");
  EXPECT_EQ(entries[2].at("data").get<std::string>().size(), 900'000U);
  EXPECT_TRUE(entries[0].at("time").get<std::string>().ends_with("Z"));
}

TEST_F(Contexts, a_repeated_entry_is_acknowledged_and_stored_once) {
  append_one(1, "first");
  append_one(2, "second");
  for (const std::uint64_t seq : {1U, 2U}) {
    const auto reply = append_one(seq, seq == 1 ? "first" : "second");
    EXPECT_TRUE(reply.at("success").get<bool>()) << reply;
    EXPECT_EQ(reply.at("data").at("seq"), seq);
  }
  const auto entries = read().at("entries");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].at("data"), "first");
}

TEST_F(Contexts, another_entry_with_a_used_number_is_refused_and_says_which_is_free) {
  for (std::uint64_t seq = 1; seq <= 300; ++seq) append_one(seq, "entry " + std::to_string(seq));
  // One whose id is in a block, and one whose id is still in memory.
  for (const std::uint64_t seq : {7U, 300U}) {
    const auto reply = append_one(seq, "something else");
    EXPECT_EQ(reply.at("code"), "sequence_conflict") << reply;
    EXPECT_EQ(reply.at("expected_seq"), 301);
    EXPECT_EQ(append_one(seq, "entry " + std::to_string(seq)).at("data").at("duplicate"), true);
  }
  const json other_kind = list({{"decision", "entry 300"}, {"note", "entry 301"}});
  EXPECT_EQ(append_several(300, other_kind).at("code"), "sequence_conflict");
  EXPECT_EQ(read().at("last_seq"), 300);
}

TEST_F(Contexts, a_gap_is_refused_and_says_what_is_expected) {
  append_one(1, "first");
  const auto reply = append_one(7, "seventh");
  EXPECT_EQ(reply.at("code"), "sequence_gap");
  EXPECT_EQ(reply.at("expected_seq"), 2);
  EXPECT_EQ(read().at("last_seq"), 1);
}

TEST_F(Contexts, several_entries_at_once_are_stored_as_if_they_came_one_by_one) {
  append_one(1, "first");
  const auto reply = append_several(2, list({{"note", "second"}, {"decision", "quote\", é"}}));
  EXPECT_EQ(reply.at("data"), json({{"seq", 3}, {"stored", 2}})) << reply;
  append_one(4, "fourth");
  const auto entries = read().at("entries");
  ASSERT_EQ(entries.size(), 4U);
  EXPECT_EQ(entries[1].at("data"), "second");
  EXPECT_EQ(entries[2].at("kind"), "decision");
  EXPECT_EQ(entries[2].at("data"), "quote\", é");
  EXPECT_EQ(entries[2].at("seq"), 3);
}

TEST_F(Contexts, several_entries_may_be_repeated_and_are_stored_once) {
  const json both = list({{"note", "a"}, {"note", "b"}});
  append_several(1, both);
  EXPECT_EQ(append_several(1, both).at("data"), json({{"seq", 2}, {"stored", 0}}));
  const json more = list({{"note", "b"}, {"note", "c"}});
  EXPECT_EQ(append_several(2, more).at("data"), json({{"seq", 3}, {"stored", 1}}));
  EXPECT_EQ(read().at("last_seq"), 3);
}

TEST_F(Contexts, several_entries_are_stored_all_or_none) {
  const json two = list({{"note", "a"}, {"note", "b"}});
  const auto gap = append_several(3, two);
  EXPECT_EQ(gap.at("code"), "sequence_gap");
  EXPECT_EQ(gap.at("expected_seq"), 1);
  EXPECT_EQ(append_several(1, two, {{"generation", 99}}).at("code"), "stale_generation");
  const json third_is_bad = list({{"note", "a"}, {"note", "b"}, {"", "c"}});
  EXPECT_EQ(append_several(1, third_is_bad).at("code"), "invalid_request");
  EXPECT_EQ(read().at("last_seq"), 0);
}

TEST_F(Contexts, a_list_that_is_none_is_refused_with_its_place) {
  const auto refusal = [&](const json& list) {
    return append_several(1, list).at("error").get<std::string>();
  };
  EXPECT_TRUE(refusal(json::array()).starts_with("args.entries: "));
  EXPECT_TRUE(refusal("text").starts_with("args.entries: "));
  EXPECT_TRUE(
      refusal(json::parse(R"([["note","a"],["note",7]])")).starts_with("args.entries[1]: "));
  EXPECT_TRUE(refusal(json::parse(R"([["note","a","b"]])")).starts_with("args.entries[0]: "));
  auto many = json::array();
  for (int i = 0; i <= 1000; ++i) many.push_back(json::array({"note", "x"}));
  EXPECT_TRUE(refusal(many).starts_with("args.entries: "));
  many.erase(many.begin());
  EXPECT_EQ(append_several(1, many).at("data").at("stored"), 1000);
}

TEST_F(Contexts, ranges_are_exact) {
  append("one", 1, 1500);
  EXPECT_EQ(read().at("entries").size(), 1000U);  // the default limit
  EXPECT_EQ(read().at("last_seq"), 1500);
  for (const std::uint64_t from : {1U, 127U, 128U, 129U, 1000U, 1499U, 1500U}) {
    const auto entries = read({{"from_seq", from}, {"limit", 10}}).at("entries");
    ASSERT_EQ(entries.size(), std::min<std::uint64_t>(10, 1501 - from)) << from;
    for (std::size_t i = 0; i < entries.size(); ++i) {
      ASSERT_EQ(entries[i].at("seq"), from + i);
      ASSERT_EQ(entries[i].at("data"), "entry " + std::to_string(from + i));
    }
  }
  EXPECT_TRUE(read({{"from_seq", 1501}}).at("entries").empty());
}

TEST_F(Contexts, what_does_not_exist_is_not_found) {
  EXPECT_EQ(bystander_.code_of("read_context", {{"context", "nobody"}}), "not_found");
  EXPECT_EQ(
      bystander_.code_of("append_context",
                         {{"context", "nobody"}, {"seq", 1}, {"kind", "note"}, {"data", "x"}}),
      "not_found");
}

TEST_F(Contexts, an_earlier_generation_is_refused) {
  const auto generation = read().at("generation").get<std::uint64_t>();
  EXPECT_TRUE(append_one(1, "x", {{"generation", generation}}).at("success").get<bool>());
  EXPECT_EQ(append_one(2, "x", {{"generation", generation + 1}}).at("code"), "stale_generation");
}

// The digest is computed here by another program, over the bytes that the design names.
TEST_F(Contexts, the_digest_is_sha256_of_the_named_bytes) {
  append("one", 1, 300);
  std::string bytes;
  for (int seq = 1; seq <= 300; ++seq) {
    const auto data = "entry " + std::to_string(seq);
    bytes += std::to_string(seq) + "\nnote\n" + std::to_string(data.size()) + "\n" + data + "\n";
  }
  const auto expected = run({.argv = {"sha256sum"}, .input = bytes}).output.substr(0, 64);
  const auto digest = bystander_.call("digest_context", {{"context", "one"}});
  EXPECT_EQ(digest.at("digest"), expected);
  EXPECT_EQ(digest.at("count"), 300);
  EXPECT_EQ(digest.at("last_seq"), 300);
}

}  // namespace
}  // namespace yardmaster::support
