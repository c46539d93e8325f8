// A store on a disk that loadgen makes slower. Only lower bounds are asserted: a busy machine makes
// everything longer, and nothing shorter.
#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/unique_fd.h"
#include "loadgen/faults/delay_distribution.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using loadgen::DelayDistribution;
using nlohmann::json;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

// The library, loaded into the test itself, for which it takes effect on being called by name.
class DelayedSync {
 public:
  DelayedSync(const DelayDistribution& delays, std::uint64_t seed) {
    const std::string parameters = "faults_tests " +
                                   std::to_string(static_cast<int>(delays.shape)) + " " +
                                   std::to_string(delays.first_ns) + " " +
                                   std::to_string(delays.second_ns) + " " + std::to_string(seed);
    ::setenv("LOADGEN_FSYNC_DELAY", parameters.c_str(), 1);
    library_ = ::dlopen(FSYNC_DELAY_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library_ == nullptr) throw std::runtime_error(::dlerror());
    sync_ = reinterpret_cast<decltype(sync_)>(::dlsym(library_, "fdatasync"));
    file_.reset(::open((place_ / "file").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600));
  }
  ~DelayedSync() { ::dlclose(library_); }
  DelayedSync(const DelayedSync&) = delete;
  DelayedSync& operator=(const DelayedSync&) = delete;

  int call_on(int file) const { return sync_(file); }
  nanoseconds time() const {
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(sync_(file_.get()), 0);
    return std::chrono::steady_clock::now() - start;
  }

 private:
  TemporaryDirectory place_;
  UniqueFd file_;
  void* library_ = nullptr;
  int (*sync_)(int) = nullptr;
};

constexpr DelayDistribution uniform{
    .shape = DelayDistribution::Shape::uniform, .first_ns = 1'000'000, .second_ns = 60'000'000};

TEST(SlowDisk, delays_of_all_threads_are_those_of_one_sequence) {
  const DelayedSync sync(uniform, 3);
  constexpr std::uint64_t syncs = 5;
  std::array<std::future<nanoseconds>, 4> sums;
  for (auto& sum : sums) {
    sum = std::async(std::launch::async, [&] {
      nanoseconds all{};
      for (std::uint64_t n = 0; n < syncs; ++n) all += sync.time();
      return all;
    });
  }
  nanoseconds taken{};
  for (auto& sum : sums) taken += sum.get();
  nanoseconds drawn{};
  for (std::uint64_t n = 0; n < sums.size() * syncs; ++n)
    drawn += nanoseconds(uniform.nth_ns(3, n));
  EXPECT_GE(taken, drawn);
}

TEST(SlowDisk, forked_children_go_on_with_the_sequence) {
  // A seed whose second delay is much the longer one.
  std::uint64_t seed = 0;
  while (uniform.nth_ns(seed, 1) < uniform.nth_ns(seed, 0) + 40'000'000) ++seed;
  const DelayedSync sync(uniform, seed);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) ::_exit(sync.time() >= nanoseconds(uniform.nth_ns(seed, 0)) ? 0 : 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_GE(sync.time(), nanoseconds(uniform.nth_ns(seed, 1)));
}

TEST(SlowDisk, an_error_of_the_disk_comes_through) {
  const DelayedSync sync(uniform, 1);
  errno = 0;
  EXPECT_EQ(sync.call_on(-1), -1);
  EXPECT_EQ(errno, EBADF);
}

// Returns what `sh` finds in its environment when the delay is meant for a program.
std::string environment_of_shell(const std::string& program) {
  const auto shell = run({.argv = {"/bin/sh", "-c", "set"},
                          .environment = {{"LD_PRELOAD", FSYNC_DELAY_LIBRARY},
                                          {"LOADGEN_FSYNC_DELAY", program + " 1 1000000 0 1"}}});
  EXPECT_EQ(shell.status, 0) << shell.errors;
  return shell.output;
}

TEST(SlowDisk, is_not_handed_on_by_the_program_that_it_is_for) {
  const auto own = environment_of_shell(std::filesystem::canonical("/bin/sh").filename());
  EXPECT_EQ(own.find("LD_PRELOAD"), std::string::npos) << own;
  EXPECT_EQ(own.find("LOADGEN_FSYNC_DELAY"), std::string::npos) << own;
  const auto starter = environment_of_shell("postgres");
  EXPECT_NE(starter.find("LD_PRELOAD"), std::string::npos) << starter;
  EXPECT_NE(starter.find("LOADGEN_FSYNC_DELAY"), std::string::npos) << starter;
}

