// A launch file is read as it was written for a window, and nobody else may read it.
#include "coordinator/instances/processes/launch_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "coordinator/base/error.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

class LaunchFileTest : public testing::Test {
 protected:
  LaunchFile reread(const LaunchFile& launch) {
    write_launch_file(file_, launch);
    return read_launch_file(file_);
  }

  ErrorCode refusal(const std::string& text) {
    support::write_file(directory_ / "bad.json", text);
    try {
      read_launch_file(directory_ / "bad.json");
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
      return error.code();
    }
    return ErrorCode::internal;
  }

  support::TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / "launch" / "worker-1.json";
};

TEST_F(LaunchFileTest, words_variables_and_places_come_back_as_they_were) {
  LaunchFile launch;
  launch.argv = {"sh", "-c", "", "it's \"$HOME\"; #{x} ~\n\t\\", "\xff\xfe\x80", "naïve €"};
  launch.environment = {{"PATH", "/bin"}, {"EMPTY", ""}, {"LATIN", "caf\xe9"}, {"LINES", "a\nb"}};
  launch.directory = "/tmp/a 'b' \xff";
  launch.file_mask = 022;
  EXPECT_EQ(reread(launch), launch);
}

TEST_F(LaunchFileTest, a_long_task_is_not_cut) {
  LaunchFile launch;
  launch.argv = {"agent", std::string(3'000'000, 'x')};
  EXPECT_EQ(reread(launch), launch);
}

TEST_F(LaunchFileTest, nobody_else_can_read_it_and_nothing_unfinished_stays) {
  LaunchFile launch;
  launch.argv = {"agent"};
  write_launch_file(file_, launch);
  write_launch_file(file_, launch);
  struct stat found {};
  ASSERT_EQ(::stat(file_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777U, 0600U);
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(file_.parent_path())) {
    files += entry.exists() ? 1 : 0;
  }
  EXPECT_EQ(files, 1U);
}

TEST_F(LaunchFileTest, nothing_of_a_writer_that_was_killed_outlives_its_removal) {
  LaunchFile launch;
  launch.argv = {"agent"};
  write_launch_file(file_, launch);
  support::write_file(file_.string() + ".tmp", R"({"environment":{"TOKEN":"secret"}})");
  remove_launch_file(file_);
  EXPECT_TRUE(std::filesystem::is_empty(file_.parent_path()));
  remove_launch_file(file_);
}

TEST_F(LaunchFileTest, what_no_program_could_be_given_is_refused) {
  LaunchFile launch;
  EXPECT_THROW(write_launch_file(file_, launch), Error);
  launch.argv = {"agent", std::string("a\0b", 3)};
  EXPECT_THROW(write_launch_file(file_, launch), Error);
  EXPECT_FALSE(std::filesystem::exists(file_));
}

TEST_F(LaunchFileTest, what_is_not_such_a_file_is_refused_in_one_line) {
  EXPECT_THROW(read_launch_file(directory_ / "none"), Error);
  for (const char* text :
       {"", "[]", "{", "{}", "null", R"({"argv":[],"environment":{},"directory":""})",
        R"({"argv":"sh","environment":{},"directory":""})",
        R"({"argv":[1],"environment":{},"directory":""})",
        R"({"argv":["sh"],"environment":[],"directory":""})",
        R"({"argv":["sh"],"environment":{}})"}) {
    EXPECT_EQ(refusal(text), ErrorCode::invalid_request) << text;
  }
}

}  // namespace
}  // namespace yardmaster
