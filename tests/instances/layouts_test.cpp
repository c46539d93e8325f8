// Layouts and settings of repositories that git supports: worktrees of instances work in each, and
// leave it as it was.
#include <filesystem>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/instances/git/repositories.h"
#include "coordinator/instances/git/worktree_files.h"
#include "tests/instances/git_fixture.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using support::GitYard;
using support::read_file;
using support::write_file;
using ::testing::HasSubstr;
using ::testing::Not;

class LayoutsTest : public support::GitTest {
 protected:
  // Adds a worktree in a repository of its own layout, as an agent works in it: all of our files
  // are there, and `git add -A` takes none of them.
  fs::path add_to(GitYard& yard, const std::string& name, const std::string& start = "main") {
    WorktreeRequest request{path_of(name), branch_of(name), start, {"/.claude/instance.json"}};
    request.on_note = [this](const std::string& note) { notes_.push_back(note); };
    yard.loop.wait_for(yard.worktrees.add(std::move(request)));
    fs::create_directories(path_of(name) / ".claude");
    write_file(path_of(name) / ".claude/instance.json", "{}\n");
    EXPECT_EQ(git(path_of(name), {"status", "--porcelain"}), "");
    return path_of(name);
  }
  void expect_goes_without_trace(GitYard& yard, const std::string& name) {
    const RemovedWorktree removed =
        yard.loop.wait_for(yard.worktrees.remove(path_of(name), branch_of(name), name));
    EXPECT_TRUE(removed.rescue_refs.empty());
    EXPECT_EQ(removed.kept_directory, "");
    EXPECT_FALSE(fs::exists(path_of(name)));
    yard.loop.wait_for(yard.worktrees.take_back_settings());
  }
  std::vector<std::string> notes_;
};

TEST_F(LayoutsTest, a_bare_hub_keeps_its_configuration_and_our_files_out_of_commits) {
  for (const std::string bare : {"true", "True", "yes", "1", "2k"}) {
    SCOPED_TRACE(bare);
    const fs::path hub = scratch_ / ("hub-" + bare) / ".bare";
    git({"clone", "--quiet", "--bare", ".", hub.string()});
    git(hub, {"config", "core.bare", bare});
    const fs::path users = scratch_ / ("users-" + bare);
    git(hub, {"worktree", "add", "--quiet", "-b", "users", users.string()});
    const std::string config = read_file(hub / "config");
    const std::string exclude = read_file(hub / "info/exclude");
    GitYard yard(scratch_.path(), hub);
    add_to(yard, "a");
    EXPECT_EQ(git(users, {"status", "--porcelain"}), "") << "the user's own worktree still works";
    EXPECT_EQ(read_file(hub / "config"), config);
    expect_goes_without_trace(yard, "a");
    EXPECT_EQ(read_file(hub / "info/exclude"), exclude);
  }
}

TEST_F(LayoutsTest, settings_of_worktrees_go_with_the_last_one) {
  const std::string config = read_file(repository_ / ".git/config");
  add_to(*yard_, "a");
  add_to(*yard_, "b");
  EXPECT_EQ(git({"config", "extensions.worktreeConfig"}), "true");
  expect_goes_without_trace(*yard_, "a");
  EXPECT_EQ(git({"config", "extensions.worktreeConfig"}), "true") << "b needs it";
  expect_goes_without_trace(*yard_, "b");
  EXPECT_EQ(git({"config", "--list", "--local"}).find("worktreeconfig"), std::string::npos);
  EXPECT_EQ(read_file(repository_ / ".git/config"), config);
}

TEST_F(LayoutsTest, a_setting_of_the_users_stays) {
  git({"config", "extensions.worktreeConfig", "true"});
  add_to(*yard_, "a");
  expect_goes_without_trace(*yard_, "a");
  EXPECT_EQ(git({"config", "extensions.worktreeConfig"}), "true");
}

TEST_F(LayoutsTest, a_lock_that_a_killed_program_left_holds_up_no_release) {
  add_to(*yard_, "a");
  git({"pack-refs", "--all"});
  write_file(repository_ / ".git/packed-refs.lock", "");
  expect_goes_without_trace(*yard_, "a");
  EXPECT_FALSE(fs::exists(repository_ / ".git/packed-refs.lock"));
}

TEST_F(LayoutsTest, a_branch_that_leaves_no_room_is_named_with_what_to_do) {
  git({"branch", "instance"});
  EXPECT_EQ(code_of(worktrees().add({path_of("a"), branch_of("a"), "main", {}})),
            ErrorCode::already_exists);
  EXPECT_THAT(message_, HasSubstr("git branch -m instance OTHER"));
  EXPECT_FALSE(fs::exists(path_of("a")));
}

