// Adding worktrees: many at once, beside others who use git, and nothing left of what fails.
#include "coordinator/instances/git/worktrees.h"

#include <atomic>
#include <thread>

#include "tests/instances/git_fixture.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using support::read_file;
using support::tree_text;
using support::write_file;

class WorktreesTest : public support::GitTest {
 protected:
  WorktreeRequest request(const std::string& name, const std::string& start = "main") const {
    return {path_of(name), branch_of(name), start, {"/.mcp.json"}};
  }
  // Adds them all at once and returns the messages of those that failed.
  std::vector<std::string> add_many(int count) {
    int ended = 0;
    std::vector<std::string> failures;
    for (int i = 0; i < count; ++i) {
      boost::asio::co_spawn(yard_->loop.io(), worktrees().add(request("w" + std::to_string(i))),
                            [&](const std::exception_ptr& failure, const std::string&) {
                              ++ended;
                              try {
                                if (failure) std::rethrow_exception(failure);
                              } catch (const std::exception& error) {
                                failures.emplace_back(error.what());
                              }
                            });
    }
    EXPECT_TRUE(yard_->loop.run_until([&] { return ended == count; }));
    return failures;
  }
  void expect_refused(WorktreeRequest request, ErrorCode code) {
    const std::string before = traces();
    const std::string users = users_things();
    EXPECT_EQ(code_of(worktrees().add(std::move(request))), code) << message_;
    EXPECT_EQ(traces(), before);
    EXPECT_EQ(users_things(), users);
  }
};

TEST_F(WorktreesTest, one_has_a_branch_of_its_own_and_the_files_of_its_start) {
  const std::string commit = git({"rev-parse", "main"});
  EXPECT_EQ(wait_for(worktrees().add(request("worker-1"))), commit);
  const fs::path path = path_of("worker-1");
  EXPECT_EQ(tree_text(path), tree_text(repository_));
  EXPECT_EQ(git(path, {"status", "--porcelain=v2", "--branch"}),
            "# branch.oid " + commit + "\n# branch.head instance/worker-1");
  EXPECT_EQ(git(path, {"rev-parse", "HEAD"}), commit);
}

TEST_F(WorktreesTest, any_ref_may_be_the_start_and_none_is_tracked) {
  git({"tag", "-a", "v1", "-m", "v1"});
  commit_file(repository_, "later", "later\n");
  git({"update-ref", "refs/remotes/origin/topic", "main"});
  git({"config", "branch.autoSetupMerge", "always"});
  const std::string old = git({"rev-parse", "v1^{commit}"});
  EXPECT_EQ(wait_for(worktrees().add(request("a", "v1"))), old);
  EXPECT_EQ(wait_for(worktrees().add(request("b", old.substr(0, 10)))), old);
  EXPECT_NE(wait_for(worktrees().add(request("c", "origin/topic"))), old);
  EXPECT_EQ(read_file(repository_ / ".git/config").find("[branch \"instance"), std::string::npos);
}

TEST_F(WorktreesTest, twenty_five_at_once_end_with_twenty_five) {
  const auto failures = add_many(25);
  EXPECT_TRUE(failures.empty()) << testing::PrintToString(failures);
  for (int i = 0; i < 25; ++i) {
    EXPECT_EQ(git(path_of("w" + std::to_string(i)), {"status", "--porcelain"}), "");
  }
}

TEST_F(WorktreesTest, twenty_five_at_once_succeed_beside_others_who_take_locks) {
  std::atomic<bool> stop{false};
  std::jthread others([&] {
    for (int i = 0; !stop; ++i) {
      // Some of these fail, since ours hold the locks.
      for (const std::vector<std::string>& arguments :
           {std::vector<std::string>{"config", "yard.noise", std::to_string(i)},
            {"branch", "noise"},
            {"pack-refs", "--all"},
            {"branch", "-D", "noise"}}) {
        std::vector<std::string> argv{"git", "-C", repository_.string()};
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        support::run({argv});
      }
    }
  });
  const auto failures = add_many(25);
  stop = true;
  others.join();
  EXPECT_TRUE(failures.empty()) << testing::PrintToString(failures);
  EXPECT_EQ(std::distance(fs::directory_iterator(yard_root_), {}), 25);
}

