// kill -9 of the real daemon at every write to its log, sync and send that a request takes, counted
// out; and clients that die with a part of their request sent. What was asked for is done whole or
// not at all, and once when it is repeated.
//
// Every run makes a fourth of the kills; YARDMASTER_KILL_CASES=all, as `ctest -L long` says it,
// all.
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

constexpr std::size_t most_places = 100;
constexpr std::uint64_t entries = 3;

class StepKill : public testing::Test {
 protected:
  // A request, and those whom it is about.
  struct Asked {
    std::string kind;
    std::string ada;
    std::string bob;
    std::string command;
    json arguments;
  };

  void allocate(const std::string& name, const std::string& role = "worker") {
    daemon_.call("allocate_instance", {{"instance_id", name}, {"role", role}});
  }

  // Makes new actors.
  Asked prepare(const std::string& kind) {
    const std::string number = std::to_string(++cases_);
    Asked asked{kind, "ada-" + number, "bob-" + number, {}, {}};
    if (kind == "complete_agent") return prepare_completion(std::move(asked), number);
    allocate(asked.ada);
    allocate(asked.bob, "group-" + number);
    asked.command = kind;
    asked.arguments = {{"from", asked.ada}, {"to", asked.bob}, {"body", "hello"}, {"key", "k"}};
    if (kind == "broadcast") {
      allocate("cyd-" + number, "group-" + number);
      asked.arguments["to"] = "@@group-" + number;
    }
    if (kind == "confirm_delivery" || kind == "ack_message") {
      const json id = daemon_.call("send_message", asked.arguments).at("id");
      asked.arguments = {{"instance_id", asked.bob}};
      kind == "ack_message" ? asked.arguments["id"] = id : asked.arguments["ids"] = {id};
    }
    if (kind == "context_handoff" || kind == "accept_handoff") prepare_handoff(asked);
    return asked;
  }

  Asked prepare_completion(Asked asked, const std::string& number) {
    const std::string repo = "repo-" + number;
    daemon_.call("add_agent", {{"repo", repo}, {"agent", "ada"}, {"type", "worker"}});
    daemon_.call("add_agent", {{"repo", repo}, {"agent", "bob"}, {"type", "supervisor"}});
    asked.ada = repo + "-ada";
    asked.bob = repo + "-bob";
    asked.command = asked.kind;
    asked.arguments = {{"agent", asked.ada}, {"summary", "all done"}, {"key", "k"}};
    return asked;
  }

  void prepare_handoff(Asked& asked) {
    auto client = daemon_.connect();
    for (std::uint64_t seq = 1; seq <= entries; ++seq) {
      client.call("append_context",
                  {{"context", asked.ada}, {"seq", seq}, {"kind", "note"}, {"data", "x"}});
    }
    asked.arguments = {{"from", asked.ada}, {"to", asked.bob}, {"key", "k"}};
    if (asked.kind != "accept_handoff") return;
    const json offer = client.call("context_handoff", asked.arguments);
    asked.arguments = {{"id", offer.at("id")},
                       {"instance_id", asked.bob},
                       {"digest", offer.at("digest")},
                       {"count", offer.at("count")}};
  }

  std::size_t count(const char* command, const char* list, const json& arguments) const {
    return daemon_.call(command, arguments).at(list).size();
  }
  std::size_t mail_of(const std::string& name, const char* status) const {
    return count("list_messages", "messages", {{"instance_id", name}, {"status", status}});
  }

  // How often it was done, by what is there; -1: it is between two states.
  int times_done(const Asked& asked) const {
    const auto pending = static_cast<int>(mail_of(asked.bob, "pending"));
    if (asked.kind == "send_message") return pending;
    if (asked.kind == "broadcast") {
      const std::string cyd = "cyd" + asked.ada.substr(3);
      const auto of_cyd = static_cast<int>(mail_of(cyd, "pending"));
      return of_cyd == pending ? pending : -1;
    }
    if (asked.kind == "confirm_delivery" || asked.kind == "ack_message") {
      const char* const status = asked.kind == "ack_message" ? "acked" : "delivered";
      const auto raised = static_cast<int>(mail_of(asked.bob, status));
      return pending + raised == 1 ? raised : -1;
    }
    if (asked.kind == "complete_agent") return completions(asked, pending);
    return handoffs(asked);
  }

