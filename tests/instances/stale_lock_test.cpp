// Locks that a killed git left on our refs: they hold nothing up for long, and whoever holds a lock
// keeps it.
#include "coordinator/instances/git/stale_lock.h"

#include "tests/instances/git_fixture.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using support::write_file;

class StaleLockTest : public support::GitTest {
 protected:
  fs::path common() const { return repository_ / ".git"; }
  fs::path lock_of(const std::string& ref) const {
    const fs::path lock = common() / (ref + ".lock");
    fs::create_directories(lock.parent_path());
    write_file(lock, "");
    return lock;
  }
  // Tests beside this one may run a git that is older than the lock; this waits until they do not.
  static bool is_removed_soon(const fs::path& common, const fs::path& lock) {
    return support::eventually([&] { return remove_stale_lock(common, lock); });
  }
};

TEST_F(StaleLockTest, a_worktree_is_added_over_what_a_killed_git_left) {
  const fs::path lock = lock_of("refs/heads/" + branch_of("worker-1"));
  const auto is_added = [&] {
    try {
      wait_for(worktrees().add({path_of("worker-1"), branch_of("worker-1"), "main", {}}));
      return true;
    } catch (const Error&) {
      return false;  // a git of a test beside this one is older than the lock
    }
  };
  ASSERT_TRUE(support::eventually(is_added));
  EXPECT_FALSE(fs::exists(lock));
  EXPECT_TRUE(fs::exists(path_of("worker-1")));
}

TEST_F(StaleLockTest, locks_of_other_refs_and_files_stay) {
  for (const char* name : {"refs/heads/main", "packed-refs", "config", "index"}) {
    const fs::path lock = lock_of(name);
    EXPECT_FALSE(remove_stale_lock(common(), lock)) << name;
    EXPECT_TRUE(fs::exists(lock)) << name;
    fs::remove(lock);
  }
}

TEST_F(StaleLockTest, a_lock_that_an_older_git_may_hold_stays) {
  support::ChildProcess git({{"git", "-C", repository_, "-c", "alias.wait=!sleep 60", "wait"}});
  const auto becomes_git = [&] {
    return support::read_file("/proc/" + std::to_string(git.pid()) + "/comm") == "git\n";
  };
  ASSERT_TRUE(support::eventually(becomes_git));
  const fs::path lock = lock_of("refs/yardmaster/branch/instance/worker-1");
  EXPECT_FALSE(remove_stale_lock(common(), lock));
  EXPECT_TRUE(fs::exists(lock));
  git.kill();
  EXPECT_TRUE(is_removed_soon(common(), lock));
  EXPECT_FALSE(fs::exists(lock));
}

TEST(StaleLock, is_named_in_what_git_says) {
  EXPECT_EQ(lock_named_in("fatal: cannot lock ref 'refs/heads/x': Unable to create "
                          "'/r/.git/refs/heads/x.lock': File exists.\n\nAnother git"),
            "/r/.git/refs/heads/x.lock");
  EXPECT_EQ(lock_named_in("fatal: cannot lock ref 'refs/heads/x': reference already exists"), "");
}

}  // namespace
}  // namespace yardmaster
