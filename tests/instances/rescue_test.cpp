// No work is lost: what a removal saves can be brought back byte for byte.
#include "coordinator/instances/git/rescue.h"

#include <sys/stat.h>

#include "tests/instances/git_fixture.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using support::read_file;
using support::tree_text;
using support::write_file;

class RescueTest : public support::GitTest {
 protected:
  void SetUp() override { path_ = add("a"); }
  // Brings the only rescue back into a worktree; returns its path.
  fs::path restore(const RemovedWorktree& removed) {
    EXPECT_EQ(removed.rescue_refs.size(), 1U);
    const fs::path target = scratch_ / "restored";
    wait_for(worktrees().restore_into(removed.rescue_refs.at(0), "back", target));
    return target;
  }
  void expect_restored_byte_for_byte() {
    const std::string files = tree_text(path_);
    const RemovedWorktree removed = remove("a");
    EXPECT_EQ(removed.kept_directory, fs::path());
    EXPECT_EQ(traces(), "");
    EXPECT_EQ(tree_text(restore(removed)), files);
    EXPECT_EQ(git(scratch_ / "restored", {"status", "--porcelain"}), "");
  }
  // A worktree with a submodule, which its repository has from now on.
  fs::path add_with_submodule(const std::string& name) {
    const fs::path library = scratch_ / "library";
    if (!fs::exists(library)) {
      fs::create_directories(library);
      git(library, {"init", "--quiet"});
      commit_file(library, "lib.c", "1");
      git({"config", "--global", "protocol.file.allow", "always"});
      git({"submodule", "--quiet", "add", library.string(), "lib"});
      git({"commit", "--quiet", "-m", "Add a submodule"});
    }
    git(add(name), {"submodule", "--quiet", "update", "--init"});
    return path_of(name);
  }
  // Commits in the submodule what is nowhere else, and pushes the rest; the commit.
  std::string commit_in_submodule(const std::string& name) {
    const fs::path path = path_of(name);
    commit_file(path / "lib", "lib.c", "2");
    git(path, {"commit", "--quiet", "--all", "-m", "Use it"});
    git({"update-ref", "refs/remotes/origin/x", branch_of(name)});
    return git(path / "lib", {"rev-parse", "HEAD"});
  }
  void expect_commit_kept(const RemovedWorktree& removed, const std::string& commit) {
    ASSERT_NE(removed.kept_directory, fs::path());
    EXPECT_EQ(git(removed.kept_directory, {"--git-dir=.git-modules/lib", "cat-file", "-t", commit}),
              "commit");
  }
  void remove_and_be_killed(const std::string& name, const std::string& word, bool before) {
    yard_->runner.freeze(word, before);
    boost::asio::co_spawn(yard_->loop.io(),
                          worktrees().remove(path_of(name), branch_of(name), name),
                          [](const std::exception_ptr&, const RemovedWorktree&) {});
    ASSERT_TRUE(yard_->loop.run_until([&] { return yard_->runner.frozen(); })) << word;
    restart();
  }

  fs::path path_;
};

TEST_F(RescueTest, untracked_modified_staged_and_deleted_files_come_back) {
  write_file(path_ / "read me.txt", "changed\n");
  fs::remove(path_ / "src/main.c");
  fs::create_directories(path_ / "new dir/it's");
  write_file(path_ / "new dir/it's/\"quoted\" \xc3\xa9\n.txt", "odd name");
  write_file(path_ / "staged", "staged");
  git(path_, {"add", "staged"});
  fs::permissions(path_ / "staged", fs::perms::owner_all);
  fs::create_symlink("nowhere", path_ / "link");
  expect_restored_byte_for_byte();
}

TEST_F(RescueTest, binary_and_foreign_lines_come_back) {
  std::string bytes;
  for (int i = 0; i < 70000; ++i) bytes += static_cast<char>(i * 7);
  write_file(path_ / "binary", bytes);
  write_file(path_ / "dos.txt", "one\r\ntwo\r\n");
  write_file(path_ / "mixed.txt", "one\r\ntwo\nthree");
  write_file(path_ / "empty", "");
  expect_restored_byte_for_byte();
}

