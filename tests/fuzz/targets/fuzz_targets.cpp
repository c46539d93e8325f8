#include "tests/fuzz/targets/fuzz_targets.h"

#include <array>

namespace yardmaster::fuzz {
namespace {

constexpr std::array all{Target{"request", request},     Target{"session", session},
                         Target{"tmux", tmux},           Target{"git", git},
                         Target{"roles", roles},         Target{"config", config},
                         Target{"scenario", scenario},   Target{"report", report},
                         Target{"histogram", histogram}, Target{"texts", texts}};

}  // namespace

std::span<const Target> targets() { return all; }

}  // namespace yardmaster::fuzz
