#include "coordinator/broker/commands/protocol.h"

#include <gtest/gtest.h>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/arguments.h"

namespace yardmaster {
namespace {

using nlohmann::json;

// The code that a frame is refused with, and what it was about.
std::pair<std::string, std::string> request_error(std::string_view frame,
                                                  std::string* id = nullptr) {
  RequestFrame request;
  try {
    parse_request(frame, request);
    return {"", ""};
  } catch (const Error& error) {
    if (id != nullptr) *id = request.id;
    return {std::string(to_string(error.code())), error.what()};
  }
}

TEST(Protocol, a_request_is_read_with_its_id_command_and_arguments) {
  RequestFrame request;
  parse_request(R"({"id":"a\"b","command":"ping","args":{"x":[1,2]}})", request);
  EXPECT_EQ(request.id, R"("a\"b")");
  EXPECT_EQ(request.command, "ping");
  EXPECT_EQ(request.arguments, json::parse(R"({"x":[1,2]})"));
}

TEST(Protocol, what_is_no_request_is_refused_with_its_code) {
  EXPECT_EQ(request_error("{\"command\":").first, "invalid_json");
  EXPECT_EQ(request_error("{\"command\":\"\xff\"}").first, "invalid_json");
  EXPECT_EQ(request_error("[]").first, "invalid_request");
  EXPECT_EQ(request_error("{}").first, "invalid_request");
  EXPECT_EQ(request_error(R"({"command":7})").second, "command: must be a string");
  EXPECT_EQ(request_error(R"({"command":"ping","args":[]})").second, "args: must be an object");
  EXPECT_EQ(request_error(R"({"command":"ping","id":1.5})").first, "invalid_request");
  EXPECT_EQ(request_error(R"({"command":"ping","colour":1})").second, "colour: unknown field");
}

TEST(Protocol, an_error_goes_to_the_request_that_made_it) {
  std::string id;
  EXPECT_EQ(request_error(R"({"args":7,"id":41,"command":"ping"})", &id).first, "invalid_request");
  EXPECT_EQ(id, "41");
}

TEST(Protocol, depth_is_refused_before_it_costs_anything) {
  const auto nested = [](std::size_t depth) {
    return "{\"command\":\"x\",\"args\":{\"a\":" + std::string(depth, '[') +
           std::string(depth, ']') + "}}";
  };
  EXPECT_EQ(request_error(nested(max_json_depth - 2)).first, "");
  EXPECT_EQ(request_error(nested(max_json_depth - 1)).first, "too_deep");
  EXPECT_EQ(request_error(nested(100'000)).first, "too_deep");
  EXPECT_EQ(request_error(std::string(1'000'000, '[')).first, "too_deep");
}

TEST(Protocol, replies_and_events_are_one_object_each) {
  std::string out;
  append_success(out, "7", "{\"seq\":1}");
  EXPECT_EQ(out, R"({"id":7,"success":true,"data":{"seq":1}})");
  out.clear();
  append_success(out, "", "{}");
  EXPECT_EQ(out, R"({"success":true,"data":{}})");
  out.clear();
  append_event(out, "gone", "{}");
  EXPECT_EQ(out, R"({"event":"gone","data":{}})");
}

TEST(Protocol, a_failure_is_valid_json_whatever_its_text_holds) {
  std::string out;
  append_failure(out, "7", Error(ErrorCode::not_found, "no \"\xff\n\" here"));
  const json reply = json::parse(out);
  EXPECT_EQ(reply["code"], "not_found");
  EXPECT_EQ(reply["id"], 7);
  EXPECT_FALSE(reply.contains("expected_seq"));
  out.clear();
  append_failure(out, "", Error::sequence_gap(9, "gap"));
  EXPECT_EQ(json::parse(out)["expected_seq"], 9);
}

TEST(Protocol, times_are_rfc_3339_in_utc_with_microseconds) {
  EXPECT_EQ(format_time(WallTime(std::chrono::microseconds(0))), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_time(WallTime(std::chrono::microseconds(1'769'860'800'000'001))),
            "2026-01-31T12:00:00.000001Z");
}

TEST(Arguments, the_wrong_one_is_named_with_its_path) {
  const ArgumentSpec specs[] = {{"seq", ArgumentKind::number, true},
                                {"names", ArgumentKind::texts},
                                {"to", ArgumentKind::recipients}};
  const auto refusal_of = [&](const char* arguments) -> std::string {
    try {
      require_arguments(specs, json::parse(arguments));
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_request);
      return error.what();
    }
  };
  EXPECT_EQ(refusal_of(R"({"seq":1,"names":["a"],"to":"@all"})"), "");
  EXPECT_EQ(refusal_of("{}"), "args.seq: is missing");
  EXPECT_EQ(refusal_of(R"({"seq":1,"size":1})"), "args.size: unknown field");
  for (const char* wrong : {R"({"seq":"1"})", R"({"seq":0})", R"({"seq":-1})", R"({"seq":1.0})",
                            R"({"seq":9223372036854775808})"}) {
    EXPECT_EQ(refusal_of(wrong), "args.seq: must be a whole number from 1") << wrong;
  }
  EXPECT_EQ(refusal_of(R"({"seq":1,"names":["a",2]})"), "args.names[1]: must be a string");
  EXPECT_NE(refusal_of(R"({"seq":1,"to":"all"})"), "");
}

}  // namespace
}  // namespace yardmaster
