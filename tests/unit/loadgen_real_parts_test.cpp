// These tests are on the parts of the load on real instances that need no coordinator.
#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "coordinator/base/own_refs.h"
#include "loadgen/plan/options.h"
#include "loadgen/plan/real_plan.h"
#include "loadgen/real/agent_options.h"
#include "loadgen/real/agent_work.h"
#include "loadgen/real/captured_program.h"
#include "loadgen/real/churn_turns.h"
#include "loadgen/real/outside_view.h"
#include "loadgen/real/remains.h"
#include "loadgen/real/rescue_audit.h"
#include "loadgen/real/spawn_watch.h"
#include "loadgen/real/work_repository.h"
#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/scenario_text.h"

namespace yardmaster::loadgen {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

TEST(RealPlanTest, real_instances_churn_at_a_rate_that_git_can_follow) {
  const auto plan = plan_of_scenario(R"({"resources": "real"})");
  EXPECT_EQ(plan.resources, Resources::real);
  EXPECT_EQ(plan.repo_files, default_repo_files);
  EXPECT_LT(plan.churn.per_second, ChurnLoad().per_second);
  EXPECT_EQ(plan.churn_kinds, all_churn_kinds());
  EXPECT_THAT(turnover_measurements(plan), ElementsAre("startup", "cleanup", "cleanup_grace"));
}

TEST(RealPlanTest, what_is_named_stays) {
  const auto plan = plan_of_scenario(R"({"resources": "real", "repo_files": 10, "churn_edited": 1,
      "churn_kinds": ["release", "agent"],
      "workloads": {"churn": {"per_second": 7, "instances": 2}}})");
  EXPECT_EQ(plan.repo_files, 10U);
  EXPECT_DOUBLE_EQ(plan.churn.per_second, 7);
  EXPECT_EQ(plan.churn.instances, 2U);
  EXPECT_THAT(plan.churn_kinds, ElementsAre(ChurnKind::release, ChurnKind::agent));
  EXPECT_THAT(turnover_measurements(plan), ElementsAre("startup", "cleanup_rescue"));
}

TEST(RealPlanTest, simulated_ones_are_as_before) {
  const auto plan = plan_of_scenario("{}");
  EXPECT_EQ(plan.resources, Resources::simulated);
  EXPECT_DOUBLE_EQ(plan.churn.per_second, ChurnLoad().per_second);
  EXPECT_EQ(plan.churn.instances, ChurnLoad().instances);
  EXPECT_THAT(turnover_measurements(plan), ElementsAre("cleanup"));
}

TEST(RealPlanTest, bursts_are_all_that_goes_on) {
  const auto plan = plan_of_scenario(R"({"resources": "real", "workloads": {"bursts": true}})");
  EXPECT_FALSE(plan.writes);
  EXPECT_FALSE(plan.is_idle());
  EXPECT_DOUBLE_EQ(plan.offered_per_s(), 0);
  EXPECT_EQ(plan.arrivals_name(), "none");
  EXPECT_DOUBLE_EQ(plan.churn.per_second + plan.websocket.per_second, 0);
  EXPECT_THAT(turnover_measurements(plan), ElementsAre("spawn_burst", "startup"));
  for (const auto& target : plan.targets) EXPECT_NE(target.measurement, "startup");
}

TEST(RealPlanTest, nothing_at_all_is_idle) {
  const auto plan = plan_of_scenario(R"({"resources": "real", "workloads": {"writes": false,
      "handoffs": false, "broadcasts": false, "churn": false, "websocket": false}})");
  EXPECT_TRUE(plan.is_idle());
  EXPECT_THAT(turnover_measurements(plan), IsEmpty());
  EXPECT_FALSE(plan_of_scenario("{}").is_idle());
}

TEST(RealPlanTest, what_cannot_be_meant_is_refused) {
  EXPECT_THAT(scenario_error(R"({"repo_files": 5})"), StartsWith("repo_files: only with real"));
  EXPECT_THAT(scenario_error(R"({"churn_edited": 0.5})"),
              StartsWith("churn_edited: only with real"));
  EXPECT_THAT(scenario_error(R"({"workloads": {"bursts": true}})"),
              StartsWith("workloads.bursts: only"));
  EXPECT_THAT(scenario_error(R"({"resources": "imagined"})"),
              StartsWith("resources: 'imagined' is none"));
  EXPECT_THAT(scenario_error(R"({"resources": "real", "topology": "direct"})"),
              StartsWith("resources: "));
  EXPECT_THAT(scenario_error(R"({"resources": "real", "instances": 5000})"),
              StartsWith("instances: "));
  EXPECT_THAT(scenario_error(R"({"resources": "real", "churn_kinds": ["flood"]})"),
              HasSubstr("\"flood\" is not one of: agent window"));
  EXPECT_THAT(scenario_error(R"({"resources": "real", "churn_kinds": ["stillborn"]})"),
              StartsWith("churn_kinds: "));
  EXPECT_THAT(scenario_error(R"({"closed_loop": true, "workloads": {"writes": false}})"),
              StartsWith("workloads.writes: "));
}

