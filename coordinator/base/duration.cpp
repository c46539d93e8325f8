#include "coordinator/base/duration.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <ranges>
#include <utility>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> units{{
    {"ns", 1},
    {"us", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
}};

[[noreturn]] void refuse(std::string_view text) {
  throw Error(ErrorCode::usage,
              "'" + std::string(text) +
                  "' is not a duration: write a number and a unit, such as 250ms, "
                  "1.5s or 2m (units: ns, us, ms, s, m, h)");
}

}  // namespace

std::chrono::nanoseconds parse_duration(std::string_view text) {
  double number = 0;
  const auto [rest, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || !std::isfinite(number) || number < 0) refuse(text);
  const std::string_view unit(rest, static_cast<std::size_t>(text.data() + text.size() - rest));
  for (const auto& [name, nanoseconds] : units) {
    if (name != unit) continue;
    const double total = number * static_cast<double>(nanoseconds);
    if (total > 9.2e18) refuse(text);
    return std::chrono::nanoseconds(std::llround(total));
  }
  refuse(text);
}

std::string format_duration(std::chrono::nanoseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0s";
  // The largest unit that needs at most three decimals.
  for (const auto& unit : std::views::reverse(units)) {
    if (count < unit.second) continue;
    const double value = static_cast<double>(count) / static_cast<double>(unit.second);
    const double thousandths = value * 1000;
    if (std::abs(thousandths - std::round(thousandths)) > 1e-9) continue;
    std::array<char, 32> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr;
    return std::string(buffer.data(), end) + std::string(unit.first);
  }
  return std::to_string(count) + "ns";
}

}  // namespace yardmaster
