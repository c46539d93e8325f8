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

}  // namespace yardmaster
