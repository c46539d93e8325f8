// A missing or an old tmux gets one clear line.
#include "coordinator/instances/tmux/tmux_version.h"

#include <cstdlib>

#include "coordinator/base/error.h"
#include "tests/instances/tmux_fixture.h"

namespace yardmaster {
namespace {

using Version = std::pair<int, int>;

class TmuxVersionTest : public support::TmuxTest {
 protected:
  // A program of this name that is found before the real one.
  void put_on_path(const std::string& script) {
    const std::filesystem::path program = directory_ / "tmux";
    support::write_file(program, "#!/bin/sh\n" + script);
    std::filesystem::permissions(program, std::filesystem::perms::owner_all);
    ::setenv("PATH", (directory_.path().string() + ":" + path_).c_str(), 1);
  }
  void TearDown() override {
    ::setenv("PATH", path_.c_str(), 1);
    TmuxTest::TearDown();
  }

  std::string refusal() {
    try {
      loop_.wait_for(tmux_.version());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::unsupported);
      return error.what();
    }
    return "none";
  }

  const std::string path_ = std::getenv("PATH");
};

TEST_F(TmuxVersionTest, what_is_installed_is_said) {
  const std::string version = loop_.wait_for(tmux_.version());
  EXPECT_TRUE(parse_tmux_version(version).has_value()) << version;
}

TEST_F(TmuxVersionTest, versions_are_numbers_with_ornaments) {
  EXPECT_EQ(parse_tmux_version("tmux 3.3a"), (Version{3, 3}));
  EXPECT_EQ(parse_tmux_version("tmux next-3.4"), (Version{3, 4}));
  EXPECT_EQ(parse_tmux_version("tmux openbsd-7.4"), (Version{7, 4}));
  EXPECT_EQ(parse_tmux_version("3.10"), (Version{3, 10}));
  EXPECT_EQ(parse_tmux_version("tmux 4"), (Version{4, 0}));
  EXPECT_EQ(parse_tmux_version("tmux master"), std::nullopt);
  EXPECT_EQ(parse_tmux_version(""), std::nullopt);
}

TEST_F(TmuxVersionTest, an_old_one_is_refused) {
  put_on_path("echo tmux 3.1c\n");
  EXPECT_NE(refusal().find("3.1c is too old"), std::string::npos);
  put_on_path("echo tmux 2.9\n");
  EXPECT_NE(refusal().find("3.2 or newer"), std::string::npos);
  put_on_path("echo tmux next-3.4\n");
  EXPECT_EQ(loop_.wait_for(tmux_.version()), "next-3.4");
}

TEST_F(TmuxVersionTest, a_missing_one_is_refused) {
  ::setenv("PATH", (directory_ / "empty").c_str(), 1);
  EXPECT_NE(refusal().find("not installed"), std::string::npos);
  EXPECT_THROW(loop_.wait_for(tmux_.ensure()), Error);
  EXPECT_FALSE(loop_.wait_for(tmux_.list_panes()).has_value());
}

TEST_F(TmuxVersionTest, what_a_server_says_when_it_cannot_start_is_passed_on) {
  put_on_path("echo 'lost server' >&2\nexit 1\n");
  try {
    loop_.wait_for(tmux_.ensure());
    ADD_FAILURE() << "it started";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("lost server"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace yardmaster