TEST_F(RescueTest, unpushed_commits_come_back_with_what_lies_above_them) {
  commit_file(path_, "one", "1");
  commit_file(path_, "two", "2");
  write_file(path_ / "three", "3");
  expect_restored_byte_for_byte();
  EXPECT_EQ(git(scratch_ / "restored", {"log", "--format=%s"}),
            "Uncommitted work of a\nWrite two\nWrite one\nWrite read me.txt\nWrite src/main.c");
  EXPECT_EQ(git({"log", "-1", "--format=%an <%ae>", "back"}), "yardmaster <yardmaster@localhost>");
}

TEST_F(RescueTest, commits_alone_come_back_as_they_were) {
  commit_file(path_, "one", "1");
  const std::string commit = git(path_, {"rev-parse", "HEAD"});
  const RemovedWorktree removed = remove("a");
  ASSERT_EQ(removed.rescue_refs.size(), 1U);
  wait_for(worktrees().restore(removed.rescue_refs[0], "back"));
  EXPECT_EQ(git({"rev-parse", "back"}), commit);
}

TEST_F(RescueTest, staged_content_that_no_file_has_any_more_is_in_a_commit_below) {
  write_file(path_ / "read me.txt", "staged\n");
  git(path_, {"add", "."});
  write_file(path_ / "read me.txt", "later\n");
  const RemovedWorktree removed = remove("a");
  EXPECT_EQ(read_file(restore(removed) / "read me.txt"), "later\n");
  EXPECT_EQ(git({"show", "back~1:read me.txt"}), "staged");
  EXPECT_EQ(git({"rev-parse", "back~2"}), git({"rev-parse", "main"}));
}

TEST_F(RescueTest, pushed_merged_or_tagged_commits_need_no_rescue) {
  commit_file(path_, "one", "1");
  git({"update-ref", "refs/remotes/origin/a", "instance/a"});
  EXPECT_TRUE(remove("a").rescue_refs.empty());
  add("b");
  commit_file(path_of("b"), "two", "2");
  git({"merge", "--quiet", "instance/b"});
  EXPECT_TRUE(remove("b").rescue_refs.empty());
  add("c");
  commit_file(path_of("c"), "three", "3");
  git({"tag", "-a", "-m", "three", "v3", "instance/c"});
  EXPECT_TRUE(remove("c").rescue_refs.empty());
  EXPECT_TRUE(wait_for(worktrees().rescues()).empty());
}

TEST_F(RescueTest, of_two_instances_with_the_same_commit_the_last_one_saves_it) {
  commit_file(path_, "one", "1");
  const std::string commit = git({"rev-parse", "instance/a"});
  wait_for(worktrees().add({path_of("b"), branch_of("b"), "instance/a", {}}));
  std::vector<std::string> refs;
  int ended = 0;
  for (const char* name : {"a", "b"}) {
    boost::asio::co_spawn(
        yard_->loop.io(), worktrees().remove(path_of(name), branch_of(name), name),
        [&](const std::exception_ptr&, const RemovedWorktree& removed) {
          refs.insert(refs.end(), removed.rescue_refs.begin(), removed.rescue_refs.end());
          ++ended;
        });
  }
  ASSERT_TRUE(yard_->loop.run_until([&] { return ended == 2; }));
  ASSERT_GE(refs.size(), 1U);
  EXPECT_EQ(git({"rev-parse", refs[0]}), commit);
  EXPECT_EQ(traces(), "");
}

