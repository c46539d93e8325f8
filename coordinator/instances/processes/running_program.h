// A program between its start and its end: reads what it says, ends it when its time is over or it
// is cancelled, and reaps it. Broker thread only; handlers hold it by shared_ptr.
#pragma once

#include <csignal>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "coordinator/instances/processes/process_runner.h"
#include "coordinator/instances/processes/program_start.h"

namespace yardmaster {

class RunningProgram : public std::enable_shared_from_this<RunningProgram> {
 public:
  RunningProgram(boost::asio::io_context& io, StartedProgram started, ProgramCall call);
  ~RunningProgram();
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  // Once. Returns when it has ended and been reaped, or when it was killed and stays all the same.
  boost::asio::awaitable<ProgramResult> finish();

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  void watch_output();
  void watch_errors();
  void watch_end();
  void start_timeout();
  void ask_to_end();
  void force_end();
  void give_up();
  void become_done();
  void signal_group(int number) const;
  // Takes what there is; closes the descriptor at its end.
  void take_output();
  void take_errors();
  void take_error_text(std::string_view text);
  void finish_if_done();
  void reap();

  ProgramCall call_;
  ProgramResult result_;
  pid_t pid_;
  Descriptor pidfd_;
  Descriptor output_;
  Descriptor errors_;
  boost::asio::steady_timer timer_;  // the timeout, then the grace
  boost::asio::steady_timer done_signal_;
  std::string error_line_;  // its beginning
  bool asked_to_end_ = false;
  bool forced_ = false;
  bool ended_ = false;
  bool done_ = false;
};

}  // namespace yardmaster
