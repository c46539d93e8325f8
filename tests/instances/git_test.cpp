// These tests concern what git says about directories and itself, and clones, which are whole or
// not there.
#include "coordinator/instances/git/git.h"

#include <sys/stat.h>

#include "tests/instances/git_fixture.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using support::read_file;
using support::write_file;

class GitProgramTest : public support::GitTest {
 protected:
  // A program `git` that comes first on the daemon's PATH.
  void put_git(const std::string& script) {
    const fs::path bin = scratch_ / "bin";
    fs::create_directories(bin);
    write_file(bin / "git", "#!/bin/sh\n" + script + "\n");
    fs::permissions(bin / "git", fs::perms::owner_all);
    path_ = std::getenv("PATH");
    ::setenv("PATH", (bin.string() + ":" + path_).c_str(), 1);
  }
  void TearDown() override {
    if (!path_.empty()) ::setenv("PATH", path_.c_str(), 1);
  }
  std::vector<std::string> entries(const fs::path& directory) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  std::shared_ptr<CloneProgress> progress_ = std::make_shared<CloneProgress>();
  Git git_{yard_->runner};
  std::string path_;
};

TEST_F(GitProgramTest, version_is_the_installed_ones) {
  const std::string version = wait_for(git_.version());
  EXPECT_NE(git({"--version"}).find(version), std::string::npos);
  EXPECT_EQ(version.front(), '2');
}

TEST_F(GitProgramTest, an_old_git_is_refused) {
  put_git("echo git version 2.35.9");
  EXPECT_EQ(code_of(git_.version()), ErrorCode::unsupported);
  EXPECT_NE(message_.find("2.35.9"), std::string::npos);
}

TEST_F(GitProgramTest, a_newer_git_of_another_maker_is_taken) {
  put_git("echo 'git version 3.0.1 (Apple Git-200)'");
  EXPECT_EQ(wait_for(git_.version()), "3.0.1");
}

TEST_F(GitProgramTest, a_missing_git_is_told) {
  path_ = std::getenv("PATH");
  ::setenv("PATH", scratch_.path().c_str(), 1);
  EXPECT_EQ(code_of(git_.version()), ErrorCode::unsupported);
  EXPECT_NE(message_.find("not installed"), std::string::npos);
}

TEST_F(GitProgramTest, a_working_tree_is_found_from_within) {
  const RepositoryFacts facts = wait_for(git_.inspect(repository_ / "src"));
  EXPECT_EQ(facts.path, repository_);
  EXPECT_EQ(facts.common_directory, repository_ / ".git");
  EXPECT_EQ(facts.base_branch, "main");
  EXPECT_EQ(facts.origin_url, "");
  EXPECT_FALSE(facts.bare);
}

TEST_F(GitProgramTest, a_clone_on_no_branch_has_its_origins) {
  const fs::path clone = scratch_ / "clone";
  git({"clone", "--quiet", ".", clone.string()});
  git(clone, {"checkout", "--quiet", "--detach"});
  const RepositoryFacts facts = wait_for(git_.inspect(clone));
  EXPECT_EQ(facts.base_branch, "main");
  EXPECT_EQ(facts.origin_url, repository_.string() + "/.");
}

TEST_F(GitProgramTest, a_bare_repository_and_a_linked_worktree_are_told_apart) {
  const fs::path bare = scratch_ / "bare.git";
  git({"clone", "--quiet", "--bare", ".", bare.string()});
  const RepositoryFacts facts = wait_for(git_.inspect(bare));
  EXPECT_TRUE(facts.bare);
  EXPECT_EQ(facts.path, bare);
  EXPECT_EQ(facts.base_branch, "main");
  git({"worktree", "add", "--quiet", (scratch_ / "linked").string()});
  const RepositoryFacts linked = wait_for(git_.inspect(scratch_ / "linked"));
  EXPECT_EQ(linked.path, scratch_ / "linked");
  EXPECT_EQ(linked.common_directory, repository_ / ".git");
  EXPECT_EQ(linked.base_branch, "linked");
}

TEST_F(GitProgramTest, an_empty_or_detached_repository_has_no_base_branch) {
  const fs::path empty = scratch_ / "empty";
  fs::create_directories(empty);
  git(empty, {"init", "--quiet"});
  EXPECT_EQ(wait_for(git_.inspect(empty)).base_branch, "");
  git({"checkout", "--quiet", "--detach"});
  EXPECT_EQ(wait_for(git_.inspect(repository_)).base_branch, "");
}

