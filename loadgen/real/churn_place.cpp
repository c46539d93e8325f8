#include "loadgen/real/churn_place.h"

#include <csignal>

#include <sys/syscall.h>
#include <unistd.h>

namespace yardmaster::loadgen {

void ChurnPlace::watch_agent(pid_t pid) {
  forget_agent();
  ended_at_.reset();
  process_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (process_) loop_.add(process_.get(), EPOLLIN, *this);
}

void ChurnPlace::forget_agent() {
  if (!process_) return;
  loop_.remove(process_.get(), *this);
  process_.reset();
}

void ChurnPlace::kill_agent() const {
  if (process_) ::syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0);
}

void ChurnPlace::on_ready(std::uint32_t /*events*/) {
  if (!ended_at_) ended_at_ = std::chrono::steady_clock::now();
}

}  // namespace yardmaster::loadgen