TEST_F(LayoutsTest, hooks_of_the_repository_neither_fail_nor_hold_up_what_we_do) {
  const fs::path hooks = scratch_ / "hooks";
  fs::create_directories(hooks);
  for (const char* name : {"post-checkout", "reference-transaction", "post-index-change"}) {
    write_file(hooks / name,
               "#!/bin/sh\necho ran >>\"" + (scratch_ / "ran").string() + "\"\nexit 1\n");
    fs::permissions(hooks / name, fs::perms(0755));
  }
  git({"config", "core.hooksPath", hooks.string()});
  fs::remove(scratch_ / "ran");
  WorktreeRequest request{path_of("a"), branch_of("a"), "main", {}};
  wait_for(worktrees().add(std::move(request)));
  EXPECT_FALSE(fs::exists(scratch_ / "ran"));
  EXPECT_EQ(git(path_of("a"), {"config", "core.hooksPath"}), hooks.string()) << "agents have them";
}

TEST_F(LayoutsTest, submodules_are_there) {
  const fs::path library = scratch_ / "library";
  fs::create_directories(library);
  git(library, {"init", "--quiet"});
  commit_file(library, "lib.c", "int x;\n");
  git({"config", "--global", "protocol.file.allow", "always"});
  git({"submodule", "--quiet", "add", library.string(), "lib"});
  git({"commit", "--quiet", "-m", "Add a submodule"});
  const fs::path path = add_to(*yard_, "a");
  EXPECT_EQ(read_file(path / "lib/lib.c"), "int x;\n");
  EXPECT_TRUE(notes_.empty());
  expect_goes_without_trace(*yard_, "a");
  fs::remove_all(library);
  fs::remove_all(repository_ / ".git/modules");
  add_to(*yard_, "b");
  ASSERT_EQ(notes_.size(), 1U);
  EXPECT_THAT(notes_[0], HasSubstr("its submodules could not be initialised"));
}

TEST_F(LayoutsTest, shallow_sparse_and_partial_clones_work) {
  const std::string url = "file://" + repository_.string();
  git({"config", "uploadpack.allowFilter", "true"});
  const std::vector<std::vector<std::string>> kinds{
      {"--depth", "1"}, {"--sparse"}, {"--filter=blob:none"}};
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const fs::path clone = scratch_ / ("clone-" + std::to_string(i));
    std::vector<std::string> words{"clone", "--quiet"};
    words.insert(words.end(), kinds[i].begin(), kinds[i].end());
    words.insert(words.end(), {url, clone.string()});
    git(words);
    GitYard yard(scratch_.path(), clone);
    const fs::path path = add_to(yard, "a");
    EXPECT_EQ(read_file(path / "read me.txt"), "first\n") << kinds[i][0];
    write_file(path / "new", "work\n");
    const RemovedWorktree removed =
        yard.loop.wait_for(yard.worktrees.remove(path, branch_of("a"), "a"));
    EXPECT_EQ(removed.rescue_refs.size(), 1U) << kinds[i][0];
  }
}

TEST_F(LayoutsTest, paths_may_have_any_character) {
  for (const std::string name : {"naïve ünïcode", "a'b\"c$d`e", "new\nline", " blank "}) {
    SCOPED_TRACE(name);
    const fs::path odd = scratch_ / name;
    git({"clone", "--quiet", ".", odd.string()});
    write_file(odd / "fi\"le ü\n", "text\n");
    git(odd, {"add", "-A"});
    git(odd, {"commit", "--quiet", "-m", "Odd"});
    GitYard yard(scratch_.path(), odd);
    const fs::path path = add_to(yard, "a");
    EXPECT_EQ(read_file(path / "fi\"le ü\n"), "text\n");
    write_file(path / "ne\tw", "work\n");
    const RemovedWorktree removed =
        yard.loop.wait_for(yard.worktrees.remove(path, branch_of("a"), "a"));
    ASSERT_EQ(removed.rescue_refs.size(), 1U);
    EXPECT_EQ(git(odd, {"show", removed.rescue_refs[0] + ":ne\tw"}), "work");
  }
}

TEST_F(LayoutsTest, a_repository_of_another_user_is_refused_in_git_s_own_words) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  ASSERT_EQ(::chown(repository_.c_str(), 12345, 12345), 0);
  ASSERT_EQ(::chown((repository_ / ".git").c_str(), 12345, 12345), 0);
  Git git_calls(yard_->runner);
  EXPECT_EQ(code_of(git_calls.inspect(repository_)), ErrorCode::invalid_request);
  EXPECT_THAT(message_, HasSubstr("dubious ownership"));
  EXPECT_THAT(message_, HasSubstr("git config --global --add safe.directory"));
}

TEST_F(LayoutsTest, what_differs_in_case_alone_is_work_like_any_other) {
  git({"config", "core.ignorecase", "true"});
  commit_file(repository_, "Note", "one\n");
  const fs::path path = add_to(*yard_, "a");
  write_file(path / "note", "two\n");
  const RemovedWorktree removed = remove("a");
  ASSERT_EQ(removed.rescue_refs.size(), 1U);
  EXPECT_EQ(git({"show", removed.rescue_refs[0] + ":note"}), "two");
  EXPECT_EQ(git({"show", removed.rescue_refs[0] + ":Note"}), "one");
}

