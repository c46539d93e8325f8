// Replies of the daemon as people read them, and what a command means when it does not say it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "coordinator/cli/attach.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/repository_choice.h"
#include "coordinator/cli/rescue_choice.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;
using support::TemporaryDirectory;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

WallTime noon() { return parse_time("2026-11-21T12:00:00.000000Z").value(); }

std::string restore(const std::string& ref) { return "yardmaster rescue restore " + ref; }

template <typename Action>
std::string error_message_of(const Action& action, ErrorCode code) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "was not refused";
  return "";
}

TEST(Listings, an_instance_is_a_row_with_its_age_and_task) {
  const json instances = json::parse(R"([
    {"instance_id":"worker-1","role":"worker","state":"running","repo":"api",
     "branch":"instance/worker-1","created_at":"2026-11-21T11:57:00.000000Z",
     "task":"Fix issue 12\nand add a test"},
    {"instance_id":"old","role":"worker","state":"idle"}])");
  EXPECT_EQ(instances_table(instances, noon()).text(),
            "NAME      ROLE    STATE    REPO  BRANCH               AGE  TASK\n"
            "worker-1  worker  running  api   instance/worker-1  3 min  "
            "Fix issue 12 and add a test\n"
            "old       worker  idle     -     -                      -  -\n");
}

TEST(Listings, a_repository_says_how_far_it_is_or_why_it_failed) {
  const json repositories = json::parse(R"([
    {"name":"api","state":"ready","base_branch":"main","instances":2,"path":"/src/api"},
    {"name":"web","state":"cloning","progress":"Receiving objects:  42%","url":"https://x/web"},
    {"name":"doc","state":"failed","error":"no such host","instances":0}])");
  const std::string text = repositories_table(repositories).text();
  EXPECT_THAT(text, AllOf(HasSubstr("/src/api"), HasSubstr("Receiving objects: 42%"),
                          HasSubstr("no such host")));
}

TEST(Listings, history_begins_with_the_latest_and_says_how_each_ended) {
  const json gone = json::parse(R"([
    {"instance_id":"a","role":"worker","created_at":"2026-11-21T09:00:00.000000Z",
     "ended_at":"2026-11-21T10:00:00.000000Z","reason":"released"},
    {"instance_id":"b","role":"worker","created_at":"2026-11-21T11:00:00.000000Z",
     "ended_at":"2026-11-21T11:30:00.000000Z","reason":"process died","exit_status":"signal 9",
     "rescue":["refs/yardmaster/rescue/b/1"]}])");
  const json latest = latest_first(gone, 1);
  ASSERT_EQ(latest.size(), 1U);
  EXPECT_EQ(latest[0]["instance_id"], "b");
  EXPECT_EQ(latest_first(gone, 0).size(), 2U);
  EXPECT_THAT(history_table(latest, noon()).text(),
              AllOf(HasSubstr("30 min ago"), HasSubstr("30 min"), HasSubstr("signal 9"),
                    HasSubstr("process died")));
}

TEST(Listings, an_ending_tells_the_last_output_and_the_way_back) {
  const json gone = json::parse(R"({"instance_id":"b","role":"worker","reason":"process died",
     "ended_at":"2026-11-21T11:30:00.000000Z","last_output":"\u001b[31mboom\u001b[0m\r\nbye",
     "rescue":["refs/yardmaster/rescue/b/1","/state/rescue/b-1"]})");
  const std::string text = ending_text(gone, noon(), restore);
  EXPECT_THAT(text, HasSubstr("  boom\n  bye\n"));
  EXPECT_THAT(text, HasSubstr("  yardmaster rescue restore refs/yardmaster/rescue/b/1\n"));
  EXPECT_THAT(text, HasSubstr("kept in\n  /state/rescue/b-1\n"));
}

TEST(Listings, nothing_is_said_of_rescues_when_there_are_none) {
  EXPECT_EQ(rescued_text(json::array(), restore), "");
}

