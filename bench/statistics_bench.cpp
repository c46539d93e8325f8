// The cost of a look at a run: 10,000 instances at 250 ms for 240 s are 9.6 million samples.
#include <cmath>
#include <random>
#include <vector>

#include <benchmark/benchmark.h>

#include "reports/judgement.h"
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

void judge_run(benchmark::State& state) {
  const auto latencies = samples(static_cast<std::size_t>(state.range(0)));
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(
        yardmaster::reports::judge(latencies, 0.99, std::chrono::milliseconds(5), 0.05));
  }
}
BENCHMARK(judge_run)->Arg(6'000)->Arg(9'600'000)->Unit(benchmark::kMillisecond);

void summarize_run(benchmark::State& state) {
  const auto latencies = samples(static_cast<std::size_t>(state.range(0)));
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(yardmaster::reports::summarize(latencies, latencies));
  }
}
BENCHMARK(summarize_run)->Arg(6'000)->Arg(9'600'000)->Unit(benchmark::kMillisecond);

}  // namespace
