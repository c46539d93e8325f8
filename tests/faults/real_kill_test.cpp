// Kills of real instances at random moments: agents, windows, the tmux server, the daemon, also
// while instances start and end, and several at once. The oracle looks from outside: when all has
// settled nothing is left of what ended, nothing is missing of what lives, and no file is lost that
// an agent has said to have written.
//
// YARDMASTER_KILLS says how many; 200 take some minutes.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <poll.h>

#include "tests/faults/life_audit.h"
#include "tests/faults/real_yard.h"
#include "tests/faults/seed.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

#ifdef YARDMASTER_SANITIZED
constexpr std::uint64_t default_kills = 20;
constexpr auto edit_interval = "200ms";
#else
constexpr std::uint64_t default_kills = 200;
constexpr auto edit_interval = "50ms";
#endif
constexpr std::uint64_t instance_count = 8;
constexpr std::uint64_t small_repository_files = 60;
constexpr std::uint64_t longest_pause_ms = 250;
constexpr int rounds_between_words = 10;

std::uint64_t wanted_kills() {
  const char* const given = std::getenv("YARDMASTER_KILLS");
  return given == nullptr ? default_kills : std::stoull(given);
}

class RealKill : public testing::Test {
 protected:
  // The moment is what is drawn here; nothing is waited for.
  void let_pass(std::uint64_t longest_ms) {
    ::poll(nullptr, 0, static_cast<int>(random_() % (longest_ms + 1)));
  }

  static std::string name_of(std::uint64_t number) { return "worker-" + std::to_string(number); }

  std::vector<std::string> words_of(std::uint64_t number) const {
    std::vector<std::string> words{"--edits", edit_interval, "--journal",
                                   yard_.journals().string()};
    switch (number % 4) {
      case 0:
        words.insert(words.end(), {"--commit-every", "10"});
        break;
      case 1:
        words.insert(words.end(), {"--behaviour", "children"});
        break;
      case 2:
        words.insert(words.end(), {"--behaviour", "stubborn"});
        break;
      default:
        break;
    }
    return words;
  }

  // Returns those that have started: one that has not is undone when the daemon dies.
  std::map<std::string, pid_t> living() const {
    std::map<std::string, pid_t> pids;
    for (const auto& instance : yard_.instances()) {
      if (instance.at("state") != "running") continue;
      pids[instance.at("instance_id").get<std::string>()] = instance.at("pid").get<pid_t>();
    }
    return pids;
  }

  // Asks for those that are missing; the answers come on the connection.
  std::size_t ask_for_missing(LineClient& client) {
    std::set<std::string> there;
    for (const auto& instance : yard_.instances()) {
      there.insert(instance.at("instance_id").get<std::string>());
    }
    std::size_t asked = 0;
    for (std::uint64_t i = 0; i < instance_count; ++i) {
      if (there.contains(name_of(i))) continue;
      const json request{{"id", name_of(i)},
                         {"command", "allocate_instance"},
                         {"args", yard_.request(name_of(i), words_of(i))}};
      client.stream().send(request.dump() + "\n");
      ++asked;
    }
    return asked;
  }

  static void expect_all_started(LineClient& client, std::size_t asked) {
    for (; asked > 0; --asked) {
      const json reply = client.next_frame();
      ASSERT_EQ(reply.at("success"), true) << reply;
    }
  }

  void strike() {
    const auto panes = loadgen::panes(yard_.places().tmux_socket());
    const auto drawn = random_() % 100;
    if (drawn < 30 || panes.empty()) return kill_daemon();
    const auto& pane = panes[random_() % panes.size()];
    if (drawn < 40) return kill_server(panes);
    victims_.insert(pane.pid);
    if (drawn < 70) {
      ++struck_["agent"];
      kill_process(pane.pid);
    } else {
      ++struck_["window"];
      yard_.kill_window(pane);
    }
  }

  void kill_daemon() {
    if (is_down_) return;
    ++struck_["daemon"];
    yard_.daemon().kill();
    is_down_ = true;
  }

  void kill_server(const std::vector<loadgen::Pane>& panes) {
    const pid_t server = yard_.tmux_server();
    if (server <= 1) return;
    ++struck_["tmux server"];
    for (const auto& pane : panes) victims_.insert(pane.pid);
    server_was_killed_ = true;
    kill_process(server);
  }

  // Waits for its end, too, since a process that waits for the disk dies only afterwards.
  static void kill_process(pid_t pid) {
    ::kill(pid, SIGKILL);
    EXPECT_TRUE(eventually([&] { return !loadgen::is_running(pid); }));
  }

