#include "tests/support/deadline.h"

#include <algorithm>
#include <thread>

#include <poll.h>

namespace yardmaster::support {

int Deadline::poll_timeout() const {
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::chrono::milliseconds::rep>(0, left.count()));
}

bool eventually(const std::function<bool()>& condition, Deadline deadline) {
  while (!condition()) {
    if (deadline.passed()) return false;
    ::poll(nullptr, 0, 2);
  }
  return true;
}

void let_pass(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

}  // namespace yardmaster::support
