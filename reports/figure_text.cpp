#include "reports/figure_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace yardmaster::reports {

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), 1, ',');
  }
  return digits;
}

std::string decimals(double value, int places) {
  if (!std::isfinite(value)) return "never";
  std::array<char, 400> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 std::chars_format::fixed, places)
                       .ptr;
  return std::string(buffer.data(), end);
}

std::string milliseconds(double value) {
  if (!std::isfinite(value)) return "never";
  if (value >= 999.5) return grouped(static_cast<std::uint64_t>(std::llround(value)));
  const double magnitude = value > 0 ? std::floor(std::log10(value * 1.0005)) : 0;
  return decimals(value, std::clamp(2 - static_cast<int>(magnitude), 0, 3));
}

std::string quantile_name(double quantile) {
  std::string percent = decimals(quantile * 100, 4);
  percent.erase(percent.find_last_not_of('0') + 1);
  if (percent.ends_with('.')) percent.pop_back();
  return "P" + percent;
}

std::string target_name(const Target& target) {
  return target.measurement + " " + quantile_name(target.quantile);
}

double judged_quantile_of(const TargetResult& result) {
  return result.judged_quantile > 0 ? result.judged_quantile : result.target.quantile;
}

std::string result_name(const TargetResult& result) {
  if (result.judged_quantile <= 0) return target_name(result.target);
  return result.target.measurement + " " + quantile_name(result.judged_quantile) + " (for " +
         quantile_name(result.target.quantile) + ")";
}

std::string joined(const std::vector<std::string>& parts, const char* separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

}  // namespace yardmaster::reports
