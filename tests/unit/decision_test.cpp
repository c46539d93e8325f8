#include "reports/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/error.h"
#include "reports/report_files.h"
#include "reports/side_by_side.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::reports {
namespace {

using testing::HasSubstr;

TargetResult result(const std::string& measurement, double quantile,
                    std::chrono::milliseconds limit, std::uint64_t count, std::uint64_t over) {
  TargetResult result;
  result.target = {.measurement = measurement, .quantile = quantile, .limit = limit};
  result.count = count;
  result.over_limit = over;
  result.effective_count = static_cast<double>(count);
  return result;
}

// A run of the gate in which so many of 3,000 writes and 400 checkpoints were over their limits.
Run gate_run(const std::string& store, std::uint64_t instances, int pair, std::uint64_t over = 0) {
  using std::chrono::milliseconds;
  Run run;
  run.store = store;
  run.topology = "broker";
  run.checkpoint_policy = store == "sqlite" ? "adaptive" : "server";
  run.durability = "process";
  run.instances = instances;
  run.pair = pair;
  run.targets = {result("write", 0.99, milliseconds(30), 3000, over),
                 result("checkpoint", 0.99, milliseconds(30), 400, 0)};
  if (instances == 25) {
    run.targets.push_back(result("write", 0.999, milliseconds(100), 3000, 0));
  }
  Measurement write;
  write.count = 3000;
  write.latency_ms.p99 = 1.5;
  run.measurements["write"] = write;
  return run;
}

std::vector<Run> gate_runs(std::uint64_t sqlite_over = 0, std::uint64_t postgres_over = 0) {
  std::vector<Run> runs;
  for (int pair = 1; pair <= 3; ++pair) {
    for (const std::uint64_t instances : {10U, 25U}) {
      runs.push_back(gate_run("sqlite", instances, pair, instances == 25 ? sqlite_over : 0));
      runs.push_back(gate_run("postgres", instances, pair, instances == 25 ? postgres_over : 0));
    }
  }
  return runs;
}

TEST(DecisionTest, sqlite_is_kept_if_it_passes_whatever_postgres_does) {
  EXPECT_EQ(decide(gate_runs()).store, "sqlite");
  EXPECT_EQ(decide(gate_runs(0, 300)).store, "sqlite");
}

TEST(DecisionTest, postgres_is_required_if_sqlite_fails_and_it_passes) {
  const Decision decision = decide(gate_runs(300));
  EXPECT_EQ(decision.store, "postgres");
  EXPECT_THAT(decision.reason, HasSubstr("write P99 at 25 instances (900 of 9,000 over 30ms)"));
}

TEST(DecisionTest, neither_holds_and_it_says_at_which_load) {
  const Decision decision = decide(gate_runs(300, 200));
  EXPECT_EQ(decision.store, "neither");
  EXPECT_THAT(decision.reason, HasSubstr("PostgreSQL fails write P99 at 25 instances"));
}

TEST(DecisionTest, what_is_too_close_is_undecided) {
  // 1% of the writes: as many as the target allows, give or take.
  EXPECT_EQ(decide(gate_runs(30)).store, "");
  EXPECT_EQ(decide(gate_runs(300, 30)).store, "");
}

TEST(DecisionTest, runs_that_cover_less_are_undecided) {
  auto runs = gate_runs();
  std::erase_if(runs, [](const reports::Run& run) { return run.store == "postgres"; });
  EXPECT_EQ(decide(runs).store, "");
  EXPECT_THAT(decide(runs).reason, HasSubstr("cover less than the gate"));
  runs = gate_runs();
  std::erase_if(runs, [](const reports::Run& run) { return run.instances == 25; });
  EXPECT_EQ(decide(runs).store, "");
}

TEST(DecisionTest, other_policies_topologies_and_interrupted_runs_do_not_count) {
  auto runs = gate_runs();
  for (auto change : {+[](reports::Run& run) { run.checkpoint_policy = "auto"; },
                      +[](reports::Run& run) { run.topology = "direct"; },
                      +[](reports::Run& run) { run.interrupted = true; }}) {
    auto changed = runs;
    for (reports::Run& run : changed) change(run);
    EXPECT_EQ(decide(changed).store, "");
  }
}

TEST(DecisionTest, whether_a_run_counts_does_not_depend_on_what_came_out) {
  // One run of three did not offer its load: with it, SQLite fails; without it, it passes.
  auto runs = gate_runs();
  for (reports::Run& run : runs) {
    if (run.store != "sqlite" || run.instances != 25 || run.pair != 1) continue;
    run.targets.front() = result("write", 0.99, std::chrono::milliseconds(30), 3000, 300);
    run.validity.due = 3'000;
    run.validity.begun = 2'900;
  }
  EXPECT_EQ(decide(runs).store, "sqlite");
  for (reports::Run& run : runs) run.validity.begun = run.validity.due;
  EXPECT_EQ(decide(runs).store, "postgres");
  for (reports::Run& run : runs) {
    run.validity.due = 1;
    run.validity.begun = 0;
  }
  EXPECT_EQ(decide(runs).store, "");
  EXPECT_THAT(decide(runs).reason, HasSubstr("no run offered its load"));
}

TEST(DecisionTest, pauses_of_the_generator_make_no_store_fail) {
  auto runs = gate_runs(60);
  EXPECT_EQ(decide(runs).store, "postgres");
  for (reports::Run& run : runs) {
    TargetResult& write = run.targets.front();
    if (write.over_limit == 0) continue;
    write.undisturbed_over = 5;
    write.undisturbed_effective_count = 3'000;
  }
  EXPECT_EQ(decide(runs).store, "");
  EXPECT_THAT(decide(runs).reason, HasSubstr("only while the generator was disturbed"));
}

TEST(DecisionTest, runs_pass_together_by_margin) {
  auto runs = gate_runs();
  for (reports::Run& run : runs) {
    for (TargetResult& one : run.targets) {
      one.effective_count = 80;  // neighbours are very much alike
      one.effective_at_limit = static_cast<double>(one.count);
      one.effective_in_bulk = one.target.quantile > 0.99 ? 800 : 80;
    }
  }
  EXPECT_EQ(decide(runs).store, "");
  for (reports::Run& run : runs) {
    for (TargetResult& one : run.targets) {
      one.margins = {{.divisor = 10, .over = 0, .effective_count = 80},
                     {.divisor = 30, .over = 2, .effective_count = 80}};
      if (one.target.quantile > 0.99) one.margins.front().effective_count = 800;
    }
  }
  EXPECT_EQ(decide(runs).store, "sqlite") << decide(runs).reason;
}

TEST(DecisionTest, a_store_that_loses_something_fails) {
  auto runs = gate_runs();
  runs.front().audit.lost = 1;
  EXPECT_EQ(decide(runs).store, "postgres");
}

TEST(DecisionTest, pairs_are_judged_together) {
  std::vector<reports::Run> runs = gate_runs();
  for (reports::Run& run : runs) {
    for (TargetResult& one : run.targets) {
      if (one.target.measurement == "checkpoint") {
        one.count = 110;
        one.effective_count = 110;
      }
    }
  }
  const Decision decision = decide(runs);
  EXPECT_EQ(decision.store, "sqlite") << decision.reason;  // 330 where 299 are needed
}

TEST(DecisionTest, a_report_of_pairs_has_the_verdict_of_all_together) {
  Report report;
  report.runs = gate_runs();
  for (reports::Run& run : report.runs) run.verdict = Verdict::inconclusive;  // one by one
  EXPECT_EQ(report.verdict(), Verdict::pass);
  report.runs.front().interrupted = true;
  EXPECT_EQ(report.verdict(), Verdict::inconclusive);
  report.runs = gate_runs(300);
  EXPECT_EQ(report.verdict(), Verdict::fail);
}

TEST(DecisionTest, agreement_is_with_the_record) {
  EXPECT_TRUE(compare_with_record(decide(gate_runs()), "sqlite").agrees);
  const DecisionSummary contradiction = compare_with_record(decide(gate_runs(300)), "sqlite");
  EXPECT_FALSE(contradiction.agrees);
  EXPECT_THAT(decision_line(contradiction), HasSubstr("contradicts the record, sqlite"));
  EXPECT_FALSE(compare_with_record(decide(std::vector<reports::Run>{}), "sqlite").agrees);
}

class DecisionRecordTest : public testing::Test {
 protected:
  nlohmann::json record() const {
    Report report;
    report.environment.cpu = "a machine";
    report.runs = gate_runs();
    return nlohmann::json::parse(
        to_json(make_record(decide(report.runs), report, "0.1.0", "2026-11-21")));
  }
  std::string refusal(const nlohmann::json& json) const {
    write_file(place_ / "decision.json", json.dump());
    try {
      read_decision(place_ / "decision.json");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::usage);
      return error.what();
    }
    return "accepted";
  }