TEST_F(LayoutsTest, a_repository_with_refs_in_a_table_is_refused_in_git_s_own_words) {
  git({"config", "core.repositoryFormatVersion", "1"});
  git({"config", "extensions.refStorage", "reftable"});
  Git asked(yard_->runner);
  try {
    wait_for(asked.inspect(repository_));
    GTEST_SKIP() << "this git knows the format";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_request);
    EXPECT_THAT(error.what(), HasSubstr("refstorage"));
  }
  EXPECT_NE(code_of(worktrees().add({path_of("a"), branch_of("a"), "main", {}})),
            ErrorCode::internal);
  EXPECT_FALSE(fs::exists(path_of("a")));
}

// What such a repository's HEAD is for those who cannot read its table.
TEST_F(LayoutsTest, nothing_is_concluded_from_the_files_of_a_repository_with_a_table) {
  add_to(*yard_, "a");
  const fs::path admin = repository_ / ".git/worktrees/a";
  EXPECT_TRUE(read_branch(repository_ / ".git", admin, branch_of("a")).certain);
  write_file(repository_ / ".git/HEAD", "ref: refs/heads/.invalid\n");
  EXPECT_FALSE(read_branch(repository_ / ".git", admin, branch_of("a")).certain);
}

class LargeFilesTest : public LayoutsTest {
 protected:
  void SetUp() override {
    if (support::run({.argv = {"git", "lfs", "version"}}).status != 0) {
      GTEST_SKIP() << "git-lfs is not installed (Debian: git-lfs)";
    }
    git({"lfs", "install", "--local", "--skip-repo"});
    git({"lfs", "track", "*.bin"});
    git({"add", ".gitattributes"});
    commit_file(repository_, "large.bin", content_);
    ASSERT_THAT(git({"show", "HEAD:large.bin"}), HasSubstr("git-lfs.github.com"));
  }

  const std::string content_ = std::string(100'000, 'x') + "\n";
};

TEST_F(LargeFilesTest, are_there_and_are_saved_whole) {
  const fs::path path = add_to(*yard_, "a");
  EXPECT_EQ(read_file(path / "large.bin"), content_);
  expect_goes_without_trace(*yard_, "a");
  const fs::path other = add_to(*yard_, "b");
  write_file(other / "large.bin", "changed\n");
  const RemovedWorktree removed = remove("b");
  ASSERT_EQ(removed.rescue_refs.size(), 1U);
  const fs::path restored = scratch_ / "restored";
  git({"worktree", "add", "--quiet", "--detach", restored.string(), removed.rescue_refs[0]});
  EXPECT_EQ(read_file(restored / "large.bin"), "changed\n");
}

TEST_F(LargeFilesTest, that_cannot_be_had_are_said_to_be_what_is_missing) {
  fs::remove_all(repository_ / ".git/lfs");
  git({"config", "lfs.url", "file:///nonexistent"});
  EXPECT_EQ(code_of(worktrees().add({path_of("a"), branch_of("a"), "main", {}})),
            ErrorCode::conflict);
  EXPECT_THAT(message_, HasSubstr("large.bin"));
  EXPECT_THAT(message_, HasSubstr("lfs"));
  EXPECT_FALSE(fs::exists(path_of("a")));
}

// A pipe would hold up whoever opens it, and a device has no end.
TEST_F(LayoutsTest, what_is_no_regular_file_is_not_read) {
  add_to(*yard_, "a");
  const fs::path common = repository_ / ".git";
  fs::create_directories(common / "worktrees/evil");
  fs::create_directories(common / "worktrees/endless");
  ASSERT_EQ(::mkfifo((common / "worktrees/evil/gitdir").c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", common / "worktrees/endless/gitdir");
  fs::remove(common / "packed-refs");
  ASSERT_EQ(::mkfifo((common / "packed-refs").c_str(), 0600), 0);
  EXPECT_TRUE(read_worktree(common, path_of("a")).intact);
  EXPECT_EQ(registered_worktrees(common).size(), 1U);
  EXPECT_EQ(marked_branches(common, "instance").size(), 1U);
  EXPECT_EQ(read_small_file("/dev/zero"), "");
  write_file(scratch_ / "huge", "");
  fs::resize_file(scratch_ / "huge", std::uintmax_t{3} << 30U);
  EXPECT_EQ(read_small_file(scratch_ / "huge"), "");
}

TEST_F(LayoutsTest, what_git_starts_to_clean_files_carries_the_token) {
  const fs::path seen = scratch_ / "seen";
  write_file(repository_ / ".gitattributes", "*.x filter=spy\n");
  git({"add", "-A"});
  git({"commit", "--quiet", "-m", "Attributes"});
  git({"config", "filter.spy.clean",
       "sh -c 'echo \"$YARDMASTER_TOKEN\" >>\"" + seen.string() + "\"; cat'"});
  const fs::path path = add_to(*yard_, "a");
  write_file(path / "b.x", "text\n");
  wait_for(worktrees().remove(path, branch_of("a"), "a", "the token"));
  EXPECT_THAT(read_file(seen), HasSubstr("the token\n"));
  EXPECT_THAT(read_file(seen), Not(HasSubstr("\n\n")));
}

}  // namespace
}  // namespace yardmaster
