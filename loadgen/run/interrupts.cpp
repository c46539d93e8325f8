#include "loadgen/run/interrupts.h"

#include <pthread.h>

namespace yardmaster::loadgen {

Interrupts::Interrupts() {
  ::sigemptyset(&signals_);
  ::sigaddset(&signals_, SIGINT);
  ::sigaddset(&signals_, SIGTERM);
  struct sigaction hangup {};
  ::sigaction(SIGHUP, nullptr, &hangup);
  // Under nohup the end of the terminal is to mean nothing.
  if (hangup.sa_handler != SIG_IGN) ::sigaddset(&signals_, SIGHUP);
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &pipe_before_);
  ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interrupts::~Interrupts() {
  ::sigaction(SIGPIPE, &pipe_before_, nullptr);
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

int Interrupts::wait(std::chrono::milliseconds timeout) {
  const timespec limit{.tv_sec = timeout.count() / 1000,
                       .tv_nsec = (timeout.count() % 1000) * 1'000'000};
  if (::sigtimedwait(&signals_, nullptr, &limit) > 0) ++count_;
  return count_;
}

}  // namespace yardmaster::loadgen