  // A failure is reported with what the daemon had to say.
  void guarded_round() {
    try {
      round();
    } catch (const std::exception& error) {
      FAIL() << error.what() << "; the daemon's log:\n" << yard_.daemon().log();
    }
  }

  void round() {
    const auto before = living();
    const pid_t server = yard_.tmux_server();
    victims_.clear();
    server_was_killed_ = false;
    {
      LineClient client = yard_.daemon().connect();
      const std::size_t asked = ask_for_missing(client);
      if (random_() % 2 == 0) {
        ASSERT_NO_FATAL_FAILURE(expect_all_started(client, asked));
      }
      let_pass(longest_pause_ms);
      strike();
      while (random_() % 4 == 0) {
        let_pass(longest_pause_ms / 10);
        strike();
      }
    }
    if (std::exchange(is_down_, false)) yard_.daemon().start();
    ASSERT_NO_FATAL_FAILURE(wait_until_consistent());
    // tmux 3.3a may crash by itself when windows go, and takes all agents along.
    if (server > 0 && !server_was_killed_ && !loadgen::is_running(server)) {
      ++crashes_;
      server_was_killed_ = true;
    }
    expect_survivors(before);
    const auto lost = audit_.check();
    ASSERT_TRUE(lost.empty()) << testing::PrintToString(lost) << yard_.daemon().log();
  }

  void wait_until_consistent() {
    const auto began = std::chrono::steady_clock::now();
    yard_.wait_until_consistent();
    settling_ += std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - began);
  }

  json how_ended(const std::string& name) const {
    return yard_.daemon().call("list_instances", {{"state", "gone"}, {"name", name}});
  }

  // Nobody else is taken for dead.
  void expect_survivors(const std::map<std::string, pid_t>& before) const {
    if (server_was_killed_) return;
    const auto now = living();
    for (const auto& [name, pid] : before) {
      if (victims_.contains(pid)) continue;
      const auto found = now.find(name);
      ASSERT_TRUE(found != now.end() && found->second == pid)
          << name << " (pid " << pid << ") was ended, though nobody killed it: " << how_ended(name)
          << "\n"
          << yard_.daemon().log();
    }
  }

  // Some minutes without a word look like a hang.
  void print_progress(int round) const {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - began_);
    std::cout << "round " << round << ": " << kills() << " of " << wanted_kills() << " kills in "
              << seconds.count() << " s, of which " << settling_.count() / 1000 << " s to settle"
              << std::endl;
  }

  std::uint64_t kills() const {
    std::uint64_t all = 0;
    for (const auto& [what, count] : struck_) all += count;
    return all;
  }

  const std::uint64_t seed_ = test_seed();
  testing::ScopedTrace trace_{__FILE__, __LINE__, "YARDMASTER_TEST_SEED=" + std::to_string(seed_)};
  std::mt19937_64 random_{seed_};
  RealYard yard_{small_repository_files};
  LifeAudit audit_{yard_};
  std::set<pid_t> victims_;
  bool server_was_killed_ = false;
  bool is_down_ = false;
  std::map<std::string, std::uint64_t> struck_;
  std::uint64_t crashes_ = 0;  // crashes of the tmux server
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  std::chrono::milliseconds settling_{};
};

TEST_F(RealKill, nothing_is_left_and_nothing_is_lost_whatever_is_killed) {
  std::cout << "YARDMASTER_TEST_SEED=" << seed_ << std::endl;
  for (int number = 1; kills() < wanted_kills(); ++number) {
    SCOPED_TRACE("round " + std::to_string(number));
    ASSERT_NO_FATAL_FAILURE(guarded_round());
    if (number % rounds_between_words == 0) print_progress(number);
  }
  LineClient client = yard_.daemon().connect();
  ASSERT_NO_FATAL_FAILURE(expect_all_started(client, ask_for_missing(client)));
  for (std::uint64_t i = 0; i < instance_count; ++i) {
    yard_.daemon().call("release_instance", {{"instance_id", name_of(i)}, {"force", true}});
  }
  ASSERT_NO_FATAL_FAILURE(yard_.wait_until_consistent());
  EXPECT_EQ(yard_.instances().size(), 0U);
  EXPECT_EQ(audit_.check(), std::vector<std::string>());
  EXPECT_GT(audit_.files(), 0U);
  for (const auto& [what, count] : struck_) std::cout << what << " killed: " << count << "\n";
  if (crashes_ > 0) std::cout << "tmux server crashed by itself: " << crashes_ << "\n";
  std::cout << audit_.lives() << " instances ended, " << audit_.files()
            << " pieces of work found again" << std::endl;
}

}  // namespace
}  // namespace yardmaster::support
