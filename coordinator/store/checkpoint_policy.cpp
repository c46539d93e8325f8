#include "coordinator/store/checkpoint_policy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace yardmaster {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::array<std::pair<CheckpointPolicyKind, std::string_view>, 3> names{{
    {CheckpointPolicyKind::adaptive, "adaptive"},
    {CheckpointPolicyKind::every_write, "every-write"},
    {CheckpointPolicyKind::automatic, "auto"},
}};

constexpr std::int64_t automatic_frames = 1000;
constexpr std::int64_t fewest_frames = 250;
constexpr std::int64_t most_frames = 4000;
constexpr auto shortest_pause = milliseconds(50);
constexpr auto costly_checkpoint = milliseconds(5);
constexpr nanoseconds cheap = std::chrono::microseconds(2500);
constexpr auto slow_sync = milliseconds(3);
constexpr auto slow_for_fewest = milliseconds(10);
constexpr unsigned history =
    5;  // checkpoints looked back upon to tell a slow disk from a slow moment

}  // namespace

std::string_view to_string(CheckpointPolicyKind kind) {
  return names[static_cast<std::size_t>(kind)].second;
}

std::optional<CheckpointPolicyKind> checkpoint_policy_from(std::string_view text) {
  for (const auto& [kind, name] : names) {
    if (name == text) return kind;
  }
  return std::nullopt;
}

bool CheckpointPolicy::disk_is_slow() const {
  return std::popcount(slow_history_ & ((1U << history) - 1)) > static_cast<int>(history / 2);
}

nanoseconds CheckpointPolicy::pause() const {
  return std::max<nanoseconds>(shortest_pause, last_cost_ * (disk_is_slow() ? 400 : 100));
}

bool CheckpointPolicy::is_due(SteadyTime now, std::int64_t log_frames) const {
  if (log_frames <= 0) return false;
  switch (kind_) {
    case CheckpointPolicyKind::every_write:
      return true;
    case CheckpointPolicyKind::automatic:
      return log_frames >= automatic_frames;
    case CheckpointPolicyKind::adaptive:
      break;
  }
  // A checkpoint that a reader held back is not tried again at once.
  if (log_frames >= frame_limit_ && !held_back_) return true;
  return now >= last_end_ + pause();
}

std::optional<SteadyTime> CheckpointPolicy::due_at(std::int64_t log_frames) const {
  if (kind_ != CheckpointPolicyKind::adaptive || log_frames <= 0) return std::nullopt;
  return last_end_ + pause();
}

void CheckpointPolicy::on_checkpoint(SteadyTime end, nanoseconds duration, std::int64_t frames,
                                     bool complete) {
  last_interval_ = end - last_end_;
  last_end_ = end;
  last_cost_ = duration;
  last_frames_ = frames;
  held_back_ = !complete;
  awaits_first_commit_ = true;
}

void CheckpointPolicy::on_commit(nanoseconds duration) {
  if (!awaits_first_commit_) return;
  awaits_first_commit_ = false;
  const bool slow =
      duration > slow_sync ||
      (last_frames_ > 0 && (last_cost_ + duration) * fewest_frames >
                               slow_for_fewest * std::max(last_frames_, fewest_frames));
  slow_history_ = (slow_history_ << 1U) | (slow ? 1U : 0U);
  last_cost_ += duration;
  adapt_frame_limit();
}

void CheckpointPolicy::adapt_frame_limit() {
  if (last_frames_ < frame_limit_ / 2) return;  // says nothing about a full one
  const bool crowded = last_interval_ < last_cost_ * 10;
  if (last_cost_ < cheap || crowded) {
    frame_limit_ = std::min(most_frames, frame_limit_ + frame_limit_ / 4);
  } else if (last_cost_ > costly_checkpoint) {
    frame_limit_ = std::max(fewest_frames, frame_limit_ / 2);
  }
}

}  // namespace yardmaster
