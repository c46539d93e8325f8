// The processes of the instances in the direct topology. They end with this object, and with the
// thread that started them, however it ends; a Ctrl-C does not reach them. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "loadgen/direct/instance_memory.h"

namespace yardmaster::loadgen {

class InstanceProcesses {
 public:
  // `environment` ("NAME=value") is added to this process's own. Both must outlive the object.
  InstanceProcesses(const InstanceMemory& memory, const std::vector<std::string>& environment)
      : memory_(memory), environment_(environment) {}
  // Kills those that still run.
  ~InstanceProcesses();
  InstanceProcesses(const InstanceProcesses&) = delete;
  InstanceProcesses& operator=(const InstanceProcesses&) = delete;

  // Starts a process for each instance of the memory. Throws Error{unavailable} when they cannot be
  // started.
  void start();
  // Takes note of those that ended. Throws Error with the reason of one that failed.
  void note_ended();
  bool all_ready() const;
  bool all_ended() const { return running_ == 0; }

 private:
  void start_one(std::uint32_t number);

  const InstanceMemory& memory_;
  const std::vector<std::string>& environment_;
  std::vector<pid_t> pids_;  // -1: ended
  std::size_t running_ = 0;
};

}  // namespace yardmaster::loadgen
