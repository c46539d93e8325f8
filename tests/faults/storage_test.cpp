// Storage that misbehaves in ways that no file system at hand does: see preload/faults.cpp.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

TEST(Storage, a_file_system_without_shared_memory_is_refused_with_one_line) {
  TemporaryDirectory place;
  const auto start = run_yardmaster(
      {"start", "--foreground", "--state-dir", (place / "state").string(), "--runtime-dir",
       (place / "run").string()},
      daemon_environment({{"LD_PRELOAD", FAULTS_LIBRARY}, {"FAULT_NO_SHARED_MEMORY", "1"}}));
  EXPECT_EQ(start.status, 1);
  EXPECT_EQ(std::count(start.errors.begin(), start.errors.end(), '\n'), 1) << start.errors;
  EXPECT_NE(start.errors.find("shared memory"), std::string::npos) << start.errors;
}

// The names that were made below a directory and are not synced: a power cut may take them.
std::set<std::string> unsafe_names(const std::filesystem::path& log, const std::string& below) {
  std::set<std::string> unsafe;
  std::ifstream lines(log);
  for (std::string what, name; lines >> what >> name;) {
    if (what == "made" && name.starts_with(below)) unsafe.insert(name);
    if (what != "synced") continue;
    std::erase_if(unsafe, [&](const std::string& made) {
      return std::filesystem::path(made).parent_path() == name;
    });
  }
  return unsafe;
}

TEST(Storage, names_are_as_durable_as_what_they_are_of) {
  TemporaryDirectory place;
  const auto state = place / "new" / "deeper" / "state";
  const DaemonProcess daemon({.state_dir = state,
                              .environment = {{"LD_PRELOAD", FAULTS_LIBRARY},
                                              {"FAULT_NAMES_FILE", (place / "names").string()}}});
  daemon.call("allocate_instance", {{"instance_id", "ada"}, {"role", "worker"}});
  const auto copy = place / "backups";
  std::filesystem::create_directory(copy);
  daemon.call("backup", {{"file", (copy / "yard.db").string()}});
  for (const auto& directory : {place / "new", place / "new" / "deeper", state}) {
    EXPECT_FALSE(unsafe_names(place / "names", place.path()).contains(directory)) << directory;
  }
  EXPECT_FALSE(unsafe_names(place / "names", copy).contains(copy / "yard.db"));
  EXPECT_FALSE(unsafe_names(place / "names", state).contains(state / "yard.json"));
  EXPECT_NE(read_file(place / "names").find("made " + (copy / "yard.db").string()),
            std::string::npos);
}

TEST(Storage, what_is_kept_of_a_worktree_has_a_name_that_survives_a_power_cut) {
  TemporaryDirectory place;
  const auto repository = place / "project";
  const std::vector<std::string> git{"git", "-C", place.path().string()};
  const auto run_git = [&](std::vector<std::string> words) {
    words.insert(words.begin(), git.begin(), git.end());
    EXPECT_EQ(run({.argv = words}).status, 0);
  };
  run_git({"init", "--quiet", "project"});
  run_git({"-C", "project", "-c", "user.name=Ada", "-c", "user.email=a@b", "commit", "--quiet",
           "--allow-empty", "--message=Begin"});
  const auto state = place / "state";
  const DaemonProcess daemon({.state_dir = state,
                              .environment = {{"LD_PRELOAD", FAULTS_LIBRARY},
                                              {"FAULT_NAMES_FILE", (place / "names").string()}}});
  daemon.call("add_repo", {{"name", "project"}, {"path", repository.string()}});
  std::filesystem::create_directories(state / "worktrees/project/lost");
  write_file(state / "worktrees/project/lost/work", "that is nowhere else\n");
  daemon.call("trigger_cleanup");
  EXPECT_FALSE(std::filesystem::exists(state / "worktrees/project/lost"));
  EXPECT_NE(read_file(place / "names").find("made " + (state / "rescue/lost-").string()),
            std::string::npos);
  EXPECT_TRUE(unsafe_names(place / "names", (state / "rescue").string()).empty());
}

}  // namespace
}  // namespace yardmaster::support
