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

void BM_next_value(benchmark::State& state) {
  std::uint64_t random = 1;
  for (auto _ : state) benchmark::DoNotOptimize(next(random));
}
BENCHMARK(BM_next_value);

void BM_record(benchmark::State& state) {
  static Histogram histogram;
  std::uint64_t random = 1 + static_cast<std::uint64_t>(state.thread_index());
  for (auto _ : state) histogram.record(next(random));
}
BENCHMARK(BM_record)->Threads(1)->Threads(2);

Histogram filled() {
  Histogram histogram;
  std::uint64_t random = 1;
  for (int i = 0; i < 1'000'000; ++i) histogram.record(next(random));
  return histogram;
}

void BM_quantiles(benchmark::State& state) {
  const Histogram histogram = filled();
  for (auto _ : state) benchmark::DoNotOptimize(histogram.quantiles());
}
BENCHMARK(BM_quantiles);

void BM_merge(benchmark::State& state) {
  const Histogram other = filled();
  Histogram histogram;
  for (auto _ : state) histogram.merge(other);
}
BENCHMARK(BM_merge);

void BM_encode(benchmark::State& state) {
  const Histogram histogram = filled();
  for (auto _ : state) benchmark::DoNotOptimize(histogram.encode());
}
BENCHMARK(BM_encode);

void BM_prometheus_observe(benchmark::State& state) {
  yardmaster::metrics::Registry registry;
  auto latency = registry.latency("bench_duration_seconds", "Latencies.");
  std::uint64_t random = 1;
  for (auto _ : state) latency.observe(next(random));
}
BENCHMARK(BM_prometheus_observe);

}  // namespace
