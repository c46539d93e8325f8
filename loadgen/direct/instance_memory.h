// Loadgen and the processes of its instances share this memory: the orders, the moments at which
// all begin and end, and for each instance what it measured, in a ring. It has no name; the
// processes inherit it as a descriptor, and it goes away with the last of them.
//
// In each ring one process writes and one reads, without locks; a sample costs some 50 ns.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "coordinator/base/store_kind.h"
#include "coordinator/base/unique_fd.h"
#include "loadgen/direct/direct_connection.h"
#include "loadgen/direct/instance_schedule.h"

namespace yardmaster::loadgen {

// Times are nanoseconds, and offsets since the start of the run.
struct InstanceSample {
  enum class Kind : std::uint32_t { write, checkpoint, refused_checkpoint };

  std::int64_t at = 0;         // a write's intended time, or a checkpoint's end
  std::int64_t latency = 0;    // a checkpoint's duration
  std::int64_t service = 0;    // a write's, from its first try
  std::int64_t lag = 0;        // from when a write was due and the instance idle to its first try
  std::int64_t retry = 0;      // from the first busy error to the end
  std::int64_t lock_wait = 0;  // within SQLite
  std::uint32_t busy = 0;      // errors
  std::uint32_t lock_waits = 0;
  std::uint32_t frames = 0;  // a checkpoint's
  Kind kind = Kind::write;
};

class SampleRing {
 public:
  static constexpr std::size_t capacity = 1024;

  // False when it is full.
  bool push(const InstanceSample& sample);
  std::optional<InstanceSample> pop();

 private:
  std::atomic<std::uint64_t> pushed_{0};
  std::atomic<std::uint64_t> popped_{0};
  std::array<InstanceSample, capacity> samples_{};
};

// A text of limited length, for memory that is shared.
template <std::size_t Size>
class SharedText {
 public:
  void set(std::string_view text) {
    const std::size_t length = text.copy(text_.data(), Size - 1);
    text_[length] = '\0';
  }
  static constexpr std::size_t capacity() { return Size; }
  std::string get() const { return text_.data(); }

 private:
  std::array<char, Size> text_{};
};

// The block concerns one instance.
struct InstanceBlock {
  std::atomic<bool> ready{false};              // its connection is open
  std::atomic<std::uint64_t> acknowledged{0};  // writes, all of them from 1 on
  std::atomic<std::int64_t> cpu_ns{0};
  SharedText<512> failure;  // complete when the process has ended
  SampleRing ring;
};

// The block concerns the whole run. The orders are complete before the first process starts.
struct RunBlock {
  StoreKind store{};
  SharedText<4096> database;
  Transaction transaction{};
  Durability durability{};
  std::int64_t busy_timeout_ms = 0;
  bool checkpoint_after_write = false;
  bool checkpoints_by_itself = false;
  ArrivalPlan arrivals;
  std::uint64_t payload_bytes = 0;

  std::atomic<std::uint32_t> changes{0};  // raised when one of the following changes; sleepers wake
  std::atomic<std::int64_t> start_ns{0};  // on the steady clock; 0: not yet
  std::atomic<std::int64_t> end_ns{0};    // an offset: nothing is due from there on
  std::atomic<bool> given_up{false};      // due writes are not done any more
};

// The connection that the orders ask for.
DirectOptions options_from(const RunBlock& run);

class InstanceMemory {
 public:
  // New memory. Throws Error{unavailable}.
  explicit InstanceMemory(std::uint32_t instances);
  // Returns the memory of the process that started this one.
  static InstanceMemory inherited(int descriptor);
  ~InstanceMemory();
  InstanceMemory(const InstanceMemory&) = delete;
  InstanceMemory& operator=(const InstanceMemory&) = delete;

  int descriptor() const { return descriptor_.get(); }
  RunBlock& run() const;
  InstanceBlock& instance(std::uint32_t number) const;
  std::uint32_t instances() const { return instances_; }

  // Wakes all processes that sleep in sleep_until().
  void announce_change() const;
  // Sleeps until this moment of the steady clock, or until the next change since `seen`.
  void sleep_until(std::chrono::steady_clock::time_point time, std::uint32_t seen) const;

 private:
  InstanceMemory(UniqueFd descriptor, std::size_t bytes);
  void map(std::size_t bytes);

  UniqueFd descriptor_;
  void* memory_ = nullptr;
  std::size_t bytes_ = 0;
  std::uint32_t instances_ = 0;
};

}  // namespace yardmaster::loadgen
