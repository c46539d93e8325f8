// Decides when the store thread checkpoints. Plain arithmetic over what it is told; no I/O, no
// clock of its own, so that it is tested by numbers.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "coordinator/base/clock.h"

namespace yardmaster {

enum class CheckpointPolicyKind {
  adaptive,     // see CheckpointPolicy
  every_write,  // after every transaction, as the SQLite-first protocol does
  automatic,    // SQLite's own, every 1,000 pages ("auto" on the command line)
};

std::string_view to_string(CheckpointPolicyKind kind);
std::optional<CheckpointPolicyKind> checkpoint_policy_from(std::string_view text);

// The adaptive policy: a checkpoint is due when the log has `n` frames, or once 100 times the cost
// of the latest has passed since it (at least 50 ms), so that checkpoints take about 1% of the
// time. Its cost counts the first commit after it, which has to sync the log too. `n` starts at
// 1,000, within 250 and 4,000: it grows by a quarter when a checkpoint cost under 2.5 ms, or when
// checkpoints take over a tenth of the time; else it halves when one cost over 5 ms. On a disk
// whose syncs are slow, 400 times the cost has to pass instead of 100.
//
// Why a slow disk does not get a larger `n`: at 40,000 writes/s on a disk whose fdatasync took 1.9
// ms, checkpoints of 250 to 4,000 frames gave a write P99 of 12 to 14 ms, those of 16,000 gave 83
// ms.
class CheckpointPolicy {
 public:
  explicit CheckpointPolicy(CheckpointPolicyKind kind) : kind_(kind) {}

  CheckpointPolicyKind kind() const { return kind_; }

  bool is_due(SteadyTime now, std::int64_t log_frames) const;
  // Returns when a checkpoint is due if nothing more is written; nullopt: not before something is.
  std::optional<SteadyTime> due_at(std::int64_t log_frames) const;

  void on_checkpoint(SteadyTime end, std::chrono::nanoseconds duration, std::int64_t frames,
                     bool complete);
  // Must be called after every commit; the first one after a checkpoint belongs to the checkpoint's
  // cost.
  void on_commit(std::chrono::nanoseconds duration);

  bool disk_is_slow() const;
  std::int64_t frame_limit() const { return frame_limit_; }

 private:
  std::chrono::nanoseconds pause() const;
  void adapt_frame_limit();

  CheckpointPolicyKind kind_;
  std::int64_t frame_limit_ = 1000;
  SteadyTime last_end_{};
  std::chrono::nanoseconds last_interval_ = std::chrono::hours(1);  // from the one before
  std::chrono::nanoseconds last_cost_{};
  std::int64_t last_frames_ = 0;
  bool held_back_ = false;            // the last one could not move everything
  bool awaits_first_commit_ = false;  // the cost of the last one is not complete yet
  unsigned slow_history_ = 0;         // one bit for each of the latest checkpoints: slow or not
};

}  // namespace yardmaster
