#include "loadgen/direct/direct_instance.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <thread>

#include <sys/prctl.h>

#include "coordinator/base/error.h"
#include "loadgen/direct/instance_memory.h"
#include "loadgen/direct/lock_pause.h"
#include "loadgen/measure/self_check.h"
#include "loadgen/plan/payload.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::steady_clock;
using Kind = InstanceSample::Kind;

constexpr const char* not_for_people = "direct-instance: loadgen starts this by itself";

std::int64_t cpu_so_far() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_nsec;
}

class DirectInstance final : private DirectConnection::Observer {
 public:
  DirectInstance(const InstanceMemory& memory, std::uint32_t number)
      : memory_(memory),
        run_(memory.run()),
        own_(memory.instance(number)),
        number_(number),
        name_("instance_" + std::to_string(number)),
        payload_(run_.arrivals.seed, run_.payload_bytes),
        schedule_(run_.arrivals, number) {}

  void work() {
    connection_ = open_direct(options_from(run_), *this);
    own_.ready = true;
    wait_for_the_start();
    for (; wait_until_due(); schedule_.pop()) {
      if (!write_one(schedule_.next())) break;
      if (run_.checkpoint_after_write) connection_->checkpoint();
      idle_since_ = now();
      own_.cpu_ns = cpu_so_far();
    }
    connection_.reset();
    own_.cpu_ns = cpu_so_far();
  }

 private:
  nanoseconds now() const { return steady_clock::now() - start_; }

  void wait_for_the_start() {
    while (run_.start_ns == 0) {
      const auto seen = run_.changes.load();
      if (run_.start_ns == 0) memory_.sleep_until(steady_clock::now() + milliseconds(100), seen);
    }
    start_ = steady_clock::time_point(nanoseconds(run_.start_ns.load()));
  }

  // False when nothing is due any more.
  bool wait_until_due() const {
    const nanoseconds due = schedule_.next();
    while (true) {
      const auto seen = run_.changes.load();
      if (run_.given_up || due.count() >= run_.end_ns) return false;
      if (now() >= due) return true;
      memory_.sleep_until(start_ + due, seen);
    }
  }

  // False when it was given up.
  bool write_one(nanoseconds due) {
    sample_ = {};
    const nanoseconds began = now();
    text_.clear();
    payload_.append_to(text_, number_, seq_ + 1);
    const DirectRow row{.instance = name_, .data = text_};
    nanoseconds first_busy{};
    while (!connection_->write(row)) {
      if (sample_.busy == 0) first_busy = now();
      if (run_.given_up) return false;
      std::this_thread::sleep_for(lock_pause(sample_.busy++));
    }
    const nanoseconds ended = now();
    own_.acknowledged.store(++seq_, std::memory_order_release);
    sample_.at = due.count();
    sample_.latency = (ended - due).count();
    sample_.service = (ended - began).count();
    sample_.lag = (began - std::max(due, idle_since_)).count();
    if (sample_.busy > 0) sample_.retry = (ended - first_busy).count();
    push(sample_);
    return true;
  }

  // The reader is behind only when it is itself held up.
  void push(const InstanceSample& sample) {
    while (!own_.ring.push(sample) && !run_.given_up) {
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  void on_checkpoint(const DirectCheckpoint& checkpoint) override {
    push({.at = now().count(),
          .latency = checkpoint.duration.count(),
          .frames = static_cast<std::uint32_t>(checkpoint.frames),
          .kind = checkpoint.refused ? Kind::refused_checkpoint : Kind::checkpoint});
  }

  void on_lock_wait(nanoseconds time) override {
    ++sample_.lock_waits;
    sample_.lock_wait += time.count();
  }

  const InstanceMemory& memory_;
  RunBlock& run_;
  InstanceBlock& own_;
  std::uint32_t number_;
  std::string name_;
  Payload payload_;
  InstanceSchedule schedule_;
  std::unique_ptr<DirectConnection> connection_;
  steady_clock::time_point start_{};
  nanoseconds idle_since_{};
  std::uint64_t seq_ = 0;
  InstanceSample sample_;  // the write under way
  std::string text_;
};

int number_in(std::string_view text) {
  int number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

int run_direct_instance(int argc, const char* const* argv) {
  if (argc != 4) throw Error(ErrorCode::usage, not_for_people);
  const auto memory = InstanceMemory::inherited(number_in(argv[2]));
  const auto number = static_cast<std::uint32_t>(number_in(argv[3]));
  if (number >= memory.instances()) throw Error(ErrorCode::usage, not_for_people);
  use_exact_timers();
  ::prctl(PR_SET_NAME, "loadgen-direct");
  try {
    DirectInstance(memory, number).work();
    return 0;
  } catch (const std::exception& error) {
    memory.instance(number).failure.set(error.what());
    return 1;
  }
}

}  // namespace yardmaster::loadgen
