#include "coordinator/daemon/daemon_limits.h"

#include <algorithm>

#include <sys/resource.h>

namespace yardmaster {
namespace {

// Open files that connections leave to the store, to new listeners and to watched processes.
constexpr std::uint64_t reserved_files = 256;

}  // namespace

std::uint64_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

std::uint64_t descriptor_limit(std::uint64_t file_limit) {
  return file_limit > 2 * reserved_files ? file_limit - reserved_files : file_limit / 2;
}

std::size_t connection_limit(const Config& config, std::uint64_t file_limit) {
  const std::uint64_t possible = descriptor_limit(file_limit);
  return config.max_connections == 0 ? possible : std::min(config.max_connections, possible);
}

GroupCommitOptions commit_options(const Config& config) {
  GroupCommitOptions options;
  options.checkpoint_policy = *checkpoint_policy_from(config.checkpoint_policy);
  options.spacing = std::chrono::duration_cast<std::chrono::microseconds>(config.commit_spacing);
  options.largest_batch = config.largest_batch;
  return options;
}

}  // namespace yardmaster
