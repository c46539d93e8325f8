// Removing worktrees in every state in which they can be, and nothing of the user's with them.
#include <sys/resource.h>

#include "coordinator/instances/git/worktree_files.h"
#include "coordinator/instances/git/worktrees.h"
#include "tests/instances/git_fixture.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using support::read_file;
using support::tree_text;
using support::write_file;

class WorktreeRemovalTest : public support::GitTest {
 protected:
  // Nothing of it is left in the repository or beside the living; no work was seen in it.
  void expect_removed_without_rescue(const std::string& name) {
    const RemovedWorktree removed = remove(name);
    EXPECT_EQ(removed.rescue_refs, std::vector<std::string>{});
    EXPECT_EQ(removed.kept_directory, fs::path());
    EXPECT_EQ(traces(), "");
    EXPECT_EQ(git({"worktree", "list", "--porcelain"}).find("instance/"), std::string::npos);
  }
  fs::path admin(const std::string& name) const { return repository_ / ".git/worktrees" / name; }
  // Stands still before or after the next git command with that word, as a killed daemon.
  void add_and_be_killed(const std::string& word, bool before) {
    yard_->runner.freeze(word, before);
    WorktreeRequest request{path_of("a"), branch_of("a"), "main", {"/.mcp.json"}};
    boost::asio::co_spawn(yard_->loop.io(), worktrees().add(std::move(request)),
                          [](const std::exception_ptr&, const std::string&) {});
    ASSERT_TRUE(yard_->loop.run_until([&] { return yard_->runner.frozen(); })) << word;
    restart();
  }
};

TEST_F(WorktreeRemovalTest, a_clean_one_goes_without_a_trace) {
  const std::string users = users_things();
  add("a");
  write_file(path_of("a") / ".mcp.json", "{}");
  expect_removed_without_rescue("a");
  EXPECT_EQ(users_things(), users);
  EXPECT_EQ(wait_for(worktrees().rescues()).size(), 0U);
}

TEST_F(WorktreeRemovalTest, it_is_idempotent) {
  add("a");
  expect_removed_without_rescue("a");
  expect_removed_without_rescue("a");
  expect_removed_without_rescue("never-there");
}

TEST_F(WorktreeRemovalTest, many_at_once_all_go) {
  for (int i = 0; i < 8; ++i) add("w" + std::to_string(i));
  int ended = 0;
  for (int i = 0; i < 8; ++i) {
    const std::string name = "w" + std::to_string(i);
    boost::asio::co_spawn(yard_->loop.io(),
                          worktrees().remove(path_of(name), branch_of(name), name),
                          [&](const std::exception_ptr& failure, const RemovedWorktree& removed) {
                            EXPECT_FALSE(failure);
                            EXPECT_TRUE(removed.rescue_refs.empty());
                            ++ended;
                          });
  }
  ASSERT_TRUE(yard_->loop.run_until([&] { return ended == 8; }));
  EXPECT_EQ(traces(), "");
}

TEST_F(WorktreeRemovalTest, what_is_removed_waits_in_the_trash_until_that_is_emptied) {
  add("a");
  fs::create_directories(path_of("a") / "locked/inner");
  write_file(path_of("a") / "locked/inner/file", "x");
  write_file(path_of("a") / ".gitignore", "locked\n.gitignore\n");
  fs::permissions(path_of("a") / "locked/inner", fs::perms::owner_read | fs::perms::owner_exec);
  remove("a");
  const fs::path trash = scratch_ / "worktrees/.trash";
  EXPECT_FALSE(fs::is_empty(trash));
  wait_for(empty_trash(yard_->workers, trash));
  EXPECT_TRUE(fs::is_empty(trash));
  wait_for(empty_trash(yard_->workers, scratch_ / "none"));
}

TEST_F(WorktreeRemovalTest, an_add_that_was_killed_between_any_two_steps_is_removed) {
  for (const char* word :
       {"rev-parse", "--list", "extensions.worktreeConfig", "update-ref", "worktree", "reset"}) {
    for (const bool before : {true, false}) {
      SCOPED_TRACE(std::string(before ? "before " : "after ") + word);
      git({"config", "extensions.worktreeConfig", "false"});
      add_and_be_killed(word, before);
      expect_removed_without_rescue("a");
    }
  }
}

