// Gives the instances of a run back to the coordinator that somebody else runs, however the run
// ends. It uses a connection of its own, since the run's may be in the middle of anything. One
// thread.
#pragma once

#include <string>
#include <utility>

namespace yardmaster::loadgen {

class ReleaseGuard {
 public:
  // Guards all instances whose names begin with `prefix` and a hyphen. Not armed, it does nothing.
  ReleaseGuard(std::string socket_path, std::string prefix, bool armed)
      : socket_path_(std::move(socket_path)), prefix_(std::move(prefix)), armed_(armed) {}
  // Takes up to ten seconds; what cannot be released then, or has no coordinator any more, stays.
  ~ReleaseGuard();
  ReleaseGuard(const ReleaseGuard&) = delete;
  ReleaseGuard& operator=(const ReleaseGuard&) = delete;

  // They are released.
  void disarm() { armed_ = false; }

 private:
  std::string socket_path_;
  std::string prefix_;
  bool armed_;
};

}  // namespace yardmaster::loadgen
