#include "tests/faults/small_file_system.h"

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include <sched.h>
#include <sys/mount.h>

namespace yardmaster::support {
namespace {

void require(bool done, const std::string& what) {
  if (!done) throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

SmallFileSystem::SmallFileSystem(std::filesystem::path directory, std::size_t bytes)
    : directory_(std::move(directory)) {
  require(::unshare(CLONE_NEWNS) == 0, "a mount namespace");
  require(::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private mounts");
  const auto options = "mode=0700,size=" + std::to_string(bytes);
  require(::mount("tmpfs", directory_.c_str(), "tmpfs", 0, options.c_str()) == 0, "tmpfs");
}

SmallFileSystem::~SmallFileSystem() { ::umount2(directory_.c_str(), MNT_DETACH); }

void SmallFileSystem::fill_but(std::size_t bytes_left) {
  const auto available = std::filesystem::space(directory_).available;
  if (available <= bytes_left) return;
  std::ofstream ballast(directory_ / "ballast", std::ios::binary | std::ios::app);
  ballast << std::string(available - bytes_left, 'x') << std::flush;
}

void SmallFileSystem::make_room() { std::filesystem::remove(directory_ / "ballast"); }

}  // namespace yardmaster::support