class SlowDiskRun : public testing::Test {
 protected:
  Finished measure(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), loadgen_program());
    arguments.insert(arguments.end(), {"--report", (place_ / "report").string()});
    return run({.argv = std::move(arguments)}, Deadline(120s));
  }

  json first_run(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(),
                     {"--instances", "1", "--interval", "100ms", "--durability", "power",
                      "--workloads", "writes", "--duration", "3s", "--json"});
    const auto result = measure(std::move(arguments));
    SCOPED_TRACE(result.errors);
    return json::parse(result.output).at("runs").at(0);
  }

  TemporaryDirectory place_;
};

TEST_F(SlowDiskRun, moves_the_floor_and_the_commits) {
  const auto run = first_run({"--fsync-latency", "20ms"});
  EXPECT_EQ(run.at("fsync_injected_ms"), 20.0);
  EXPECT_EQ(run.at("fsync_latency"), "20ms");
  EXPECT_GE(run.at("fsync_ms").at("p50").get<double>(), 20.0) << run.at("fsync_ms");
  // An acknowledged write waited for a commit, which waited for a sync.
  for (const char* name : {"commit", "write"}) {
    const auto& measurement = run.at("measurements").at(name);
    EXPECT_GT(measurement.at("count").get<int>(), 0) << name;
    EXPECT_GE(measurement.at("p50").get<double>(), 20.0) << measurement;
  }
  EXPECT_EQ(run.at("audit").at("lost"), 0);
}

TEST_F(SlowDiskRun, has_the_shape_that_was_asked_for) {
  const auto run = first_run({"--fsync-latency", "lognormal:10ms,p99=40ms"});
  EXPECT_EQ(run.at("fsync_injected_ms"), 10.0);
  EXPECT_EQ(run.at("fsync_latency"), "lognormal:10ms,p99=40ms");
  const auto& fsync = run.at("fsync_ms");
  EXPECT_GE(fsync.at("added_high").get<double>(), 10.0) << fsync;
  EXPECT_GT(fsync.at("p99").get<double>(), fsync.at("p50").get<double>()) << fsync;
}

TEST_F(SlowDiskRun, is_not_there_unless_asked_for) {
  const auto run = first_run({});
  EXPECT_EQ(run.at("fsync_injected_ms"), 0.0);
  EXPECT_FALSE(run.contains("fsync_ms"));
  EXPECT_FALSE(run.contains("fsync_latency"));
}

TEST_F(SlowDiskRun, holds_no_load_within_less_than_it_takes) {
  const auto result = measure({"map", "--store", "sqlite", "--durability", "power", "--slo",
                               "write_p99=10ms", "--fsync-latencies", "0,20ms", "--most", "25",
                               "--interval", "100ms", "--max-duration", "8s", "--json"});
  SCOPED_TRACE(result.errors);
  ASSERT_EQ(result.status, 0);
  const auto cells = json::parse(result.output).at("cells");
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells.at(0).at("fsync_latency"), "0ms");
  EXPECT_EQ(cells.at(1).at("fsync_latency"), "20ms");
  EXPECT_EQ(cells.at(1).at("holds"), 0);
  for (const auto& step : cells.at(1).at("steps")) {
    EXPECT_GE(step.at("measured_ms").at("write P99").get<double>(), 20.0) << step;
  }
  const auto runs =
      json::parse(read_file(place_ / "report" / "sqlite-power-20ms" / "report.json")).at("runs");
  for (const auto& run : runs) {
    EXPECT_EQ(run.at("fsync_ms"), runs.at(0).at("fsync_ms")) << "measured more than once";
  }
}

TEST_F(SlowDiskRun, that_cannot_be_is_refused_with_one_line) {
  DaemonProcess daemon;
  write_file(place_ / "slow.json", R"({"fsync_latency": "5ms"})");
  const auto socket = daemon.socket().string();
  for (const auto& arguments : {std::vector<std::string>{"--fsync-latency", "5"},
                                {"--fsync-latency", "lognormal:30ms,p99=5ms"},
                                {"--fsync-latency", "10s"},
                                {"--connect", socket, "--fsync-latency", "5ms"},
                                {"--connect", socket, "--scenario", place_ / "slow.json"}}) {
    const auto result = measure(arguments);
    SCOPED_TRACE(arguments.back());
    EXPECT_EQ(result.status, 2) << result.errors;
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
    EXPECT_TRUE(result.output.empty()) << result.output;
  }
}

}  // namespace
}  // namespace yardmaster::support
