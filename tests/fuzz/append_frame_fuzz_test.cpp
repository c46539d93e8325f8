// The flat reader of append_context and append_entries against the general parser: whatever it
// accepts, the general one has to accept with the same result. Seeds are fixed, so that a failure
// can be run again.
#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "coordinator/broker/commands/append_frame.h"
#include "tests/fuzz/targets/compare_append_readers.h"

namespace yardmaster {
namespace {

// True when the flat reader took it.
bool check(const std::string& text) {
  const fuzz::AppendComparison comparison = fuzz::compare_append_readers(text);
  EXPECT_EQ(comparison.difference, "") << text;
  return comparison.taken;
}

class FrameMaker {
 public:
  explicit FrameMaker(unsigned seed) : random_(seed) {}

  std::string frame() {
    std::vector<std::string> members;
    const bool several = chance(6);
    const std::string command = several ? "\"append_entries\"" : "\"append_context\"";
    if (chance(9)) members.push_back(member("id", pick(ids_)));
    members.push_back(member("command", chance(15) ? command : pick(strings_)));
    members.push_back(member("args", object(several != chance(1))));
    if (chance(1)) members.push_back(member("args", object(several)));
    if (chance(1)) members.push_back(member("surplus", pick(numbers_)));
    return space() + "{" + join(members) + space() + "}" + space() + (chance(1) ? "x" : "");
  }

  // A byte changed, taken out or put in.
  std::string mutated(std::string text) {
    for (int changes = 1 + number(3); changes > 0 && !text.empty(); --changes) {
      const auto at = static_cast<std::size_t>(number(static_cast<int>(text.size())));
      const char byte = chance(10) ? pick(bytes_)[0] : static_cast<char>(number(256));
      const int kind = number(3);
      if (kind == 0) text[at] = byte;
      if (kind == 1) text.erase(at, 1);
      if (kind == 2) text.insert(at, 1, byte);
    }
    return text;
  }

 private:
  int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool chance(int of_sixteen) { return number(16) < of_sixteen; }
  // Mostly the first, which is a usual one.
  const std::string& pick(const std::vector<std::string>& from) {
    if (chance(12)) return from.front();
    return from[static_cast<std::size_t>(number(static_cast<int>(from.size())))];
  }
  std::string space() { return chance(14) ? "" : pick(spaces_); }
  std::string member(const std::string& name, const std::string& value) {
    return space() + "\"" + name + "\"" + space() + ":" + space() + value + space();
  }
  std::string join(std::vector<std::string>& members) {
    std::shuffle(members.begin(), members.end(), random_);
    std::string text;
    for (const std::string& each : members) text += (text.empty() ? "" : ",") + each;
    return text;
  }
  std::string entry() {
    if (chance(1)) return pick(strings_);
    std::string text = "[" + space() + pick(strings_) + space() + "," + pick(strings_) + space();
    if (chance(1)) text += "," + pick(strings_);
    return text + "]" + space();
  }
  std::string entries() {
    std::string list;
    for (int count = chance(1) ? 0 : 1 + number(3); count > 0; --count) {
      list += (list.empty() ? "" : ",") + space() + entry();
    }
    return "[" + list + (chance(1) ? "," : "") + "]";
  }
  std::string object(bool several) {
    std::vector<std::string> members;
    if (several) members.push_back(member("entries", chance(15) ? entries() : pick(strings_)));
    if (chance(15)) members.push_back(member("context", pick(names_)));
    if (chance(15)) members.push_back(member("seq", pick(numbers_)));
    if (several ? chance(1) : chance(15)) members.push_back(member("kind", pick(strings_)));
    if (several ? chance(1) : chance(15)) members.push_back(member("data", pick(strings_)));
    if (chance(4)) members.push_back(member("instance_id", pick(names_)));
    if (chance(4)) members.push_back(member("generation", pick(numbers_)));
    if (chance(4)) members.push_back(member("durability", pick(durabilities_)));
    if (chance(1)) members.push_back(member("seq", pick(numbers_)));
    if (chance(1)) members.push_back(member("surplus", pick(strings_)));
    return "{" + join(members) + space() + "}";
  }

