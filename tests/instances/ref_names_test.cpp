// What others wrote becomes a ref or a worktree's place only when git takes it for that and for
// nothing else.
#include "coordinator/instances/git/ref_names.h"

#include "tests/instances/git_fixture.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using support::write_file;

const std::vector<std::string>& strange_branches() {
  static const std::vector<std::string> names{"y1 0000\ndelete refs/heads/victim",
                                              "-d",
                                              "--delete",
                                              "HEAD",
                                              "@",
                                              "",
                                              "a..b",
                                              "..",
                                              "../../x",
                                              "a/../b",
                                              "refs/heads/main",
                                              "a b",
                                              "a\tb",
                                              "a\x7f",
                                              "a~1",
                                              "a^",
                                              "a:b",
                                              "a?",
                                              "a*",
                                              "a[b",
                                              "a\\b",
                                              "a@{1}",
                                              "/a",
                                              "a/",
                                              "a//b",
                                              ".a",
                                              "a/.b",
                                              "a.",
                                              "a.lock",
                                              "a.lock/b",
                                              std::string("a\0b", 3)};
  return names;
}

class RefNamesTest : public support::GitTest {
 protected:
  std::string rescue_something() {
    write_file(add("a") / "work", "work");
    return remove("a").rescue_refs.at(0);
  }
  ErrorCode restore_into(const std::string& ref, const fs::path& path) {
    return code_of(worktrees().restore_into(ref, "x", path));
  }
};

TEST_F(RefNamesTest, are_those_that_git_takes) {
  for (const std::string name : {"a", "a/b", "feature/é-1", "a.b", "a@b", "@a", "a-", "{x}"}) {
    EXPECT_NO_THROW(require_branch_name(name)) << name;
    git({"check-ref-format", "--branch", name});
  }
  for (const std::string& name : strange_branches()) {
    EXPECT_THROW(require_branch_name(name), Error) << name;
  }
  const auto git_takes = [](const std::string& name) {
    return support::run({{"git", "check-ref-format", "refs/heads/" + name}}).status == 0;
  };
  for (const std::string& name : strange_branches()) {
    if (name.find('\0') != std::string::npos) continue;
    EXPECT_EQ(is_valid_ref_name("refs/heads/" + name), git_takes(name)) << name;
  }
}

TEST_F(RefNamesTest, a_restored_branch_changes_no_other_ref) {
  const std::string ref = rescue_something();
  git({"branch", "victim"});
  const std::string before = git({"for-each-ref"});
  const std::string commit = git({"rev-parse", "main"});
  for (const std::string& name : strange_branches()) {
    SCOPED_TRACE(name);
    EXPECT_EQ(code_of(worktrees().restore(ref, name)), ErrorCode::invalid_request);
    EXPECT_EQ(code_of(worktrees().restore_into(ref, name, scratch_ / "into")),
              ErrorCode::invalid_request);
  }
  const std::string lines = "y1 " + commit + "\ndelete refs/heads/victim\ncreate refs/heads/y2";
  EXPECT_EQ(code_of(worktrees().restore(ref, lines)), ErrorCode::invalid_request);
  EXPECT_EQ(git({"for-each-ref"}), before);
  EXPECT_FALSE(fs::exists(scratch_ / "into"));
  EXPECT_EQ(git({"worktree", "list"}).find('\n'), std::string::npos) << "no half-made worktree";
}

TEST_F(RefNamesTest, a_restored_worktree_is_where_it_was_asked_for_or_nowhere) {
  const std::string ref = rescue_something();
  for (const fs::path& path :
       {fs::path("--lock"), fs::path("relative/x"), fs::path(""), scratch_ / "a\nb",
        repository_ / ".git/x", yard_root_ / "x", yard_root_ / "../worktrees/x"}) {
    SCOPED_TRACE(path.string());
    EXPECT_EQ(restore_into(ref, path), ErrorCode::invalid_request);
  }
  EXPECT_EQ(git({"worktree", "list"}).find('\n'), std::string::npos) << "no half-made worktree";
  EXPECT_EQ(git({"branch", "--list", "x"}), "");
  wait_for(worktrees().restore_into(ref, "x", scratch_ / "-d é/"));
  EXPECT_EQ(support::read_file(scratch_ / "-d é/work"), "work");
}

TEST_F(RefNamesTest, only_a_rescues_own_ref_is_restored) {
  const std::string ref = rescue_something();
  for (const std::string& other :
       {ref + "~1", ref + "^{tree}", ref + "@{0}", ref + "..main", ref + "/../../../heads/main",
        ref + "\n", std::string("--all"), std::string("refs/yardmaster/rescue/")}) {
    EXPECT_EQ(code_of(worktrees().restore(other, "x")), ErrorCode::invalid_request) << other;
  }
}

}  // namespace
}  // namespace yardmaster