TEST(Listings, a_dry_run_says_what_it_would_free_and_that_it_did_nothing) {
  const json reply = json::parse(R"({"dry_run":true,"freed_bytes":12582912,"actions":[
    {"action":"remove worktree","instance_id":"w","path":"/wt/w","bytes":12582912,
     "what":"belongs to nobody"}]})");
  EXPECT_THAT(
      actions_text(reply, "nothing", 0, restore),
      AllOf(HasSubstr("/wt/w"), HasSubstr("1 action, would free 12 MiB"), HasSubstr("--dry-run")));
  json done = reply;
  done["dry_run"] = false;
  EXPECT_THAT(actions_text(done, "nothing", 0, restore),
              AllOf(HasSubstr("freed 12 MiB"), Not(HasSubstr("--dry-run"))));
  EXPECT_EQ(actions_text({{"actions", json::array()}}, "nothing", 0, restore), "nothing\n");
}

TEST(Listings, what_a_cleanup_rescued_is_said_with_the_way_back) {
  const json reply = json::parse(R"({"actions":[
    {"action":"remove","what":"worktree","rescue":["refs/yardmaster/rescue/w/1"]},
    {"action":"remove","what":"worktree","rescue":["/state/rescue/v-1"]},
    {"action":"remove","what":"trash"}]})");
  EXPECT_THAT(actions_text(reply, "nothing", 0, restore),
              AllOf(HasSubstr("  yardmaster rescue restore refs/yardmaster/rescue/w/1\n"),
                    HasSubstr("kept in\n  /state/rescue/v-1\n")));
}

TEST(Listings, fields_of_any_type_or_none_do_no_harm) {
  const json odd = json::parse(R"([{"instance_id":7,"task":null,"created_at":[1]},3,null])");
  EXPECT_THAT(instances_table(odd, noon()).text(), HasSubstr("7"));
  EXPECT_EQ(number_of(json::parse(R"({"bytes":-1})"), "bytes"), 0U);
}

TEST(RepositorySource, is_a_directory_that_is_there_or_a_url) {
  const TemporaryDirectory place;
  const std::string here = place.path().string();
  EXPECT_EQ(repository_source(here), (RepositorySource{false, here}));
  EXPECT_EQ(repository_source(here + "/."), (RepositorySource{false, here}));
  EXPECT_EQ(repository_source(here + "/"), (RepositorySource{false, here}));
  EXPECT_TRUE(std::filesystem::path(repository_source(".").value).is_absolute());
  for (const char* url :
       {"https://example.org/a.git", "file:///srv/a.git", "git@example.org:a/b", "host:a"}) {
    EXPECT_EQ(repository_source(url), (RepositorySource{true, url}));
  }
  for (const char* neither : {"no-such-directory", "./a:b", ":a", ""}) {
    EXPECT_THAT(error_message_of([&] { repository_source(neither); }, ErrorCode::usage),
                HasSubstr(neither));
  }
}

TEST(RepositorySource, is_added_with_what_was_said_of_it) {
  EXPECT_EQ(add_repo_request({false, "/src/api"}, "", ""), json({{"path", "/src/api"}}));
  EXPECT_EQ(add_repo_request({true, "host:a"}, "api", "main"),
            json({{"github_url", "host:a"}, {"name", "api"}, {"base_branch", "main"}}));
}

class RepositoryChoice : public testing::Test {
 protected:
  std::string choose(const std::filesystem::path& here, const std::string& wanted = "") {
    return choose_repository(repositories_, wanted, here, "/state/worktrees");
  }

  json repositories_ = json::parse(R"([{"name":"api","path":"/src/api"},
                                       {"name":"inner","path":"/src/api/inner"},
                                       {"name":"clone","path":"","state":"cloning"}])");
};

TEST_F(RepositoryChoice, is_what_was_said) { EXPECT_EQ(choose("/src/api", "clone"), "clone"); }

TEST_F(RepositoryChoice, is_the_one_around_this_directory) {
  EXPECT_EQ(choose("/src/api"), "api");
  EXPECT_EQ(choose("/src/api/lib/deep"), "api");
  EXPECT_EQ(choose("/src/api/inner/lib"), "inner");
  EXPECT_EQ(choose("/state/worktrees/clone/worker-1"), "clone");
}

