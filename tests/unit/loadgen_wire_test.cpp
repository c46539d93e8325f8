#include <set>
#include <string>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "loadgen/plan/payload.h"
#include "loadgen/workloads/append_wire.h"

namespace yardmaster::loadgen {
namespace {

TEST(PayloadTest, has_the_size_asked_for_and_needs_no_escapes) {
  for (const std::size_t bytes : {32U, 256U, 100'000U}) {
    const Payload payload(1, bytes);
    const std::string text = payload.make(17, 123'456'789);
    EXPECT_EQ(text.size(), bytes);
    EXPECT_EQ(nlohmann::json(text).dump().size(), bytes + 2);
  }
}

TEST(PayloadTest, follows_from_seed_instance_and_seq) {
  const Payload payload(1, 256);
  const Payload again(1, 256);
  const Payload other(2, 256);
  EXPECT_EQ(payload.make(3, 4), again.make(3, 4));
  EXPECT_NE(payload.make(3, 4), other.make(3, 4));
  std::set<std::string> texts;
  for (std::uint64_t instance = 0; instance < 30; ++instance) {
    for (std::uint64_t seq = 1; seq <= 30; ++seq) texts.insert(payload.make(instance, seq));
  }
  EXPECT_EQ(texts.size(), 900U);
}

TEST(AppendTemplateTest, is_the_request_that_the_protocol_describes) {
  const Payload payload(1, 64);
  const AppendTemplate request(payload, Durability::process);
  std::string frame = "left over";
  request.write(frame, "lg1-w5", 5, 12);
  ASSERT_EQ(frame.back(), '\n');
  const auto parsed = nlohmann::json::parse(frame);
  const nlohmann::json expected{
      {"id", 12},
      {"command", "append_context"},
      {"args",
       {{"context", "lg1-w5"}, {"seq", 12}, {"kind", "progress"}, {"data", payload.make(5, 12)}}}};
  EXPECT_EQ(parsed, expected);
}

TEST(AppendTemplateTest, asks_for_power_durability_when_told) {
  const Payload payload(1, 64);
  const AppendTemplate request(payload, Durability::power);
  std::string frame;
  request.write(frame, "a", 0, 1);
  EXPECT_EQ(nlohmann::json::parse(frame)["args"]["durability"], "power");
}

TEST(AcknowledgedIdTest, reads_the_reply_to_an_append) {
  EXPECT_EQ(acknowledged_id(R"({"id":7,"success":true,"data":{"seq":7}})"), 7U);
  EXPECT_EQ(acknowledged_id(R"({"id":7,"success":true,"data":{"seq":7,"duplicate":true}})"), 7U);
  EXPECT_EQ(
      acknowledged_id(
          R"({"id":18446744073709551615,"success":true,"data":{"seq":18446744073709551615}})"),
      UINT64_MAX);
}

TEST(AcknowledgedIdTest, leaves_everything_else_to_a_closer_look) {
  for (const auto* line :
       {"", "{", "{}", R"({"id":7)", R"({"id":7,"success":true,"data":{"seq":7)",
        R"({"id":7,"success":true,"data":{"seq":8}})", R"({"id":7,"success":true,"data":{}})",
        R"({"id":7,"success":false,"error":"no","code":"storage_full"})",
        R"({"id":"7","success":true,"data":{"seq":7}})", R"({"event":"message","data":{}})",
        R"({"id":-7,"success":true,"data":{"seq":7}})",
        R"({"id":99999999999999999999,"success":true,"data":{"seq":7}})",
        R"({"id":7,"success":true,"data":{"seq":7}} )"}) {
    EXPECT_EQ(acknowledged_id(line), std::nullopt) << line;
  }
}

}  // namespace
}  // namespace yardmaster::loadgen
