#include <random>
#include <sstream>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "metrics/base64.h"
#include "metrics/hdr_log.h"
#include "metrics/histogram.h"

namespace yardmaster::metrics {
namespace {

using std::chrono::nanoseconds;

Histogram spread() {
  std::mt19937_64 random(3);
  std::lognormal_distribution<double> latency(12, 1.5);
  Histogram histogram;
  for (int i = 0; i < 50'000; ++i) {
    histogram.record(nanoseconds(static_cast<std::int64_t>(latency(random))));
  }
  return histogram;
}

TEST(HistogramCodec, round_trip_keeps_every_count) {
  const Histogram original = spread();
  const std::string text = original.encode();
  EXPECT_EQ(text.substr(0, 8), "HISTFAAA");
  const Histogram back = Histogram::decode(text);
  EXPECT_EQ(back.encode(), text);
  EXPECT_EQ(back.count(), original.count());
  for (const double q : {0.01, 0.5, 0.9, 0.99, 0.999}) {
    EXPECT_EQ(back.quantile(q), original.quantile(q));
  }
  EXPECT_DOUBLE_EQ(back.mean_ns(), original.mean_ns());
  EXPECT_LE(back.min(), original.min());
  EXPECT_GE(back.max(), original.max());
}

// Encoded by the reference implementation (Java, 2.1.11): 1,000 · i² ns for i = 1 … 20.
TEST(HistogramCodec, reads_what_the_reference_implementation_wrote) {
  const Histogram histogram = Histogram::decode(
      "HISTFAAAAF14nJNpmSzMwMBgwwABzFCaEch0M9ixgMH+A0TgPD/TWXmm5UJMl3mZJnIyTeZkWsnGtJydaT8L03kW"
      "pl5WpmYWpmZmpsXMTAeZmR4zM61lYupnYprPBGIAADQXEro=");
  Histogram expected;
  for (int i = 1; i <= 20; ++i) expected.record(nanoseconds(1'000 * i * i));
  EXPECT_EQ(histogram.count(), 20U);
  EXPECT_EQ(histogram.encode(), expected.encode());
  EXPECT_EQ(histogram.quantile(0.5).count(), 100'031);
}

TEST(HistogramCodec, empty_round_trip) {
  EXPECT_EQ(Histogram::decode(Histogram().encode()).count(), 0U);
}

void expect_refused(const std::string& text) {
  try {
    Histogram::decode(text);
    ADD_FAILURE() << "accepted: " << text.substr(0, 40);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_request);
  }
}

TEST(HistogramCodec, anything_else_is_refused) {
  const std::string good = spread().encode();
  expect_refused("");
  expect_refused("HISTFAAA");
  expect_refused("not base64 at all!");
  expect_refused(good.substr(0, good.size() / 8 * 4));
  expect_refused("AAAA" + good.substr(4));
  expect_refused(good + "AAAA");
}

TEST(HistogramCodec, a_flipped_byte_never_crashes) {
  const std::string good = spread().encode();
  std::mt19937 random(5);
  for (int i = 0; i < 2'000; ++i) {
    std::string text = good;
    text[random() % text.size()] = static_cast<char>('A' + random() % 26);
    try {
      Histogram::decode(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_request);
    }
  }
}

TEST(HdrLog, lines_are_as_viewers_expect_them) {
  Histogram histogram;
  histogram.record(std::chrono::microseconds(1'500));
  std::ostringstream out;
  const WallTime start{std::chrono::microseconds(1'441'812'279'474'000)};
  HdrLogWriter writer(out, start);
  writer.write("web socket", std::chrono::milliseconds(250), std::chrono::seconds(2), histogram);

  EXPECT_EQ(out.str(),
            "#[Histogram log format version 1.3]\n"
            "#[StartTime: 1441812279.474 (seconds since epoch), Wed Sep 09 15:24:39 UTC 2015]\n"
            "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
            "\"Interval_Compressed_Histogram\"\n"
            "Tag=web_socket,0.250,2.000,1.500," +
                histogram.encode() + "\n");
}

TEST(Base64, known_vectors) {
  const std::vector<std::pair<std::string, std::string>> vectors{
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    const std::vector<std::uint8_t> bytes(plain.begin(), plain.end());
    EXPECT_EQ(base64_encode(bytes), coded);
    EXPECT_EQ(base64_decode(coded), bytes);
  }
  EXPECT_FALSE(base64_decode("Zg="));
  EXPECT_FALSE(base64_decode("Z=g="));
  EXPECT_FALSE(base64_decode("===="));
}

}  // namespace
}  // namespace yardmaster::metrics
