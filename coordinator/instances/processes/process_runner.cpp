#include "coordinator/instances/processes/process_runner.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "coordinator/base/error.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/program_start.h"
#include "coordinator/instances/processes/running_program.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

// Above 3, where the programs get it.
UniqueFd open_lock(const std::filesystem::path& file) {
  const UniqueFd opened(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  UniqueFd fd(opened ? ::fcntl(opened.get(), F_DUPFD_CLOEXEC, 4) : -1);
  if (!fd) {
    throw Error(ErrorCode::unavailable,
                "cannot open the lock file '" + file.string() + "': " + std::strerror(errno));
  }
  return fd;
}

// A program that was started too late is for nobody, and ends before it has done much.
class StartedForSomebody {
 public:
  explicit StartedForSomebody(StartedProgram program) : program_(std::move(program)) {}
  ~StartedForSomebody() {
    if (program_.pid <= 0) return;
    ::kill(program_.pid, SIGKILL);
    ::waitpid(program_.pid, nullptr, 0);
  }
  StartedForSomebody(const StartedForSomebody&) = delete;
  StartedForSomebody& operator=(const StartedForSomebody&) = delete;

  StartedProgram take() {
    StartedProgram taken = std::move(program_);
    program_.pid = -1;
    return taken;
  }

 private:
  StartedProgram program_;
};

using Untaken = std::unique_ptr<StartedForSomebody>;

}  // namespace

SystemProcessRunner::SystemProcessRunner(asio::io_context& io, std::filesystem::path lock_file,
                                         std::optional<mode_t> file_mask,
                                         std::chrono::nanoseconds start_timeout)
    : io_(io),
      lock_file_(std::move(lock_file)),
      file_mask_(file_mask),
      lock_(open_lock(lock_file_)),
      starter_(io, 1, start_timeout, nullptr) {}

// A lock of the open file, not of the process: it is held as long as anyone has the descriptor.
bool SystemProcessRunner::take_lock() {
  if (!locked_) locked_ = ::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0;
  return locked_;
}

asio::awaitable<ProgramResult> SystemProcessRunner::run(ProgramCall call) {
  if (call.cancel && call.cancel->cancelled()) {
    ProgramResult result;
    result.status = 128 + SIGTERM;
    result.cancelled = true;
    co_return result;
  }
  take_lock();
  const int lock = call.holds_lock ? lock_.get() : -1;
  const auto shared = std::make_shared<ProgramCall>(std::move(call));
  std::function<Untaken()> start = [shared, lock, mask = file_mask_] {
    return std::make_unique<StartedForSomebody>(start_program(*shared, lock, mask));
  };
  const std::string name = std::filesystem::path(shared->argv.front()).filename().string();
  const auto began = std::chrono::steady_clock::now();
  const std::string place = shared->directory.empty() ? name : shared->directory.string();
  const Untaken started = co_await starter_.run(std::move(start), place);
  const auto program = std::make_shared<RunningProgram>(io_, started->take(), std::move(*shared));
  ProgramResult result = co_await program->finish();
  if (on_ended_) on_ended_(name, result.succeeded(), std::chrono::steady_clock::now() - began);
  co_return result;
}

asio::awaitable<void> SystemProcessRunner::wait_for_leftovers(std::chrono::nanoseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  auto pause = std::chrono::milliseconds(2);
  while (!take_lock()) {
    if (std::chrono::steady_clock::now() >= deadline) {
      throw Error(ErrorCode::timed_out, "git programs of an earlier daemon still run; they hold '" +
                                            lock_file_.string() + "': see fuser or lsof");
    }
    co_await pause_for(io_, pause);
    pause = std::min(2 * pause, std::chrono::milliseconds(50));
  }
}

}  // namespace yardmaster