TEST_F(WorktreesTest, what_cannot_be_added_leaves_nothing_behind) {
  add("taken");
  write_file(yard_root_ / "file", "mine");
  git({"branch", "instance/mine"});
  git({"branch", "instance/deep/er"});
  expect_refused(request("a", "no-such-ref"), ErrorCode::not_found);
  expect_refused(request("a", "--help"), ErrorCode::not_found);
  expect_refused(request("a", "main^{tree}"), ErrorCode::not_found);
  expect_refused(request("mine"), ErrorCode::already_exists);
  expect_refused(request("deep"), ErrorCode::already_exists);
  expect_refused(request("taken"), ErrorCode::already_exists);
  expect_refused({path_of("taken"), branch_of("new"), "main", {}}, ErrorCode::already_exists);
  expect_refused({path_of("file"), branch_of("new"), "main", {}}, ErrorCode::already_exists);
  expect_refused({path_of("a"), "instance/a..b", "main", {}}, ErrorCode::invalid_request);
  expect_refused({yard_root_ / "file/below", branch_of("new"), "main", {}}, ErrorCode::conflict);
}

TEST_F(WorktreesTest, a_path_that_a_missing_worktree_of_the_users_has_is_refused) {
  git({"worktree", "add", "--quiet", "-b", "users", path_of("gone").string()});
  fs::rename(path_of("gone"), scratch_ / "unmounted");
  expect_refused(request("gone"), ErrorCode::already_exists);
}

TEST_F(WorktreesTest, a_checkout_that_fails_leaves_nothing_behind) {
  write_file(repository_ / ".gitattributes", "*.dat filter=broken\n");
  commit_file(repository_, "x.dat", "data\n");
  commit_file(repository_, ".gitattributes", "*.dat filter=broken\n");
  git({"config", "filter.broken.smudge", "false"});
  git({"config", "filter.broken.clean", "cat"});
  git({"config", "filter.broken.required", "true"});
  git({"config", "extensions.worktreeConfig", "true"});
  expect_refused(request("a"), ErrorCode::conflict);
  EXPECT_TRUE(fs::is_empty(scratch_ / "worktrees/.trash"));
}

TEST_F(WorktreesTest, an_empty_repository_has_no_start) {
  const fs::path empty = scratch_ / "empty";
  fs::create_directories(empty);
  git(empty, {"init", "--quiet"});
  support::GitYard yard(scratch_.path(), empty);
  EXPECT_THROW(yard.loop.wait_for(yard.worktrees.add(request("a"))), Error);
}

TEST_F(WorktreesTest, a_repository_that_is_gone_is_not_looked_for_above) {
  const fs::path inner = repository_ / "inner";
  fs::create_directories(inner);
  support::GitYard yard(scratch_.path(), inner);
  EXPECT_THROW(yard.loop.wait_for(yard.worktrees.add(request("a"))), Error);
  EXPECT_EQ(traces(), "");
}

TEST_F(WorktreesTest, no_hook_runs) {
  const fs::path hook = repository_ / ".git/hooks/post-checkout";
  write_file(hook, "#!/bin/sh\ntouch " + (scratch_ / "ran").string() + "\n");
  fs::permissions(hook, fs::perms::owner_all);
  add("a");
  EXPECT_FALSE(fs::exists(scratch_ / "ran"));
}

TEST_F(WorktreesTest, own_files_and_the_users_excludes_are_kept_out_of_its_status) {
  fs::create_directories(scratch_ / ".config/git");
  write_file(scratch_ / ".config/git/ignore", "*.users");
  const std::string exclude = read_file(repository_ / ".git/info/exclude");
  const fs::path path = add("a");
  fs::create_directories(path / ".claude");
  for (const char* name : {".mcp.json", ".claude/x", "b.users"}) write_file(path / name, "{}");
  EXPECT_EQ(git(path, {"status", "--porcelain"}), "");
  write_file(path / ".claude/y", "");
  EXPECT_EQ(git(path, {"status", "--porcelain"}), "?? .claude/");
  EXPECT_EQ(read_file(repository_ / ".git/info/exclude"), exclude);
  write_file(repository_ / ".mcp.json", "{}");
  EXPECT_EQ(git({"status", "--porcelain"}), "?? .mcp.json") << "elsewhere it is a file like any";
}

TEST_F(WorktreesTest, excludes_that_the_user_named_hold_too) {
  write_file(scratch_ / "my excludes", "*.users\n");
  git({"config", "--global", "core.excludesFile", "~/my excludes"});
  const fs::path path = add("a");
  write_file(path / "b.users", "");
  EXPECT_EQ(git(path, {"status", "--porcelain"}), "");
}