TEST_F(WorktreeRemovalTest, a_checkout_that_was_cut_short_is_no_work) {
  add_and_be_killed("reset", true);
  write_file(path_of("a") / "read me.txt", "fir");  // git was killed over this file
  expect_removed_without_rescue("a");
}

TEST_F(WorktreeRemovalTest, one_whose_git_file_was_never_written_is_removed) {
  add_and_be_killed("reset", true);
  fs::remove(path_of("a") / ".git");
  expect_removed_without_rescue("a");
}

TEST_F(WorktreeRemovalTest, a_branch_alone_is_removed_and_one_of_the_users_is_not) {
  add_and_be_killed("update-ref", false);
  EXPECT_NE(traces(), "");
  expect_removed_without_rescue("a");
  git({"branch", "instance/users"});
  remove("users");
  EXPECT_EQ(git({"branch", "--list", "instance/users"}), "  instance/users");
}

TEST_F(WorktreeRemovalTest, a_packed_branch_is_removed_with_its_settings) {
  add("a");
  git({"pack-refs", "--all"});
  git({"config", "branch.instance/a.remote", "origin"});
  expect_removed_without_rescue("a");
  EXPECT_EQ(read_file(repository_ / ".git/config").find("instance/a"), std::string::npos);
}

TEST_F(WorktreeRemovalTest, an_administrative_directory_alone_is_removed) {
  add("a");
  fs::remove_all(path_of("a"));
  expect_removed_without_rescue("a");
  // git was killed before it wrote whose it is.
  fs::create_directories(admin("a"));
  write_file(admin("a") / "locked", "initializing");
  add("a");
  EXPECT_TRUE(fs::exists(admin("a1")));
  expect_removed_without_rescue("a");
}

