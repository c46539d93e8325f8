// The cost of a look at a run: 10,000 instances at 250 ms for 240 s are 9.6 million samples.
#include <cmath>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "reports/statistics.h"

namespace {

using yardmaster::reports::Sample;

std::vector<Sample> samples(std::size_t count) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<float> latency(13, 1);
  std::vector<Sample> out(count);
  for (Sample& sample : out) sample = latency(random);
  return out;
}

void BM_judge(benchmark::State& state) {
  const auto latencies = samples(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        yardmaster::reports::judge(latencies, 0.99, std::chrono::milliseconds(5), 0.05));
  }
}
BENCHMARK(BM_judge)->Arg(6'000)->Arg(9'600'000)->Unit(benchmark::kMillisecond);

void BM_summarize(benchmark::State& state) {
  const auto latencies = samples(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(yardmaster::reports::summarize(latencies, latencies));
  }
}
BENCHMARK(BM_summarize)->Arg(6'000)->Arg(9'600'000)->Unit(benchmark::kMillisecond);

}  // namespace