TEST(RealPlanTest, flags_are_fields) {
  const auto options = parse_options({"--resources", "real", "--repo-files", "30", "--churn-kinds",
                                      "window,exit", "--churn-edited", "0.25"});
  const auto plan = default_scenario(options.overrides).runs.at(0);
  EXPECT_EQ(plan.resources, Resources::real);
  EXPECT_EQ(plan.repo_files, 30U);
  EXPECT_THAT(plan.churn_kinds, ElementsAre(ChurnKind::window, ChurnKind::exit));
  EXPECT_DOUBLE_EQ(plan.churn_edited, 0.25);
}

TEST(RealPlanTest, the_built_in_scenarios_can_be_meant) {
  for (const char* name : {"real", "spawn-burst", "idle"}) {
    const auto scenario = find_scenario(name, Overrides::object());
    ASSERT_EQ(scenario.runs.size(), 1U) << name;
    EXPECT_EQ(scenario.runs.front().resources, Resources::real) << name;
  }
}

TEST(ChurnTurnsTest, every_kind_has_its_turn_and_its_part_that_is_edited) {
  ChurnTurns turns(all_churn_kinds(), 0.25);
  std::map<ChurnKind, int> all, edited;
  std::set<std::string> files;
  for (int i = 0; i < 900; ++i) {
    const auto turn = turns.next();
    ++all[turn.kind];
    if (turn.edited.empty()) continue;
    ++edited[turn.kind];
    EXPECT_TRUE(files.insert(turn.edited).second) << turn.edited << " twice";
  }
  EXPECT_EQ(all.size(), all_churn_kinds().size());
  for (const auto& [kind, count] : all) {
    EXPECT_EQ(edited[kind], kind == ChurnKind::stillborn ? 0 : count / 4) << to_string(kind);
  }
}

TEST(ChurnTurnsTest, the_part_that_is_edited_is_kept_within_each_round) {
  ChurnTurns turns({ChurnKind::agent, ChurnKind::stubborn}, 0.5);
  for (int round = 0; round < 20; ++round) {
    const int edited =
        (turns.next().edited.empty() ? 0 : 1) + (turns.next().edited.empty() ? 0 : 1);
    EXPECT_EQ(edited, 1);
  }
}

TEST(ChurnKindTest, names_lead_back_to_kinds) {
  for (const auto kind : all_churn_kinds()) EXPECT_EQ(churn_kind_from(to_string(kind)), kind);
  EXPECT_FALSE(churn_kind_from("flood"));
}

TEST(WorkRepositoryTest, is_the_same_for_the_same_seed) {
  support::TemporaryDirectory place;
  const auto commit_of = [&](const char* name, std::uint64_t seed) {
    make_work_repository(place / name, 90, seed, [] {});
    return output_of(git_call(place / name, {"rev-parse", "HEAD"}));
  };
  const auto first = commit_of("one", 7);
  EXPECT_EQ(first, commit_of("two", 7));
  EXPECT_NE(first, commit_of("three", 8));
  EXPECT_THAT(output_of(git_call(place / "one", {"status", "--porcelain"})), IsEmpty());
  const auto files = output_of(git_call(place / "one", {"ls-files"}));
  EXPECT_EQ(std::count(files.begin(), files.end(), '\n'), 90);
}

TEST(WorkRepositoryTest, files_have_one_to_four_kilobytes) {
  for (std::uint64_t i = 0; i < 500; ++i) {
    const auto content = work_file_content(i, 1);
    EXPECT_GE(content.size(), 1024U);
    EXPECT_LE(content.size(), 4096U);
    EXPECT_EQ(content.back(), '\n');
  }
  EXPECT_EQ(work_file_path(123), "src/m03/file_00123.txt");
}

TEST(OutsideViewTest, finds_a_token_among_variables) {
  using namespace std::string_literals;
  EXPECT_EQ(token_in("A=1\0YARDMASTER_TOKEN=/s#7\0B=2\0"s), "/s#7");
  EXPECT_EQ(token_in("NOT_YARDMASTER_TOKEN=x\0"s), "");
  EXPECT_EQ(token_in(""), "");
}