TEST_F(RescueTest, commits_on_no_branch_come_back) {
  git(path_, {"checkout", "--quiet", "--detach"});
  commit_file(path_, "one", "1");
  const std::string commit = git(path_, {"rev-parse", "HEAD"});
  const RemovedWorktree removed = remove("a");
  ASSERT_EQ(removed.rescue_refs.size(), 1U);
  EXPECT_EQ(git({"rev-parse", removed.rescue_refs[0]}), commit);
}

TEST_F(RescueTest, commits_on_no_branch_come_back_even_when_the_directory_is_gone) {
  git(path_, {"checkout", "--quiet", "--detach"});
  commit_file(path_, "one", "1");
  const std::string commit = git(path_, {"rev-parse", "HEAD"});
  fs::remove_all(path_);
  const RemovedWorktree removed = remove("a");
  ASSERT_EQ(removed.rescue_refs.size(), 1U);
  EXPECT_EQ(git({"rev-parse", removed.rescue_refs[0]}), commit);
}

TEST_F(RescueTest, what_a_rebase_put_aside_comes_back) {
  commit_file(path_, "read me.txt", "theirs\n");
  commit_file(repository_, "read me.txt", "ours\n");
  write_file(path_ / "src/main.c", "work in progress\n");
  support::run({{"git", "-C", path_.string(), "rebase", "--autostash", "main"}});
  ASSERT_TRUE(fs::exists(repository_ / ".git/worktrees/a/rebase-merge/autostash"));
  bool found = false;
  for (const std::string& ref : remove("a").rescue_refs) {
    const auto shown =
        support::run({{"git", "-C", repository_.string(), "show", ref + ":src/main.c"}});
    found = found || shown.output == "work in progress\n";
  }
  EXPECT_TRUE(found);
}

TEST_F(RescueTest, an_unfinished_merge_is_saved_as_it_stands) {
  commit_file(path_, "read me.txt", "theirs\n");
  commit_file(repository_, "read me.txt", "ours\n");
  support::run({{"git", "-C", path_.string(), "merge", "main"}});
  const std::string files = tree_text(path_);
  EXPECT_EQ(tree_text(restore(remove("a"))), files);
}

TEST_F(RescueTest, work_before_the_first_commit_of_a_branch_comes_back) {
  git(path_, {"checkout", "--quiet", "--orphan", "fresh"});
  expect_restored_byte_for_byte();
}

TEST_F(RescueTest, files_of_nested_repositories_are_kept) {
  fs::create_directories(path_ / "nested repo/empty");
  git(path_ / "nested repo", {"init", "--quiet"});
  commit_file(path_ / "nested repo", "inner", "inner");
  git(path_ / "nested repo/empty", {"init", "--quiet"});
  write_file(path_ / "nested repo/empty/file", "no commit yet");
  write_file(path_ / "outer", "outer");
  const std::string files = tree_text(path_);
  const RemovedWorktree removed = remove("a");
  EXPECT_EQ(tree_text(removed.kept_directory), files);
  EXPECT_EQ(git(removed.kept_directory / "nested repo", {"show", "HEAD:inner"}), "inner");
  EXPECT_FALSE(fs::exists(removed.kept_directory / ".git"));
  EXPECT_EQ(traces(), "");
  EXPECT_EQ(read_file(restore(removed) / "outer"), "outer");
  EXPECT_EQ(wait_for(worktrees().rescues()).size(), 2U);
}

TEST_F(RescueTest, a_nested_repository_alone_needs_no_commit) {
  fs::create_directories(path_ / "nested");
  git(path_ / "nested", {"init", "--quiet"});
  const RemovedWorktree removed = remove("a");
  EXPECT_TRUE(removed.rescue_refs.empty());
  EXPECT_TRUE(fs::exists(removed.kept_directory / "nested/.git"));
}

TEST_F(RescueTest, commits_in_submodules_are_kept_with_their_repository) {
  add_with_submodule("b");
  EXPECT_EQ(remove("b").kept_directory, fs::path()) << "nothing is in it that is nowhere else";
  add_with_submodule("b");
  const std::string commit = commit_in_submodule("b");
  const RemovedWorktree removed = remove("b");
  expect_commit_kept(removed, commit);
  EXPECT_EQ(read_file(removed.kept_directory / "lib/lib.c"), "2");
}

