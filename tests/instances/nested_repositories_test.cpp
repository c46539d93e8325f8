// Work that `git status` does not list: repositories and linked worktrees within and beside an
// instance's worktree, ignored or not, outlive it.
#include "coordinator/instances/git/nested_repositories.h"

#include <gmock/gmock.h>

#include "tests/instances/git_fixture.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using support::read_file;
using support::tree_text;
using support::write_file;
using testing::ElementsAre;

class NestedRepositoriesTest : public support::GitTest {
 protected:
  void SetUp() override {
    commit_file(repository_, ".gitignore", "scratch/\n.claude/worktrees/\n");
    path_ = add("a");
  }
  // A repository of its own with a commit that is nowhere else.
  fs::path make_repository(const fs::path& path) {
    fs::create_directories(path);
    git(path, {"init", "--quiet"});
    commit_file(path, "inner", "inner");
    return path;
  }
  // As an agent does it.
  fs::path add_linked(const fs::path& path, std::vector<std::string> how) {
    std::vector<std::string> arguments{"worktree", "add", "--quiet"};
    arguments.insert(arguments.end(), how.begin(), how.end());
    arguments.push_back(path.string());
    git(path_, arguments);
    return path;
  }
  std::string registered() const { return git({"worktree", "list", "--porcelain"}); }

  fs::path path_;
};

TEST_F(NestedRepositoriesTest, an_ignored_repository_is_kept_whole) {
  git(path_, {"clone", "--quiet", repository_.string(), "scratch/clone"});
  commit_file(path_ / "scratch/clone", "work", "work");
  const std::string commit = git(path_ / "scratch/clone", {"rev-parse", "HEAD"});
  const std::string files = tree_text(path_);
  EXPECT_TRUE(wait_for(worktrees().inspect(path_, branch_of("a"))).uncommitted);
  const RemovedWorktree removed = remove("a");
  ASSERT_NE(removed.kept_directory, fs::path());
  EXPECT_EQ(tree_text(removed.kept_directory), files);
  EXPECT_EQ(git(removed.kept_directory / "scratch/clone", {"rev-parse", "HEAD"}), commit);
  EXPECT_EQ(git(removed.kept_directory / "scratch/clone", {"status", "--porcelain"}), "");
  EXPECT_THAT(wait_for(worktrees().rescues()).at(0).summary, testing::HasSubstr("scratch/clone"));
  EXPECT_EQ(traces(), "");
}

TEST_F(NestedRepositoriesTest, a_bare_repository_is_kept_whole) {
  git(path_, {"clone", "--quiet", "--bare", repository_.string(), "scratch/x.git"});
  const RemovedWorktree removed = remove("a");
  ASSERT_NE(removed.kept_directory, fs::path());
  EXPECT_EQ(git(removed.kept_directory / "scratch/x.git", {"rev-parse", "main"}),
            git({"rev-parse", "main"}));
}

TEST_F(NestedRepositoriesTest, one_that_was_committed_as_a_link_is_kept_whole) {
  make_repository(path_ / "tracked");
  git(path_, {"-c", "advice.addEmbeddedRepo=false", "add", "tracked"});
  git(path_, {"commit", "--quiet", "-m", "Link it"});
  git({"update-ref", "refs/remotes/origin/x", branch_of("a")});
  const RemovedWorktree removed = remove("a");
  ASSERT_NE(removed.kept_directory, fs::path());
  EXPECT_EQ(git(removed.kept_directory / "tracked", {"show", "HEAD:inner"}), "inner");
}

TEST_F(NestedRepositoriesTest, a_linked_worktree_gives_its_branch_back) {
  const fs::path linked = add_linked(path_ / ".claude/worktrees/exp", {"-b", "exp"});
  commit_file(linked, "work", "committed");
  const std::string commit = git(linked, {"rev-parse", "HEAD"});
  write_file(linked / "more", "uncommitted");
  const RemovedWorktree removed = remove("a");
  ASSERT_NE(removed.kept_directory, fs::path());
  const fs::path kept = removed.kept_directory / ".claude/worktrees/exp";
  EXPECT_EQ(read_file(kept / "work"), "committed");
  EXPECT_EQ(read_file(kept / "more"), "uncommitted");
  EXPECT_FALSE(fs::exists(kept / ".git")) << "it would lead nowhere";
  EXPECT_EQ(git({"rev-parse", "exp"}), commit);
  EXPECT_EQ(registered().find("exp"), std::string::npos) << registered();
  git({"worktree", "add", "--quiet", (scratch_ / "again").string(), "exp"});
  ASSERT_EQ(removed.rescue_refs.size(), 1U);
  EXPECT_EQ(git({"show", removed.rescue_refs[0] + ":more"}), "uncommitted");
  EXPECT_EQ(git({"rev-parse", removed.rescue_refs[0] + "~1"}), commit);
}

