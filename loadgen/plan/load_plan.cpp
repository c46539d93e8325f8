#include "loadgen/plan/load_plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::array<std::pair<Arrivals, std::string_view>, 3> arrival_names{{
    {Arrivals::staggered, "staggered"},
    {Arrivals::aligned, "aligned"},
    {Arrivals::poisson, "poisson"},
}};

// These measurements have samples of their own; commits come as a histogram from the coordinator.
constexpr std::array<std::string_view, 11> measurements{
    "write",     "checkpoint",     "handoff",       "cleanup",     "startup",       "websocket_rtt",
    "broadcast", "cleanup_rescue", "cleanup_grace", "spawn_burst", "beside_hostile"};

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error(ErrorCode::usage, "'" + std::string(text) + "' is not a target: " + why);
}

std::string known_measurements() {
  std::string list;
  for (const auto name : measurements) list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

// "99" → 0.99, "999" and "99_9" and "99.9" → 0.999.
double parse_quantile(std::string_view text, std::string_view digits) {
  double value = 0;
  double unit = 0.1;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i == 2 && (digits[i] == '_' || digits[i] == '.')) continue;
    if (digits[i] < '0' || digits[i] > '9') refuse(text, "p must be followed by digits, as in p99");
    value += unit * (digits[i] - '0');
    unit /= 10;
  }
  if (digits.size() < 2 || digits.size() > 6 || value <= 0) {
    refuse(text, "write the quantile as p50, p99 or p999");
  }
  // p100 is no quantile, and p999 is the only way in which people leave the point out.
  const bool has_point = digits.size() > 2 && (digits[2] == '_' || digits[2] == '.');
  if (digits.size() > 2 && !has_point && !digits.starts_with("99")) {
    refuse(text, "write the quantile as p50, p99 or p999");
  }
  return value;
}

}  // namespace

std::string_view to_string(Arrivals arrivals) {
  return arrival_names[static_cast<std::size_t>(arrivals)].second;
}

std::optional<Arrivals> arrivals_from(std::string_view text) {
  for (const auto& [arrivals, name] : arrival_names) {
    if (name == text) return arrivals;
  }
  return std::nullopt;
}

std::string_view to_string(Transaction transaction) {
  return transaction == Transaction::immediate ? "immediate" : "deferred";
}

double LoadPlan::offered_per_s() const {
  if (closed_loop || !writes) return 0;
  return static_cast<double>(instances) * 1e9 / static_cast<double>(interval.count());
}

std::vector<reports::Target> default_targets() {
  using std::chrono::milliseconds;
  const auto p99 = [](const char* measurement, milliseconds limit) {
    return reports::Target{
        .measurement = measurement, .quantile = 0.99, .limit = limit, .by_name = false};
  };
  return {p99("checkpoint", milliseconds(30)), p99("write", milliseconds(30)),
          p99("handoff", milliseconds(500)),   p99("cleanup", milliseconds(1000)),
          p99("startup", milliseconds(3000)),  p99("websocket_rtt", milliseconds(5))};
}

reports::Target parse_target(std::string_view text) {
  const auto equals = text.find('=');
  const auto separator = text.substr(0, equals).rfind("_p");
  if (equals == std::string_view::npos || separator == std::string_view::npos) {
    refuse(text, "write a measurement, a quantile and a limit, as in write_p99=30ms");
  }
  const auto measurement = text.substr(0, separator);
  if (std::find(measurements.begin(), measurements.end(), measurement) == measurements.end()) {
    refuse(text, "there is no measurement '" + std::string(measurement) + "' (there are " +
                     known_measurements() + ")");
  }
  reports::Target target;
  target.measurement = measurement;
  target.quantile = parse_quantile(text, text.substr(separator + 2, equals - separator - 2));
  target.limit = parse_duration(text.substr(equals + 1));
  target.by_name = true;
  if (target.limit.count() == 0) refuse(text, "the limit must be more than zero");
  return target;
}

void set_target(std::vector<reports::Target>& targets, const reports::Target& target) {
  const auto same = std::find_if(targets.begin(), targets.end(), [&](const reports::Target& other) {
    return other.measurement == target.measurement && other.quantile == target.quantile;
  });
  if (same == targets.end()) {
    targets.push_back(target);
  } else {
    *same = target;
  }
}

}  // namespace yardmaster::loadgen
