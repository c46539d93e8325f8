// The gate's outcomes, from real runs: a disk that is slow in one way or the other lets SQLite
// fail, or both stores. (That SQLite holds on a disk without faults is the ctest case `gate`.)
#include <iostream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using testing::HasSubstr;

constexpr int undecided = 3;

class Gate : public testing::Test {
 protected:
  // `loadgen decide`; the record says that SQLite is the store.
  Finished decide(const std::vector<std::string>& arguments,
                  const std::string& record = DECISION_FILE) const {
    std::vector<std::string> argv{
        loadgen_program(), "decide", "--record", record, "--report", (place_ / "report").string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run({.argv = argv}, Deadline(std::chrono::minutes(5)));
  }
  // A machine that disturbs the runs leaves them undecided, which is no outcome to be tested here.
  Finished decide_at_last(const std::vector<std::string>& arguments) const {
    Finished finished = decide(arguments);
    for (int again = 0; again < 2 && finished.status == undecided; ++again) {
      std::cout << "undecided, measuring again:\n" << finished.output << std::endl;
      finished = decide(arguments);
    }
    return finished;
  }
  std::string scenario(const std::string& fields) const {
    const auto file = place_ / "short.json";
    write_file(file, R"({"store": ["sqlite", "postgres"], "instances": [10, 25], "warmup": "500ms",
                         "workloads": {"handoffs": false, "broadcasts": false, "churn": false,
                                       "websocket": false}, )" +
                         fields + "}");
    return file;
  }

  TemporaryDirectory place_;
};

// Its checkpoints wait for the disk twice, for longer than the limit, between the commits; the
// server's run beside them.
TEST_F(Gate, requires_postgres_when_sqlite_alone_fails) {
  const auto file = scenario(R"("interval": "5ms", "duration": "2s", "fsync_latency": "25ms")");
  const Finished finished = decide_at_last({"--scenario", file});
  EXPECT_THAT(finished.output,
              HasSubstr("decision: postgres, which contradicts the record, sqlite"))
      << finished.errors;
  EXPECT_THAT(finished.output, HasSubstr("SQLite fails"));
  EXPECT_EQ(finished.status, 99);
}

TEST_F(Gate, says_at_which_load_neither_holds_and_refuses_to_record_it) {
  const auto file = scenario(
      R"("interval": "50ms", "duration": "1s", "fsync_latency": "35ms", "durability": "power")");
  const Finished finished = decide_at_last({"--scenario", file});
  EXPECT_THAT(finished.output, HasSubstr("decision: neither, which contradicts the record"))
      << finished.errors;
  EXPECT_THAT(finished.output, HasSubstr("PostgreSQL fails write P99 at"));
  EXPECT_EQ(finished.status, 99);
  const Finished written = decide({"--from", (place_ / "report").string(), "--write"},
                                  (place_ / "record.json").string());
  EXPECT_EQ(written.status, 2);
  EXPECT_THAT(written.errors, HasSubstr("a record is made of the scenario gate as it stands"));
}

TEST_F(Gate, skips_what_decides_nothing) {
  const auto file = scenario(R"("interval": "250ms", "duration": "1s")");
  const Finished finished = decide({"--scenario", file});
  EXPECT_EQ(finished.status, undecided) << finished.output << finished.errors;
  EXPECT_THAT(finished.output, HasSubstr("undecided"));
}

TEST_F(Gate, a_record_that_its_evidence_does_not_support_is_refused) {
  auto record = nlohmann::json::parse(read_file(DECISION_FILE));
  record["store"] = "postgres";
  write_file(place_ / "record.json", record.dump());
  const Finished finished = decide({}, (place_ / "record.json").string());
  EXPECT_EQ(finished.status, 2);
  EXPECT_THAT(finished.errors, HasSubstr("do not support the store 'postgres'"));
}

}  // namespace
}  // namespace yardmaster::support
