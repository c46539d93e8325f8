#include "loadgen/databases/fsync_preload.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::string_view library_name = "libyardmaster_fsync_delay.so";

}  // namespace

// The library lies beside the programs' directory, where the build and the installation both put
// it.
std::filesystem::path fsync_delay_library() {
  const auto programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const auto path = programs.parent_path() / "lib" / "yardmaster" / library_name;
  if (::access(path.c_str(), R_OK) != 0) {
    throw Error(ErrorCode::unavailable,
                "there is no '" + path.string() + "' to delay an fsync with: build or install it");
  }
  if (path.string().find_first_of(" :") != std::string::npos) {
    throw Error(ErrorCode::unsupported,
                "--fsync-latency: '" + path.string() +
                    "' has a blank or a colon in its path, so that it cannot be preloaded: install "
                    "it elsewhere");
  }
  return path;
}

std::vector<std::string> fsync_delay_environment(const FsyncLatency& latency, std::uint64_t seed,
                                                 std::string_view program,
                                                 const std::filesystem::path& library) {
  if (latency.none()) return {};
#ifdef YARDMASTER_SANITIZED
  throw Error(ErrorCode::unsupported,
              "--fsync-latency: a build with sanitizers lets no library be preloaded");
#endif
  const auto& delays = latency.distribution;
  std::string preload =
      "LD_PRELOAD=" + (library.empty() ? fsync_delay_library() : library).string();
  const char* const others = std::getenv("LD_PRELOAD");
  if (others != nullptr && *others != '\0') preload.append(":").append(others);
  return {preload, "LOADGEN_FSYNC_DELAY=" + std::string(program) + " " +
                       std::to_string(static_cast<int>(delays.shape)) + " " +
                       std::to_string(delays.first_ns) + " " + std::to_string(delays.second_ns) +
                       " " + std::to_string(seed)};
}

void require_fsync_delay_in(pid_t process) {
  std::ifstream maps("/proc/" + std::to_string(process) + "/maps");
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(library_name)) return;
  }
  throw Error(ErrorCode::unavailable, "--fsync-latency: the store's process could not load " +
                                          std::string(library_name) +
                                          ": is it readable to the user that it runs as?");
}

}  // namespace yardmaster::loadgen
