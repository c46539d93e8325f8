// The turns say which way of ending comes next, and whether with work to save, so that every run
// has the same mixture. Plain arithmetic.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "loadgen/plan/churn_kind.h"

namespace yardmaster::loadgen {

struct ChurnTurn {
  ChurnKind kind = ChurnKind::agent;
  std::string edited;  // a file that the agent leaves without a commit; empty: none
};

class ChurnTurns {
 public:
  // `edited`: the part of those that have work to save, from 0 to 1. Stillborn ones never have.
  ChurnTurns(std::vector<ChurnKind> kinds, double edited);

  ChurnTurn next();

 private:
  std::vector<ChurnKind> kinds_;
  double edited_;
  std::size_t number_ = 0;
};

}  // namespace yardmaster::loadgen
