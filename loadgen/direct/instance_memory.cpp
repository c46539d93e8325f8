#include "loadgen/direct/instance_memory.h"

#include <cerrno>
#include <climits>
#include <ctime>
#include <new>
#include <system_error>

#include <fcntl.h>
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "coordinator/base/clock.h"
#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<bool>::is_always_lock_free);
static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t rounded_up(std::size_t bytes) {
  return (bytes + page_bytes - 1) / page_bytes * page_bytes;
}
constexpr std::size_t run_bytes = rounded_up(sizeof(RunBlock));
constexpr std::size_t instance_bytes = rounded_up(sizeof(InstanceBlock));

[[noreturn]] void fail() {
  throw Error(ErrorCode::unavailable, "cannot share memory with the instances' processes: " +
                                          std::generic_category().message(errno));
}

}  // namespace

DirectOptions options_from(const RunBlock& run) {
  return {.store = run.store,
          .database = run.database.get(),
          .transaction = run.transaction,
          .durability = run.durability,
          .checkpoints_by_itself = run.checkpoints_by_itself,
          .busy_timeout = std::chrono::milliseconds(run.busy_timeout_ms)};
}

bool SampleRing::push(const InstanceSample& sample) {
  const auto pushed = pushed_.load(std::memory_order_relaxed);
  if (pushed - popped_.load(std::memory_order_acquire) == capacity) return false;
  samples_[pushed % capacity] = sample;
  pushed_.store(pushed + 1, std::memory_order_release);
  return true;
}

std::optional<InstanceSample> SampleRing::pop() {
  const auto popped = popped_.load(std::memory_order_relaxed);
  if (popped == pushed_.load(std::memory_order_acquire)) return std::nullopt;
  const InstanceSample sample = samples_[popped % capacity];
  popped_.store(popped + 1, std::memory_order_release);
  return sample;
}

InstanceMemory::InstanceMemory(std::uint32_t instances)
    : descriptor_(::memfd_create("loadgen-instances", MFD_CLOEXEC)) {
  const std::size_t bytes = run_bytes + instances * instance_bytes;
  if (!descriptor_ || ::ftruncate(descriptor_.get(), static_cast<off_t>(bytes)) != 0) fail();
  map(bytes);
  new (memory_) RunBlock();
  for (std::uint32_t i = 0; i < instances; ++i) new (&instance(i)) InstanceBlock();
}

InstanceMemory::InstanceMemory(UniqueFd descriptor, std::size_t bytes)
    : descriptor_(std::move(descriptor)) {
  map(bytes);
}

InstanceMemory InstanceMemory::inherited(int descriptor) {
  UniqueFd owned(descriptor);
  struct stat status {};
  if (::fstat(descriptor, &status) != 0 ||
      static_cast<std::size_t>(status.st_size) < run_bytes + instance_bytes) {
    throw Error(ErrorCode::usage, "direct-instance: loadgen starts this by itself");
  }
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  return {std::move(owned), static_cast<std::size_t>(status.st_size)};
}

InstanceMemory::~InstanceMemory() { ::munmap(memory_, bytes_); }

void InstanceMemory::map(std::size_t bytes) {
  memory_ = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor_.get(), 0);
  if (memory_ == MAP_FAILED) fail();
  bytes_ = bytes;
  instances_ = static_cast<std::uint32_t>((bytes - run_bytes) / instance_bytes);
}

RunBlock& InstanceMemory::run() const { return *static_cast<RunBlock*>(memory_); }

InstanceBlock& InstanceMemory::instance(std::uint32_t number) const {
  auto* const blocks = static_cast<std::byte*>(memory_) + run_bytes;
  return *static_cast<InstanceBlock*>(static_cast<void*>(blocks + number * instance_bytes));
}

void InstanceMemory::announce_change() const {
  auto& changes = run().changes;
  ++changes;
  ::syscall(SYS_futex, &changes, FUTEX_WAKE, INT_MAX, nullptr, nullptr, 0);
}

void InstanceMemory::sleep_until(std::chrono::steady_clock::time_point time,
                                 std::uint32_t seen) const {
  const timespec until = to_timespec(time);
  // FUTEX_WAIT_BITSET takes an absolute time, unlike FUTEX_WAIT.
  ::syscall(SYS_futex, &run().changes, FUTEX_WAIT_BITSET, seen, &until, nullptr,
            FUTEX_BITSET_MATCH_ANY);
}

}  // namespace yardmaster::loadgen
