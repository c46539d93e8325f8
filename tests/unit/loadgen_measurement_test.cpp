#include <cmath>

#include <gtest/gtest.h>

#include "loadgen/measure/measurement_log.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(SampleLogTest, keeps_samples_in_place_while_it_grows) {
  SampleLog log;
  for (std::uint64_t i = 0; i < 200'000; ++i) ASSERT_EQ(log.add(), i);
  for (std::uint64_t i = 0; i < 200'000; i += 2) log.set(i, static_cast<float>(i));
  const auto samples = log.first(150'000);
  ASSERT_EQ(samples.size(), 150'000U);
  EXPECT_EQ(samples[131'072], 131'072.0F);
  EXPECT_EQ(samples[131'073], reports::unanswered);
  EXPECT_EQ(log.first(UINT64_MAX).size(), 200'000U);
}

TEST(MeasurementLogTest, warm_up_is_not_measured) {
  MeasurementLog log(seconds(1), {seconds(2)});
  const auto early = log.begin(milliseconds(999));
  log.finish(early, milliseconds(5), milliseconds(5));
  EXPECT_EQ(early, MeasurementLog::not_measured);
  EXPECT_EQ(log.due(), 0U);
  EXPECT_EQ(log.latency_histogram().count(), 0U);
}

TEST(MeasurementLogTest, samples_stand_in_the_order_of_intended_times) {
  MeasurementLog log(Offset(0), {});
  const auto first = log.begin(milliseconds(1));
  const auto second = log.begin(milliseconds(2));
  const auto third = log.begin(milliseconds(3));
  log.finish(third, milliseconds(30), milliseconds(3));
  log.finish(first, milliseconds(10), milliseconds(1));
  const auto latency = log.latency();
  EXPECT_EQ(latency[first], 10e6F);
  EXPECT_EQ(latency[second], reports::unanswered);
  EXPECT_EQ(latency[third], 30e6F);
  EXPECT_EQ(log.service()[third], 3e6F);
  EXPECT_EQ(log.intended(), (std::vector<reports::Sample>{1e6F, 2e6F, 3e6F}));
  EXPECT_EQ(log.finished(), 2U);
}

TEST(MeasurementLogTest, a_look_sees_what_was_intended_before_it) {
  MeasurementLog log(seconds(1), {seconds(2), seconds(3)});
  for (int i = 0; i < 25; ++i) log.add(milliseconds(100) * i, milliseconds(i));
  // The looks see the samples from 1 s to 1.9 s, and from 1 s to 2.4 s.
  EXPECT_EQ(log.latency_before(0).size(), 10U);
  EXPECT_EQ(log.latency_before(1).size(), 15U);
  EXPECT_EQ(log.service_before(0).back(), 19e6F);
  EXPECT_EQ(log.intended_before(0).back(), 1'900e6F);
  EXPECT_EQ(log.intended_before(1).size(), 15U);
}

TEST(MeasurementLogTest, knows_when_everything_before_a_look_is_answered) {
  MeasurementLog log(Offset(0), {seconds(1)});
  const auto first = log.begin(milliseconds(100));
  const auto second = log.begin(milliseconds(200));
  log.begin(milliseconds(1100));  // never answered, but behind the look
  std::uint64_t known = 0;
  log.finish(second, milliseconds(1), milliseconds(1));
  EXPECT_FALSE(log.is_answered_before(0, known));
  log.finish(first, milliseconds(1), milliseconds(1));
  EXPECT_TRUE(log.is_answered_before(0, known));
  EXPECT_EQ(known, 2U);
}

TEST(MeasurementLogTest, what_is_due_and_what_went_out_are_counted_apart) {
  MeasurementLog log(milliseconds(100), {});
  log.send(log.begin(milliseconds(50)));  // warm-up
  const auto first = log.begin(milliseconds(100));
  const auto second = log.begin(milliseconds(110));
  EXPECT_EQ(log.due(), 2U);
  EXPECT_EQ(log.sent(), 0U);
  log.send(first);
  log.send(second);
  log.withdraw(second);
  EXPECT_EQ(log.sent(), 1U);
  log.send(second);
  EXPECT_EQ(log.sent(), 2U);
}

TEST(MeasurementLogTest, the_time_in_flight_is_that_of_all_requests_together) {
  MeasurementLog log(milliseconds(0), {});
  const auto begin = std::chrono::steady_clock::now();
  const auto first = log.begin(milliseconds(0));
  const auto second = log.begin(milliseconds(1));
  log.send(first);
  log.send(second);
  const auto both = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - both < milliseconds(5)) std::this_thread::yield();
  log.finish(first, milliseconds(5), milliseconds(5));
  log.finish(second, milliseconds(5), milliseconds(5));
  const auto end = std::chrono::steady_clock::now();
  EXPECT_GE(log.time_in_flight(), 2 * milliseconds(5));
  EXPECT_LE(log.time_in_flight(), 2 * (end - begin));
}

}  // namespace
}  // namespace yardmaster::loadgen
