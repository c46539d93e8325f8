// Small processes that do nothing, to be registered as an instance's process and killed. They are
// forked by a helper that is forked itself before this program has threads or connections, so that
// a child costs a fraction of a millisecond and the generator none of it.
//
// Everything goes away with the nursery, and with this process however it ends.
#pragma once

#include <deque>
#include <functional>

#include <sys/types.h>

#include "coordinator/base/unique_fd.h"
#include "coordinator/client/event_loop.h"

namespace yardmaster::loadgen {

class ChildNursery {
 public:
  // Forks the helper; call before any thread starts. Throws Error{unavailable}.
  ChildNursery();
  ~ChildNursery();
  ChildNursery(const ChildNursery&) = delete;
  ChildNursery& operator=(const ChildNursery&) = delete;

  // Asks for one more child; its pid can be read from fd() soon after, as a pid_t.
  void ask() const;
  // Reads one pid; 0 when none is there yet.
  pid_t take() const;
  int fd() const { return channel_.get(); }

 private:
  UniqueFd channel_;
  pid_t helper_ = -1;
};

}  // namespace yardmaster::loadgen