  std::mt19937 random_;
  const std::vector<std::string> ids_{
      "7", "0", "-3", "12345678901234567890", "1.5", "01", "\"a\"", "\"\\n\"", "null", "\"\""};
  const std::vector<std::string> names_{"\"alice\"",
                                        "\"a-1\"",
                                        "\"A\"",
                                        "\"-a\"",
                                        "\"\"",
                                        "7",
                                        "\"" + std::string(63, 'a') + "\"",
                                        "\"" + std::string(64, 'a') + "\""};
  const std::vector<std::string> numbers_{"1",
                                          "0",
                                          "42",
                                          "01",
                                          "-1",
                                          "1.0",
                                          "1e3",
                                          "999999999999999999",
                                          "1000000000000000000",
                                          "9223372036854775807",
                                          "9223372036854775808",
                                          "18446744073709551616",
                                          "\"1\"",
                                          "true",
                                          ""};
  const std::vector<std::string> strings_{
      "\"note\"", "\"\"",   "\"a \\\"b\\\"\"", "\"\\u00e9\"", "\"\xc3\xa9\"",
      "\"\xff\"", "\"\t\"", "\"\x7f\"",        "\"{}[]:,\"",  "\"" + std::string(300, 'x') + "\"",
      "null",     "[]",     "{\"a\":1}"};
  const std::vector<std::string> durabilities_{"\"process\"", "\"power\"", "\"paper\"", "1"};
  const std::vector<std::string> spaces_{" ", "\t", "\r", "\n", "  \t ", "\f", "\xc2\xa0"};
  const std::vector<std::string> bytes_{"\"", "\\", "{", "}", ",", ":", " ", "0", "-", "e"};
};

TEST(AppendFrameFuzz, made_up_frames_are_read_as_the_general_parser_reads_them) {
  int taken = 0;
  for (unsigned seed = 0; seed < 60'000; ++seed) taken += check(FrameMaker(seed).frame()) ? 1 : 0;
  // Both ways are gone often enough to mean something.
  EXPECT_GT(taken, 600);
  EXPECT_LT(taken, 50'000);
}

TEST(AppendFrameFuzz, damaged_frames_are_read_as_the_general_parser_reads_them) {
  const std::vector<std::string> whole{
      R"({"id":17,"command":"append_context","args":{"context":"alice","seq":12,"kind":"note",)"
      R"("data":"some text that is longer than a word","generation":3,"durability":"power"}})",
      R"({"id":17,"command":"append_entries","args":{"context":"alice","seq":12,"entries":)"
      R"([["note","some text that is longer than a word"],["decision","another"]],"generation":3}})"};
  for (const auto& text : whole) {
    ASSERT_TRUE(check(text));
    int taken = 0;
    for (unsigned seed = 0; seed < 60'000; ++seed) {
      FrameMaker maker(seed);
      taken += check(maker.mutated(text)) ? 1 : 0;
    }
    EXPECT_GT(taken, 600);
  }
}

TEST(AppendFrameFuzz, more_entries_than_a_request_may_have_are_left_to_the_general_parser) {
  const auto frame_with = [](std::size_t count) {
    std::string list;
    for (std::size_t i = 0; i < count; ++i)
      list += (i == 0 ? "" : ",") + std::string(R"(["k","d"])");
    return R"({"command":"append_entries","args":{"context":"a","seq":1,"entries":[)" + list +
           "]}}";
  };
  EXPECT_TRUE(check(frame_with(most_entries_at_once)));
  EXPECT_FALSE(check(frame_with(most_entries_at_once + 1)));
}

TEST(AppendFrameFuzz, every_cut_frame_is_refused) {
  const std::vector<std::string> whole{
      R"({"command":"append_context","args":{"context":"a","seq":1,"kind":"k","data":"d"}})",
      R"({"command":"append_entries","args":{"context":"a","seq":1,"entries":[["k","d"]]}})"};
  for (const auto& text : whole) {
    for (std::size_t length = 0; length < text.size(); ++length) {
      AppendFrame frame;
      EXPECT_FALSE(read_append_frame(text.substr(0, length), frame)) << length;
    }
  }
}

}  // namespace
}  // namespace yardmaster
