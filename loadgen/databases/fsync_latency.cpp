#include "loadgen/databases/fsync_latency.h"

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::nanoseconds;
using Shape = DelayDistribution::Shape;

constexpr nanoseconds longest = std::chrono::seconds(1);
constexpr std::string_view uniform_prefix = "uniform:";
constexpr std::string_view uniform_between = "..";
constexpr std::string_view lognormal_prefix = "lognormal:";
constexpr std::string_view lognormal_between = ",p99=";

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error(ErrorCode::usage, "'" + std::string(text) + "' is no latency of an fsync: " + why);
}

// Two durations with something between them.
DelayDistribution parse_two(std::string_view text, Shape shape, std::string_view prefix,
                            std::string_view between, const char* example) {
  const auto rest = text.substr(prefix.size());
  const auto found = rest.find(between);
  if (found == std::string_view::npos) refuse(text, std::string("write it as ") + example);
  const nanoseconds first = parse_duration(rest.substr(0, found));
  const nanoseconds second = parse_duration(rest.substr(found + between.size()));
  if (first >= second) refuse(text, "its first time must be less than its second");
  if (second > longest) refuse(text, "it may be at most 1s");
  return {.shape = shape, .first_ns = first.count(), .second_ns = second.count()};
}

DelayDistribution parse_fixed(std::string_view text) {
  const nanoseconds delay = parse_duration(text);
  if (delay > longest) refuse(text, "it may be at most 1s");
  if (delay.count() == 0) return {};
  return {.shape = Shape::fixed, .first_ns = delay.count(), .second_ns = 0};
}

std::string joined(std::string_view prefix, const std::string& first, std::string_view between,
                   const std::string& second) {
  return std::string(prefix) + first + std::string(between) + second;
}

}  // namespace

std::string FsyncLatency::text() const {
  auto first = format_duration(nanoseconds(distribution.first_ns));
  const auto second = format_duration(nanoseconds(distribution.second_ns));
  switch (distribution.shape) {
    case Shape::none:
      return {};
    case Shape::fixed:
      return first;
    case Shape::uniform:
      return joined(uniform_prefix, first, uniform_between, second);
    case Shape::lognormal:
      return joined(lognormal_prefix, first, lognormal_between, second);
  }
  return {};
}

FsyncLatency parse_fsync_latency(std::string_view text) {
  if (text.starts_with(uniform_prefix)) {
    return {parse_two(text, Shape::uniform, uniform_prefix, uniform_between, "uniform:1ms..9ms")};
  }
  if (!text.starts_with(lognormal_prefix)) return {parse_fixed(text)};
  const auto distribution = parse_two(text, Shape::lognormal, lognormal_prefix, lognormal_between,
                                      "lognormal:5ms,p99=30ms");
  if (distribution.first_ns == 0) refuse(text, "its median must be more than zero");
  return {distribution};
}

std::string name_of(const FsyncLatency& latency) { return latency.none() ? "0ms" : latency.text(); }

}  // namespace yardmaster::loadgen