TEST_F(NestedRepositoriesTest, commits_on_no_branch_of_a_linked_worktree_are_saved) {
  const fs::path linked = add_linked(path_ / "scratch/detached", {"--detach"});
  commit_file(linked, "work", "committed");
  const std::string commit = git(linked, {"rev-parse", "HEAD"});
  const RemovedWorktree removed = remove("a");
  ASSERT_EQ(removed.rescue_refs.size(), 1U);
  EXPECT_EQ(git({"rev-parse", removed.rescue_refs[0]}), commit);
}

TEST_F(NestedRepositoriesTest, a_linked_worktree_whose_directory_is_gone_gives_all_back) {
  const fs::path linked = add_linked(path_ / "scratch/exp", {"--detach"});
  commit_file(linked, "work", "committed");
  const std::string commit = git(linked, {"rev-parse", "HEAD"});
  fs::remove_all(path_ / "scratch");
  const RemovedWorktree removed = remove("a");
  EXPECT_EQ(removed.kept_directory, fs::path());
  ASSERT_EQ(removed.rescue_refs.size(), 1U);
  EXPECT_EQ(git({"rev-parse", removed.rescue_refs[0]}), commit);
  EXPECT_EQ(registered().find("exp"), std::string::npos) << registered();
}

TEST_F(NestedRepositoriesTest, linked_worktrees_of_other_repositories_stay_linked) {
  const fs::path other = make_repository(scratch_ / "other");
  const fs::path inner = make_repository(path_ / "scratch/inner");
  git(other, {"worktree", "add", "--quiet", "-b", "x", (path_ / "scratch/of-other").string()});
  git(inner, {"worktree", "add", "--quiet", "-b", "y", (path_ / "scratch/of-inner").string()});
  const fs::path kept = remove("a").kept_directory;
  ASSERT_NE(kept, fs::path());
  EXPECT_EQ(git(kept / "scratch/of-other", {"branch", "--show-current"}), "x");
  EXPECT_EQ(git(kept / "scratch/of-inner", {"branch", "--show-current"}), "y");
  for (const fs::path& repository : {other, kept / "scratch/inner"}) {
    const std::string list = git(repository, {"worktree", "list", "--porcelain"});
    EXPECT_EQ(list.find("prunable"), std::string::npos) << list;
    EXPECT_NE(list.find(kept.string() + "/scratch/of-"), std::string::npos) << list;
  }
}

TEST_F(NestedRepositoriesTest, what_only_looks_like_a_repository_is_none) {
  write_file(repository_ / ".git/info/exclude", "*\n");
  fs::create_directories(path_ / "scratch/.git");
  fs::create_directories(path_ / "scratch/x");
  write_file(path_ / "scratch/x/.git", "gitdir: /nowhere\n");
  write_file(path_ / "scratch/HEAD", "no repository's");
  const RemovedWorktree removed = remove("a");
  EXPECT_EQ(removed.kept_directory, fs::path());
  EXPECT_TRUE(removed.rescue_refs.empty());
}

TEST_F(NestedRepositoriesTest, what_a_living_instance_made_beside_its_worktree_is_no_orphan) {
  const auto now = [] {
    return std::chrono::time_point_cast<WallTime::duration>(std::chrono::system_clock::now());
  };
  const fs::path older = yard_root_ / "older";
  fs::create_directories(older);
  // The kernel stamps files by a clock that ticks some milliseconds apart.
  const WallTime began = now() + std::chrono::milliseconds(1);
  const auto newer_than_began = [&] {
    fs::remove_all(yard_root_ / "probe");
    fs::create_directories(yard_root_ / "probe");
    const auto made = fs::last_write_time(yard_root_ / "probe");
    return std::chrono::file_clock::to_sys(made) > began;
  };
  ASSERT_TRUE(yard_->loop.run_until(newer_than_began));
  fs::remove_all(yard_root_ / "probe");
  fs::create_directories(yard_root_ / "s");
  add_linked(yard_root_ / "exp", {"-b", "exp"});
  add("left-behind");  // ours, of an instance that is none any more
  const auto orphans = [&](std::optional<WallTime> since) {
    return wait_for(worktrees().find_orphans(yard_root_, {{path_}, since}));
  };
  EXPECT_THAT(orphans(began), ElementsAre(path_of("left-behind"), older));
  EXPECT_THAT(orphans(std::nullopt),
              ElementsAre(yard_root_ / "exp", path_of("left-behind"), older, yard_root_ / "s"));
}

}  // namespace
}  // namespace yardmaster
