// A measurement that can't see a stall is worth nothing: a store that stands still for 500 ms must
// show in the write latencies, and a load generator that stands still must not call the run valid.
#include <csignal>
#include <string>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class Stall : public testing::Test {
 protected:
  // A run of 25 instances against a daemon that a test can disturb.
  ChildProcess start_load() {
    return ChildProcess(
        {.argv = {loadgen_program(), "--connect", daemon_.socket().string(), "--instances", "25",
                  "--duration", "8s", "--json", "--report", (place_ / "report").string()}});
  }

  static bool is_measuring(const ChildProcess& load) {
    return load.errors().find("measuring") != std::string::npos;
  }

  static json first_run(ChildProcess& load) {
    EXPECT_TRUE(load.wait(Deadline(std::chrono::seconds(120))).has_value());
    return json::parse(load.output()).at("runs").at(0);
  }

  TemporaryDirectory place_;
  DaemonProcess daemon_{
      DaemonOptions{.environment = {{"LD_PRELOAD", FAULTS_LIBRARY},
                                    {"FAULT_STALL_FILE", (place_ / "stall").string()}}}};
};

TEST_F(Stall, of_the_store_shows_in_the_write_p99) {
  auto load = start_load();
  ASSERT_TRUE(eventually([&] { return is_measuring(load); }));
  write_file(place_ / "stall", "");
  // The next sync of the store takes 500 ms.
  EXPECT_TRUE(eventually([&] { return !std::filesystem::exists(place_ / "stall"); }));
  const auto run = first_run(load);
  const auto& write = run.at("measurements").at("write");
  EXPECT_GE(write.at("max").get<double>(), 400.0) << write;
  EXPECT_GE(write.at("p99").get<double>(), 100.0) << write;
  EXPECT_NE(run.at("verdict"), "pass");
  for (const auto& target : run.at("targets")) {
    if (target.at("measurement") == "write") {
      EXPECT_NE(target.at("verdict"), "pass") << target;
    }
  }
}

TEST_F(Stall, of_the_generator_fails_no_target) {
  auto load = start_load();
  ASSERT_TRUE(eventually([&] { return is_measuring(load); }));
  load.signal(SIGSTOP);
  let_pass(std::chrono::milliseconds(500));
  load.signal(SIGCONT);
  const auto run = first_run(load);
  EXPECT_EQ(run.at("verdict"), "inconclusive");
  EXPECT_EQ(load.wait().value_or(-1), 3) << run.at("targets");
  for (const auto& target : run.at("targets")) {
    if (target.at("measurement") == "write") {
      EXPECT_EQ(target.at("verdict"), "inconclusive") << target;
    }
  }
}

// Every fifth moment of the run falls into a pause: the hiccups, the pauses and the requests that
// were due must all be counted as if nothing had been waited through.
TEST_F(Stall, of_the_generator_again_and_again_is_not_called_a_fault_of_the_store) {
  auto load = start_load();
  ASSERT_TRUE(eventually([&] { return is_measuring(load); }));
  constexpr int stops = 14;
  for (int i = 0; i < stops; ++i) {
    load.signal(SIGSTOP);
    let_pass(std::chrono::milliseconds(100));
    load.signal(SIGCONT);
    let_pass(std::chrono::milliseconds(400));
  }
  const auto run = first_run(load);
  EXPECT_EQ(load.wait().value_or(-1), 3) << run.at("targets");
  const auto& validity = run.at("validity");
  int seen = 0;
  for (const auto& pause : validity.at("pauses")) {
    if (pause.at("end_s").get<double>() - pause.at("begin_s").get<double>() >= 0.09) ++seen;
  }
  EXPECT_GE(seen, stops - 2) << validity;
  // A fifth of the time, and half of that in the second half of a pause.
  EXPECT_GE(validity.at("hiccup_ms").at("p90").get<double>(), 20.0) << validity;
  EXPECT_EQ(validity.at("due"), 800 + 64 + 80 + 80 + 160);
  EXPECT_EQ(validity.at("begun"), validity.at("due"));
  const auto& measurements = run.at("measurements");
  EXPECT_EQ(measurements.at("write").at("count"), 800);
  EXPECT_EQ(measurements.at("broadcast").at("count"), 64);
  for (const auto* name : {"write", "broadcast", "handoff", "cleanup", "websocket_rtt"}) {
    EXPECT_GE(measurements.at(name).at("lag_ms").at("max").get<double>(), 20.0) << name;
  }
}

// A disk that does not answer while a socket is removed holds the broker thread up.
TEST(BrokerStall, is_counted_and_logged_with_the_command_that_it_came_in) {
  const TemporaryDirectory place;
  DaemonProcess daemon(
      DaemonOptions{.environment = {{"LD_PRELOAD", FAULTS_LIBRARY},
                                    {"FAULT_UNLINK_FILE", (place / "slow").string()}},
                    .may_stall = true});
  daemon.call("allocate_instance", {{"instance_id", "one"}, {"role", "worker"}});
  ASSERT_EQ(daemon.call("status").at("broker").at("stalls"), 0) << daemon.log();
  write_file(place / "slow", "");
  daemon.call("release_instance", {{"instance_id", "one"}});
  const auto stalls = [&] { return daemon.call("status").at("broker").at("stalls"); };
  EXPECT_TRUE(eventually([&] { return stalls() == 1; })) << daemon.log();
  const auto broker = daemon.call("status").at("broker");
  EXPECT_EQ(broker.at("last_stall").at("during"), "release_instance");
  EXPECT_GE(broker.at("last_stall").at("duration_ms"), 450.0);
  const std::string series = "yardmaster_broker_stalls_total{during=\"release_instance\"} 1";
  EXPECT_NE(daemon.http_get("/metrics").find(series), std::string::npos);
  EXPECT_TRUE(eventually([&] { return daemon.stalls().size() == 1; })) << daemon.log();
  EXPECT_NE(daemon.log().find("during: release_instance"), std::string::npos) << daemon.log();
}

}  // namespace
}  // namespace yardmaster::support