TEST_F(RepositoryChoice, is_asked_for_when_several_could_be_meant) {
  for (const char* elsewhere : {"/src/api2", "/src", "/", "/state/worktrees"}) {
    EXPECT_THAT(error_message_of([&] { choose(elsewhere); }, ErrorCode::usage),
                AllOf(HasSubstr("--repo"), HasSubstr("api, inner, clone")));
  }
}

TEST_F(RepositoryChoice, is_the_only_one_wherever_one_is) {
  repositories_.erase(1);
  repositories_.erase(1);
  EXPECT_EQ(choose("/"), "api");
}

TEST_F(RepositoryChoice, needs_a_repository) {
  repositories_.clear();
  EXPECT_THAT(error_message_of([&] { choose("/"); }, ErrorCode::usage), HasSubstr("repo add"));
}

class RescueChoice : public testing::Test {
 protected:
  std::string choose(const std::string& wanted) {
    return choose_rescue(rescues_, wanted)["commit"];
  }

  const json rescues_ = json::parse(R"([
    {"repo":"api","instance":"w","ref":"refs/yardmaster/rescue/w/1","commit":"old","time":"1"},
    {"repo":"api","instance":"w","ref":"refs/yardmaster/rescue/w/2","commit":"new","time":"2"},
    {"repo":"api","instance":"w","ref":"","directory":"/kept/w","time":"3"},
    {"repo":"api","instance":"k","ref":"","directory":"/kept/k","time":"3"},
    {"repo":"api","instance":"t","ref":"refs/yardmaster/rescue/t/1","commit":"x","time":"1"},
    {"repo":"web","instance":"t","ref":"refs/yardmaster/rescue/t/1","commit":"y","time":"1"}])");
};

TEST_F(RescueChoice, a_ref_is_named_whole_or_by_its_end) {
  EXPECT_EQ(choose("refs/yardmaster/rescue/w/1"), "old");
  EXPECT_EQ(choose("w/1"), "old");
}

TEST_F(RescueChoice, an_instance_stands_for_its_latest_commit) { EXPECT_EQ(choose("w"), "new"); }

TEST_F(RescueChoice, what_is_no_commit_is_said_to_be_in_its_directory) {
  EXPECT_THAT(error_message_of([&] { choose("k"); }, ErrorCode::not_found), HasSubstr("/kept/k"));
}

TEST_F(RescueChoice, what_is_not_there_is_not_found) {
  EXPECT_THAT(error_message_of([&] { choose("nobody"); }, ErrorCode::not_found),
              AllOf(HasSubstr("'nobody'"), HasSubstr("rescue ls"), HasSubstr("history")));
}

TEST_F(RescueChoice, the_same_ref_in_two_repositories_is_ambiguous) {
  EXPECT_THAT(error_message_of([&] { choose("t/1"); }, ErrorCode::usage),
              AllOf(HasSubstr("--repo"), HasSubstr("api"), HasSubstr("web")));
}

TEST(Attach, names_the_pane_that_no_other_window_is_found_by) {
  const json instance = {{"instance_id", "1"},
                         {"tmux_session", "yard-api"},
                         {"tmux_window", "1"},
                         {"tmux_pane", "%7"}};
  EXPECT_THAT(attach_command(instance, "/run/t.sock", false),
              testing::ElementsAre("tmux", "-S", "/run/t.sock", "attach-session", "-t", "%7"));
  EXPECT_THAT(attach_command(instance, "/run/t.sock", true), testing::Contains("-r"));
}

TEST(Attach, is_refused_to_what_has_no_window) {
  const auto attach = [] { attach_command({{"instance_id", "w-1"}}, "/run/t.sock", false); };
  EXPECT_THAT(error_message_of(attach, ErrorCode::conflict), HasSubstr("w-1 has no window here"));
  const auto attach_early = [] {
    attach_command({{"instance_id", "w-1"}, {"tmux_session", "yard-api"}}, "/run/t.sock", false);
  };
  EXPECT_THAT(error_message_of(attach_early, ErrorCode::conflict), HasSubstr("being started"));
}

}  // namespace
}  // namespace yardmaster::cli
