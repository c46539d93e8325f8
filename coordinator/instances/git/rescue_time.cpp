#include "coordinator/instances/git/rescue_time.h"

#include <array>
#include <ctime>

namespace yardmaster {
namespace {

constexpr const char* format = "%Y%m%dT%H%M%SZ";

}  // namespace

std::string rescue_time_text(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), format, &parts);
  return {text.data(), length};
}

WallTime parse_rescue_time(const std::string& text) {
  std::tm parts{};
  if (::strptime(text.c_str(), format, &parts) == nullptr) return WallTime{};
  return WallTime{std::chrono::seconds(::timegm(&parts))};
}

}  // namespace yardmaster
