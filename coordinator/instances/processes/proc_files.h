// These functions read what /proc says of processes. Any thread; blocking, though never for a disk.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace yardmaster {

struct ProcStat {
  std::int64_t pid = 0;
  std::int64_t parent = 0;
  std::int64_t group = 0;
  std::int64_t session = 0;
  std::int64_t terminal_group = 0;  // in the foreground of its terminal; -1: it has no terminal
  std::uint64_t start_ticks = 0;    // clock ticks from boot to its start
  bool is_zombie = false;           // its first thread has ended; others may run
  bool is_kernel_thread = false;
};

// nullopt when there is no such process.
std::optional<ProcStat> read_proc_stat(std::int64_t pid);

// A file of the process, e.g. "environ"; empty when it cannot be read.
std::string read_proc_file(std::int64_t pid, const char* name);

// Returns all processes that are there now, zombies too.
std::vector<std::int64_t> list_processes();

// The pid that the kernel gave last: the same before and after when no process was made between.
std::int64_t read_last_pid();

}  // namespace yardmaster