TEST_F(RescueTest, commits_in_submodules_outlive_a_removal_that_is_killed_at_any_step) {
  remove("a");
  for (const bool before : {true, false}) {
    for (const char* word : {"config", "mv"}) {
      SCOPED_TRACE(std::string(before ? "before " : "after ") + word);
      add_with_submodule("b");
      const std::string commit = commit_in_submodule("b");
      remove_and_be_killed("b", word, before);
      expect_commit_kept(remove("b"), commit);
      EXPECT_EQ(traces(), "");
    }
  }
}

TEST_F(RescueTest, commits_in_submodules_are_kept_when_the_directory_is_gone) {
  const fs::path path = add_with_submodule("b");
  const std::string commit = commit_in_submodule("b");
  fs::remove_all(path);
  expect_commit_kept(remove("b"), commit);
  add_with_submodule("b");
  fs::remove_all(path);
  EXPECT_EQ(remove("b").kept_directory, fs::path()) << "its commits are in the remote";
}

TEST_F(RescueTest, a_kept_directory_is_listed_whatever_became_of_its_note) {
  fs::create_directories(path_ / "nested");
  git(path_ / "nested", {"init", "--quiet"});
  const RemovedWorktree removed = remove("a");
  const std::string note = removed.kept_directory.string() + ".json";
  const WallTime time = wait_for(worktrees().rescues()).at(0).time;
  for (const bool there : {true, false}) {
    if (there) write_file(note, "{\"instance\": 7");
    if (!there) fs::remove(note);
    const auto rescues = wait_for(worktrees().rescues());
    ASSERT_EQ(rescues.size(), 1U);
    EXPECT_EQ(rescues[0].kept_directory, removed.kept_directory);
    EXPECT_EQ(rescues[0].instance, "a");
    EXPECT_EQ(rescues[0].time, time);
  }
}

TEST_F(RescueTest, a_file_that_git_would_change_is_kept_as_it_was) {
  write_file(path_ / ".gitattributes", "* text=auto\n");
  write_file(path_ / "mixed", "one\r\ntwo\n");
  const RemovedWorktree removed = remove("a");
  EXPECT_EQ(removed.rescue_refs.size(), 1U);
  EXPECT_EQ(read_file(removed.kept_directory / "mixed"), "one\r\ntwo\n");
}

TEST_F(RescueTest, when_git_cannot_commit_the_directory_is_kept) {
  write_file(path_ / ".gitattributes", "*.dat filter=broken\n");
  git({"config", "filter.broken.clean", "false"});
  git({"config", "filter.broken.required", "true"});
  write_file(path_ / "x.dat", "data");
  const RemovedWorktree removed = remove("a");
  EXPECT_TRUE(removed.rescue_refs.empty());
  EXPECT_EQ(read_file(removed.kept_directory / "x.dat"), "data");
  const auto rescues = wait_for(worktrees().rescues());
  ASSERT_EQ(rescues.size(), 1U);
  EXPECT_EQ(rescues[0].instance, "a");
  EXPECT_EQ(traces(), "");
}

TEST_F(RescueTest, a_damaged_index_keeps_the_directory) {
  write_file(path_ / "work", "work");
  write_file(repository_ / ".git/worktrees/a/index", "garbage");
  EXPECT_EQ(read_file(remove("a").kept_directory / "work"), "work");
  add("b");
  write_file(path_of("b") / "work", "work");
  fs::remove(repository_ / ".git/worktrees/b/index");
  EXPECT_EQ(read_file(remove("b").kept_directory / "work"), "work");
  EXPECT_EQ(traces(), "");
}

