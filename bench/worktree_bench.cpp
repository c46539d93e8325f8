// Worktrees of a repository with 2,000 files, on the disk of the working directory: one added with
// its checkout, a burst of 25, and removals of clean ones and of those with work to save.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "coordinator/base/error.h"
#include "coordinator/instances/git/worktrees.h"
#include "coordinator/instances/processes/process_runner.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

constexpr int directories = 40;
constexpr int files_in_each = 50;

fs::path make_directory() {
  std::string name = (fs::current_path() / "yard-bench-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw Error(ErrorCode::internal, "mkdtemp");
  return name;
}

class Yard {
 public:
  Yard() : root_(make_directory()), repository_(root_ / "repository") {
    for (int i = 0; i < directories * files_in_each; ++i) {
      const fs::path file = repository_ / std::to_string(i / files_in_each) / std::to_string(i);
      fs::create_directories(file.parent_path());
      std::ofstream(file) << std::string(static_cast<std::size_t>(1000 + i), 'x') << i << "\n";
    }
    run_git({"init", "--quiet", "--initial-branch=main"});
    run_git({"add", "."});
    run_git({"-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "--quiet",
             "--message=Begin"});
    run_git({"gc", "--quiet"});
    worktrees_ = std::make_unique<Worktrees>(io_, workers_, runner_, repository_, root_ / "trash",
                                             root_ / "kept", slots_);
  }
  ~Yard() { fs::remove_all(root_); }
  Yard(const Yard&) = delete;
  Yard& operator=(const Yard&) = delete;

  fs::path path(int number) const { return root_ / "worktrees" / std::to_string(number); }
  void add(int count) {
    for (int i = 0; i < count; ++i) {
      WorktreeRequest request{path(i), branch(i), "main", {"/.mcp.json"}};
      start(worktrees_->add(std::move(request)));
    }
    finish();
  }
  void remove(int count) {
    for (int i = 0; i < count; ++i) start(worktrees_->remove(path(i), branch(i), "bench"));
    finish();
  }
  void empty_trash() {
    asio::co_spawn(io_, yardmaster::empty_trash(workers_, root_ / "trash"), asio::detached);
    finish();
  }

 private:
  static std::string branch(int number) { return "instance/" + std::to_string(number); }
  template <class Result>
  void start(asio::awaitable<Result> work) {
    asio::co_spawn(io_, std::move(work), [](const std::exception_ptr& failure, const Result&) {
      if (failure) std::rethrow_exception(failure);
    });
  }
  void finish() {
    io_.restart();
    io_.run();
  }
  void run_git(std::vector<std::string> arguments) {
    ProgramCall call;
    call.argv = std::move(arguments);
    call.argv.insert(call.argv.begin(), "git");
    call.directory = repository_;
    start(runner_.run(std::move(call)));
    finish();
  }

  fs::path root_;
  fs::path repository_;
  asio::io_context io_;
  FileWorkers workers_{io_, 2, usual_file_timeout, nullptr};
  SystemProcessRunner runner_{io_, root_ / "lock"};
  CheckoutSlots slots_{io_, std::thread::hardware_concurrency()};
  std::unique_ptr<Worktrees> worktrees_;
};

void adds(benchmark::State& state) {
  Yard yard;
  const int count = static_cast<int>(state.range(0));
  for ([[maybe_unused]] auto _ : state) {
    yard.add(count);
    state.PauseTiming();
    yard.remove(count);
    yard.empty_trash();
    state.ResumeTiming();
  }
}

void clean_removals(benchmark::State& state) {
  Yard yard;
  const int count = static_cast<int>(state.range(0));
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    yard.add(count);
    state.ResumeTiming();
    yard.remove(count);
    state.PauseTiming();
    yard.empty_trash();
    state.ResumeTiming();
  }
}

void removals_with_a_rescue(benchmark::State& state) {
  Yard yard;
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    yard.add(1);
    std::ofstream(yard.path(0) / "work") << state.iterations();
    std::ofstream(yard.path(0) / "1/51") << state.iterations();
    state.ResumeTiming();
    yard.remove(1);
    state.PauseTiming();
    yard.empty_trash();
    state.ResumeTiming();
  }
}

void emptying_the_trash(benchmark::State& state) {
  Yard yard;
  for ([[maybe_unused]] auto _ : state) {
    state.PauseTiming();
    yard.add(1);
    yard.remove(1);
    state.ResumeTiming();
    yard.empty_trash();
  }
}

BENCHMARK(adds)->Arg(1)->Arg(25)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(clean_removals)->Arg(1)->Arg(25)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(removals_with_a_rescue)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(emptying_the_trash)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace yardmaster
