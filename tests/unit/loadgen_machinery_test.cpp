// The parts of the load generator that hold something of the machine: child processes, the metrics
// port, the self-check.
#include <array>
#include <atomic>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "coordinator/base/error.h"
#include "loadgen/hosts/private_daemon.h"
#include "loadgen/measure/cpu_waits.h"
#include "loadgen/measure/self_check.h"
#include "loadgen/run/http_endpoint.h"
#include "loadgen/run/interrupts.h"
#include "loadgen/run/supervisor.h"
#include "loadgen/workloads/child_nursery.h"

namespace yardmaster::loadgen {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

bool readable(int fd) {
  pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, 20'000) == 1;
}

UniqueFd watch(pid_t pid) { return UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

TEST(ChildNurseryTest, children_can_be_killed_and_the_rest_go_with_it) {
  UniqueFd first;
  UniqueFd second;
  {
    const ChildNursery nursery;
    nursery.ask();
    ASSERT_TRUE(readable(nursery.fd()));
    const pid_t killed = nursery.take();
    ASSERT_GT(killed, 0);
    EXPECT_EQ(nursery.take(), 0);
    first = watch(killed);
    nursery.ask();
    ASSERT_TRUE(readable(nursery.fd()));
    second = watch(nursery.take());
    ASSERT_EQ(::kill(killed, SIGKILL), 0);
    EXPECT_TRUE(readable(first.get())) << "the killed child is not gone";
  }
  EXPECT_TRUE(readable(second.get())) << "a child outlived the nursery";
}

TEST(ChildNurseryTest, one_after_another_lives_and_dies_by_itself) {
  const ChildNursery nursery;
  const auto next = [&nursery] {
    nursery.ask();
    return readable(nursery.fd()) ? nursery.take() : 0;
  };
  const pid_t witness = next();
  ASSERT_GT(witness, 0);
  const UniqueFd watched = watch(witness);
  for (int i = 0; i < 200; ++i) {
    const pid_t child = next();
    ASSERT_GT(child, 0);
    const UniqueFd end = watch(child);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_TRUE(readable(end.get()));
  }
  pollfd ended{.fd = watched.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ended, 1, 0), 0) << "another's end was the end of this one";
}

std::string get(int port, const std::string& path) {
  const UniqueFd client(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(client.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return "";
  const std::string request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
  ::send(client.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer;
  std::array<char, 4096> buffer{};
  ssize_t got = 0;
  while ((got = ::recv(client.get(), buffer.data(), buffer.size(), 0)) > 0) {
    answer.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return answer;
}

HttpEndpoint endpoint_on(const std::string& address, bool remote = false) {
  return {"--metrics-listen", address, remote, {{"/metrics", {.type = "text/plain", .text = [] {
                                                                return std::string("answer 42\n");
                                                              }}}}};
}

TEST(HttpEndpointTest, serves_its_pages_and_nothing_else) {
  const HttpEndpoint endpoint = endpoint_on("127.0.0.1:0");
  const auto answer = get(endpoint.port(), "/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nanswer 42\n"));
  EXPECT_THAT(get(endpoint.port(), "/"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(get(endpoint.port(), "/metricsandmore"), StartsWith("HTTP/1.1 404"));
}

TEST(HttpEndpointTest, others_can_reach_it_only_when_told) {
  EXPECT_THROW(endpoint_on("0.0.0.0:0"), Error);
  EXPECT_THROW(endpoint_on("[::]:0"), Error);
  EXPECT_NO_THROW(endpoint_on("0.0.0.0:0", true));
  EXPECT_NO_THROW(endpoint_on("localhost:0"));
}

TEST(HttpEndpointTest, what_is_no_address_is_refused) {
  for (const auto* address : {"", "127.0.0.1", "9100", "127.0.0.1:", "127.0.0.1:70000",
                              "example.org:80", "::1:80", ":80"}) {
    EXPECT_THROW(endpoint_on(address), Error) << address;
  }
}

TEST(SelfCheckTest, notices_how_late_it_wakes) {
  PauseLog pauses;
  const SelfCheck check(pauses);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (check.hiccups().count() < 10 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_GE(check.hiccups().count(), 10U);
  EXPECT_GE(check.stolen_cpu_s(), 0);
}

TEST(HiccupClockTest, a_pause_counts_for_every_millisecond_that_it_covers) {
  metrics::Histogram hiccups;
  const SteadyTime start{};
  HiccupClock clock(start);
  clock.wake(start + std::chrono::milliseconds(1), hiccups);
  EXPECT_EQ(hiccups.count(), 1U);
  clock.wake(start + std::chrono::milliseconds(501), hiccups);
  EXPECT_EQ(hiccups.count(), 501U);
  EXPECT_EQ(hiccups.max(), std::chrono::milliseconds(499));
  EXPECT_NEAR(hiccups.mean_ns() / 1e6, 249, 1);
  EXPECT_EQ(clock.next(), start + std::chrono::milliseconds(502));
}

TEST(PauseLogTest, joins_what_several_threads_saw_and_leaves_out_what_is_short) {
  using std::chrono::milliseconds;
  PauseLog log;
  const SteadyTime start{};
  log.note(start + milliseconds(200), start + milliseconds(300));
  log.note(start + milliseconds(100), start + milliseconds(150));
  log.note(start + milliseconds(250), start + milliseconds(350));
  log.note(start + milliseconds(400), start + std::chrono::microseconds(400'999));
  log.note(start + milliseconds(500), start + milliseconds(400));  // on time
  const auto pauses = log.since(start);
  ASSERT_EQ(pauses.size(), 2U);
  EXPECT_DOUBLE_EQ(pauses[0].begin_s, 0.1);
  EXPECT_DOUBLE_EQ(pauses[0].end_s, 0.15);
  EXPECT_DOUBLE_EQ(pauses[1].begin_s, 0.2);
  EXPECT_DOUBLE_EQ(pauses[1].end_s, 0.35);
  log.reset();
  EXPECT_TRUE(log.since(start).empty());
}

TEST(WaitAccountTest, counts_waits_only_while_others_use_the_cpus) {
  const SteadyTime start{};
  const auto at = [&](int ms) { return start + std::chrono::milliseconds(ms); };
  PauseLog counted;
  WaitAccount account;
  account.add(at(100), at(150));
  account.settle(WaitAccount::least_share / 2, counted);
  EXPECT_TRUE(counted.since(start).empty());
  account.add(at(600), at(650));
  account.settle(WaitAccount::least_share, counted);
  account.settle(WaitAccount::least_share, counted);
  const auto waits = counted.since(start);
  ASSERT_EQ(waits.size(), 1U);
  EXPECT_DOUBLE_EQ(waits[0].begin_s, 0.6);
  EXPECT_DOUBLE_EQ(waits[0].end_s, 0.65);
}

// Forks a process that computes until it is killed, on the first CPU that there is for it.
pid_t fork_spinner() {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  cpu_set_t allowed;
  ::sched_getaffinity(0, sizeof allowed, &allowed);
  std::size_t first = 0;
  while (!CPU_ISSET(first, &allowed)) ++first;
  CPU_ZERO(&allowed);
  CPU_SET(first, &allowed);
  ::sched_setaffinity(0, sizeof allowed, &allowed);
  for (std::atomic<unsigned> turns{0};; ++turns) {
  }
}

// Forks a spinner that no longer descends from this process; it ends with its pipe.
class OrphanSpinner {
 public:
  OrphanSpinner() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    const pid_t between = ::fork();
    if (between == 0) {
      const pid_t spinner = ::fork();
      if (spinner == 0) spin_until_closed(ends[0], ends[1]);
      ::_exit(0);
    }
    ::waitpid(between, nullptr, 0);
    ::close(ends[0]);
    alive_.reset(ends[1]);
  }

 private:
  static void spin_until_closed(int end, int other) {
    ::close(other);
    const pid_t spinner = fork_spinner();
    char byte = 0;
    [[maybe_unused]] const auto closed = ::read(end, &byte, 1);
    ::kill(spinner, SIGKILL);
    ::_exit(0);
  }

  UniqueFd alive_;
};

TEST(CpuWaitsTest, sees_a_process_wait_for_a_cpu_that_another_uses) {
  const OrphanSpinner other;
  const pid_t watched = fork_spinner();
  CpuWaits waits;
  const auto start = std::chrono::steady_clock::now();
  waits.watch(watched);
  const auto deadline = start + std::chrono::seconds(60);
  while (waits.since(start).empty() && std::chrono::steady_clock::now() < deadline) {
    waits.tick(std::chrono::steady_clock::now());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ::kill(watched, SIGKILL);
  ::waitpid(watched, nullptr, 0);
  EXPECT_FALSE(waits.since(start).empty());
}

TEST(CpuWaitsTest, looks_at_no_process_that_is_not_there) {
  CpuWaits waits;
  const auto start = std::chrono::steady_clock::now();
  for (const pid_t nobody : {0, -1, 0x3fffffff}) {
    waits.watch(nobody);
    waits.tick(start + std::chrono::seconds(1));
    waits.settle(start + std::chrono::seconds(2));
  }
  EXPECT_TRUE(waits.since(start).empty());
}

TEST(SelfCheckTest, knows_what_processes_use) {
  EXPECT_GT(own_cpu_s(), 0);
  EXPECT_GT(resident_bytes_of(::getpid()), 1'000'000U);
  EXPECT_DOUBLE_EQ(cpu_s_of(-1), 0);
  EXPECT_EQ(resident_bytes_of(-1), 0U);
}

TEST(SupervisorTest, descriptors_follow_from_the_plan) {
  LoadPlan plan;
  plan.instances = 25;
  plan.handoffs.pairs = 1000;
  EXPECT_GE(descriptors_needed(plan, false), 25U + 2000U + 25U);
  EXPECT_GT(descriptors_needed(plan, true), descriptors_needed(plan, false));
  plan.closed_loop = true;
  EXPECT_LT(descriptors_needed(plan, false), 2000U);
  plan.instances = UINT32_MAX;
  EXPECT_THROW(allow_connections(plan, false), Error);
}

TEST(InterruptsTest, the_end_of_the_terminal_or_of_a_pipe_ends_nothing) {
  ::signal(SIGHUP, SIG_DFL);  // whoever started the tests may have it ignored
  Interrupts interrupts;
  ::raise(SIGPIPE);
  EXPECT_EQ(interrupts.wait(std::chrono::milliseconds(0)), 0);
  ::raise(SIGHUP);
  EXPECT_EQ(interrupts.wait(std::chrono::seconds(20)), 1);
}

TEST(FreshDirectoryTest, is_removed_with_all_that_is_in_it_unless_kept) {
  std::filesystem::path removed;
  std::filesystem::path kept;
  {
    const FreshDirectory first(std::filesystem::temp_directory_path());
    FreshDirectory second(std::filesystem::temp_directory_path());
    removed = first.path();
    kept = second.path();
    std::filesystem::create_directories(removed / "a" / "b");
    second.keep();
  }
  EXPECT_FALSE(std::filesystem::exists(removed));
  EXPECT_TRUE(std::filesystem::exists(kept));
  std::filesystem::remove_all(kept);
  EXPECT_THROW(FreshDirectory("/nowhere/at/all"), Error);
}

TEST(FreshDirectoryTest, memory_is_told_from_a_disk) {
  EXPECT_TRUE(is_in_memory("/dev/shm"));
  EXPECT_FALSE(is_in_memory("/proc"));
  EXPECT_FALSE(is_in_memory(place_on_a_disk()));
}

}  // namespace
}  // namespace yardmaster::loadgen
