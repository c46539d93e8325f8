// The nursery has small processes that do nothing, to be registered as an instance's process and
// killed. A helper makes them that is forked before this program has threads or connections, and
// they share its memory instead of copying it, so that neither their beginning nor their end takes
// a core from what is measured for long.
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
