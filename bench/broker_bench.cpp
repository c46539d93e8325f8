// The whole way over the socket and back, with a daemon of its own in this process: a ping, an
// append at both durabilities, and a handoff by the size of the context.
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include <benchmark/benchmark.h>

#include "coordinator/base/json.h"
#include "coordinator/client/client.h"
#include "coordinator/daemon/daemon.h"

namespace yardmaster {
namespace {

using nlohmann::json;

class Yard {
 public:
  Yard() {
    std::string name = "/var/tmp/yard-bench-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    directory_ = name;
    Config config;
    config.state_dir = (directory_ / "state").string();
    config.runtime_dir = (directory_ / "run").string();
    daemon_ = std::make_unique<Daemon>(config, AgentSurroundings{}, false);
    thread_ = std::jthread([this] { daemon_->run(); });
    while (!std::filesystem::exists(config.paths().broker_socket())) std::this_thread::yield();
    client_ = std::make_unique<Client>(config.paths().broker_socket());
  }
  ~Yard() {
    client_.reset();
    daemon_->stop();
    thread_.join();
    daemon_.reset();
    std::filesystem::remove_all(directory_);
  }
  Yard(const Yard&) = delete;
  Yard& operator=(const Yard&) = delete;

  Client& client() { return *client_; }
  void allocate(const std::string& name) {
    client_->call("allocate_instance",
                  {{"instance_id", name}, {"role", "worker"}, {"socket", false}});
  }

 private:
  std::filesystem::path directory_;
  std::unique_ptr<Daemon> daemon_;
  std::jthread thread_;
  std::unique_ptr<Client> client_;
};

void round_trip_ping(benchmark::State& state) {
  Yard yard;
  for ([[maybe_unused]] auto _ : state) {
    yard.client().send_line(R"({"command":"ping"})");
    benchmark::DoNotOptimize(yard.client().receive_line(std::chrono::seconds(5)));
  }
}

void round_trip_append(benchmark::State& state, const char* durability) {
  Yard yard;
  yard.allocate("alice");
  const std::string data(256, 'x');
  std::uint64_t seq = 0;
  for ([[maybe_unused]] auto _ : state) {
    yard.client().send_line(R"({"command":"append_context","args":{"context":"alice","seq":)" +
                            std::to_string(++seq) + R"(,"kind":"note","data":")" + data +
                            R"(","durability":")" + durability + "\"}}");
    benchmark::DoNotOptimize(yard.client().receive_line(std::chrono::seconds(5)));
  }
}

// The time runs from the request to the reply of accept_handoff, without the receiver's reading.
void handoff_by_entries(benchmark::State& state) {
  Yard yard;
  yard.allocate("alice");
  yard.allocate("bob");
  const auto entries = static_cast<std::uint64_t>(state.range(0));
  for (std::uint64_t seq = 1; seq <= entries; ++seq) {
    yard.client().call(
        "append_context",
        {{"context", "alice"}, {"seq", seq}, {"kind", "note"}, {"data", std::string(256, 'x')}});
  }
  std::string giver = "alice";
  std::string receiver = "bob";
  for ([[maybe_unused]] auto _ : state) {
    const json offer = yard.client().call(
        "context_handoff", {{"from", giver}, {"to", receiver}, {"context", "alice"}});
    yard.client().call(
        "accept_handoff",
        {{"id", offer["id"]}, {"digest", offer["digest"]}, {"count", offer["count"]}});
    std::swap(giver, receiver);
  }
}

BENCHMARK(round_trip_ping)->UseRealTime();
BENCHMARK_CAPTURE(round_trip_append, process, "process")->UseRealTime();
BENCHMARK_CAPTURE(round_trip_append, power, "power")->UseRealTime();
BENCHMARK(handoff_by_entries)->Arg(1)->Arg(100)->Arg(1000)->Arg(10000)->UseRealTime();

}  // namespace
}  // namespace yardmaster
