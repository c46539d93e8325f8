// The cost of recording a latency, alone and from two threads, and of the reading functions that a
// report or a scrape calls.
#include <chrono>
#include <cstdint>

#include <benchmark/benchmark.h>

#include "metrics/histogram.h"
#include "metrics/registry.h"

namespace {

using yardmaster::metrics::Histogram;

// Latencies between 1 µs and 16 ms, without a distribution's cost in the loop.
std::chrono::nanoseconds next(std::uint64_t& state) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return std::chrono::nanoseconds(1'000 + (state & 0xff'ffff));
}

void next_value(benchmark::State& state) {
  std::uint64_t random = 1;
  while (state.KeepRunning()) benchmark::DoNotOptimize(next(random));
}
BENCHMARK(next_value);

void record(benchmark::State& state) {
  static Histogram histogram;
  std::uint64_t random = 1 + static_cast<std::uint64_t>(state.thread_index());
  while (state.KeepRunning()) histogram.record(next(random));
}
BENCHMARK(record)->Threads(1)->Threads(2);

Histogram filled() {
  Histogram histogram;
  std::uint64_t random = 1;
  for (int i = 0; i < 1'000'000; ++i) histogram.record(next(random));
  return histogram;
}

void quantiles(benchmark::State& state) {
  const Histogram histogram = filled();
  while (state.KeepRunning()) benchmark::DoNotOptimize(histogram.quantiles());
}
BENCHMARK(quantiles);

void merge(benchmark::State& state) {
  const Histogram other = filled();
  Histogram histogram;
  while (state.KeepRunning()) histogram.merge(other);
}
BENCHMARK(merge);

void encode(benchmark::State& state) {
  const Histogram histogram = filled();
  while (state.KeepRunning()) benchmark::DoNotOptimize(histogram.encode());
}
BENCHMARK(encode);

void prometheus_observe(benchmark::State& state) {
  yardmaster::metrics::Registry registry;
  auto latency = registry.latency("bench_duration_seconds", "Latencies.");
  std::uint64_t random = 1;
  while (state.KeepRunning()) latency.observe(next(random));
}
BENCHMARK(prometheus_observe);

}  // namespace