  support::TemporaryDirectory place_;
};

TEST_F(DecisionRecordTest, is_read_back_as_it_was_written) {
  write_file(place_ / "decision.json", record().dump());
  const DecisionRecord read = read_decision(place_ / "decision.json");
  EXPECT_EQ(read.store, "sqlite");
  EXPECT_EQ(read.date, "2026-11-21");
  EXPECT_EQ(read.machine.cpu, "a machine");
  EXPECT_EQ(read.figures.size(), gate_requirements().size());
  EXPECT_EQ(nlohmann::json::parse(to_json(read)), record());
}

TEST_F(DecisionRecordTest, that_its_evidence_does_not_support_is_refused) {
  auto changed = record();
  changed["store"] = "postgres";
  EXPECT_THAT(refusal(changed), HasSubstr("evidence.figures do not support the store 'postgres'"));
  changed = record();
  changed["evidence"]["figures"].erase(0);
  EXPECT_THAT(refusal(changed), HasSubstr("evidence.figures lack write of sqlite at 10"));
}

TEST_F(DecisionRecordTest, that_is_malformed_is_refused_with_the_field) {
  auto changed = record();
  changed["evidence"]["figures"][2].erase("count");
  EXPECT_THAT(refusal(changed), HasSubstr("evidence.figures[2].count is missing"));
  changed = record();
  changed["store"] = "mysql";
  EXPECT_THAT(refusal(changed), HasSubstr("store must be sqlite, postgres or neither"));
  changed = record();
  changed["schema"] = 2;
  EXPECT_THAT(refusal(changed), HasSubstr("schema must be 1"));
}

TEST_F(DecisionRecordTest, is_not_made_of_what_is_undecided) {
  EXPECT_THROW(make_record(decide(std::vector<reports::Run>{}), {}, "0.1.0", "2026-11-21"), Error);
}

TEST(SideBySideTest, shows_medians_and_ratios) {
  auto runs = gate_runs();
  for (reports::Run& run : runs) {
    if (run.store == "postgres") run.measurements["write"].latency_ms.p99 = 3;
  }
  const std::string table = side_by_side_table(runs).plain(0);
  EXPECT_THAT(table, HasSubstr("write P99"));
  EXPECT_THAT(table, HasSubstr("2.00"));
  EXPECT_THAT(side_by_side_title(runs), HasSubstr("3 interleaved pairs"));
  EXPECT_TRUE(compares_stores(runs));
}

}  // namespace
}  // namespace yardmaster::reports
