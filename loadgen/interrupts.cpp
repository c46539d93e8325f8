#include "loadgen/interrupts.h"

#include <pthread.h>

namespace yardmaster::loadgen {

Interrupts::Interrupts() {
  ::sigemptyset(&signals_);
  ::sigaddset(&signals_, SIGINT);
  ::sigaddset(&signals_, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &signals_, &before_);
}

Interrupts::~Interrupts() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

int Interrupts::wait(std::chrono::milliseconds timeout) {
  const timespec limit{.tv_sec = timeout.count() / 1000,
                       .tv_nsec = (timeout.count() % 1000) * 1'000'000};
  if (::sigtimedwait(&signals_, nullptr, &limit) > 0) ++count_;
  return count_;
}

}  // namespace yardmaster::loadgen
