// kill -9 of the daemon under load, at random moments. The oracle is what was acknowledged: each
// such entry and message must be there, once, in order; a broadcast is with everyone or with
// nobody.
//
// YARDMASTER_KILLS says how many, for each durability; `ctest -L long` makes 1,000 on each store.
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/faults/acknowledged_writer.h"
#include "tests/faults/postgres_server.h"
#include "tests/faults/seed.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

constexpr std::size_t writer_count = 6;
#ifdef YARDMASTER_SANITIZED
constexpr std::uint64_t kills_on_sqlite = 8;  // per durability
constexpr std::uint64_t kills_on_postgres = 3;
#else
constexpr std::uint64_t kills_on_sqlite = 25;
constexpr std::uint64_t kills_on_postgres = 8;
#endif

std::uint64_t kills_on(const std::string& store) {
  const char* const given = std::getenv("YARDMASTER_KILLS");
  if (given != nullptr) return std::stoull(given);
  return store == "sqlite" ? kills_on_sqlite : kills_on_postgres;
}

std::string writer_name(std::size_t index) { return "writer-" + std::to_string(index); }

// The daemon's store, and the durability that is asked for.
using KillParameters = std::tuple<std::string, std::string>;

class Kill : public testing::TestWithParam<KillParameters> {
 protected:
  void SetUp() override {
    for (std::size_t i = 0; i < writer_count; ++i) {
      writers_.emplace_back(daemon_, writer_name(i), writer_name((i + 1) % writer_count),
                            std::get<1>(GetParam()));
    }
  }

  // Loads the daemon until so many requests are acknowledged, then kills it at once.
  void load_and_kill(std::size_t acknowledgements) {
    std::size_t done = 0;
    for (auto& writer : writers_) writer.send_more(random_);
    while (done < acknowledgements) done += one_turn();
    daemon_.kill();
    for (auto& writer : writers_) drain(writer);
  }

