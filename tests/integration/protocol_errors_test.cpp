// Whatever comes in through the socket gets its error code or a closed connection, and never
// disturbs another session.
#include <string>
#include <vector>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

constexpr std::size_t frame_limit = 1U << 20U;

class Protocol : public YardTest {
 protected:
  void TearDown() override { expect_bystander_undisturbed(); }

  // The code that one frame gets on a session of its own.
  std::string code_for_frame(const std::string& frame) {
    auto client = daemon_.connect();
    client.stream().send(frame + "\n");
    return client.next_frame().at("code");
  }

  // The code that a frame gets which is not the session's first.
  std::string code_for_later_frame(const std::string& frame) {
    auto client = daemon_.connect();
    client.call("ping");
    client.stream().send(frame + "\n");
    return client.next_frame().at("code");
  }

  std::string code_of(const std::string& command, const json& arguments) {
    return daemon_.connect().code_of(command, arguments);
  }
};

std::string nested(std::size_t depth, const std::string& open, const std::string& close) {
  std::string text = R"({"command":"ping","args":{"x":)";
  for (std::size_t i = 0; i < depth; ++i) text += open;
  text += "1";
  for (std::size_t i = 0; i < depth; ++i) text += close;
  return text + "}}";
}

TEST_F(Protocol, malformed_json_is_invalid_json) {
  const std::vector<std::string> frames{"{",
                                        R"({"command":)",
                                        R"({"command":"ping"} x)",
                                        R"({"command":"ping"}})",
                                        "{'a':1}",
                                        R"({"command":"ping",})",
                                        R"({"command":nul})",
                                        R"({"id":01,"command":"ping"})",
                                        R"({"a":1 "b":2})"};
  for (const auto& frame : frames) EXPECT_EQ(code_for_frame(frame), "invalid_json") << frame;
}

TEST_F(Protocol, what_is_not_utf8_is_invalid_json) {
  const std::vector<std::string> texts{"\xff",    "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80",
                                       "caf\xe9", R"(\ud800)"};
  for (const auto& text : texts) {
    EXPECT_EQ(code_for_frame(R"({"command":"append_context","args":{"context":"a","seq":1,)"
                             R"("kind":"note","data":")" +
                             text + "\"}}"),
              "invalid_json")
        << testing::PrintToString(text);
    EXPECT_EQ(code_for_frame("{\"command\":\"" + text + "\"}"), "invalid_json");
  }
}

TEST_F(Protocol, json_that_is_no_request_is_invalid_request) {
  const std::vector<std::string> frames{
      "{}",
      R"({"command":7})",
      R"({"command":null})",
      R"({"command":["ping"]})",
      R"({"command":"ping","args":[]})",
      R"({"command":"ping","args":"x"})",
      R"({"command":"ping","surplus":1})",
  };
  for (const auto& frame : frames) EXPECT_EQ(code_for_frame(frame), "invalid_request") << frame;
  for (const std::string frame : {"[1]", "7", "\"ping\"", "null", "true"}) {
    EXPECT_EQ(code_for_later_frame(frame), "invalid_request") << frame;
  }
}

TEST_F(Protocol, an_unknown_command_is_named) {
  const auto reply = daemon_.connect().request("make_coffee");
  EXPECT_EQ(reply.at("code"), "unknown_command");
  EXPECT_NE(reply.at("error").get<std::string>().find("make_coffee"), std::string::npos);
}

TEST_F(Protocol, an_unknown_argument_is_named) {
  const auto reply = daemon_.connect().request("ping", {{"surplus", 1}});
  EXPECT_EQ(reply.at("code"), "invalid_request");
  EXPECT_NE(reply.at("error").get<std::string>().find("surplus"), std::string::npos);
}

TEST_F(Protocol, wrong_types_of_arguments_are_invalid_request) {
  allocate("one");
  const json good = {{"context", "one"}, {"seq", 1}, {"kind", "note"}, {"data", "x"}};
  const std::vector<json> changes{
      {{"seq", "1"}},      {{"seq", -1}},        {{"seq", 1.5}},       {{"seq", 0}},
      {{"seq", nullptr}},  {{"seq", true}},      {{"seq", 1e30}},      {{"data", 7}},
      {{"data", {1}}},     {{"kind", {}}},       {{"kind", 1}},        {{"context", 1}},
      {{"context", ""}},   {{"context", "A"}},   {{"context", "a/b"}}, {{"durability", "eternal"}},
      {{"durability", 1}}, {{"generation", "x"}}};
  for (const auto& change : changes) {
    auto arguments = good;
    arguments.update(change);
    EXPECT_EQ(code_of("append_context", arguments), "invalid_request") << change;
  }
  for (const auto& field : {"seq", "data"}) {
    auto arguments = good;
    arguments.erase(field);
    EXPECT_EQ(code_of("append_context", arguments), "invalid_request") << "without " << field;
  }
  EXPECT_EQ(code_of("append_context", good), "success");
}

TEST_F(Protocol, a_seq_beyond_64_bits_is_refused) {
  allocate("one");
  EXPECT_EQ(code_for_frame(R"({"command":"append_context","args":{"context":"one","kind":"note",)"
                           R"("data":"x","seq":18446744073709551617}})"),
            "invalid_request");
}

TEST_F(Protocol, bad_names_are_refused_everywhere) {
  for (const std::string name : {"", "A", "-a", "a b", "a/b", "../a", "a\n", "ä", "a.b"}) {
    EXPECT_EQ(code_of("allocate_instance", {{"instance_id", name}, {"role", "worker"}}),
              "invalid_request")
        << name;
  }
  EXPECT_EQ(code_of("allocate_instance", {{"instance_id", std::string(64, 'a')}, {"role", "w"}}),
            "invalid_request");
  EXPECT_EQ(code_of("allocate_instance",
                    {{"instance_id", std::string(63, 'a')}, {"role", "w"}, {"socket", false}}),
            "success");
}