TEST_F(WorktreeRemovalTest, what_cannot_be_read_is_not_taken_for_empty) {
#ifdef YARDMASTER_SANITIZED
  GTEST_SKIP() << "sanitizers need open files, too";
#endif
  add("registered");
  fs::create_directories(path_of("a"));
  EXPECT_FALSE(read_directory(path_of("a")).has_files);
  // No file can be opened any more, not even by root.
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{3, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const bool has_files = read_directory(path_of("a")).has_files;
  std::string complaint;
  try {
    read_worktree(repository_ / ".git", path_of("a"));
  } catch (const Error& error) {
    complaint = error.what();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(has_files);
  EXPECT_NE(complaint.find("cannot read"), std::string::npos) << complaint;
}

TEST_F(WorktreeRemovalTest, one_that_was_locked_is_removed_too) {
  add("a");
  git({"worktree", "lock", path_of("a").string()});
  expect_removed_without_rescue("a");
}

TEST_F(WorktreeRemovalTest, other_worktrees_stay_also_those_that_are_missing) {
  git({"worktree", "add", "--quiet", "-b", "x", (scratch_ / "users/a").string()});
  git({"worktree", "add", "--quiet", "-b", "y", (scratch_ / "unmounted/a").string()});
  fs::remove_all(scratch_ / "unmounted");
  write_file(scratch_ / "users/a/new", "mine");
  const std::string list = git({"worktree", "list"});
  add("a");
  remove("a");
  EXPECT_EQ(git({"worktree", "list"}), list);
  EXPECT_EQ(git(scratch_ / "users/a", {"status", "--porcelain"}), "?? new");
}

TEST_F(WorktreeRemovalTest, the_users_changes_and_stash_stay) {
  write_file(repository_ / "read me.txt", "stashed");
  git({"stash"});
  write_file(repository_ / "read me.txt", "changed");
  write_file(repository_ / "new", "new");
  git({"add", "new"});
  const std::string users = users_things();
  add("a");
  write_file(path_of("a") / "work", "work");
  EXPECT_EQ(remove("a").rescue_refs.size(), 1U);
  for (const Rescue& rescue : wait_for(worktrees().rescues())) {
    git({"update-ref", "-d", rescue.ref});
  }
  EXPECT_EQ(users_things(), users);
}

TEST_F(WorktreeRemovalTest, a_branch_that_the_user_has_checked_out_stays) {
  add("a");
  git(path_of("a"), {"checkout", "--quiet", "--detach"});
  git({"checkout", "--quiet", "instance/a"});
  remove("a");
  EXPECT_EQ(git({"symbolic-ref", "HEAD"}), "refs/heads/instance/a");
  EXPECT_EQ(git({"status", "--porcelain"}), "");
}

TEST_F(WorktreeRemovalTest, a_branch_that_the_agent_switched_to_stays) {
  add("a");
  git(path_of("a"), {"checkout", "--quiet", "-b", "feature"});
  commit_file(path_of("a"), "new", "new");
  const RemovedWorktree removed = remove("a");
  EXPECT_TRUE(removed.rescue_refs.empty()) << "the branch holds it";
  EXPECT_EQ(git({"show", "feature:new"}), "new");
  EXPECT_EQ(traces(), "");
}

TEST_F(WorktreeRemovalTest, a_branch_that_the_agent_renamed_stays) {
  add("a");
  git(path_of("a"), {"branch", "--move", "renamed"});
  commit_file(path_of("a"), "new", "new");
  EXPECT_TRUE(remove("a").rescue_refs.empty());
  EXPECT_EQ(git({"show", "renamed:new"}), "new");
  EXPECT_EQ(traces(), "");
}

TEST_F(WorktreeRemovalTest, the_files_of_one_with_a_damaged_git_file_are_kept) {
  for (const char* damage : {"", "gitdir: /nowhere\n", "\x01\x02"}) {
    add("a");
    write_file(path_of("a") / "work", "work");
    write_file(path_of("a") / ".git", damage);
    const std::string files = tree_text(path_of("a"));
    const RemovedWorktree removed = remove("a");
    EXPECT_EQ(tree_text(removed.kept_directory), files);
    EXPECT_EQ(traces(), "");
  }
}

TEST_F(WorktreeRemovalTest, one_that_became_a_repository_of_its_own_is_kept) {
  add("a");
  fs::remove(path_of("a") / ".git");
  git(path_of("a"), {"init", "--quiet"});
  commit_file(path_of("a"), "own", "own");
  const RemovedWorktree removed = remove("a");
  EXPECT_EQ(git(removed.kept_directory, {"show", "HEAD:own"}), "own");
  EXPECT_EQ(traces(), "");
}

TEST_F(WorktreeRemovalTest, the_files_of_one_whose_repository_is_gone_are_kept) {
  add("a");
  write_file(path_of("a") / "work", "work");
  fs::rename(repository_, scratch_ / "moved");
  const RemovedWorktree removed = remove("a");
  EXPECT_EQ(read_file(removed.kept_directory / "work"), "work");
  EXPECT_FALSE(fs::exists(path_of("a")));
  EXPECT_EQ(remove("a").kept_directory, fs::path());
  const auto rescues = wait_for(worktrees().rescues());
  ASSERT_EQ(rescues.size(), 1U);
  EXPECT_EQ(rescues[0].kept_directory, removed.kept_directory);
  EXPECT_EQ(rescues[0].summary, "its repository is gone");
  fs::rename(scratch_ / "moved", repository_);
}

TEST_F(WorktreeRemovalTest, a_repository_is_never_taken_for_a_worktree) {
  const std::string users = users_things();
  EXPECT_EQ(code_of(worktrees().remove(repository_, "", "a")), ErrorCode::invalid_request);
  EXPECT_EQ(code_of(worktrees().remove(scratch_.path(), "", "a")), ErrorCode::invalid_request);
  EXPECT_EQ(code_of(worktrees().remove(repository_ / ".git", "", "a")), ErrorCode::invalid_request);
  EXPECT_EQ(users_things(), users);
}

TEST_F(WorktreeRemovalTest, one_reached_through_a_link_is_removed) {
  fs::create_directory_symlink(yard_root_, scratch_ / "link");
  WorktreeRequest request{scratch_ / "link/a", branch_of("a"), "main", {}};
  wait_for(worktrees().add(std::move(request)));
  wait_for(worktrees().remove(scratch_ / "link/a", branch_of("a"), "a"));
  EXPECT_EQ(traces(), "");
}

}  // namespace
}  // namespace yardmaster