  std::size_t one_turn() {
    std::vector<pollfd> watched;
    for (const auto& writer : writers_) watched.push_back({writer.fd(), POLLIN, 0});
    EXPECT_GT(::poll(watched.data(), watched.size(), Deadline().poll_timeout()), 0);
    std::size_t done = 0;
    for (std::size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].revents == 0) continue;
      done += writers_[i].take_replies().value();
      writers_[i].send_more(random_);
    }
    return done;
  }

  // Replies that were already on their way when the daemon died are acknowledgements too.
  static void drain(AcknowledgedWriter& writer) {
    while (writer.take_replies().has_value()) {
    }
  }

  void restart() {
    daemon_.start();
    const auto recovery = daemon_.call("status").at("recovery");
    EXPECT_EQ(recovery.at("clean"), false) << recovery;
  }

  // Entries are contiguous, as they were written, and none that was acknowledged is missing.
  void audit_entries(const AcknowledgedWriter& writer, std::uint64_t from) {
    auto client = daemon_.connect();
    std::uint64_t next = from;
    while (true) {
      const auto page =
          client.call("read_context", {{"context", writer.name()}, {"from_seq", next}});
      const auto& entries = page.at("entries");
      for (const auto& entry : entries) {
        ASSERT_EQ(entry.at("seq"), next);
        ASSERT_EQ(entry.at("data"), writer.data_of(next));
        ++next;
      }
      if (entries.empty()) {
        ASSERT_EQ(page.at("last_seq"), next - 1);
        break;
      }
    }
    ASSERT_GE(next - 1, writer.acknowledged_seq()) << "lost entries of " << writer.name();
    ASSERT_LE(next - 1, writer.sent_seq()) << "invented entries of " << writer.name();
  }

  // Reads the messages in a writer's inbox; all of them are then acknowledged, and must never come
  // again.
  void take_inbox(const AcknowledgedWriter& writer) {
    auto client = daemon_.connect();
    std::uint64_t last_id = 0;
    while (true) {
      const auto messages =
          client.call("list_messages", {{"instance_id", writer.name()}, {"limit", 500}})
              .at("messages");
      if (messages.empty()) return;
      for (const auto& message : messages) {
        ASSERT_GT(message.at("id").get<std::uint64_t>(), last_id);
        last_id = message.at("id");
        const auto body = message.at("body").get<std::string>();
        ASSERT_TRUE(seen_[writer.name()].insert(body).second) << "came twice: " << body;
        order_[writer.name()].push_back(body);
        client.call("ack_message", {{"instance_id", writer.name()}, {"id", last_id}});
      }
    }
  }

  void audit_messages() {
    for (const auto& writer : writers_) take_inbox(writer);
    for (const auto& writer : writers_) {
      for (const auto& body : writer.sent_messages()) {
        if (!writer.is_acknowledged(body)) continue;
        ASSERT_TRUE(seen_[writer.peer()].contains(body)) << "lost: " << body;
      }
      for (const auto& body : writer.sent_broadcasts()) audit_broadcast(writer, body);
    }
  }

  void audit_broadcast(const AcknowledgedWriter& sender, const std::string& body) {
    std::size_t reached = 0;
    for (const auto& writer : writers_) reached += seen_[writer.name()].count(body);
    if (sender.is_acknowledged(body)) {
      ASSERT_EQ(reached, writer_count - 1) << body;
    } else {
      ASSERT_TRUE(reached == 0 || reached == writer_count - 1) << body << " reached " << reached;
    }
  }

  // A sender's messages come in the order in which it sent them.
  void audit_order(const AcknowledgedWriter& sender) {
    std::vector<std::string> from_sender;
    for (const auto& body : order_[sender.peer()]) {
      if (body.starts_with(sender.name() + " to peer ")) from_sender.push_back(body);
    }
    EXPECT_EQ(from_sender, sender.sent_messages());
  }

  const std::uint64_t seed_ = test_seed();
  testing::ScopedTrace trace_{__FILE__, __LINE__, "YARDMASTER_TEST_SEED=" + std::to_string(seed_)};
  std::mt19937_64 random_{seed_};
  // On SQLite there is none.
  const std::unique_ptr<PostgresServer> server_ =
      std::get<0>(GetParam()) == "postgres" ? std::make_unique<PostgresServer>() : nullptr;
  DaemonProcess daemon_{{.environment = server_ ? server_->environment()
                                                : std::map<std::string, std::string>{
                                                      {"YARDMASTER_STORE", "sqlite"}}}};
  std::vector<AcknowledgedWriter> writers_;
  std::map<std::string, std::set<std::string>> seen_;      // bodies by recipient
  std::map<std::string, std::vector<std::string>> order_;  // the same, in order
};

TEST_P(Kill, acknowledged_writes_survive_kill) {
  std::vector<std::uint64_t> audited(writer_count, 0);
  const std::uint64_t kills = kills_on(std::get<0>(GetParam()));
  for (std::uint64_t round = 0; round < kills; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    // Mostly early moments, now and then one after several checkpoints.
    load_and_kill(1 + random_() % (round % 5 == 4 ? 8000 : 800));
    ASSERT_NO_FATAL_FAILURE(restart());
    for (std::size_t i = 0; i < writer_count; ++i) {
      ASSERT_NO_FATAL_FAILURE(audit_entries(writers_[i], audited[i] + 1));
      audited[i] = writers_[i].acknowledged_seq();
    }
    ASSERT_NO_FATAL_FAILURE(audit_messages());
    for (auto& writer : writers_) writer.connect(daemon_);
  }
  for (auto& writer : writers_) writer.finish();
  ASSERT_NO_FATAL_FAILURE(audit_messages());
  for (const auto& writer : writers_) {
    EXPECT_EQ(writer.acknowledged_seq(), writer.sent_seq());
    ASSERT_NO_FATAL_FAILURE(audit_entries(writer, 1));
    audit_order(writer);
  }
}

INSTANTIATE_TEST_SUITE_P(Durability, Kill,
                         testing::Combine(testing::Values("sqlite", "postgres"),
                                          testing::Values("process", "power")),
                         [](const auto& kill) {
                           return std::get<0>(kill.param) + "_" + std::get<1>(kill.param);
                         });

}  // namespace
}  // namespace yardmaster::support