  int completions(const Asked& asked, int told) const {
    const json gone{{"name", asked.ada}, {"state", "gone"}};
    const auto ended = static_cast<int>(count("list_instances", "instances", gone));
    return ended == told ? told : -1;
  }

  int handoffs(const Asked& asked) const {
    const json context = daemon_.call("read_context", {{"context", asked.ada}});
    if (context.at("entries").size() != entries) return -1;
    const json of_ada{{"instance_id", asked.ada}, {"state", "pending"}};
    const auto offers = static_cast<int>(count("list_handoffs", "handoffs", of_ada));
    const bool is_moved = context.at("owner") == asked.bob;
    if (asked.kind == "context_handoff") return is_moved ? -1 : offers;
    return is_moved == (offers == 0) ? (is_moved ? 1 : 0) : -1;
  }

  // A client that died, or did not hear the answer, has it done once and for all by repeating it.
  void repeat(const Asked& asked) {
    // What a dead client has sent may still be under way.
    EXPECT_TRUE(eventually([&] {
      const int before = times_done(asked);
      return before == 0 || before == 1;
    })) << times_done(asked)
        << " times done, or not whole";
    daemon_.call(asked.command, asked.arguments);
    EXPECT_TRUE(eventually([&] { return times_done(asked) == 1; })) << times_done(asked);
    daemon_.call(asked.command, asked.arguments);
    EXPECT_EQ(times_done(asked), 1) << "repeated";
  }

  // Whether the daemon died at this place of the request; there is none otherwise.
  bool is_killed(const Asked& asked, std::size_t place) {
    const auto made = scratch_ / "made";
    write_file(made, std::to_string(place));
    auto client = daemon_.connect();
    std::filesystem::rename(made, kill_file());
    try {
      client.call(asked.command, asked.arguments);
      write_file(made, "0");
      std::filesystem::rename(made, kill_file());
      daemon_.call("ping");
    } catch (const std::exception&) {
      daemon_.process().wait();
      daemon_.start();
      return true;
    }
    return false;
  }

  std::filesystem::path kill_file() const { return scratch_ / "kill"; }

  TemporaryDirectory scratch_;
  DaemonProcess daemon_{
      {.config = R"({"sweep_interval": "1h"})",
       .environment = {{"LD_PRELOAD", FAULTS_LIBRARY}, {"FAULT_KILL_FILE", kill_file().string()}}}};
  std::size_t cases_ = 0;
};

const std::vector<std::string>& all_kinds() {
  static const std::vector<std::string> kinds{
      "send_message",    "broadcast",      "confirm_delivery", "ack_message",
      "context_handoff", "accept_handoff", "complete_agent"};
  return kinds;
}

TEST_F(StepKill, a_daemon_killed_at_any_write_has_done_all_or_nothing) {
  const std::size_t stride = std::getenv("YARDMASTER_KILL_CASES") != nullptr ? 1 : 4;
  std::size_t kills = 0;
  for (std::size_t kind = 0; kind < all_kinds().size(); ++kind) {
    for (std::size_t place = 1 + kind % stride; place < most_places; place += stride) {
      SCOPED_TRACE(all_kinds()[kind] + " at " + std::to_string(place));
      const Asked asked = prepare(all_kinds()[kind]);
      if (!is_killed(asked, place)) break;
      ++kills;
      repeat(asked);
      ASSERT_FALSE(HasFailure());
    }
  }
  std::cout << kills << " kills of the daemon: 0 lost, 0 doubled, 0 between two states\n";
  EXPECT_GE(kills, all_kinds().size());
}

TEST_F(StepKill, a_client_that_dies_at_any_byte_has_had_all_or_nothing_done) {
  for (const std::string& kind : all_kinds()) {
    for (const double part : {0.0, 0.01, 0.5, 0.99, 1.0}) {
      SCOPED_TRACE(kind + " of which " + std::to_string(part) + " was sent");
      const Asked asked = prepare(kind);
      const std::string line =
          json{{"id", 1}, {"command", asked.command}, {"args", asked.arguments}}.dump() + "\n";
      auto client = daemon_.connect();
      client.stream().send(
          line.substr(0, static_cast<std::size_t>(part * static_cast<double>(line.size()))));
      client.stream().close();
      repeat(asked);
      ASSERT_FALSE(HasFailure());
    }
  }
}

}  // namespace
}  // namespace yardmaster::support
