// The coordinator on PostgreSQL, when the server, its connections or the coordinator itself go away
// under load: the run goes on, and its audit finds nothing lost and nothing doubled. And databases
// that must not be used are refused, with a line that says why.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "loadgen/databases/run_database.h"
#include "tests/contract/frozen_server.h"
#include "tests/faults/postgres_server.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

// Starts a coordinator that has to refuse; gives what it says.
std::string refusal(const PostgresServer& server, std::map<std::string, std::string> changes = {},
                    int status = 1) {
  const TemporaryDirectory place;
  auto environment = server.environment();
  for (auto& [name, value] : changes) environment[name] = value;
  const Finished finished =
      run_yardmaster({"start", "--foreground", "--state-dir", (place / "state").string(),
                      "--runtime-dir", (place / "run").string()},
                     environment);
  EXPECT_EQ(finished.status, status);
  EXPECT_EQ(std::count(finished.errors.begin(), finished.errors.end(), '\n'), 1) << finished.errors;
  return finished.errors;
}

// A load on a coordinator; `disturb` is called three times while it runs.
class PostgresLoad : public testing::Test {
 protected:
  void run_load(const std::string& durability, const std::function<void()>& disturb) {
    const TemporaryDirectory place;
    ChildProcess load({.argv = {loadgen_program(), "--connect", daemon_.socket().string(),
                                "--instances", "50", "--interval", "10ms", "--duration", "10s",
                                "--workloads", "writes,handoffs,broadcasts", "--durability",
                                durability, "--json", "--report", (place / "report").string()}});
    for (int round = 0; round < 3; ++round) {
      const std::int64_t before = entries();
      ASSERT_TRUE(eventually([&] { return entries() > before + 1000; }));
      disturb();
    }
    ASSERT_TRUE(load.wait(Deadline(std::chrono::seconds(120))).has_value());
    ASSERT_FALSE(load.output().empty()) << load.errors();
    const auto report = json::parse(load.output()).at("runs").at(0);
    const auto& audit = report.at("audit");
    EXPECT_EQ(report.at("store"), "postgres");
    EXPECT_GE(audit.at("acknowledged"), 10'000) << audit;
    EXPECT_EQ(audit.at("lost"), 0) << audit << daemon_.log();
    EXPECT_EQ(audit.at("duplicated"), 0) << audit;
    EXPECT_EQ(audit.at("out_of_order"), 0) << audit;
  }

  std::int64_t entries() const {
    return std::stoll(server_.sql("SELECT coalesce(max(id), 0) FROM entries"));
  }

  PostgresServer server_;
  DaemonProcess daemon_{{.environment = server_.environment()}};
};

TEST_F(PostgresLoad, a_killed_coordinator_loses_nothing) {
  run_load("process", [this] {
    daemon_.kill();
    daemon_.start();
  });
}

TEST_F(PostgresLoad, a_severed_connection_loses_nothing) {
  run_load("process", [this] {
    server_.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name LIKE 'yardmaster%'");
  });
}

TEST_F(PostgresLoad, a_restart_of_the_server_loses_nothing) {
  run_load("process", [this] {
    server_.cluster().stop();
    server_.cluster().start([] {});
  });
}

TEST_F(PostgresLoad, a_crash_of_the_server_loses_nothing_that_power_promises) {
  run_load("power", [this] {
    server_.cluster().crash();
    server_.cluster().start([] {});
  });
}

// The promise of `process` does not hold against that; the coordinator must go on from what is
// left.
TEST(PostgresCrash, a_coordinator_goes_on_from_what_the_server_has_left) {
  PostgresServer server;
  DaemonProcess daemon({.environment = server.environment()});
  daemon.call("allocate_instance", {{"instance_id", "ada"}, {"role", "worker"}});
  auto client = daemon.connect();
  server.sql("ALTER SYSTEM SET wal_writer_delay = '10s'");
  server.sql("SELECT pg_reload_conf()");
  constexpr int written = 300;
  const auto append = [&](std::uint64_t seq) {
    return client.request("append_context",
                          {{"context", "ada"}, {"seq", seq}, {"kind", "note"}, {"data", "x"}});
  };
  for (std::uint64_t seq = 1; seq <= written; ++seq) ASSERT_TRUE(append(seq).at("success"));
  server.cluster().crash();
  server.cluster().start([] {});
  json last;
  ASSERT_TRUE(eventually([&] {
    last = client.request("read_context", {{"context", "ada"}, {"limit", 1}});
    return last.at("success").get<bool>();
  })) << last;
  // The next append finds out where the context ends now.
  json next = append(written + 1);
  if (!next.at("success").get<bool>()) next = append(written + 1);
  if (!next.at("success").get<bool>()) {
    ASSERT_EQ(next.at("code"), "sequence_gap") << next;
    ASSERT_TRUE(append(next.at("expected_seq").get<std::uint64_t>()).at("success"));
  }
  const auto all = daemon.call("read_context", {{"context", "ada"}});
  EXPECT_EQ(all.at("entries").size(), all.at("last_seq"));
}

TEST(PostgresHang, a_coordinator_answers_while_its_server_hangs_and_goes_on_with_it) {
  PostgresServer server;
  DaemonProcess daemon({.environment = server.environment()});
  daemon.call("allocate_instance", {{"instance_id", "ada"}, {"role", "worker"}});
  auto writer = daemon.connect();
  const json entry{{"context", "ada"}, {"seq", 1}, {"kind", "note"}, {"data", "x"}};
  {
    const FrozenServer frozen(server.cluster().pid(), FrozenServer::What::backends);
    writer.stream().send(json{{"id", 1}, {"command", "append_context"}, {"args", entry}}.dump() +
                         "\n");
    EXPECT_TRUE(daemon.call("ping").at("pong"));
    EXPECT_FALSE(daemon.http_get("/health").empty());
    const json refused = writer.next_frame(Deadline(std::chrono::seconds(60)));
    EXPECT_EQ(refused.at("success"), false) << refused;
    EXPECT_THAT(refused.at("code"), testing::AnyOf("storage_failed", "outcome_unknown"));
  }
  json last;
  EXPECT_TRUE(eventually([&] {
    last = writer.request("append_context", entry);
    return last.at("success").get<bool>();
  })) << last;
  EXPECT_EQ(daemon.call("read_context", {{"context", "ada"}}).at("entries").size(), 1U);
}

TEST(PostgresRefusal, says_what_to_do) {
  PostgresServer server;
  EXPECT_THAT(refusal(server, {{"YARDMASTER_POSTGRES", "host=/nowhere dbname=x"}}),
              HasSubstr("check that the server runs"));
  EXPECT_THAT(refusal(server, {{"YARDMASTER_POSTGRES", server.conninfo() + " user=nobody_at_all"}}),
              HasSubstr("nobody_at_all"));
  EXPECT_THAT(refusal(server, {{"YARDMASTER_POSTGRES", "nonsense=1"}}, 2),
              HasSubstr("libpq cannot read it"));

  server.sql("CREATE TABLE somebody_elses (value int)");
  EXPECT_THAT(refusal(server), HasSubstr("not a yardmaster database; nothing was changed"));
  EXPECT_EQ(server.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "1\n");
  server.sql("DROP TABLE somebody_elses");

  server.sql("ALTER SYSTEM SET default_transaction_read_only = on");
  server.sql("SELECT pg_reload_conf()");
  EXPECT_TRUE(
      eventually([&] { return server.sql("SHOW default_transaction_read_only") == "on\n"; }));
  EXPECT_THAT(refusal(server), HasSubstr("is read-only"));
}

TEST(PostgresRefusal, a_newer_schema_and_a_second_coordinator_are_refused) {
  PostgresServer server;
  {
    const DaemonProcess daemon({.environment = server.environment()});
    EXPECT_THAT(refusal(server), HasSubstr("another coordinator uses this database"));
  }
  server.sql("UPDATE yard_meta SET value = 99 WHERE name = 'schema_version'");
  EXPECT_THAT(refusal(server), AllOf(HasSubstr("99"), HasSubstr("newer")));
}

TEST(PostgresSecrets, a_password_is_never_shown) {
  PostgresServer server;
  const std::map<std::string, std::string> environment{
      {"YARDMASTER_STORE", "postgres"},
      {"YARDMASTER_POSTGRES", server.conninfo() + " password='open sesame'"}};
  const DaemonProcess daemon({.environment = environment});
  const std::string status = daemon.call("status").dump();
  const Finished shown = run_yardmaster({"config", "show"}, environment);
  EXPECT_THAT(shown.output, HasSubstr("password=***"));
  for (const std::string& text : {status, shown.output, daemon.log()}) {
    EXPECT_EQ(text.find("sesame"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace yardmaster::support
