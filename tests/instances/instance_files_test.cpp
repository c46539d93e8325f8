#include "coordinator/instances/roles/instance_files.h"

#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "coordinator/base/error.h"
#include "coordinator/base/shell_quote.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class InstanceFilesTest : public testing::Test {
 protected:
  InstanceFilesTest() { fs::create_directory(worktree_); }

  static InstanceFiles sample() {
    InstanceFiles files;
    files.instance_id = "worker-3";
    files.role = "worker";
    files.socket_path = "/run/yard/instance-worker-3.sock";
    files.broker_socket = "/run/yard/broker.sock";
    files.worktree_path = "/yard/worktrees/api/worker-3";
    files.base_branch = "main";
    files.instance_branch = "instance/worker-3";
    files.hooks = {{"Stop", json::array()}};
    files.mcp_servers = {{"issues", {{"command", "issue-server"}, {"args", {"--stdio"}}}}};
    return files;
  }

  WrittenFiles write(const std::function<bool(const std::string&)>& is_there = {}) {
    return write_instance_files(worktree_, sample(), is_there);
  }
  json read(std::string_view file) { return json::parse(support::read_file(worktree_ / file)); }
  bool exists(std::string_view file) {
    return fs::symlink_status(worktree_ / file).type() != fs::file_type::not_found;
  }
  unsigned mode_of(std::string_view file) {
    struct stat found {};
    EXPECT_EQ(::lstat((worktree_ / file).c_str(), &found), 0);
    return found.st_mode & 07777U;
  }
  // Runs a line of shell in the worktree, and returns what it prints.
  std::string shell(const std::string& line) {
    const fs::path out = directory_ / "out";
    const std::string whole = "cd " + shell_quote(worktree_.string()) + " && ( " + line + " ) > " +
                              shell_quote(out.string()) + " 2>&1";
    EXPECT_EQ(std::system(whole.c_str()), 0) << line << "\n" << support::read_file(out);
    return support::read_file(out);
  }

  support::TemporaryDirectory directory_;
  const fs::path worktree_ = directory_ / "work tree";
};

TEST_F(InstanceFilesTest, an_agent_finds_out_where_it_is) {
  EXPECT_THAT(write().written, UnorderedElementsAre(".claude/instance.json", ".mcp.json",
                                                    ".claude/settings.local.json"));
  EXPECT_EQ(read(".claude/instance.json"),
            json({{"instance_id", "worker-3"},
                  {"role", "worker"},
                  {"socket_path", "/run/yard/instance-worker-3.sock"},
                  {"metamcp_broker", "unix:/run/yard/broker.sock"},
                  {"worktree_path", "/yard/worktrees/api/worker-3"},
                  {"base_branch", "main"},
                  {"instance_branch", "instance/worker-3"}}));
}

TEST_F(InstanceFilesTest, the_roles_servers_are_there_and_need_no_approval) {
  write();
  EXPECT_EQ(
      read(".mcp.json"),
      json({{"mcpServers", {{"issues", {{"command", "issue-server"}, {"args", {"--stdio"}}}}}}}));
  EXPECT_EQ(read(".claude/settings.local.json").at("enabledMcpjsonServers"),
            json::parse(R"(["issues"])"));
}

TEST_F(InstanceFilesTest, servers_of_the_repository_are_not_approved_by_us) {
  support::write_file(worktree_ / ".mcp.json", R"({"mcpServers": {"issues": {"command": "x"}}})");
  EXPECT_THAT(write().left_alone, ElementsAre(".mcp.json"));
  EXPECT_FALSE(read(".claude/settings.local.json").contains("enabledMcpjsonServers"));
}

TEST_F(InstanceFilesTest, parts_that_are_switched_off_leave_no_file) {
  InstanceFiles files = sample();
  files.hooks = json::object();
  files.mcp_servers = json::object();
  EXPECT_THAT(write_instance_files(worktree_, files).written, ElementsAre(".claude/instance.json"));
  EXPECT_FALSE(exists(".mcp.json"));
  EXPECT_FALSE(exists(".claude/settings.local.json"));
}

TEST_F(InstanceFilesTest, only_their_owner_may_read_them) {
  const mode_t before = ::umask(0);
  write();
  ::umask(before);
  EXPECT_EQ(mode_of(".claude"), 0700U);
  for (const char* file : {".claude/instance.json", ".claude/settings.local.json", ".mcp.json"}) {
    EXPECT_EQ(mode_of(file), 0600U) << file;
  }
}

TEST_F(InstanceFilesTest, a_folder_that_exists_is_used_as_it_is) {
  fs::create_directory(worktree_ / ".claude");
  ASSERT_EQ(::chmod((worktree_ / ".claude").c_str(), 0755), 0);
  support::write_file(worktree_ / ".claude/settings.json", "{}");
  EXPECT_THAT(write().left_alone, IsEmpty());
  EXPECT_EQ(mode_of(".claude"), 0755U);
  EXPECT_EQ(support::read_file(worktree_ / ".claude/settings.json"), "{}");
}

TEST_F(InstanceFilesTest, what_exists_is_never_changed) {
  fs::create_directory(worktree_ / ".claude");
  const std::vector<std::string> names{".claude/instance.json", ".claude/settings.local.json",
                                       ".mcp.json"};
  for (const std::string& name : names) support::write_file(worktree_ / name, "theirs");
  const WrittenFiles files = write();
  EXPECT_THAT(files.written, IsEmpty());
  EXPECT_THAT(files.left_alone, testing::UnorderedElementsAreArray(names));
  for (const std::string& name : names) {
    EXPECT_EQ(support::read_file(worktree_ / name), "theirs") << name;
  }
}

