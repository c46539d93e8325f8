#include "reports/environment.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <system_error>
#include <thread>

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"
#include "metrics/histogram.h"

namespace yardmaster::reports {
namespace {

using std::chrono::steady_clock;

constexpr int most_syncs = 200;
constexpr std::chrono::seconds longest_probe{2};

[[noreturn]] void refuse(const std::filesystem::path& directory) {
  throw Error(ErrorCode::usage,
              "cannot write in '" + directory.string() + "': " + std::strerror(errno));
}

UniqueFd temporary_file(const std::filesystem::path& directory) {
  std::string name = (directory / ".fsync-probe-XXXXXX").string();
  UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
  if (!file) refuse(directory);
  ::unlink(name.c_str());
  return file;
}

// A page of a file that is there already, so that a sync of it allocates nothing.
class OverwrittenPage {
 public:
  explicit OverwrittenPage(const std::filesystem::path& directory)
      : directory_(directory), file_(temporary_file(directory)) {
    sync_with(::fdatasync);
  }

  // Returns how long the sync takes.
  template <typename Sync>
  steady_clock::duration sync_with(Sync sync) const {
    constexpr std::array<char, 4096> page{};
    if (::pwrite(file_.get(), page.data(), page.size(), 0) != std::ssize(page)) refuse(directory_);
    const auto start = steady_clock::now();
    if (sync(file_.get()) != 0) refuse(directory_);
    return steady_clock::now() - start;
  }

 private:
  const std::filesystem::path& directory_;
  UniqueFd file_;
};

long sync_by_system_call(int file) { return ::syscall(SYS_fdatasync, file); }

// Some architectures name no model.
std::string cpu_model() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const auto colon = line.find(": ");
    if (line.starts_with("model name") && colon != std::string::npos) return line.substr(colon + 2);
  }
  utsname name{};
  return ::uname(&name) == 0 ? name.machine : "unknown";
}

std::string kernel_release() {
  utsname name{};
  return ::uname(&name) == 0 ? name.release : "unknown";
}

std::uint64_t memory_bytes() {
  struct sysinfo info {};
  if (::sysinfo(&info) != 0) return 0;
  return std::uint64_t{info.totalram} * info.mem_unit;
}

std::string compiler() {
#if defined(__clang__)
  return "clang++ " + std::to_string(__clang_major__) + "." + std::to_string(__clang_minor__) +
         "." + std::to_string(__clang_patchlevel__);
#else
  return "g++ " + std::to_string(__GNUC__) + "." + std::to_string(__GNUC_MINOR__) + "." +
         std::to_string(__GNUC_PATCHLEVEL__);
#endif
}

// mountinfo writes a blank as \040.
std::string unescaped(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>(std::strtol(text.substr(i + 1, 3).c_str(), nullptr, 8));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

struct Mount {
  std::string point;
  std::string type;
};

// "36 35 98:0 /root /point options optional - type source …", see proc(5).
Mount parse_mount(const std::string& line) {
  std::istringstream fields(line);
  std::string skipped;
  Mount mount;
  fields >> skipped >> skipped >> skipped >> skipped >> mount.point;
  mount.point = unescaped(mount.point);
  const auto separator = line.find(" - ");
  if (separator != std::string::npos) std::istringstream(line.substr(separator + 3)) >> mount.type;
  return mount;
}

bool is_under(const std::string& path, const std::string& point) {
  if (!path.starts_with(point)) return false;
  return point == "/" || path.size() == point.size() || path[point.size()] == '/';
}

}  // namespace

FsyncFloor measure_fsync(const std::filesystem::path& directory) {
  const OverwrittenPage page(directory);
  metrics::Histogram histogram;
  const auto end = steady_clock::now() + longest_probe;
  for (int i = 0; i < most_syncs && (i < 1 || steady_clock::now() < end); ++i) {
    histogram.record(page.sync_with(::fdatasync));
  }
  const metrics::Quantiles found = histogram.quantiles();
  return {.p50_ms = found.p50, .p99_ms = found.p99};
}

std::vector<FsyncPair> measure_fsync_pairs(const std::filesystem::path& directory) {
  const OverwrittenPage page(directory);
  std::vector<FsyncPair> pairs;
  const auto end = steady_clock::now() + longest_probe;
  for (int i = 0; i < most_syncs && (i < fewest_fsync_pairs || steady_clock::now() < end); ++i) {
    // The disk has rested during a delay, and its next sync pays for that.
    page.sync_with(sync_by_system_call);
    const auto bare = page.sync_with(sync_by_system_call);
    pairs.push_back({.bare = bare, .delayed = page.sync_with(::fdatasync)});
  }
  return pairs;
}

std::string filesystem_of(const std::filesystem::path& directory) {
  std::error_code failure;
  const std::string path = std::filesystem::weakly_canonical(directory, failure).string();
  std::ifstream mounts("/proc/self/mountinfo");
  Mount best;
  for (std::string line; !failure && std::getline(mounts, line);) {
    Mount mount = parse_mount(line);
    const bool closer = mount.point.size() >= best.point.size();
    if (closer && is_under(path, mount.point)) best = std::move(mount);
  }
  return best.type.empty() ? "unknown" : best.type;
}

Environment probe_environment(const std::filesystem::path& store_directory,
                              const std::string& sqlite_version,
                              const std::string& postgres_version) {
  const FsyncFloor floor = measure_fsync(store_directory);
  return {.cpu = cpu_model(),
          .cores = std::thread::hardware_concurrency(),
          .memory_bytes = memory_bytes(),
          .kernel = kernel_release(),
          .filesystem = filesystem_of(store_directory),
          .sqlite_version = sqlite_version,
          .postgres_version = postgres_version,
          .compiler = compiler(),
          .build_type = YARDMASTER_BUILD_TYPE,
          .fsync_p50_ms = floor.p50_ms,
          .fsync_p99_ms = floor.p99_ms};
}

}  // namespace yardmaster::reports
