// The daemon's life: one per state, orderly ends, sockets for their owner only, a configuration
// that is checked.
#include <algorithm>
#include <csignal>
#include <string>

#include <sys/stat.h>

#include "tests/integration/yard_test.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class Daemon : public YardTest {};

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status {};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777U;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST_F(Daemon, a_second_one_on_the_same_state_says_who_holds_it) {
  const auto second =
      run_yardmaster({"start", "--foreground", "--state-dir", daemon_.state_dir().string(),
                      "--runtime-dir", (daemon_.runtime_dir().parent_path() / "other").string()});
  EXPECT_EQ(second.status, 1);
  EXPECT_TRUE(contains(second.errors, std::to_string(daemon_.pid()))) << second.errors;
  EXPECT_EQ(lines_in(second.errors), 1U) << second.errors;
  expect_bystander_undisturbed();
}

TEST_F(Daemon, starting_it_again_says_that_it_runs) {
  const auto second = daemon_.command({"start"});
  EXPECT_EQ(second.status, 0);
  EXPECT_TRUE(contains(second.output, std::to_string(daemon_.pid()))) << second.output;
  expect_bystander_undisturbed();
}

TEST_F(Daemon, a_second_one_on_the_same_sockets_is_refused) {
  TemporaryDirectory other;
  const auto second =
      run_yardmaster({"start", "--foreground", "--state-dir", (other / "state").string(),
                      "--runtime-dir", daemon_.runtime_dir().string()});
  EXPECT_EQ(second.status, 1);
  EXPECT_FALSE(second.errors.empty());
  expect_bystander_undisturbed();
  EXPECT_EQ(daemon_.connect().code_of("ping"), "success");
}

TEST_F(Daemon, sigterm_stops_it_within_two_seconds_and_leaves_no_socket) {
  allocate("one");
  EXPECT_EQ(daemon_.stop(Deadline(std::chrono::seconds(2))), 0);
  EXPECT_FALSE(std::filesystem::exists(daemon_.socket()));
  EXPECT_FALSE(std::filesystem::exists(daemon_.instance_socket("one")));
}

TEST_F(Daemon, sigterm_answers_what_is_in_flight) {
  allocate("one");
  auto client = daemon_.connect();
  constexpr std::uint64_t count = 500;
  std::string frames;
  for (std::uint64_t seq = 1; seq <= count; ++seq) {
    frames += json{{"id", seq},
                   {"command", "append_context"},
                   {"args", {{"context", "one"}, {"seq", seq}, {"kind", "n"}, {"data", "x"}}}}
                  .dump() +
              "\n";
  }
  client.stream().send(frames);
  const auto first = client.next_frame();
  ASSERT_TRUE(first.at("success").get<bool>()) << first;
  EXPECT_EQ(daemon_.stop(Deadline(std::chrono::seconds(2))), 0);
  std::uint64_t acknowledged = 1;
  try {
    while (client.next_frame().at("success").get<bool>()) ++acknowledged;
  } catch (const std::exception&) {
    // It hung up.
  }
  daemon_.start();
  EXPECT_EQ(daemon_.call("read_context", {{"context", "one"}}).at("last_seq"), acknowledged)
      << "what it took in was done and answered";
}

TEST_F(Daemon, the_stop_command_stops_it) {
  EXPECT_EQ(daemon_.command({"stop"}).status, 0);
  EXPECT_EQ(daemon_.process().wait().value_or(-1), 0);
  const auto status = daemon_.command({"status"});
  EXPECT_EQ(status.status, 5);
  EXPECT_EQ(lines_in(status.errors), 1U) << status.errors;
}

TEST_F(Daemon, an_orderly_stop_needs_no_recovery_and_a_crash_says_what_was_done) {
  allocate("one");
  append("one", 1, 300);
  daemon_.stop();
  daemon_.start();
  EXPECT_EQ(daemon_.call("status").at("recovery").at("clean"), true);
  append("one", 301, 400);
  daemon_.kill();
  daemon_.start();
  const auto recovery = daemon_.call("status").at("recovery");
  EXPECT_EQ(recovery.at("clean"), false) << recovery;
  EXPECT_TRUE(contains(daemon_.log(), "not orderly")) << daemon_.log();
  EXPECT_EQ(daemon_.call("read_context", {{"context", "one"}}).at("last_seq"), 400);
}