TEST_F(GitProgramTest, what_is_no_repository_is_refused) {
  EXPECT_EQ(code_of(git_.inspect(scratch_.path())), ErrorCode::invalid_request);
  EXPECT_EQ(message_, "'" + scratch_.path().string() + "' is not a git repository");
  EXPECT_EQ(code_of(git_.inspect(scratch_ / "none")), ErrorCode::invalid_request);
  EXPECT_EQ(code_of(git_.inspect(scratch_ / ".gitconfig")), ErrorCode::invalid_request);
  EXPECT_EQ(code_of(git_.inspect(repository_ / ".git")), ErrorCode::invalid_request);
}

TEST_F(GitProgramTest, variables_that_point_elsewhere_change_nothing) {
  ::setenv("GIT_DIR", "/nowhere", 1);
  ::setenv("GIT_INDEX_FILE", "/nowhere/index", 1);
  const RepositoryFacts facts = wait_for(git_.inspect(repository_));
  ::unsetenv("GIT_DIR");
  ::unsetenv("GIT_INDEX_FILE");
  EXPECT_EQ(facts.path, repository_);
}

TEST_F(GitProgramTest, a_clone_tells_how_far_it_is_and_is_whole) {
  const fs::path target = scratch_ / "clones/it's";
  fs::create_directories(target.parent_path());
  // The clone goes over a transport, which has progress to tell.
  wait_for(git_.clone("file://" + repository_.string(), target, progress_));
  EXPECT_EQ(read_file(target / "read me.txt"), "first\n");
  EXPECT_EQ(git(target, {"status", "--porcelain"}), "");
  EXPECT_EQ(entries(target.parent_path()), std::vector<std::string>{"it's"});
  EXPECT_NE(progress_->text, "");
}

TEST_F(GitProgramTest, a_clone_that_fails_says_why_and_leaves_nothing) {
  const fs::path clones = scratch_ / "clones";
  fs::create_directories(clones);
  EXPECT_EQ(code_of(git_.clone((scratch_ / "none").string(), clones / "x", progress_)),
            ErrorCode::unavailable);
  EXPECT_NE(message_.find("does not exist"), std::string::npos) << message_;
  EXPECT_EQ(code_of(git_.clone("--upload-pack=touch x", clones / "x", nullptr)),
            ErrorCode::unavailable);
  EXPECT_TRUE(fs::is_empty(clones));
  EXPECT_EQ(code_of(git_.clone(repository_.string(), clones, progress_)),
            ErrorCode::already_exists);
}

TEST_F(GitProgramTest, a_cancelled_clone_leaves_nothing) {
  const fs::path clones = scratch_ / "clones";
  fs::create_directories(clones);
  // A server that never answers; the clone has made its directory by then.
  const fs::path ssh = scratch_ / "ssh";
  write_file(ssh, "#!/bin/sh\ntouch " + (scratch_ / "asked").string() + "\nexec sleep 60\n");
  fs::permissions(ssh, fs::perms::owner_all);
  ::setenv("GIT_SSH", ssh.c_str(), 1);
  bool ended = false;
  std::exception_ptr failure;
  boost::asio::co_spawn(yard_->loop.io(),
                        git_.clone("ssh://host.invalid/x", clones / "x", progress_),
                        [&](std::exception_ptr error) {
                          failure = std::move(error);
                          ended = true;
                        });
  ASSERT_TRUE(yard_->loop.run_until([&] { return ended || fs::exists(scratch_ / "asked"); }));
  EXPECT_FALSE(ended);
  EXPECT_FALSE(fs::is_empty(clones));
  progress_->cancel->cancel();
  ASSERT_TRUE(yard_->loop.run_until([&] { return ended; }));
  ::unsetenv("GIT_SSH");
  EXPECT_TRUE(failure);
  EXPECT_TRUE(fs::is_empty(clones));
}

TEST_F(GitProgramTest, what_a_killed_clone_left_is_removed_by_the_next) {
  const fs::path clones = scratch_ / "clones";
  fs::create_directories(clones / ".cloning-web.12ab/objects");
  fs::create_directories(clones / ".cloning-web-app.12ab/objects");
  wait_for(git_.clone(repository_.string(), clones / "web", nullptr));
  std::vector<std::string> left = entries(clones);
  std::sort(left.begin(), left.end());
  EXPECT_EQ(left, (std::vector<std::string>{".cloning-web-app.12ab", "web"}));
}

}  // namespace
}  // namespace yardmaster
