#include "coordinator/broker/commands/append_frame.h"

#include <gtest/gtest.h>

namespace yardmaster {
namespace {

TEST(AppendFrame, the_usual_request_is_read_without_the_general_parser) {
  AppendFrame frame;
  ASSERT_TRUE(read_append_frame(
      R"({"id":7,"command":"append_context","args":{"context":"alice","seq":3,"kind":"note",)"
      R"("data":"hello","instance_id":"bob","generation":2,"durability":"power"}})",
      frame));
  EXPECT_EQ(frame.id, "7");
  EXPECT_EQ(frame.context, "alice");
  EXPECT_EQ(frame.seq, 3U);
  EXPECT_EQ(frame.kind, "note");
  EXPECT_EQ(frame.data, "hello");
  EXPECT_EQ(frame.instance, "bob");
  EXPECT_EQ(frame.generation, 2U);
  EXPECT_EQ(frame.durability, Durability::power);
}

TEST(AppendFrame, any_order_and_any_white_space_will_do) {
  AppendFrame frame;
  ASSERT_TRUE(
      read_append_frame(" {\t\"args\" : { \"data\":\"\" , \"kind\":\"k\",\"seq\": 1 ,"
                        "\"context\":\"c\" } ,\r \"command\":\"append_context\" } ",
                        frame));
  EXPECT_EQ(frame.id, "");
  EXPECT_EQ(frame.data, "");
  EXPECT_EQ(frame.durability, Durability::process);
  EXPECT_FALSE(frame.generation.has_value());
}

TEST(AppendFrame, a_string_id_keeps_its_quotes) {
  AppendFrame frame;
  ASSERT_TRUE(read_append_frame(
      R"({"command":"append_context","id":"x-1","args":{"context":"c","seq":1,"kind":"k","data":""}})",
      frame));
  EXPECT_EQ(frame.id, "\"x-1\"");
}

TEST(AppendFrame, what_is_unusual_is_left_to_the_general_parser) {
  const auto refused = [](const std::string& arguments) {
    AppendFrame frame;
    return !read_append_frame("{\"command\":\"append_context\",\"args\":" + arguments + "}", frame);
  };
  EXPECT_FALSE(refused(R"({"context":"c","seq":1,"kind":"k","data":"d"})"));
  EXPECT_TRUE(refused(R"({"context":"c","seq":1,"kind":"k","data":"a\nb"})"));
  EXPECT_TRUE(refused("{\"context\":\"c\",\"seq\":1,\"kind\":\"k\",\"data\":\"\xc3\xa9\"}"));
  EXPECT_TRUE(refused(R"({"context":"c","seq":1,"seq":2,"kind":"k","data":"d"})"));
  EXPECT_TRUE(refused(R"({"context":"c","seq":0,"kind":"k","data":"d"})"));
  EXPECT_TRUE(refused(R"({"context":"c","seq":01,"kind":"k","data":"d"})"));
  EXPECT_TRUE(refused(R"({"context":"C","seq":1,"kind":"k","data":"d"})"));
  EXPECT_TRUE(refused(R"({"context":"c","seq":1,"kind":"","data":"d"})"));
  EXPECT_TRUE(refused(R"({"context":"c","seq":1,"kind":"k"})"));
  EXPECT_TRUE(refused(R"({"context":"c","seq":1,"kind":"k","data":"d","more":1})"));
  EXPECT_TRUE(refused(R"({"context":"c","seq":1,"kind":"k","data":"d","durability":"paper"})"));
  EXPECT_TRUE(refused("{}"));
}

}  // namespace
}  // namespace yardmaster
