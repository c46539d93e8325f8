// What a report says in words to somebody who reads only that.
#include "reports/meaning.h"

#include <algorithm>
#include <limits>
#include <string>

#include <gmock/gmock.h>

#include "tests/unit/sample_report.h"

namespace yardmaster::reports {
namespace {

using ::testing::HasSubstr;

Report passing() {
  Report report = sample_report();
  report.runs.resize(1);
  report.runs.front().pair = 0;
  return report;
}

std::string answer(const Report& report, const std::string& question) {
  const Meaning meaning = meaning_of(report);
  const auto found = std::find_if(meaning.answers.begin(), meaning.answers.end(),
                                  [&](const Answer& one) { return one.question == question; });
  return found == meaning.answers.end() ? "" : found->text;
}

TEST(MeaningTest, says_what_the_machine_carries) {
  EXPECT_EQ(meaning_of(passing()).headline, "This machine carries 25 instances on SQLite.");
  Report report = passing();
  report.runs.push_back(report.runs.front());
  report.runs.back().instances = 1000;
  report.runs.back().verdict = Verdict::fail;
  EXPECT_EQ(meaning_of(report).headline,
            "This machine carries 25 instances on SQLite. It does not carry 1,000 instances on "
            "SQLite.");
  report.runs.erase(report.runs.begin());
  EXPECT_EQ(meaning_of(report).headline, "This machine does not carry 1,000 instances on SQLite.");
  EXPECT_EQ(meaning_of({}).headline, "Nothing was measured.");
}

TEST(MeaningTest, names_what_comes_nearest_to_its_limit) {
  EXPECT_THAT(answer(passing(), "By how much?"),
              HasSubstr("write P99 at 25 instances on SQLite, which is at most 0.980 ms, of 30ms: "
                        "3.3% of its limit"));
  Report report = passing();
  report.runs.front().measurements["write"].latency_ms.p99 =
      std::numeric_limits<double>::infinity();
  report.runs.front().measurements["write"].p99_high_ms = std::numeric_limits<double>::infinity();
  EXPECT_THAT(answer(report, "By how much?"), HasSubstr("some answers never came"));
}

// The whole machine was busy for 7.3 of 120 s: 70% of it is 11.5 times as much.
TEST(MeaningTest, estimates_the_room_by_the_processor_time) {
  const Report report = passing();
  EXPECT_EQ(room_of(report.runs.front(), report.environment), 280U);
  auto busy = report.runs.front();
  busy.resources.loadgen_cpu_s = 80;
  EXPECT_EQ(room_of(busy, report.environment), 0U);
}

TEST(MeaningTest, tells_what_speaks_against_it) {
  Report report = passing();
  report.runs.front().validity.begun = 10;
  report.runs.front().validity.reasons = {"the generator was disturbed"};
  EXPECT_THAT(answer(report, "May one trust it?"), HasSubstr("Not all requests"));
  EXPECT_THAT(answer(report, "May one trust it?"),
              HasSubstr("Against it: the generator was disturbed"));
}

}  // namespace
}  // namespace yardmaster::reports
