#include "loadgen/real/churn_turns.h"

#include <cmath>
#include <utility>

namespace yardmaster::loadgen {

ChurnTurns::ChurnTurns(std::vector<ChurnKind> kinds, double edited)
    : kinds_(std::move(kinds)), edited_(edited) {}

ChurnTurn ChurnTurns::next() {
  const std::size_t place = number_ % kinds_.size();
  const std::size_t round = number_ / kinds_.size();
  ++number_;
  ChurnTurn turn;
  turn.kind = kinds_[place];
  if (turn.kind == ChurnKind::stillborn) return turn;
  // Counted for each kind by itself, so that all have their share, but not all in the same round.
  const double phase = static_cast<double>(place) / static_cast<double>(kinds_.size());
  const auto edited_within = [&](std::size_t rounds) {
    return std::floor(static_cast<double>(rounds) * edited_ + phase);
  };
  if (edited_within(round + 1) > edited_within(round)) {
    turn.edited = "edited/" + std::to_string(number_) + ".txt";
  }
  return turn;
}

}  // namespace yardmaster::loadgen
