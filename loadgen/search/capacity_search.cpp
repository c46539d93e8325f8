#include "loadgen/search/capacity_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace yardmaster::loadgen {
namespace {

using reports::Capacity;
using reports::CapacityStep;
using reports::SearchEnd;

constexpr int passes_to_confirm = 2;
constexpr double first_step_down = search_precision;
constexpr double longest_step_down = 0.9;

class Search {
 public:
  Search(const SearchRange& range, const TryLoad& try_load) : range_(range), try_load_(try_load) {}

  Capacity run() {
    bracket();
    bisect();
    confirm();
    found_.end = end();
    return std::move(found_);
  }

 private:
  // Returns whether the load holds. After an interrupt none does.
  bool try_at(std::uint64_t load, bool confirms = false) {
    auto step = try_load_(load, confirms);
    if (!step) {
      interrupted_ = true;
      return false;
    }
    const bool holds = step->holds();
    if (holds) found_.holds = std::max(found_.holds, load);
    if (!holds) found_.not_held = std::min(found_.not_held.value_or(load), load);
    found_.steps.push_back(std::move(*step));
    return holds;
  }

  void bracket() {
    std::uint64_t load = std::clamp(range_.first, range_.least, range_.most);
    if (try_at(load)) {
      while (load < range_.most) {
        load = load > range_.most / 2 ? range_.most : 2 * load;
        if (!try_at(load)) return;
      }
    } else {
      while (!interrupted_ && load > range_.least) {
        load = std::max(load / 2, range_.least);
        if (try_at(load)) return;
      }
    }
  }

  void bisect() {
    while (!interrupted_ && found_.holds > 0 && found_.not_held && !is_close()) try_at(middle());
  }

  bool is_close() const {
    if (asks_between(found_.holds, *found_.not_held)) return false;
    if (*found_.not_held - found_.holds <= 1) return true;
    const auto low = static_cast<double>(found_.holds);
    return static_cast<double>(*found_.not_held) <= low * (1 + search_precision);
  }

  // Returns the middle by ratio, since the precision is a ratio.
  std::uint64_t middle() const {
    const std::uint64_t low = found_.holds;
    const std::uint64_t high = *found_.not_held;
    if (asks_between(low, high)) return *range_.asked;
    const double mean = std::sqrt(static_cast<double>(low) * static_cast<double>(high));
    return std::clamp(static_cast<std::uint64_t>(std::llround(mean)), low + 1, high - 1);
  }

  bool asks_between(std::uint64_t low, std::uint64_t high) const {
    return range_.asked && low < *range_.asked && *range_.asked < high;
  }

  void confirm() {
    while (!interrupted_ && found_.holds > 0) {
      found_.confirmed = passes_at(found_.holds) >= passes_to_confirm || try_at(found_.holds, true);
      if (found_.confirmed) return;
      if (!interrupted_) step_down();
    }
  }

  std::ptrdiff_t passes_at(std::uint64_t load) const {
    return std::count_if(found_.steps.begin(), found_.steps.end(), [&](const CapacityStep& step) {
      return step.instances == load && step.holds();
    });
  }

  // Steps down to a load that passes once, at least.
  void step_down() {
    found_.holds = 0;
    while (!interrupted_ && found_.holds == 0 && *found_.not_held > range_.least) {
      const std::uint64_t refused = *found_.not_held;
      const double lower = static_cast<double>(refused) * (1 - step_down_);
      std::uint64_t load = std::max(static_cast<std::uint64_t>(lower), range_.least);
      if (asks_between(load, refused)) load = *range_.asked;
      step_down_ = std::min(2 * step_down_, longest_step_down);
      try_at(load);
    }
  }

  SearchEnd end() const {
    if (interrupted_) return SearchEnd::interrupted;
    if (found_.holds == 0) return SearchEnd::nothing_holds;
    if (found_.not_held) return SearchEnd::bracketed;
    return range_.most_is_of_files ? SearchEnd::open_files : SearchEnd::most;
  }

  const SearchRange& range_;
  const TryLoad& try_load_;
  Capacity found_;
  double step_down_ = first_step_down;
  bool interrupted_ = false;
};

}  // namespace

reports::Capacity find_capacity(const SearchRange& range, const TryLoad& try_load) {
  return Search(range, try_load).run();
}

}  // namespace yardmaster::loadgen
