// Kept apart: Boost.Math takes long to compile.
#include <boost/math/special_functions/beta.hpp>

#include "reports/statistics.h"

namespace yardmaster::reports {

double probability_at_most(double over, double n, double q) {
  if (over < 0) return 0;
  if (over >= n) return 1;
  return boost::math::ibeta(n - over, over + 1, q);
}

double probability_at_least(double over, double n, double q) {
  if (over <= 0) return 1;
  if (over > n) return 0;
  return boost::math::ibeta(over, n - over + 1, 1 - q);
}

double student_tail(double t, double freedom) {
  return boost::math::ibeta(freedom / 2, 0.5, freedom / (freedom + t * t)) / 2;
}

}  // namespace yardmaster::reports