TEST_F(InstanceFilesTest, an_interrupted_writing_is_taken_up_again) {
  write();
  fs::remove(worktree_ / ".mcp.json");
  const WrittenFiles files = write();
  EXPECT_THAT(files.left_alone, IsEmpty());
  EXPECT_THAT(files.written, UnorderedElementsAre(".claude/instance.json", ".mcp.json",
                                                  ".claude/settings.local.json"));
}

TEST_F(InstanceFilesTest, what_the_repository_tracks_is_left_alone_though_it_is_not_checked_out) {
  shell(
      "git init -q && git config user.email a@b && git config user.name a && "
      "echo theirs > .mcp.json && git add . && git commit -qm one && git update-index "
      "--skip-worktree .mcp.json && rm .mcp.json");
  const std::string tracked = shell("git ls-files");
  const WrittenFiles files = write([&](const std::string& path) { return tracked == path + "\n"; });
  EXPECT_THAT(files.left_alone, ElementsAre(".mcp.json"));
  EXPECT_FALSE(exists(".mcp.json"));
}

TEST_F(InstanceFilesTest, ours_are_kept_out_of_the_status_by_their_patterns) {
  shell("git init -q");
  std::string patterns;
  for (const std::string& pattern : own_file_patterns(ConfigurationForm::worktree, {}, true))
    patterns += pattern + "\n";
  support::write_file(directory_ / "exclude", patterns);
  write();
  support::write_file(worktree_ / ".claude/own.md", "the agent's own");
  EXPECT_EQ(shell("git -c core.excludesFile=../exclude status --porcelain -uall"),
            "?? .claude/own.md\n");
}

TEST_F(InstanceFilesTest, a_file_that_is_not_written_is_the_agents_work) {
  const std::string instance = "/.claude/instance.json";
  const std::string settings = "/.claude/settings.local.json";
  EXPECT_THAT(own_file_patterns(ConfigurationForm::worktree, {}, true),
              UnorderedElementsAre(instance, settings, "/.mcp.json"));
  EXPECT_THAT(own_file_patterns(ConfigurationForm::worktree, {}, false),
              UnorderedElementsAre(instance, settings));
  const FileParts neither{.hooks = false, .mcp_files = false};
  EXPECT_THAT(own_file_patterns(ConfigurationForm::worktree, neither, true), ElementsAre(instance));
  const FileParts servers{.hooks = false, .mcp_files = true};
  EXPECT_THAT(own_file_patterns(ConfigurationForm::worktree, servers, true),
              UnorderedElementsAre(instance, settings, "/.mcp.json"))
      << "they are approved in the settings";
  EXPECT_THAT(own_file_patterns(ConfigurationForm::worktree, servers, false),
              ElementsAre(instance));
}

TEST_F(InstanceFilesTest, a_link_out_of_the_worktree_is_not_followed) {
  fs::create_directory(directory_ / "outside");
  fs::create_directory_symlink("../outside", worktree_ / ".claude");
  fs::create_symlink("../outside/mcp.json", worktree_ / ".mcp.json");
  const WrittenFiles files = write();
  EXPECT_THAT(files.written, IsEmpty());
  EXPECT_THAT(files.left_alone, UnorderedElementsAre(".claude/instance.json", ".mcp.json",
                                                     ".claude/settings.local.json"));
  EXPECT_TRUE(fs::is_empty(directory_ / "outside"));
}

TEST_F(InstanceFilesTest, a_link_in_a_files_place_is_not_followed) {
  fs::create_directory(worktree_ / ".claude");
  support::write_file(directory_ / "outside", "theirs");
  fs::create_symlink("../../outside", worktree_ / ".claude/instance.json");
  EXPECT_THAT(write().left_alone, ElementsAre(".claude/instance.json"));
  EXPECT_EQ(support::read_file(directory_ / "outside"), "theirs");
}

TEST_F(InstanceFilesTest, other_things_in_the_way_are_left_alone) {
  support::write_file(worktree_ / ".claude", "a file");
  ASSERT_EQ(::mkfifo((worktree_ / ".mcp.json").c_str(), 0600), 0);
  EXPECT_THAT(write().written, IsEmpty());
  EXPECT_EQ(support::read_file(worktree_ / ".claude"), "a file");
}

TEST_F(InstanceFilesTest, bytes_that_are_no_text_do_not_spoil_the_files) {
  InstanceFiles files = sample();
  files.worktree_path = "/yard/caf\xe9";
  files.mcp_servers["issues"]["args"] = {"\xff"};
  write_instance_files(worktree_, files);
  EXPECT_EQ(read(".claude/instance.json").at("worktree_path"), "/yard/caf\xef\xbf\xbd");
  EXPECT_TRUE(read(".mcp.json").is_object());
}

TEST_F(InstanceFilesTest, a_failure_leaves_nothing_behind) {
  // Files may not grow as large as the second one has to.
  InstanceFiles files = sample();
  files.mcp_servers["issues"]["args"] = {std::string(200'000, 'x')};
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small{100'000, before.rlim_max};
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::string what;
  try {
    write_instance_files(worktree_, files);
  } catch (const Error& error) {
    what = error.what();
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, previous);
  EXPECT_THAT(what, HasSubstr(".mcp.json: cannot be written: File too large"));
  EXPECT_TRUE(fs::is_empty(worktree_));
}

TEST_F(InstanceFilesTest, a_worktree_that_is_not_there_is_named) {
  try {
    write_instance_files(directory_ / "nowhere", sample());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::storage_failed);
    EXPECT_THAT(error.what(), HasSubstr("nowhere: cannot be written: No such file"));
  }
}

}  // namespace
}  // namespace yardmaster