TEST_F(Protocol, nesting_beyond_64_is_too_deep) {
  for (const std::size_t depth : {65U, 1000U, 100'000U}) {
    EXPECT_EQ(code_for_frame(nested(depth, "[", "]")), "too_deep") << depth;
    EXPECT_EQ(code_for_frame(nested(depth, R"({"a":)", "}")), "too_deep") << depth;
  }
  // Within the limit it is only the unknown argument that is wrong.
  EXPECT_EQ(code_for_frame(nested(40, "[", "]")), "invalid_request");
}

TEST_F(Protocol, a_frame_beyond_one_mebibyte_is_refused) {
  auto client = daemon_.connect();
  client.stream().send("{\"command\":\"" + std::string(frame_limit, 'x') + "\"}\n");
  EXPECT_EQ(client.next_frame().at("code"), "frame_too_large");
}

TEST_F(Protocol, an_endless_frame_is_refused_before_it_ends) {
  auto client = daemon_.connect();
  client.stream().send("{\"command\":\"" + std::string(frame_limit + 100, 'x'));
  EXPECT_EQ(client.next_frame().at("code"), "frame_too_large");
}

TEST_F(Protocol, a_frame_just_within_one_mebibyte_is_taken) {
  allocate("one");
  const json arguments = {{"context", "one"},
                          {"seq", 1},
                          {"kind", "note"},
                          {"data", std::string(frame_limit - 200, 'x')}};
  auto client = daemon_.connect();
  client.call("append_context", arguments);
  const auto entry = client.call("read_context", {{"context", "one"}}).at("entries").at(0);
  EXPECT_EQ(entry.at("data"), arguments.at("data"));
}

TEST_F(Protocol, half_frames_and_sudden_hang_ups_harm_nobody) {
  const std::vector<std::string> starts{"", "{", R"({"command":"pi)", "{\"command\":\"ping\"}",
                                        std::string("{\"x\":\"") + std::string(500'000, 'y')};
  for (int round = 0; round < 20; ++round) {
    for (const auto& start : starts) {
      auto stream = UnixStream(daemon_.socket());
      if (!start.empty()) stream.send(start);
    }
  }
}

TEST_F(Protocol, a_session_that_hangs_up_with_requests_in_flight_harms_nobody) {
  allocate("one");
  for (int round = 0; round < 20; ++round) {
    auto stream = UnixStream(daemon_.socket());
    std::string frames;
    for (int i = 0; i < 200; ++i) frames += "{\"command\":\"status\"}\n";
    stream.send(frames);
  }
}

TEST_F(Protocol, an_unfinished_frame_at_the_end_of_sending_is_not_executed) {
  allocate("one");
  auto client = daemon_.connect();
  client.stream().send(
      R"({"command":"append_context","args":{"context":"one","seq":1,"kind":"note","data":"x"})");
  client.stream().finish_sending();
  EXPECT_TRUE(client.stream().closed_by_peer());
  EXPECT_EQ(daemon_.call("read_context", {{"context", "one"}}).at("last_seq"), 0);
}

TEST_F(Protocol, requests_arrive_in_any_pieces) {
  auto client = daemon_.connect();
  const std::string frames = "{\"id\":1,\"command\":\"ping\"}\n{\"id\":2,\"command\":\"ping\"}\n";
  for (const char byte : frames) client.stream().send(std::string_view(&byte, 1));
  EXPECT_EQ(client.next_frame().at("id"), 1);
  EXPECT_EQ(client.next_frame().at("id"), 2);
}

TEST_F(Protocol, an_id_comes_back_as_it_was_and_none_when_there_was_none) {
  auto client = daemon_.connect();
  client.stream().send("{\"id\":18446744073709551615,\"command\":\"ping\"}\n");
  EXPECT_EQ(client.next_frame().at("id"), 18446744073709551615ULL);
  client.stream().send("{\"command\":\"ping\"}\n");
  EXPECT_FALSE(client.next_frame().contains("id"));
}

TEST_F(Protocol, more_requests_than_may_be_in_flight_are_all_answered_once) {
  allocate("one");
  constexpr std::uint64_t count = 5000;
  auto client = daemon_.connect();
  std::string frames;
  for (std::uint64_t seq = 1; seq <= count; ++seq) {
    frames += json{{"id", seq},
                   {"command", "append_context"},
                   {"args", {{"context", "one"}, {"seq", seq}, {"kind", "note"}, {"data", "x"}}}}
                  .dump() +
              "\n";
  }
  client.stream().send(frames);
  std::vector<int> answers(count + 1);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto reply = client.next_frame();
    ASSERT_TRUE(reply.at("success").get<bool>()) << reply;
    ++answers.at(reply.at("id").get<std::size_t>());
  }
  for (std::uint64_t seq = 1; seq <= count; ++seq) ASSERT_EQ(answers[seq], 1) << seq;
}

TEST_F(Protocol, a_session_that_does_not_read_its_replies_is_not_waited_for) {
  allocate("one");
  append("one", 1, 50);
  auto client = daemon_.connect();
  const std::string frame = "{\"command\":\"read_context\",\"args\":{\"context\":\"one\"}}\n";
  std::string frames;
  for (int i = 0; i < 3000; ++i) frames += frame;
  try {
    client.stream().send(frames, Deadline(std::chrono::milliseconds(500)));
  } catch (const std::exception&) {
    // It stopped reading or hung up; either is fine.
  }
  expect_bystander_undisturbed();
}

}  // namespace
}  // namespace yardmaster::support
