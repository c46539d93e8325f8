// kill -9 of the daemon while ten instances are being started, at moments from the first row to the
// last hello: the next daemon finishes or undoes each, and `yardmaster ls` and what there is agree.
#include <set>
#include <string>

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/faults/real_yard.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

constexpr int spawn_count = 10;
constexpr std::uint64_t large_repository_files = 400;
#ifdef YARDMASTER_SANITIZED
constexpr int rounds = 5;
constexpr int step_ms = 200;
#else
constexpr int rounds = 15;
constexpr int step_ms = 40;
#endif

class SpawnKill : public testing::Test {
 protected:
  void spawn_and_kill_after(int delay_ms) {
    LineClient client = yard_.daemon().connect();
    for (int i = 0; i < spawn_count; ++i) {
      const std::string name = "worker-" + std::to_string(i);
      const json request{
          {"id", i}, {"command", "allocate_instance"}, {"args", yard_.request(name, {})}};
      client.stream().send(request.dump() + "\n");
    }
    ::poll(nullptr, 0, delay_ms);  // the moment is what is tried; nothing is waited for
    yard_.daemon().kill();
  }

  std::set<std::string> listed() const {
    const auto result = yard_.daemon().command({"ls", "--json"});
    EXPECT_EQ(result.status, 0) << result.errors;
    const json printed = json::parse(result.output);
    std::set<std::string> names;
    for (const auto& instance : printed.is_array() ? printed : printed.at("instances")) {
      names.insert(instance.at("instance_id").get<std::string>());
    }
    return names;
  }

  std::set<std::string> seen_outside() const {
    std::set<std::string> names;
    for (const auto& pane : loadgen::panes(yard_.places().tmux_socket())) names.insert(pane.window);
    return names;
  }

  void release_all() {
    for (const auto& name : listed()) {
      yard_.daemon().call("release_instance", {{"instance_id", name}, {"force", true}});
    }
    ASSERT_NO_FATAL_FAILURE(yard_.wait_until_consistent());
    EXPECT_TRUE(listed().empty());
  }

  RealYard yard_{large_repository_files};
};

TEST_F(SpawnKill, ls_and_the_outside_agree_after_the_daemon_died_in_the_middle) {
  for (int round = 0; round < rounds; ++round) {
    SCOPED_TRACE("killed after " + std::to_string(round * step_ms) + " ms");
    spawn_and_kill_after(round * step_ms);
    yard_.daemon().start();
    ASSERT_NO_FATAL_FAILURE(yard_.wait_until_consistent());
    EXPECT_EQ(listed(), seen_outside());
    ASSERT_NO_FATAL_FAILURE(release_all());
  }
}

}  // namespace
}  // namespace yardmaster::support
