// A run with real instances adds to a report: orphans, checks, and how they ended.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/json_reader.h"
#include "reports/json_writer.h"
#include "reports/markdown_writer.h"
#include "reports/terminal_writer.h"
#include "reports/verdict.h"
#include "tests/unit/sample_report.h"

namespace yardmaster::reports {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Run real_run() {
  Run run = sample_run();
  run.real_instances = RealInstances{.repository_files = 2000,
                                     .kill_grace_ms = 500,
                                     .endings = {{"agent", 12}, {"window", 1'300}},
                                     .left = {},
                                     .lost_work = {}};
  run.checks = {{.name = "processes_spawned", .value = 0, .limit = 0},
                {.name = "coordinator_cpu_share", .value = 0.00421, .limit = 0.01}};
  return run;
}

void judge_real_run(Run& run) { judge_run(run, {}, {}, 0.05); }

TEST(RealReport, an_orphan_fails_the_run) {
  auto run = real_run();
  judge_real_run(run);
  EXPECT_EQ(run.verdict, Verdict::pass);
  run.audit.orphans = 1;
  judge_real_run(run);
  EXPECT_EQ(run.verdict, Verdict::fail);
}

TEST(RealReport, a_check_that_does_not_hold_fails_the_run) {
  auto run = real_run();
  run.checks[1].value = 0.0101;
  judge_real_run(run);
  EXPECT_EQ(run.verdict, Verdict::fail);
}

TEST(RealReport, without_targets_and_checks_nothing_is_decided) {
  auto run = real_run();
  run.checks.clear();
  judge_real_run(run);
  EXPECT_EQ(run.verdict, Verdict::inconclusive);
}

TEST(RealReport, json_leads_back_to_the_same) {
  Report report;
  report.runs = {real_run()};
  report.runs[0].audit.orphans = 2;
  report.runs[0].real_instances->left = {"worker-1: socket"};
  report.runs[0].real_instances->lost_work = {"none of a.txt of worker-1 was saved"};
  const std::string text = to_json(report);
  const Report read = from_json(text);
  EXPECT_EQ(to_json(read), text);
  EXPECT_EQ(read.runs[0].audit.orphans, 2U);
  EXPECT_EQ(read.runs[0].checks.size(), 2U);
  EXPECT_EQ(read.runs[0].real_instances->lost_work.size(), 1U);
  EXPECT_EQ(read.runs[0].real_instances->endings.at("window"), 1'300U);
}

TEST(RealReport, people_read_how_instances_ended_and_what_was_left) {
  auto run = real_run();
  run.audit.orphans = 1;
  run.real_instances->left = {"worker-1: socket"};
  judge_real_run(run);
  const std::string text = to_terminal(run, false);
  EXPECT_THAT(text, HasSubstr("a repository of 2,000 files, kill grace 500 ms; ended by agent 12, "
                              "window 1,300"));
  EXPECT_THAT(text, HasSubstr("0 out of order, 1 orphans"));
  EXPECT_THAT(text, HasSubstr("processes spawned: 0, limit 0: pass"));
  EXPECT_THAT(text, HasSubstr("coordinator cpu share: 0.0042, limit 0.01: pass"));
  EXPECT_THAT(text, HasSubstr("orphan: worker-1: socket"));
  Report report;
  report.runs = {run};
  EXPECT_THAT(to_markdown(report), HasSubstr("- processes spawned: 0, limit 0: pass"));
}

TEST(RealReport, lost_work_is_not_called_an_orphan) {
  auto run = real_run();
  run.audit.lost = 1;
  run.real_instances->lost_work = {"none of a.txt of worker-1 was saved"};
  judge_real_run(run);
  Report report;
  report.runs = {run};
  for (const std::string& text : {to_terminal(run, false), to_markdown(report)}) {
    EXPECT_THAT(text, HasSubstr("lost work: none of a.txt of worker-1 was saved"));
    EXPECT_THAT(text, Not(HasSubstr("orphan:")));
  }
}

TEST(RealReport, a_run_without_writes_says_so) {
  auto run = real_run();
  run.arrivals = "none";
  const std::string text = to_terminal(run, false);
  EXPECT_THAT(text, HasSubstr("25 instances, no writes, 60.0 s"));
  EXPECT_EQ(text.find("offered"), std::string::npos);
}

}  // namespace
}  // namespace yardmaster::reports
