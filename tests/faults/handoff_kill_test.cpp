// kill -9 in the middle of handoffs: the whole context has one owner, the giver or the receiver,
// and what was acknowledged decides which.
#include <random>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "tests/faults/seed.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

constexpr std::uint64_t entry_count = 200;

class HandoffKill : public testing::Test {
 protected:
  void SetUp() override {
    auto client = daemon_.connect();
    for (const std::string name : {"anna", "bert"}) {
      client.call("allocate_instance", {{"instance_id", name}, {"role", "worker"}});
    }
    for (std::uint64_t seq = 1; seq <= entry_count; ++seq) {
      client.call(
          "append_context",
          {{"context", "anna"}, {"seq", seq}, {"kind", "note"}, {"data", std::to_string(seq)}});
    }
    digest_ = client.call("digest_context", {{"context", "anna"}}).at("digest");
  }

  std::string owner() {
    return daemon_.call("read_context", {{"context", "anna"}, {"limit", 1}}).at("owner");
  }
  static std::string other(const std::string& name) { return name == "anna" ? "bert" : "anna"; }

  // Hands the context back and forth until the daemon dies; `owner_` is who an acknowledgement said
  // owns it, `asked_` whether an accept was sent and not answered.
  void hand_back_and_forth() {
    try {
      auto client = daemon_.connect();
      while (true) {
        const auto taker = other(owner_);
        const auto offered =
            client.call("context_handoff", {{"from", owner_}, {"to", taker}, {"context", "anna"}});
        asked_ = true;
        client.call("accept_handoff", {{"instance_id", taker},
                                       {"id", offered.at("id")},
                                       {"digest", offered.at("digest")},
                                       {"count", offered.at("count")}});
        asked_ = false;
        owner_ = taker;
        ++accepted_;
      }
    } catch (const std::exception& error) {
      end_ = error.what();
    }
  }

  void audit() {
    const auto owner_now = owner();
    EXPECT_TRUE(owner_now == owner_ || (asked_ && owner_now == other(owner_))) << owner_now;
    owner_ = owner_now;
    asked_ = false;
    const auto digest = daemon_.call("digest_context", {{"context", "anna"}});
    EXPECT_EQ(digest.at("count"), entry_count);
    EXPECT_EQ(digest.at("digest"), digest_);
    cancel_what_is_pending();
  }

  void cancel_what_is_pending() {
    auto client = daemon_.connect();
    const auto pending =
        client.call("list_handoffs", {{"instance_id", owner_}, {"state", "pending"}})
            .at("handoffs");
    EXPECT_LE(pending.size(), 1U);
    for (const auto& handoff : pending) {
      EXPECT_EQ(handoff.at("from"), owner_);
      client.call("cancel_handoff", {{"id", handoff.at("id")}});
    }
  }

  const std::uint64_t seed_ = test_seed();
  testing::ScopedTrace trace_{__FILE__, __LINE__, "YARDMASTER_TEST_SEED=" + std::to_string(seed_)};
  std::mt19937_64 random_{seed_};
  DaemonProcess daemon_;
  std::string digest_;
  std::string owner_ = "anna";
  bool asked_ = false;
  std::string end_;
  std::uint64_t accepted_ = 0;
};

TEST_F(HandoffKill, a_context_has_one_owner_and_all_its_entries) {
  for (int round = 0; round < 15; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::thread load([this] { hand_back_and_forth(); });
    let_pass(std::chrono::milliseconds(1 + random_() % 60));
    daemon_.kill();
    load.join();
    daemon_.start();
    ASSERT_NO_FATAL_FAILURE(audit()) << end_;
  }
  EXPECT_GT(accepted_, 0U) << end_;
}

}  // namespace
}  // namespace yardmaster::support