TEST_F(RescueTest, hooks_and_signing_do_not_stand_in_the_way) {
  for (const char* name : {"pre-commit", "commit-msg", "reference-transaction"}) {
    const fs::path hook = repository_ / ".git/hooks" / name;
    write_file(hook, "#!/bin/sh\nexit 1\n");
    fs::permissions(hook, fs::perms::owner_all);
  }
  git({"config", "commit.gpgSign", "true"});
  git({"config", "gpg.program", "false"});
  git({"config", "user.useConfigOnly", "true"});
  git({"config", "--global", "--unset", "user.email"});
  write_file(path_ / "work", "work");
  EXPECT_EQ(remove("a").rescue_refs.size(), 1U);
}

TEST_F(RescueTest, own_and_ignored_files_are_no_work) {
  write_file(path_ / ".mcp.json", "{}");
  write_file(repository_ / ".git/info/exclude", "*.o\n");
  write_file(path_ / "x.o", "object");
  const RemovedWorktree removed = remove("a");
  EXPECT_TRUE(removed.rescue_refs.empty());
  EXPECT_TRUE(removed.kept_directory.empty());
}

TEST_F(RescueTest, a_removal_that_is_tried_again_saves_the_same_once) {
  write_file(path_ / "work", "work");
  // The trash cannot be made, so the removal fails after the rescue.
  write_file(scratch_ / "worktrees/.trash", "in the way");
  EXPECT_THROW(remove("a"), Error);
  EXPECT_THROW(remove("a"), Error);
  EXPECT_TRUE(fs::exists(path_ / "work"));
  fs::remove(scratch_ / "worktrees/.trash");
  const RemovedWorktree removed = remove("a");
  const auto rescues = wait_for(worktrees().rescues());
  ASSERT_EQ(rescues.size(), 1U);
  EXPECT_EQ(removed.rescue_refs, std::vector<std::string>{rescues[0].ref});
}

TEST_F(RescueTest, each_is_listed_with_its_instance_time_and_summary) {
  write_file(path_ / "work", "work");
  const RemovedWorktree removed = remove("a");
  commit_file(add("b"), "one", "1");
  remove("b");
  git({"gc", "--quiet", "--prune=now"});
  const auto rescues = wait_for(worktrees().rescues());
  ASSERT_EQ(rescues.size(), 2U);
  const auto& first = rescues[0].instance == "a" ? rescues[0] : rescues[1];
  const auto& second = rescues[0].instance == "a" ? rescues[1] : rescues[0];
  EXPECT_EQ(first.ref, removed.rescue_refs.at(0));
  EXPECT_TRUE(first.ref.starts_with("refs/yardmaster/rescue/a/20")) << first.ref;
  EXPECT_EQ(first.commit, git({"rev-parse", first.ref}));
  EXPECT_EQ(first.summary, "Uncommitted work of a");
  EXPECT_EQ(second.summary, "Write one");
  EXPECT_LT(std::chrono::system_clock::now() - first.time, std::chrono::hours(1));
  EXPECT_GE(std::chrono::system_clock::now() - first.time, std::chrono::seconds(0));
}

TEST_F(RescueTest, what_cannot_be_restored_is_refused) {
  write_file(path_ / "work", "work");
  const std::string ref = remove("a").rescue_refs.at(0);
  EXPECT_EQ(code_of(worktrees().restore("refs/heads/main", "x")), ErrorCode::invalid_request);
  EXPECT_EQ(code_of(worktrees().restore(ref + "0", "x")), ErrorCode::not_found);
  EXPECT_EQ(code_of(worktrees().restore(ref, "main")), ErrorCode::already_exists);
  EXPECT_EQ(code_of(worktrees().restore(ref, "a..b")), ErrorCode::invalid_request);
  EXPECT_EQ(code_of(worktrees().restore_into(ref, "x", repository_)), ErrorCode::already_exists);
  EXPECT_EQ(git({"branch", "--format=%(refname:short)"}), "main");
}

}  // namespace
}  // namespace yardmaster
