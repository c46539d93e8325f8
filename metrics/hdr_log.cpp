#include "metrics/hdr_log.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <ctime>
#include <string>

namespace yardmaster::metrics {
namespace {

std::string utc(std::time_t seconds) {
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a %b %d %H:%M:%S UTC %Y", &parts);
  return std::string(text.data(), size);
}

// Three decimals, whatever the stream is set to.
std::string thousandths(std::int64_t count) {
  std::string fraction = std::to_string(count % 1000);
  fraction.insert(0, 3 - fraction.size(), '0');
  return std::to_string(count / 1000) + "." + fraction;
}

std::string seconds(std::chrono::nanoseconds duration) {
  return thousandths(std::chrono::round<std::chrono::milliseconds>(duration).count());
}

bool ends_column(char letter) {
  return letter == ',' || letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r';
}

}  // namespace

HdrLogWriter::HdrLogWriter(std::ostream& out, WallTime start) : out_(out) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(start).time_since_epoch();
  const auto whole = std::chrono::floor<std::chrono::seconds>(ms).count();
  out_ << "#[Histogram log format version 1.3]\n"
       << "#[StartTime: " << seconds(ms) << " (seconds since epoch), " << utc(whole) << "]\n"
       << "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
          "\"Interval_Compressed_Histogram\"\n";
}

void HdrLogWriter::write(std::string_view tag, std::chrono::nanoseconds from,
                         std::chrono::nanoseconds length, const Histogram& histogram) {
  std::string name(tag);
  std::replace_if(name.begin(), name.end(), ends_column, '_');
  const std::string largest =
      thousandths(std::chrono::round<std::chrono::microseconds>(histogram.max()).count());
  out_ << "Tag=" << name << ',' << seconds(from) << ',' << seconds(length) << ',' << largest << ','
       << histogram.encode() << '\n';
}

}  // namespace yardmaster::metrics