TEST_F(Daemon, sockets_and_directories_are_for_their_owner_only) {
  allocate("one");
  EXPECT_EQ(mode_of(daemon_.runtime_dir()), 0700U);
  EXPECT_EQ(mode_of(daemon_.state_dir()), 0700U);
  EXPECT_EQ(mode_of(daemon_.socket()), 0600U);
  EXPECT_EQ(mode_of(daemon_.instance_socket("one")), 0600U);
  EXPECT_EQ(mode_of(daemon_.database()) & 077U, 0U);
}

TEST_F(Daemon, status_says_the_essentials) {
  allocate("one");
  const auto status = daemon_.call("status");
  EXPECT_EQ(status.at("pid"), daemon_.pid());
  EXPECT_EQ(status.at("store").at("engine"), "sqlite");
  EXPECT_EQ(status.at("store").at("checkpoint_policy"), "adaptive");
  EXPECT_EQ(status.at("counts").at("instances"), 1);
  EXPECT_GT(status.at("rss_bytes").get<std::uint64_t>(), 0U);
  const auto printed = daemon_.command({"status", "--json"});
  EXPECT_EQ(printed.status, 0) << printed.errors;
  EXPECT_EQ(json::parse(printed.output).at("pid"), daemon_.pid());
}

TEST_F(Daemon, logs_shows_what_it_wrote) {
  const auto logs = daemon_.command({"logs"});
  EXPECT_EQ(logs.status, 0) << logs.errors;
  EXPECT_TRUE(contains(logs.output, "listening on " + daemon_.socket().string())) << logs.output;
}

TEST(DaemonStart, returns_when_the_socket_answers) {
  TemporaryDirectory place;
  const std::vector<std::string> where{"--state-dir", (place / "state").string(), "--runtime-dir",
                                       (place / "run").string()};
  auto with = [&](std::vector<std::string> command) {
    command.insert(command.end(), where.begin(), where.end());
    return run_yardmaster(command);
  };
  const auto started = with({"start"});
  ASSERT_EQ(started.status, 0) << started.errors;
  const auto pid = LineClient(place / "run" / "broker.sock").call("status").at("pid").get<pid_t>();
  EXPECT_EQ(with({"stop"}).status, 0);
  EXPECT_TRUE(eventually([&] { return ::kill(pid, 0) != 0; }));
}

TEST(DaemonStart, a_runtime_dir_too_long_for_a_socket_is_refused) {
  TemporaryDirectory place;
  const auto start =
      run_yardmaster({"start", "--foreground", "--state-dir", (place / "state").string(),
                      "--runtime-dir", (place / std::string(120, 'r')).string()});
  EXPECT_NE(start.status, 0);
  EXPECT_TRUE(contains(start.errors, "107")) << start.errors;
  EXPECT_EQ(lines_in(start.errors), 1U) << start.errors;
}

TEST(DaemonStart, a_place_that_cannot_be_written_is_named) {
  TemporaryDirectory place;
  write_file(place / "file", "");
  const auto state = (place / "file" / "state").string();
  const auto start = run_yardmaster(
      {"start", "--foreground", "--state-dir", state, "--runtime-dir", (place / "run").string()});
  EXPECT_NE(start.status, 0);
  EXPECT_TRUE(contains(start.errors, (place / "file").string())) << start.errors;
  EXPECT_EQ(lines_in(start.errors), 1U) << start.errors;
}

TEST(DaemonStart, a_runtime_dir_that_lets_others_in_is_refused) {
  TemporaryDirectory place;
  std::filesystem::create_directory(place / "run");
  std::filesystem::permissions(place / "run", std::filesystem::perms(0755));
  const auto start =
      run_yardmaster({"start", "--foreground", "--state-dir", (place / "state").string(),
                      "--runtime-dir", (place / "run").string()});
  EXPECT_NE(start.status, 0);
  EXPECT_EQ(lines_in(start.errors), 1U) << start.errors;
}

}  // namespace
}  // namespace yardmaster::support