TEST(OutsideViewTest, reads_lists_of_worktrees_and_panes) {
  EXPECT_THAT(worktrees_in("worktree /r\nHEAD 1\nbranch refs/heads/main\n\n"
                           "worktree /w/a b\nHEAD 2\ndetached\n\n"),
              ElementsAre("/w/a b"));
  EXPECT_THAT(worktrees_in("worktree /r\nbare\n"), IsEmpty());
  const auto found = panes_in(
      "11\t0\tyard-work\tworker-1\n12\t1\tyard-work\tworker 2\n"
      "13\t0\tyardmaster-control\tcontrol\n");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].pid, 11);
  EXPECT_FALSE(found[0].dead);
  EXPECT_EQ(found[1].window, "worker 2");
  EXPECT_TRUE(found[1].dead);
}

TEST(OutsideViewTest, a_process_may_have_any_name) {
  const auto status = status_in("12 (a) S (b) Z 1 2");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, 'Z');
  EXPECT_EQ(status->command, "a) S (b");
  EXPECT_FALSE(status_in("nonsense"));
}

TEST(OutsideViewTest, processes_are_found_by_their_token_and_killed_by_it) {
  support::TemporaryDirectory place;
  const std::string prefix = place.path().string() + "#";
  support::ChildProcess one(
      {.argv = {"sleep", "60"}, .environment = {{"YARDMASTER_TOKEN", prefix + "1"}}});
  support::ChildProcess ten(
      {.argv = {"sleep", "60"}, .environment = {{"YARDMASTER_TOKEN", prefix + "10"}}});
  support::ChildProcess other({.argv = {"sleep", "60"}});
  // A child still has this process's environment before its exec.
  ASSERT_TRUE(support::eventually([&] { return processes_with_token(prefix).size() == 2; }));
  EXPECT_EQ(token_of(ten.pid()), prefix + "10");
  EXPECT_TRUE(is_running(one.pid()));
  kill_processes_with_token(prefix);
  EXPECT_EQ(one.wait(), 128 + SIGKILL);
  EXPECT_EQ(ten.wait(), 128 + SIGKILL);
  EXPECT_THAT(processes_with_token(prefix), IsEmpty());
  EXPECT_TRUE(other.running());
}

TEST(OutsideViewTest, what_is_left_of_an_instance_is_named) {
  support::TemporaryDirectory place;
  const YardPlaces places{.state_directory = place / "state",
                          .runtime_directory = place / "run",
                          .repository = place / "repository",
                          .repository_name = "work"};
  make_work_repository(places.repository, 3, 1, [] {});
  std::filesystem::create_directories(places.runtime_directory);
  const InstanceTraces traces{.name = "worker-1",
                              .token = places.token_prefix() + "1",
                              .worktree = (places.worktrees() / "worker-1").string(),
                              .branch = "instance/worker-1",
                              .tmux_session = "yard-work",
                              .tmux_window = "worker-1"};
  EXPECT_THAT(leftovers_of(places, traces), IsEmpty());
  EXPECT_THAT(leftovers_in(places), IsEmpty());
  output_of(git_call(places.repository,
                     {"worktree", "add", "--quiet", "-b", traces.branch, traces.worktree}));
  support::write_file(places.runtime_directory / "instance-worker-1.sock", "");
  const auto left = leftovers_of(places, traces);
  EXPECT_EQ(left.size(), 4U) << testing::PrintToString(left);
  EXPECT_EQ(leftovers_in(places).size(), 4U);
}

TEST(SpawnWatchTest, sees_children_that_live_and_children_that_have_ended) {
  const auto before = spawn_mark_of(::getpid());
  EXPECT_EQ(spawned_between(before, spawn_mark_of(::getpid())), 0U);
  run_program({.arguments = {"true"}});
  const auto after_one = spawn_mark_of(::getpid());
  EXPECT_EQ(spawned_between(before, after_one), 1U);
  support::ChildProcess sleeper({.argv = {"sleep", "60"}});
  EXPECT_EQ(spawned_between(after_one, spawn_mark_of(::getpid())), 1U);
}

TEST(SpawnWatchTest, reads_the_faults_behind_any_name) {
  EXPECT_EQ(reaped_faults_in("7 (a) b) S 1 7 7 0 -1 0 100 20 3 4 5 6"), 24U);
  EXPECT_EQ(reaped_faults_in("nonsense"), 0U);
}

