// kill -9 of a PostgreSQL server at every step of a small run: before a transaction is handed over,
// in the middle of it, and after it was acknowledged. What was promised for a power cut is there,
// in order, with everything before it; the rest is a beginning.
//
// YARDMASTER_KILLS says how many; `ctest -L long` makes 1,000.
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "tests/contract/numbered_work.h"
#include "tests/contract/store_fixture.h"
#include "tests/faults/seed.h"

namespace yardmaster::support {
namespace {

constexpr std::uint64_t batches = 4;
enum class Moment : std::uint64_t { before, within, after };
constexpr std::uint64_t moments = 3;

class PostgresKill : public testing::Test {
 protected:
  // The dead server's processes notice by themselves, and no other starts before they are gone.
  void kill_and_start() {
    ::kill(server_.pid(), SIGKILL);
    server_.stop();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (;;) {
      try {
        return server_.start([] {});
      } catch (const Error&) {
        if (std::chrono::steady_clock::now() > deadline) throw;
      }
    }
  }

  // One life of a store, in which the server is killed at the given batch.
  void live(const std::string& conninfo, NumberedWork& work, std::uint64_t at, Moment moment) {
    OpenStore store(PostgresDatabase::open({conninfo, {}}), {});
    work.begin(store);
    store.hand_over();
    store.complete();
    for (std::uint64_t batch = 0; batch <= at; ++batch) {
      const bool now = batch == at;
      if (now && moment != Moment::after) work.crashes();
      work.submit(store, 1 + static_cast<int>(random_() % 5));
      if (now && moment == Moment::before) kill_and_start();
      store.hand_over();
      if (now && moment == Moment::within) {
        std::this_thread::sleep_for(std::chrono::microseconds(random_() % 1000));  // any moment
        kill_and_start();
      }
      store.complete();
      if (now && moment == Moment::after) kill_and_start();
    }
  }

  const std::uint64_t seed_ = test_seed();
  testing::ScopedTrace trace_{__FILE__, __LINE__, "YARDMASTER_TEST_SEED=" + std::to_string(seed_)};
  std::mt19937_64 random_{seed_};
  loadgen::PostgresCluster server_{{}, [] {}};
};

std::uint64_t wanted_kills() {
  const char* const given = std::getenv("YARDMASTER_KILLS");
  return given == nullptr ? moments : std::stoull(given);
}

TEST_F(PostgresKill, what_was_acknowledged_as_power_survives_at_every_step) {
  for (std::uint64_t step = 0; step < wanted_kills(); ++step) {
    const std::uint64_t at = step % batches;
    const auto moment = static_cast<Moment>(step % moments);
    SCOPED_TRACE("step " + std::to_string(step));
    const loadgen::RunDatabase place(server_.connection_string());
    NumberedWork work(random_(), [](const Promises&) {});
    live(place.conninfo(), work, at, moment);
    const auto database = PostgresDatabase::open({place.conninfo(), {}});
    ASSERT_EQ(NumberedWork::audit(*database, work.promises()), "")
        << work.failed() << " failed, the last one since: " << work.last_failure();
  }
}

}  // namespace
}  // namespace yardmaster::support
