// Removals that meet others at the same worktree, or at one of a similar name.
#include "coordinator/instances/git/worktrees.h"
#include "tests/instances/git_fixture.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using support::read_file;
using support::write_file;

class WorktreeRacesTest : public support::GitTest {
 protected:
  // A removal that stands still once it has looked at what there is.
  void begin_removal(const std::string& name) {
    yard_->runner.freeze("status", false);
    boost::asio::co_spawn(yard_->loop.io(),
                          worktrees().remove(path_of(name), branch_of(name), name),
                          [this](std::exception_ptr failure, RemovedWorktree removed) {
                            ended_ = true;
                            failure_ = std::move(failure);
                            removed_ = std::move(removed);
                          });
    ASSERT_TRUE(yard_->loop.run_until([&] { return yard_->runner.frozen(); }));
  }
  void end_removal() {
    yard_->runner.thaw();
    ASSERT_TRUE(yard_->loop.run_until([&] { return ended_; }));
    EXPECT_FALSE(failure_);
  }
  fs::path admin(const std::string& name) const { return repository_ / ".git/worktrees" / name; }

  bool ended_ = false;
  std::exception_ptr failure_;
  RemovedWorktree removed_;
};

TEST_F(WorktreeRacesTest, the_second_of_two_removals_finds_nothing_and_does_not_fail) {
  add("a");
  write_file(path_of("a") / "work", "work");
  begin_removal("a");
  const RemovedWorktree first = remove("a");
  EXPECT_EQ(first.rescue_refs.size(), 1U);
  end_removal();
  EXPECT_EQ(removed_.kept_directory, fs::path());
  EXPECT_EQ(wait_for(worktrees().rescues()).size(), 1U);
  EXPECT_EQ(traces(), "");
}

TEST_F(WorktreeRacesTest, a_late_removal_does_not_take_the_next_worktree_of_that_name) {
  add("a");
  begin_removal("a");
  remove("a");
  add("a");
  write_file(path_of("a") / "work", "work");
  const std::string before = traces();
  end_removal();
  EXPECT_TRUE(removed_.rescue_refs.empty());
  EXPECT_EQ(read_file(path_of("a") / "work"), "work");
  EXPECT_EQ(git(path_of("a"), {"status", "--porcelain"}), "?? work");
  EXPECT_EQ(traces(), before);
}

TEST_F(WorktreeRacesTest, what_others_are_just_adding_under_a_similar_name_stays) {
  add("worker-1");
  // `git worktree add …/worker-12` leaves it like this for a moment.
  fs::create_directories(admin("worker-12"));
  write_file(admin("worker-12") / "locked", "initializing");
  begin_removal("worker-1");
  write_file(admin("worker-12") / "gitdir", (scratch_ / "worker-12/.git").string() + "\n");
  end_removal();
  EXPECT_FALSE(fs::exists(admin("worker-1")));
  EXPECT_TRUE(fs::exists(admin("worker-12") / "locked"));
}

}  // namespace
}  // namespace yardmaster
