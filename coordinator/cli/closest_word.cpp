#include "coordinator/cli/closest_word.h"

#include <algorithm>
#include <numeric>

namespace yardmaster::cli {
namespace {

constexpr std::size_t most_changes = 2;

// The Levenshtein distance.
std::size_t changes_between(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= one.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= other.size(); ++j) {
      const std::size_t replaced = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string closest_word(std::string_view word, const std::vector<std::string>& known) {
  std::string closest;
  std::size_t least = most_changes + 1;
  for (const std::string& each : known) {
    const std::size_t changes = changes_between(word, each);
    if (changes >= least || changes * 2 >= word.size()) continue;
    least = changes;
    closest = each;
  }
  return closest;
}

}  // namespace yardmaster::cli