TEST_F(WorktreesTest, a_sparse_main_working_tree_keeps_its_settings_and_so_does_ours) {
  git({"sparse-checkout", "set", "--no-cone", "/src/"});
  const fs::path path = add("a");
  write_file(path / ".mcp.json", "{}");
  EXPECT_TRUE(fs::exists(path / "src/main.c"));
  EXPECT_EQ(git(path, {"status", "--porcelain"}), "");
  EXPECT_EQ(git({"status", "--porcelain"}), "");
}

TEST_F(WorktreesTest, where_worktrees_may_have_no_configuration_of_their_own_it_is_left_alone) {
  const fs::path bare = scratch_ / "bare.git";
  git({"clone", "--quiet", "--bare", ".", bare.string()});
  const std::string config = read_file(bare / "config");
  support::GitYard yard(scratch_.path(), bare);
  yard.loop.wait_for(yard.worktrees.add(request("a")));
  write_file(path_of("a") / ".mcp.json", "{}");
  EXPECT_EQ(read_file(bare / "config"), config);
  const WorktreeState state =
      yard.loop.wait_for(yard.worktrees.inspect(path_of("a"), branch_of("a")));
  EXPECT_TRUE(state.exists);
  EXPECT_FALSE(state.uncommitted) << "our own calls know our files";
  yard.loop.wait_for(yard.worktrees.remove(path_of("a"), branch_of("a"), "a"));
  EXPECT_FALSE(fs::exists(bare / "worktrees"));
}

TEST_F(WorktreesTest, locks_that_others_hold_are_waited_for) {
  git({"pack-refs", "--all"});
  for (const char* lock : {"config.lock", "packed-refs.lock"}) {
    const fs::path file = repository_ / ".git" / lock;
    write_file(file, "");
    const int before = yard_->runner.calls();
    // Given back once git has been refused a few times.
    std::jthread holder([&] {
      EXPECT_TRUE(support::eventually([&] { return yard_->runner.calls() > before + 8; }));
      fs::remove(file);
    });
    const std::string name = std::string(lock).substr(0, 3);
    add(name);
    remove(name);
  }
  EXPECT_EQ(traces(), "");
}

TEST_F(WorktreesTest, inspection_tells_what_a_removal_would_save) {
  const auto inspect = [&] { return wait_for(worktrees().inspect(path_of("a"), branch_of("a"))); };
  EXPECT_FALSE(inspect().exists);
  const fs::path path = add("a");
  write_file(path / ".mcp.json", "{}");
  WorktreeState state = inspect();
  EXPECT_TRUE(state.exists);
  EXPECT_FALSE(state.uncommitted);
  EXPECT_FALSE(state.unpushed);
  EXPECT_GT(state.bytes, 4096U);
  write_file(path / "new", "");
  EXPECT_TRUE(inspect().uncommitted);
  commit_file(path, "new", "new");
  state = inspect();
  EXPECT_FALSE(state.uncommitted);
  EXPECT_TRUE(state.unpushed);
  git({"update-ref", "refs/remotes/origin/x", branch_of("a")});
  EXPECT_FALSE(inspect().unpushed);
  write_file(path / ".git", "gitdir: /nowhere\n");
  EXPECT_TRUE(inspect().uncommitted) << "git cannot tell any more";
}

TEST_F(WorktreesTest, inspection_takes_no_lock_and_changes_nothing) {
  const fs::path path = add("a");
  const fs::path index = repository_ / ".git/worktrees/a/index";
  write_file(path / "read me.txt", "first\n");  // another time, the same content
  write_file(index.string() + ".lock", "");
  const auto before = fs::last_write_time(index);
  EXPECT_FALSE(wait_for(worktrees().inspect(path, branch_of("a"))).uncommitted);
  EXPECT_EQ(fs::last_write_time(index), before);
}

TEST_F(WorktreesTest, orphans_are_directories_and_registrations_that_nobody_claims) {
  add("living");
  add("orphan");
  add("missing");
  fs::remove_all(path_of("missing"));
  fs::create_directories(path_of("stray"));
  git({"worktree", "add", "--quiet", (scratch_ / "users").string()});
  const auto found = wait_for(worktrees().find_orphans(yard_root_, {{path_of("living")}}));
  EXPECT_EQ(found,
            (std::vector<fs::path>{path_of("missing"), path_of("orphan"), path_of("stray")}));
  EXPECT_TRUE(wait_for(worktrees().find_orphans(scratch_ / "none", {})).empty());
}

}  // namespace
}  // namespace yardmaster
