#include "tests/instances/git_fixture.h"

#include <algorithm>
#include <map>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace yardmaster::support {

namespace fs = std::filesystem;

boost::asio::awaitable<ProgramResult> FreezingRunner::run(ProgramCall call) {
  ++calls_;
  const bool meant =
      !word_.empty() && std::find(call.argv.begin(), call.argv.end(), word_) != call.argv.end();
  ProgramResult result;
  if (!meant || fault_ != Fault::freeze_before) result = co_await inner_.run(call);
  if (!meant) co_return result;
  word_.clear();
  if (fault_ == Fault::time_out) {
    result.timed_out = true;
    co_return result;
  }
  const bool before = fault_ == Fault::freeze_before;
  frozen_ = true;
  boost::system::error_code ignored;
  co_await thawed_.async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, ignored));
  if (before) result = co_await inner_.run(std::move(call));
  co_return result;
}

GitYard::GitYard(const fs::path& root, const fs::path& repository,
                 std::chrono::nanoseconds file_timeout)
    : workers(loop.io(), 2, file_timeout, nullptr),
      system(loop.io(), root / "programs.lock"),
      runner(loop.io(), system),
      slots(loop.io(), 2),
      worktrees(loop.io(), workers, runner, repository, root / "worktrees/.trash", root / "kept",
                slots) {}

GitTest::GitTest()
    : repository_(scratch_ / "a repo's \"home\""), yard_root_(scratch_ / "worktrees/repo") {
  ::setenv("HOME", scratch_.path().c_str(), 1);
  ::setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
  ::unsetenv("XDG_CONFIG_HOME");
  write_file(scratch_ / ".gitconfig",
             "[user]\n\tname = A User\n\temail = user@example.org\n[init]\n"
             "\tdefaultBranch = main\n[advice]\n\tdetachedHead = false\n");
  fs::create_directories(yard_root_);
  fs::create_directories(repository_);
  git({"init", "--quiet"});
  fs::create_directories(repository_ / "src");
  commit_file(repository_, "src/main.c", "int main(void) { return 0; }\n");
  commit_file(repository_, "read me.txt", "first\n");
  restart();
}

GitTest::~GitTest() { yard_.reset(); }

std::string GitTest::git(const fs::path& directory, std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {"git", "-C", directory.string()});
  Finished finished = run({arguments});
  EXPECT_EQ(finished.status, 0) << testing::PrintToString(arguments) << "\n" << finished.errors;
  while (finished.output.ends_with('\n')) finished.output.pop_back();
  return finished.output;
}

void GitTest::commit_file(const fs::path& directory, const std::string& name,
                          const std::string& text) const {
  write_file(directory / name, text);
  git(directory, {"add", "--", name});
  git(directory, {"commit", "--quiet", "-m", "Write " + name});
}

void GitTest::restart() {
  yard_.reset();
  yard_ = std::make_unique<GitYard>(scratch_.path(), repository_);
}

fs::path GitTest::add(const std::string& name) {
  WorktreeRequest request{path_of(name), branch_of(name), "main", {"/.mcp.json", "/.claude/x"}};
  wait_for(worktrees().add(std::move(request)));
  return path_of(name);
}

RemovedWorktree GitTest::remove(const std::string& name) {
  return wait_for(worktrees().remove(path_of(name), branch_of(name), name));
}

std::string GitTest::traces() const {
  std::string text =
      git({"for-each-ref", "--format=%(refname)", "refs/heads/instance", "refs/yardmaster/branch"});
  for (const char* place : {"worktrees", "refs/heads/instance", "refs/yardmaster/branch"}) {
    const fs::path directory = repository_ / ".git" / place;
    if (!fs::exists(directory)) continue;
    for (const auto& entry : fs::directory_iterator(directory)) {
      text += std::string(place) + " " + entry.path().filename().string() + "\n";
    }
  }
  for (const auto& entry : fs::directory_iterator(yard_root_)) text += entry.path().string() + "\n";
  return text;
}

std::string GitTest::users_things() const {
  return git({"for-each-ref"}) + "\n" + git({"stash", "list"}) + "\n" +
         git({"status", "--porcelain=v2", "--branch"}) + "\n" + git({"worktree", "list"}) + "\n" +
         git({"ls-files", "--stage"}) + "\n" + read_file(repository_ / ".git/HEAD") +
         read_file(repository_ / ".git/info/exclude") + tree_text(repository_);
}

std::string tree_text(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (fs::recursive_directory_iterator entry(directory), end; entry != end; ++entry) {
    if (entry->path().filename() == ".git") {
      entry.disable_recursion_pending();
      continue;
    }
    const std::string name = entry->path().lexically_relative(directory).string();
    if (entry->is_symlink()) {
      files[name] = "-> " + fs::read_symlink(entry->path()).string();
    } else if (entry->is_regular_file()) {
      const bool runs = (entry->status().permissions() & fs::perms::owner_exec) != fs::perms::none;
      files[name] = (runs ? "x " : "") + read_file(entry->path());
    }
  }
  std::string text;
  for (const auto& [name, content] : files) text += name + ": " + content + "\n";
  return text;
}

}  // namespace yardmaster::support
