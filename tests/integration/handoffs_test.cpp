// A handoff ends in one of two ways: the receiver owns the whole context, or the giver still does.
#include <string>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class Handoffs : public YardTest {
 protected:
  void SetUp() override {
    allocate("giver");
    allocate("taker");
    append("giver", 1, 100);
  }

  json offer(const json& more = json::object()) {
    json arguments = {{"from", "giver"}, {"to", "taker"}};
    arguments.update(more);
    return bystander_.request("context_handoff", arguments);
  }

  json accept(const json& offered, const json& more = json::object()) {
    json arguments = {{"instance_id", "taker"},
                      {"id", offered.at("id")},
                      {"digest", offered.at("digest")},
                      {"count", offered.at("count")}};
    arguments.update(more);
    return bystander_.request("accept_handoff", arguments);
  }

  json read(const std::string& context) {
    return bystander_.call("read_context", {{"context", context}});
  }

  std::string append_code(std::uint64_t seq, const json& more = json::object()) {
    json arguments = {{"context", "giver"}, {"seq", seq}, {"kind", "note"}, {"data", "late"}};
    arguments.update(more);
    return bystander_.code_of("append_context", arguments);
  }
};

TEST_F(Handoffs, an_accepted_one_moves_the_whole_context) {
  const auto before = read("giver").at("generation").get<std::uint64_t>();
  const auto offered = offer({{"summary", "half done"}}).at("data");
  EXPECT_EQ(offered.at("state"), "pending");
  EXPECT_EQ(offered.at("count"), 100);
  EXPECT_EQ(offered.at("context"), "giver");
  const auto accepted = accept(offered).at("data");
  EXPECT_EQ(accepted.at("state"), "accepted");
  EXPECT_GT(accepted.at("generation").get<std::uint64_t>(), before);

  const auto context = read("giver");
  EXPECT_EQ(context.at("owner"), "taker");
  EXPECT_EQ(context.at("entries").size(), 100U);
  const auto digest = bystander_.call("digest_context", {{"context", "giver"}});
  EXPECT_EQ(digest.at("digest"), offered.at("digest"));
  EXPECT_EQ(digest.at("generation"), accepted.at("generation"));
}

TEST_F(Handoffs, the_givers_late_write_is_refused) {
  const auto generation = read("giver").at("generation");
  const auto offered = offer().at("data");
  ASSERT_TRUE(accept(offered).at("success").get<bool>());
  EXPECT_EQ(append_code(101, {{"generation", generation}}), "stale_generation");
  auto giver = LineClient(daemon_.instance_socket("giver"));
  EXPECT_EQ(giver.code_of("append_context", {{"context", "giver"},
                                             {"seq", 101},
                                             {"kind", "note"},
                                             {"data", "late"},
                                             {"generation", generation}}),
            "stale_generation");
  EXPECT_EQ(read("giver").at("last_seq"), 100);
}

TEST_F(Handoffs, the_giver_gets_a_fresh_context) {
  ASSERT_TRUE(accept(offer().at("data")).at("success").get<bool>());
  json giver;
  const auto list = bystander_.call("list_instances").at("instances");
  for (const auto& instance : list) {
    if (instance.at("instance_id") == "giver") giver = instance;
  }
  const auto fresh = giver.at("context").get<std::string>();
  EXPECT_NE(fresh, "giver");
  EXPECT_TRUE(fresh.starts_with("giver-")) << fresh;
  EXPECT_EQ(read(fresh).at("last_seq"), 0);
  EXPECT_EQ(read(fresh).at("owner"), "giver");
}

TEST_F(Handoffs, while_one_is_pending_nothing_is_appended) {
  const auto offered = offer().at("data");
  EXPECT_EQ(append_code(101), "context_frozen");
  EXPECT_EQ(offer().at("code"), "conflict");
  bystander_.call("cancel_handoff", {{"id", offered.at("id")}});
  EXPECT_EQ(append_code(101), "success");
}

TEST_F(Handoffs, a_cancelled_one_leaves_everything_with_the_giver) {
  const auto offered = offer().at("data");
  EXPECT_EQ(bystander_.call("cancel_handoff", {{"id", offered.at("id")}}).at("state"), "cancelled");
  EXPECT_EQ(read("giver").at("owner"), "giver");
  EXPECT_EQ(accept(offered).at("code"), "conflict");
  EXPECT_EQ(read("giver").at("owner"), "giver");
}

TEST_F(Handoffs, a_receiver_that_read_something_else_is_refused) {
  const auto offered = offer().at("data");
  EXPECT_EQ(accept(offered, {{"digest", std::string(64, '0')}}).at("code"), "digest_mismatch");
  EXPECT_EQ(accept(offered, {{"count", 99}}).at("code"), "digest_mismatch");
  EXPECT_EQ(read("giver").at("owner"), "giver");
  EXPECT_TRUE(accept(offered).at("success").get<bool>());
}

TEST_F(Handoffs, only_the_receiver_can_accept) {
  const auto offered = offer().at("data");
  EXPECT_EQ(accept(offered, {{"instance_id", "giver"}}).at("code"), "forbidden");
  EXPECT_EQ(read("giver").at("owner"), "giver");
}

TEST_F(Handoffs, a_repeated_key_or_accept_gives_the_same_answer) {
  const auto offered = offer({{"key", "h1"}}).at("data");
  EXPECT_EQ(offer({{"key", "h1"}}).at("data").at("id"), offered.at("id"));
  const auto accepted = accept(offered).at("data");
  EXPECT_EQ(accept(offered).at("data"), accepted);
  EXPECT_EQ(offer({{"key", "h1"}}).at("data").at("id"), offered.at("id"));
}

TEST_F(Handoffs, one_does_not_give_what_one_does_not_own) {
  EXPECT_EQ(offer({{"from", "taker"}, {"to", "giver"}, {"context", "giver"}}).at("code"),
            "forbidden");
  EXPECT_EQ(offer({{"to", "nobody"}}).at("code"), "not_found");
}

TEST_F(Handoffs, a_pending_one_survives_a_crash_of_the_daemon) {
  const auto offered = offer().at("data");
  daemon_.kill();
  daemon_.start();
  bystander_ = daemon_.connect();
  EXPECT_EQ(append_code(101), "context_frozen");
  EXPECT_TRUE(accept(offered).at("success").get<bool>());
  EXPECT_EQ(read("giver").at("owner"), "taker");
}

TEST_F(Handoffs, the_givers_end_cancels_what_is_pending) {
  const auto offered = offer().at("data");
  bystander_.call("release_instance", {{"instance_id", "giver"}});
  EXPECT_EQ(accept(offered).at("code"), "conflict");
}

TEST_F(Handoffs, both_sides_hear_of_it) {
  auto listener = LineClient(daemon_.instance_socket("taker"));
  listener.call("subscribe", {{"events", {"handoff"}}});
  const auto offered = offer().at("data");
  EXPECT_EQ(listener.event("handoff").at("state"), "pending");
  accept(offered);
  const auto event = listener.event("handoff");
  EXPECT_EQ(event.at("state"), "accepted");
  EXPECT_EQ(event.at("digest"), offered.at("digest"));
}

}  // namespace
}  // namespace yardmaster::support