TEST(AgentOptionsTest, are_read_and_refused) {
  const auto options = parse_agent_options({"--behaviour", "children", "--edits", "20ms", "--owner",
                                            "17", "--commit-every", "5", "--edit", "a/b"});
  EXPECT_EQ(options.behaviour, AgentBehaviour::children);
  EXPECT_EQ(options.edits, std::chrono::milliseconds(20));
  EXPECT_EQ(options.owner, 17);
  EXPECT_EQ(options.commit_every, 5U);
  EXPECT_EQ(options.edit, "a/b");
  EXPECT_THROW(parse_agent_options({"--behaviour"}), Error);
  EXPECT_THROW(parse_agent_options({"--behaviour", "kind"}), Error);
  EXPECT_THROW(parse_agent_options({"--owner", "-1"}), Error);
  EXPECT_THROW(parse_agent_options({"--what", "1"}), Error);
}

TEST(AgentOptionsTest, a_command_is_quoted_for_a_shell) {
  EXPECT_EQ(agent_command("/a b/it's", {"--edit", "x y"}),
            R"('/a b/it'\''s' simulated-agent --edit 'x y')");
}

TEST(AgentWorkTest, a_journal_tells_what_was_said_whole) {
  const auto entries = read_journal("W work/1/0.txt\nA src/f.txt 12-3\nW work/1/1.t");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_TRUE(entries[0].is_whole_file);
  EXPECT_EQ(entries[0].path, "work/1/0.txt");
  EXPECT_FALSE(entries[1].is_whole_file);
  EXPECT_EQ(entries[1].path, "src/f.txt");
  EXPECT_EQ(entries[1].line, "12-3");
  EXPECT_EQ(work_text("a"), work_text("a"));
  EXPECT_NE(work_text("a"), work_text("b"));
}

TEST(RescueAuditTest, reads_what_git_writes) {
  const auto files = files_in("1f blob 5\na\nb c\n:x missing\n2e blob 0\n\n3d blob 9\nshort");
  ASSERT_EQ(files.size(), 5U);  // a file that is cut off does not count
  EXPECT_EQ(files[0], "a\nb c");
  EXPECT_FALSE(files[1]);
  EXPECT_EQ(files[2], "");
  EXPECT_FALSE(files[3]);
}

TEST(RescueAuditTest, work_is_found_in_any_ref_of_its_instance) {
  support::TemporaryDirectory place;
  const auto repository = place / "repository";
  make_work_repository(repository, 3, 1, [] {});
  const auto save = [&](const std::string& instance, const std::string& file,
                        const std::string& text, const std::string& time) {
    support::write_file(repository / file, text);
    output_of(git_call(repository, {"add", file}));
    output_of(git_call(repository, {"commit", "--quiet", "--message", "Saved"}));
    output_of(git_call(repository, {"update-ref", rescue_namespace_of(instance) + time, "HEAD"}));
    output_of(git_call(repository, {"reset", "--quiet", "--hard", "HEAD~1"}));
  };
  save("w1", "a.txt", work_text("a.txt"), "1");
  save("w1", "b.txt", work_text("b.txt"), "2");
  save("w2", "c.txt", "something else", "1");
  const auto lost = find_lost(
      repository,
      {{"w1", "a.txt"}, {"w1", "b.txt"}, {"w2", "a.txt"}, {"w2", "c.txt"}, {"w3", "a.txt"}});
  ASSERT_EQ(lost.size(), 3U);
  EXPECT_EQ(lost[0].instance, "w2");
  EXPECT_EQ(lost[1].path, "c.txt");
  EXPECT_EQ(lost[2].instance, "w3");
}

TEST(RealTallyTest, tells_the_first_ten_of_what_is_left_and_of_what_is_lost) {
  RealTally tally;
  tally.note_left(std::vector<std::string>(11, "a socket"));
  tally.note_lost(std::vector<EditedWork>(12, {.instance = "w1", .path = "a.txt"}));
  EXPECT_EQ(tally.orphans, 11U);
  EXPECT_EQ(tally.left.size(), 10U);
  ASSERT_EQ(tally.lost_work.size(), 10U);
  EXPECT_EQ(tally.lost_work.front(), "none of a.txt of w1 was saved");
}

TEST(CapturedProgramTest, keeps_what_was_written_and_how_it_ended) {
  const auto outcome =
      run_program({.arguments = {"sh", "-c", "cat; echo no >&2; exit 3"}, .input = "yes"});
  EXPECT_EQ(outcome.status, 3);
  EXPECT_EQ(outcome.output, "yes");
  EXPECT_EQ(outcome.errors, "no\n");
  EXPECT_THROW(output_of({.arguments = {"sh", "-c", "exit 1"}}), Error);
  EXPECT_THROW(run_program({.arguments = {"yardmaster-no-such-program"}}), Error);
  EXPECT_THROW(
      run_program({.arguments = {"sleep", "60"}, .timeout = std::chrono::milliseconds(20)}), Error);
}

}  // namespace
}  // namespace yardmaster::loadgen
