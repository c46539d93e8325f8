// A clone is deleted with its repository only when all that is in it is also where it came from.
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

// Asks for the clone, waits for the test, and fails.
constexpr const char* failing_ssh = R"(#!/bin/sh
touch "$SCRATCH/asked"
until [ -e "$SCRATCH/answer" ]; do sleep 0.05; done
exit 1
)";

class RepositoryRemoval : public testing::Test {
 protected:
  RepositoryRemoval() {
    write_file(scratch_ / "ssh", failing_ssh);
    fs::permissions(scratch_ / "ssh", fs::perms(0755));
    daemon_.emplace(DaemonOptions{
        .environment = {{"YARDMASTER_AGENT_ENVIRONMENT", "GIT_SSH,SCRATCH,GIT_CONFIG_GLOBAL"},
                        {"GIT_SSH", (scratch_ / "ssh").string()},
                        {"SCRATCH", scratch_.path().string()},
                        {"GIT_CONFIG_GLOBAL", "/dev/null"}}});
    fs::create_directories(origin());
    git(origin(), {"init", "--quiet", "--initial-branch=main"});
    commit(origin(), "Begin");
  }

  std::string git(const fs::path& directory, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"git", "-C", directory.string(), "-c", "user.name=Ada",
                                         "-c", "user.email=ada@example.org"});
    const auto result = run({.argv = arguments});
    EXPECT_EQ(result.status, 0) << testing::PrintToString(arguments) << result.errors;
    return result.output;
  }
  void commit(const fs::path& directory, const std::string& message) {
    git(directory, {"commit", "--quiet", "--allow-empty", "--message=" + message});
  }

  fs::path origin() const { return scratch_ / "origin"; }
  std::string url() const { return "file://" + origin().string(); }
  fs::path clone() const { return daemon_->state_dir() / "repos/api"; }
  Finished add_clone() { return daemon_->command({"repo", "add", url(), "--name", "api"}); }
  std::string remove() {
    const auto result = daemon_->command({"repo", "rm", "api"});
    EXPECT_EQ(result.status, 0) << result.errors;
    return result.output;
  }
  json repositories() { return daemon_->call("list_repos")["repos"]; }
  // Expects the clone to stay, since it holds something, `what`, that is nowhere else.
  void expect_clone_stays_with(const std::string& what) {
    EXPECT_THAT(remove(), HasSubstr(clone().string())) << what;
    EXPECT_TRUE(fs::exists(clone() / ".git")) << what;
    fs::remove_all(clone());
  }

  TemporaryDirectory scratch_;
  std::optional<DaemonProcess> daemon_;
};

TEST_F(RepositoryRemoval, a_clone_without_work_goes_with_it) {
  ASSERT_EQ(add_clone().status, 0);
  EXPECT_THAT(remove(), Not(HasSubstr("stay")));
  EXPECT_FALSE(fs::exists(clone()));
}

TEST_F(RepositoryRemoval, a_clone_stays_whatever_kind_of_work_is_in_it) {
  ASSERT_EQ(add_clone().status, 0);
  write_file(clone() / "file", "untracked");
  expect_clone_stays_with("an untracked file");
  ASSERT_EQ(add_clone().status, 0);
  write_file(clone() / "file", "stashed");
  git(clone(), {"stash", "--quiet", "--include-untracked"});
  expect_clone_stays_with("a stash");
  ASSERT_EQ(add_clone().status, 0);
  git(clone(), {"checkout", "--quiet", "--detach"});
  commit(clone(), "On no branch");
  expect_clone_stays_with("a detached HEAD");
  ASSERT_EQ(add_clone().status, 0);
  write_file(clone() / ".git/HEAD", "damaged");
  expect_clone_stays_with("what git cannot read");
}

TEST_F(RepositoryRemoval, an_earlier_clone_is_not_taken_for_the_next_one) {
  ASSERT_EQ(add_clone().status, 0);
  commit(clone(), "Unpushed");
  const std::string head = git(clone(), {"rev-parse", "HEAD"});
  EXPECT_THAT(remove(), HasSubstr(clone().string()));
  const auto again = add_clone();
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.errors, HasSubstr(clone().string() + " holds an earlier clone"));
  EXPECT_TRUE(repositories().empty());
  EXPECT_EQ(git(clone(), {"rev-parse", "HEAD"}), head);
  EXPECT_EQ(daemon_->command({"repo", "add", clone().string(), "--name", "api"}).status, 0);
  EXPECT_THAT(remove(), HasSubstr(clone().string()));
  EXPECT_EQ(git(clone(), {"rev-parse", "HEAD"}), head);
}

TEST_F(RepositoryRemoval, what_came_to_be_beside_a_clone_that_failed_stays) {
  daemon_->call("add_repo", {{"name", "api"}, {"github_url", "ssh://nowhere.invalid/api.git"}});
  ASSERT_TRUE(eventually([&] { return fs::exists(scratch_ / "asked"); }));
  fs::create_directories(clone());
  write_file(clone() / "file", "somebody's");
  write_file(scratch_ / "answer", "");
  ASSERT_TRUE(eventually([&] { return repositories()[0]["state"] == "failed"; }));
  EXPECT_THAT(repositories()[0]["error"].get<std::string>(), Not(HasSubstr("cannot clone")));
  EXPECT_THAT(remove(), HasSubstr(clone().string()));
  EXPECT_EQ(read_file(clone() / "file"), "somebody's");
}

TEST_F(RepositoryRemoval, a_clone_that_failed_says_once_that_it_did) {
  const auto added = daemon_->command({"repo", "add", "file:///nonexistent/x.git"});
  const std::string what = "cannot clone file:///nonexistent/x.git: ";
  ASSERT_THAT(added.errors, HasSubstr(what));
  EXPECT_EQ(added.errors.rfind("cannot clone"), added.errors.find(what));
  EXPECT_TRUE(repositories().empty());
}

}  // namespace
}  // namespace yardmaster::support
