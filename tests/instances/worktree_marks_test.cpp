// The mark of a branch tells ours from others'. It is taken back whatever failed, and branches that
// do not carry it stay.
#include "coordinator/instances/git/worktrees.h"
#include "tests/instances/git_fixture.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using support::read_file;
using support::write_file;

class WorktreeMarksTest : public support::GitTest {
 protected:
  WorktreeRequest request(const std::string& name) const {
    return {path_of(name), branch_of(name), "main", {"/.mcp.json"}};
  }
  RemovedWorktree remove_begun(const std::string& name) {
    return wait_for(worktrees().remove_begun(path_of(name), branch_of(name), name));
  }
  std::vector<fs::path> orphans(std::vector<fs::path> living = {}) {
    return wait_for(worktrees().find_orphans(yard_root_, {std::move(living)}));
  }
  // Adds a worktree as another daemon does, with a state of its own, on the same repository.
  fs::path add_in_another_yard(const std::string& name) {
    const fs::path path = scratch_ / "other/repo" / name;
    wait_for(worktrees().add({path, branch_of(name), "main", {"/.mcp.json"}}));
    return path;
  }
  void lose_worktree(const std::string& name) const {
    fs::remove_all(path_of(name));
    fs::remove_all(repository_ / ".git/worktrees" / name);
  }
};

TEST_F(WorktreeMarksTest, a_branch_that_lost_its_worktree_is_found_and_its_work_saved) {
  for (const bool packed : {false, true}) {
    commit_file(add("a"), "work", "work");
    const std::string commit = git({"rev-parse", "instance/a"});
    lose_worktree("a");
    if (packed) git({"pack-refs", "--all"});
    EXPECT_EQ(orphans({path_of("b")}), std::vector<fs::path>{path_of("a")});
    EXPECT_TRUE(orphans({path_of("a")}).empty());
    const RemovedWorktree removed = remove("a");
    ASSERT_EQ(removed.rescue_refs.size(), 1U);
    EXPECT_EQ(git({"rev-parse", removed.rescue_refs[0]}), commit);
    EXPECT_EQ(traces(), "");
    EXPECT_TRUE(orphans().empty());
    git({"update-ref", "-d", removed.rescue_refs[0]});
  }
}

TEST_F(WorktreeMarksTest, branches_of_the_users_are_no_orphans) {
  git({"branch", "instance/users"});
  EXPECT_TRUE(orphans().empty());
  EXPECT_TRUE(remove_begun("users").rescue_refs.empty());
  EXPECT_EQ(git({"branch", "--list", "instance/users"}), "  instance/users");
}

TEST_F(WorktreeMarksTest, another_yards_instance_of_the_same_name_is_undisturbed) {
  const fs::path other = add_in_another_yard("a");
  commit_file(other, "work", "work");
  EXPECT_EQ(code_of(worktrees().add(request("a"))), ErrorCode::already_exists);
  EXPECT_TRUE(orphans().empty());
  remove_begun("a");
  remove("a");
  EXPECT_TRUE(fs::exists(other / "work"));
  EXPECT_EQ(git(other, {"symbolic-ref", "HEAD"}), "refs/heads/instance/a");
  wait_for(worktrees().remove(other, branch_of("a"), "a"));
  EXPECT_EQ(traces(), "") << "it has kept its mark";
}

TEST_F(WorktreeMarksTest, what_was_in_the_way_of_an_addition_stays) {
  fs::create_directories(path_of("a"));
  write_file(path_of("a") / "file", "mine");
  EXPECT_EQ(code_of(worktrees().add(request("a"))), ErrorCode::already_exists);
  const RemovedWorktree removed = remove_begun("a");
  EXPECT_EQ(removed.kept_directory, fs::path());
  EXPECT_EQ(read_file(path_of("a") / "file"), "mine");
  git({"worktree", "add", "--quiet", "-b", "instance/b", path_of("b").string()});
  write_file(path_of("b") / "file", "mine");
  EXPECT_EQ(code_of(worktrees().add(request("b"))), ErrorCode::already_exists);
  remove_begun("b");
  EXPECT_EQ(git(path_of("b"), {"status", "--porcelain"}), "?? file");
  remove_begun("never-there");
}

TEST_F(WorktreeMarksTest, an_addition_that_was_killed_at_any_step_is_taken_back_by_its_mark) {
  for (const char* word : {"rev-parse", "--list", "update-ref", "worktree", "reset"}) {
    for (const bool before : {true, false}) {
      SCOPED_TRACE(std::string(before ? "before " : "after ") + word);
      yard_->runner.freeze(word, before);
      boost::asio::co_spawn(yard_->loop.io(), worktrees().add(request("a")),
                            [](const std::exception_ptr&, const std::string&) {});
      ASSERT_TRUE(yard_->loop.run_until([&] { return yard_->runner.frozen(); }));
      restart();
      remove_begun("a");
      EXPECT_EQ(traces(), "");
    }
  }
}

TEST_F(WorktreeMarksTest, an_addition_that_took_too_long_leaves_nothing_of_what_it_made) {
  for (const char* word : {"update-ref", "worktree", "reset"}) {
    SCOPED_TRACE(word);
    yard_->runner.time_out(word);
    EXPECT_EQ(code_of(worktrees().add(request("a"))), ErrorCode::timed_out);
    EXPECT_EQ(traces(), "");
  }
  add("a");
}

TEST_F(WorktreeMarksTest, what_cannot_be_taken_back_is_told_and_found) {
  write_file(repository_ / ".gitattributes", "*.dat filter=broken\n");
  commit_file(repository_, "x.dat", "data\n");
  commit_file(repository_, ".gitattributes", "*.dat filter=broken\n");
  git({"config", "filter.broken.smudge", "false"});
  git({"config", "filter.broken.clean", "cat"});
  git({"config", "filter.broken.required", "true"});
  yard_->runner.freeze("reset", false);
  std::string failure;
  boost::asio::co_spawn(yard_->loop.io(), worktrees().add(request("a")),
                        [&](const std::exception_ptr& error, const std::string&) {
                          try {
                            if (error) std::rethrow_exception(error);
                          } catch (const Error& refusal) {
                            failure = refusal.what();
                          }
                        });
  ASSERT_TRUE(yard_->loop.run_until([&] { return yard_->runner.frozen(); }));
  git({"commit", "--quiet", "--allow-empty", "-m", "Somebody else's"});
  git({"update-ref", "refs/heads/instance/a", "main"});
  yard_->runner.thaw();
  ASSERT_TRUE(yard_->loop.run_until([&] { return !failure.empty(); }));
  EXPECT_NE(failure.find("stays until the next cleanup"), std::string::npos) << failure;
  EXPECT_EQ(orphans(), std::vector<fs::path>{path_of("a")});
  remove("a");
  EXPECT_EQ(traces(), "");
}

}  // namespace
}  // namespace yardmaster
