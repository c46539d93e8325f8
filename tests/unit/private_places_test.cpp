// Directories and sockets for their owner only, made by threads that share one umask.
#include <fstream>
#include <set>
#include <string>
#include <thread>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "coordinator/base/paths.h"
#include "coordinator/broker/listeners/listener.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster {
namespace {

std::string umask_now() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Umask:")) return line;
  }
  return {};
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat found {};
  EXPECT_EQ(::lstat(path.c_str(), &found), 0) << path;
  return found.st_mode & 07777U;
}

// What one thread sets for a moment, another may take for good.
TEST(PrivatePlaces, making_them_leaves_the_umask_alone) {
  support::TemporaryDirectory place;
  boost::asio::io_context io;
  Readiness readiness(io);
  UniqueFd spare = spare_descriptor();
  std::set<std::string> seen{umask_now()};
  {
    const std::jthread observer([&seen](const std::stop_token& stop) {
      while (!stop.stop_requested()) seen.insert(umask_now());
    });
    for (int i = 0; i < 1000; ++i) {
      make_private_directory(place / ("directory-" + std::to_string(i)));
      const Listener listener(
          io, readiness, place / "socket", AccessRule{}, [](UniqueFd, Way) {}, [](const auto&) {},
          spare);
    }
  }
  EXPECT_EQ(seen.size(), 1U) << testing::PrintToString(seen);
}

TEST(PrivatePlaces, have_their_mode_under_any_umask) {
  support::TemporaryDirectory place;
  boost::asio::io_context io;
  Readiness readiness(io);
  UniqueFd spare = spare_descriptor();
  for (const mode_t mask : {0U, 022U, 077U}) {
    const std::string name = std::to_string(mask);
    const mode_t before = ::umask(mask);
    make_private_directory(place / ("private" + name));
    make_private_directory(place / ("shared" + name), 0750);
    const Listener own(
        io, readiness, place / ("own" + name), AccessRule{}, [](UniqueFd, Way) {},
        [](const auto&) {}, spare);
    const Listener group(
        io, readiness, place / ("group" + name), AccessRule{::getegid()}, [](UniqueFd, Way) {},
        [](const auto&) {}, spare);
    ::umask(before);
    EXPECT_EQ(mode_of(place / ("private" + name)), 0700U);
    EXPECT_EQ(mode_of(place / ("shared" + name)), 0750U);
    EXPECT_EQ(mode_of(place / ("own" + name)), 0600U);
    EXPECT_EQ(mode_of(place / ("group" + name)), 0660U);
  }
}

TEST(PrivatePlaces, a_listener_takes_no_file_that_is_not_its_own) {
  support::TemporaryDirectory place;
  boost::asio::io_context io;
  Readiness readiness(io);
  UniqueFd spare = spare_descriptor();
  const std::filesystem::path path = place / "socket";
  {
    const Listener listener(
        io, readiness, path, AccessRule{}, [](UniqueFd, Way) {}, [](const auto&) {}, spare);
    EXPECT_TRUE(listener.is_in_place());
    std::filesystem::remove(path);
    EXPECT_FALSE(listener.is_in_place());
    std::ofstream(path) << "somebody's";
    EXPECT_FALSE(listener.is_in_place());
  }
  EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace yardmaster
