#include "coordinator/instances/processes/running_program.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <utility>

#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/stall_detector.h"
#include "coordinator/instances/processes/async_wait.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto time_to_end = std::chrono::seconds(2);
constexpr auto time_to_die = std::chrono::seconds(10);
constexpr std::size_t chunk = 64UL * 1024;
// The broker thread has other things to do, too; and after a program's end this is more than a
// pipe can hold.
constexpr std::size_t most_at_once = 16 * chunk;
constexpr std::size_t kept_errors = 256UL * 1024;
constexpr std::size_t most_output = 64UL * 1024 * 1024;

// Reads what is there and hands it over in pieces; false at the end of the file.
template <class Take>
bool read_available(int fd, const Take& take) {
  std::array<char, chunk> buffer;
  for (std::size_t taken = 0; taken < most_at_once;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno == EAGAIN;
    if (got == 0) return false;
    take(std::string_view(buffer.data(), static_cast<std::size_t>(got)));
    taken += static_cast<std::size_t>(got);
  }
  return true;
}

}  // namespace

RunningProgram::RunningProgram(asio::io_context& io, StartedProgram started, ProgramCall call)
    : call_(std::move(call)),
      pid_(started.pid),
      pidfd_(io, started.pidfd.release()),
      output_(io, started.output.release()),
      errors_(io, started.errors.release()),
      timer_(io),
      done_signal_(io, std::chrono::steady_clock::time_point::max()) {}

RunningProgram::~RunningProgram() {
  if (call_.cancel && !done_) call_.cancel->end_ = nullptr;
}

asio::awaitable<ProgramResult> RunningProgram::finish() {
  watch_output();
  watch_errors();
  watch_end();
  start_timeout();
  error_code ignored;
  if (!done_) {
    const KeepName keep_name;
    co_await done_signal_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  co_return std::move(result_);
}

// Waits and reads, instead of reading asynchronously: so no bytes are on their way in a handler
// when the rest is read at the end.
void RunningProgram::watch_output() {
  output_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const error_code& failure) {
    if (failure || self->done_) return;
    self->take_output();
    if (self->output_.is_open()) return self->watch_output();
    self->finish_if_done();
  });
}

void RunningProgram::watch_errors() {
  errors_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const error_code& failure) {
    if (failure || self->done_) return;
    self->take_errors();
    if (self->errors_.is_open()) return self->watch_errors();
    self->finish_if_done();
  });
}

void RunningProgram::watch_end() {
  pidfd_.async_wait(Descriptor::wait_read, [self = shared_from_this()](const error_code& failure) {
    if (failure) return;
    if (!is_readable(self->pidfd_.native_handle())) return self->watch_end();
    self->ended_ = true;
    if (self->done_) return self->reap();  // it was given up
    self->finish_if_done();
  });
}

void RunningProgram::start_timeout() {
  timer_.expires_after(call_.timeout);
  timer_.async_wait([self = shared_from_this()](const error_code& failure) {
    if (failure || self->asked_to_end_ || self->done_) return;
    self->result_.timed_out = true;
    self->ask_to_end();
  });
  if (!call_.cancel) return;
  call_.cancel->end_ = [this] {
    if (asked_to_end_ || done_) return;
    result_.cancelled = true;
    ask_to_end();
  };
  if (call_.cancel->cancelled()) call_.cancel->end_();
}

void RunningProgram::ask_to_end() {
  asked_to_end_ = true;
  signal_group(SIGTERM);
  timer_.expires_after(time_to_end);
  timer_.async_wait([self = shared_from_this()](const error_code& failure) {
    if (!failure && !self->done_) self->force_end();
  });
}

void RunningProgram::force_end() {
  forced_ = true;
  signal_group(SIGKILL);
  finish_if_done();
  if (done_) return;
  timer_.expires_after(time_to_die);
  timer_.async_wait([self = shared_from_this()](const error_code& failure) {
    if (!failure && !self->done_) self->give_up();
  });
}

// What the kernel cannot end is in a system call that does not come back: it does nothing more.
void RunningProgram::give_up() {
  take_error_text("it does not even end when it is killed: its files do not answer\n");
  become_done();
}

// Its number is not another group's before it has been reaped.
void RunningProgram::signal_group(int number) const { ::kill(-pid_, number); }

void RunningProgram::take_output() {
  const auto take = [this](std::string_view text) {
    if (result_.output.size() < most_output) result_.output.append(text);
  };
  if (!read_available(output_.native_handle(), take)) output_.close();
  if (result_.output.size() < most_output || asked_to_end_ || done_) return;
  // What it says cannot be kept whole, so it is of no use.
  result_.cancelled = true;
  take_error_text("its output was longer than 64 MiB\n");
  ask_to_end();
}

void RunningProgram::take_errors() {
  const auto take = [this](std::string_view text) { take_error_text(text); };
  if (!read_available(errors_.native_handle(), take)) errors_.close();
}

void RunningProgram::take_error_text(std::string_view text) {
  result_.errors.append(text);
  if (result_.errors.size() > 2 * kept_errors) {
    result_.errors.erase(0, result_.errors.size() - kept_errors);
  }
  if (!call_.on_error_line) return;
  for (std::size_t end = 0; (end = text.find_first_of("\r\n")) != std::string_view::npos;) {
    error_line_.append(text.substr(0, end));
    text.remove_prefix(end + 1);
    if (!error_line_.empty()) call_.on_error_line(error_line_);
    error_line_.clear();
  }
  error_line_.append(text.substr(0, kept_errors));
}

// A program that ended by itself has said everything by then, and children that it leaves behind
// may keep its pipes open for as long as they like. One that was made to end gets the rest of its
// time for its children to follow.
void RunningProgram::finish_if_done() {
  if (!ended_ || done_) return;
  if (asked_to_end_ && !forced_ && (output_.is_open() || errors_.is_open())) return;
  if (output_.is_open()) take_output();
  if (errors_.is_open()) take_errors();
  reap();
  become_done();
}

void RunningProgram::become_done() {
  done_ = true;
  if (call_.cancel) call_.cancel->end_ = nullptr;
  error_code ignored;
  output_.close(ignored);
  errors_.close(ignored);
  timer_.cancel();
  done_signal_.cancel();
}

void RunningProgram::reap() {
  siginfo_t info{};
  while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) < 0 && errno == EINTR) {
  }
  const bool exited = info.si_code == CLD_EXITED;
  result_.status = exited ? info.si_status : 128 + info.si_status;
}

}  // namespace yardmaster
