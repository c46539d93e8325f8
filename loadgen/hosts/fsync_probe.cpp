#include "loadgen/hosts/fsync_probe.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

#include <poll.h>
#include <unistd.h>

#include "coordinator/base/child_start.h"
#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "coordinator/base/exec_environment.h"
#include "loadgen/databases/fsync_preload.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::nanoseconds;

constexpr int interrupt_check_ms = 50;  // between looks at whether it was interrupted
constexpr const char* own_program = "/proc/self/exe";

[[noreturn]] void fail(const std::string& why) {
  throw Error(ErrorCode::unavailable, "cannot measure the delayed fsync: " + why);
}

// A process that measures, killed with the object if it still does. Its output and its complaints
// come through one pipe.
class Probe {
 public:
  Probe(const std::filesystem::path& directory, const std::vector<std::string>& environment)
      : pipe_(make_pipe()), child_(spawn(directory, environment)) {
    pipe_.write.reset();
  }

  // Returns all that it says, until its end.
  std::string output(const std::function<void()>& interrupted) const {
    std::string text;
    std::array<char, 4096> part{};
    while (true) {
      interrupted();
      pollfd readable{.fd = pipe_.read.get(), .events = POLLIN, .revents = 0};
      if (::poll(&readable, 1, interrupt_check_ms) <= 0) continue;
      const auto length = ::read(pipe_.read.get(), part.data(), part.size());
      if (length <= 0) return text;
      text.append(part.data(), static_cast<std::size_t>(length));
    }
  }

  bool succeeded() { return child_.reap() == 0; }

 private:
  StartedChild spawn(const std::filesystem::path& directory,
                     const std::vector<std::string>& environment) const {
    ChildStart start;
    start.argv = {"loadgen", std::string(fsync_probe_argument), directory.string()};
    start.program = own_program;
    start.environment = environment_with(environment);
    start.output = pipe_.write.get();
    start.errors = pipe_.write.get();
    start.group = ChildGroup::own_group;  // a Ctrl-C does not reach it
    return start_child(start);
  }

  Pipe pipe_;
  OwnedChild child_;
};

// Returns nothing when the text is anything but pairs of nanoseconds.
std::optional<std::vector<reports::FsyncPair>> pairs_in(const std::string& text) {
  std::vector<reports::FsyncPair> pairs;
  std::istringstream lines(text);
  std::int64_t bare = 0;
  std::int64_t delayed = 0;
  while (lines >> bare >> delayed) pairs.push_back({nanoseconds(bare), nanoseconds(delayed)});
  if (!lines.eof() || std::ssize(pairs) < reports::fewest_fsync_pairs) return std::nullopt;
  return pairs;
}

// The value that as many of n sorted ones are below as the quantile asks for.
double at_quantile(const std::vector<double>& sorted, double quantile) {
  const auto rank = std::ceil(quantile * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(rank - 1, 0.0))];
}

template <typename Value>
std::vector<double> sorted_values(const std::vector<reports::FsyncPair>& pairs, Value value) {
  std::vector<double> values;
  values.reserve(pairs.size());
  for (const auto& pair : pairs) values.push_back(to_milliseconds(value(pair)));
  std::sort(values.begin(), values.end());
  return values;
}

// Returns how many of n values may lie below a median at the least, with 99.9% certainty, by the
// normal approximation, which at n = 11 gives the exact answer: none.
std::size_t fewest_below_median(std::size_t n) {
  constexpr double normal_p9995 = 3.2905267314919255;
  const auto count = static_cast<double>(n);
  return static_cast<std::size_t>(std::max((count - normal_p9995 * std::sqrt(count)) / 2, 0.0));
}

}  // namespace

int run_fsync_probe(const std::filesystem::path& directory) {
  for (const auto& [bare, delayed] : reports::measure_fsync_pairs(directory)) {
    std::cout << bare.count() << ' ' << delayed.count() << '\n';
  }
  return std::cout.flush() ? 0 : 1;
}

reports::DelayedFsync measure_delayed_fsync(const FsyncLatency& latency, std::uint64_t seed,
                                            const std::filesystem::path& directory,
                                            const std::function<void()>& interrupted) {
  const auto name = std::filesystem::read_symlink(own_program).filename().string();
  Probe probe(directory, fsync_delay_environment(latency, seed, name));
  const std::string output = probe.output(interrupted);
  const auto pairs = pairs_in(output);
  if (!probe.succeeded() || !pairs) fail(output.empty() ? "the probe said nothing" : output);
  return summarize(*pairs);
}

reports::DelayedFsync summarize(const std::vector<reports::FsyncPair>& pairs) {
  using reports::FsyncPair;
  const auto bare = sorted_values(pairs, [](const FsyncPair& pair) { return pair.bare; });
  const auto delayed = sorted_values(pairs, [](const FsyncPair& pair) { return pair.delayed; });
  const auto added =
      sorted_values(pairs, [](const FsyncPair& pair) { return pair.delayed - pair.bare; });
  const std::size_t below = fewest_below_median(pairs.size());
  return {.p50_ms = at_quantile(delayed, 0.5),
          .p99_ms = at_quantile(delayed, 0.99),
          .bare_p50_ms = at_quantile(bare, 0.5),
          .added_ms = at_quantile(added, 0.5),
          .added_low_ms = added[below],
          .added_high_ms = added[added.size() - 1 - below]};
}

}  // namespace yardmaster::loadgen
