// The daemon is killed in the middle of a run of loadgen and started again: the run goes on, and
// its audit finds nothing lost.
#include <string>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

TEST(LoadKill, the_audit_finds_nothing_lost) {
  TemporaryDirectory place;
  DaemonProcess daemon;
  ChildProcess load({.argv = {loadgen_program(), "--connect", daemon.socket().string(),
                              "--instances", "50", "--interval", "10ms", "--duration", "8s",
                              "--json", "--report", (place / "report").string()}});
  // While it prepares its instances, loadgen does not go on without its daemon.
  ASSERT_TRUE(eventually([&] { return load.errors().find("measuring") != std::string::npos; }))
      << load.errors();
  for (int round = 0; round < 3; ++round) {
    const auto before = daemon.call("status").at("cpu_s").get<double>();
    // A tenth of a second of work is a few hundred writes.
    ASSERT_TRUE(
        eventually([&] { return daemon.call("status").at("cpu_s").get<double>() > before + 0.1; }));
    daemon.kill();
    daemon.start();
  }
  ASSERT_TRUE(load.wait(Deadline(std::chrono::seconds(120))).has_value());
  ASSERT_FALSE(load.output().empty()) << load.errors();
  const auto audit = json::parse(load.output()).at("runs").at(0).at("audit");
  EXPECT_GE(audit.at("acknowledged"), 10'000) << audit;
  EXPECT_EQ(audit.at("lost"), 0) << audit;
  EXPECT_EQ(audit.at("duplicated"), 0) << audit;
  EXPECT_EQ(audit.at("out_of_order"), 0) << audit;
}

}  // namespace
}  // namespace yardmaster::support
