// How often a verdict is wrong, and how often a clear case is decided: streams of latencies whose
// truth is known, judged by the code that judges runs. Prints the tables of reports/README.md.
//
//   verdict_simulation [RUNS] [SEED]     runs for each cell [300], seed [1]
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "reports/growth.h"
#include "reports/verdict.h"

namespace {

using namespace yardmaster::reports;
using Random = std::mt19937_64;
using Samples = std::vector<Sample>;

constexpr std::chrono::nanoseconds limit = std::chrono::milliseconds(60);
constexpr double limit_ns = 60e6;
constexpr double z99 = 2.3263478740408408;  // P99 of the standard normal distribution
constexpr std::array<std::size_t, 4> sizes{600, 1'200, 2'400, 6'000};
constexpr double samples_per_s = 100;

// A run's samples, and what the generator itself did meanwhile.
struct Stream {
  Samples latency;
  Samples intended;
  std::vector<Pause> pauses;
};

using Generate = std::function<Stream(std::size_t n, Random& random)>;

struct Process {
  std::string name;
  Generate generate;
};

double uniform(Random& random) { return std::uniform_real_distribution<double>(1e-12, 1)(random); }

// A state with the standard normal distribution and the lag-1 correlation rho.
class NormalState {
 public:
  NormalState(double rho, Random& random) : rho_(rho), random_(random), state_(normal_(random)) {}
  double next() {
    state_ = rho_ * state_ + std::sqrt(1 - rho_ * rho_) * normal_(random_);
    return state_;
  }

 private:
  double rho_;
  Random& random_;
  std::normal_distribution<double> normal_;
  double state_;
};

template <typename Next>
Stream stream_of(std::size_t n, Next next) {
  Stream stream;
  stream.latency.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    stream.latency.push_back(static_cast<Sample>(next(static_cast<double>(i))));
  }
  return stream;
}

constexpr double slow = 2 * limit_ns;
constexpr double fast = limit_ns / 1000;

// Exactly 1% is over the limit and all others are a thousandth of it or so: neighbours are alike,
// but no tail in between gives a warning.
Generate atoms(double rho) {
  return [rho](std::size_t n, Random& random) {
    NormalState state(rho, random);
    return stream_of(n, [&](double) {
      const double now = state.next();
      return now > z99 ? slow : fast * std::exp(now / 2);
    });
  };
}

// Lognormal with its P99 at `p99`.
Generate lognormal(double rho, double p99) {
  return [rho, p99](std::size_t n, Random& random) {
    NormalState state(rho, random);
    return stream_of(n, [&](double) { return p99 * std::exp(state.next() - z99); });
  };
}

// The heaviest tail that passing by margin takes for granted.
Generate pareto() {
  return [](std::size_t n, Random& random) {
    return stream_of(n, [&](double) {
      const double u = uniform(random) / 0.01;
      return limit_ns / (u * u);
    });
  };
}

// Times in a FIFO queue with one server under 80% load, the P99 at `p99`.
Generate queue(double p99) {
  return [p99](std::size_t n, Random& random) {
    constexpr double load = 0.8;
    std::exponential_distribution<double> service(1);
    std::exponential_distribution<double> gap(load);
    double time = service(random) / (1 - load);
    return stream_of(n, [&, p99](double) {
      time = std::max(time - gap(random), 0.0) + service(random);
      return time * p99 * (1 - load) / std::log(100.0);
    });
  };
}

// Stalls put `length` samples in a row over the limit, 1% of all; in between nothing shows.
Generate stalls(const std::function<double(std::size_t n)>& length) {
  return [length](std::size_t n, Random& random) {
    const double whole = std::max(std::round(length(n)), 1.0);
    const double chance = 0.01 / (0.99 * whole);
    double left = uniform(random) < 0.01 ? std::ceil(uniform(random) * whole) : 0;
    return stream_of(n, [&, whole, chance](double) {
      if (left <= 0 && uniform(random) < chance) left = whole;
      return left-- > 0 ? slow : fast;
    });
  };
}

// From none to 2% over the limit, without any other sign.
Generate drifting_atoms() {
  return [](std::size_t n, Random& random) {
    return stream_of(n, [&, n](double i) {
      return uniform(random) < 0.02 * i / static_cast<double>(n) ? slow : fast;
    });
  };
}

// Lognormal, tenfold from the beginning to the end; 1% over the limit in all.
Generate drifting_scale() {
  return [](std::size_t n, Random& random) {
    constexpr double at_the_end = 2.0598;  // the P99 there, in limits
    NormalState state(0, random);
    return stream_of(n, [&, n](double i) {
      const double rise = std::pow(10.0, i / static_cast<double>(n) - 1);
      return limit_ns * at_the_end * rise * std::exp(state.next() - z99);
    });
  };
}

// A service whose P99 is 27 of the 60 ms, FIFO, by a generator that is stopped 100 of every 500 ms:
// what is due meanwhile is sent and read when it goes on.
Generate stopped_generator(double service_p99) {
  return [service_p99](std::size_t n, Random& random) {
    Stream stream;
    NormalState state(0, random);
    constexpr double busy_s = 0.001;  // of the service, for each request
    double free_at = 0;
    const auto going = [](double time) {
      const double phase = std::fmod(time, 0.5);
      return phase >= 0.4 ? time - phase + 0.5 : time;
    };
    for (std::size_t i = 0; i < n; ++i) {
      const double due = static_cast<double>(i) / samples_per_s;
      const double took = service_p99 / 1e9 * std::exp((state.next() - z99) / 2);
      const double begins = std::max(going(due), free_at);
      free_at = begins + busy_s;
      const double read = going(begins + took);
      stream.intended.push_back(static_cast<Sample>(due * 1e9));
      stream.latency.push_back(static_cast<Sample>((read - due) * 1e9));
    }
    const double end = static_cast<double>(n) / samples_per_s;
    const auto halves = static_cast<std::size_t>(std::max(std::ceil((end - 0.4) / 0.5), 0.0));
    for (std::size_t half = 0; half < halves; ++half) {
      const double at = 0.4 + 0.5 * static_cast<double>(half);
      stream.pauses.push_back({.begin_s = at, .end_s = at + 0.1});
    }
    return stream;
  };
}

Verdict verdict_at(const Stream& stream, const Look& look) {
  const Target target{.measurement = "write", .quantile = 0.99, .limit = limit};
  const auto part = static_cast<double>(stream.latency.size()) * look.fraction;
  const auto seen = std::span(stream.latency).first(static_cast<std::size_t>(part));
  const TargetSamples samples{.latency = seen, .service = seen, .intended = stream.intended};
  Run run;
  run.duration_s = part / samples_per_s;
  run.validity.pauses = stream.pauses;
  judge_run(run, std::span(&target, 1), {{"write", samples}}, look.alpha);
  if (look.fraction >= 1 || may_end(run, {{"write", samples}}, look)) return run.verdict;
  return Verdict::inconclusive;
}

struct Rates {
  double passes = 0;
  double fails = 0;
};

Rates rates(const Generate& generate, std::size_t n, const std::vector<Look>& looks, int runs,
            Random& random) {
  Rates found;
  for (int i = 0; i < runs; ++i) {
    const Stream stream = generate(n, random);
    Verdict verdict = Verdict::inconclusive;
    for (const Look& look : looks) {
      verdict = verdict_at(stream, look);
      if (verdict != Verdict::inconclusive) break;
    }
    found.passes += verdict == Verdict::pass ? 100.0 / runs : 0;
    found.fails += verdict == Verdict::fail ? 100.0 / runs : 0;
  }
  return found;
}

// One table: a row for each process, and for each size one look and the planned ones.
void print_table(const char* title, const std::vector<Process>& processes, double Rates::*shown,
                 int runs, std::uint64_t seed) {
  std::printf("| %s |", title);
  for (const std::size_t n : sizes) std::printf(" %zu | looks |", n);
  std::printf("\n| --- |");
  for (std::size_t i = 0; i < 2 * sizes.size(); ++i) std::printf(" ---: |");
  std::printf("\n");
  for (const Process& process : processes) {
    Random random(seed);
    std::printf("| %s |", process.name.c_str());
    for (const std::size_t n : sizes) {
      for (const auto& looks : {std::vector<Look>{only_look()}, planned_looks()}) {
        std::printf(" %.1f |", rates(process.generate, n, looks, runs, random).*shown);
        std::fflush(stdout);
      }
    }
    std::printf("\n");
  }
  std::printf("\n");
}

std::vector<Process> at_the_limit() {
  return {{"independent", atoms(0)},      {"AR 0.5", atoms(0.5)},
          {"AR 0.9", atoms(0.9)},         {"AR 0.98", atoms(0.98)},
          {"Pareto 0.5", pareto()},       {"lognormal, AR 0.9", lognormal(0.9, limit_ns)},
          {"FIFO queue", queue(limit_ns)}};
}

std::vector<Process> rare_or_changing() {
  const auto part = [](double of) {
    return stalls([of](std::size_t n) { return static_cast<double>(n) / of; });
  };
  return {
      {"stalls of n/1,560", part(1560)},   {"stalls of n/390", part(390)},
      {"stalls of n/300", part(300)},      {"stalls of 20", stalls([](std::size_t) { return 20; })},
      {"drift 0 to 2%", drifting_atoms()}, {"drift of all, tenfold", drifting_scale()}};
}

std::vector<Process> far_below() {
  return {{"lognormal", lognormal(0, limit_ns / 100)},
          {"lognormal, AR 0.9", lognormal(0.9, limit_ns / 100)},
          {"lognormal, AR 0.98", lognormal(0.98, limit_ns / 100)},
          {"FIFO queue", queue(limit_ns / 100)},
          {"a quarter of the limit, AR 0.5", lognormal(0.5, limit_ns / 4)}};
}

std::vector<Process> disturbed() {
  return {{"generator stopped, service holds", stopped_generator(0.45 * limit_ns)},
          {"generator stopped, P99 at 4 limits", stopped_generator(4 * limit_ns)}};
}

}  // namespace

int main(int argc, char** argv) {
  const int runs = argc > 1 ? static_cast<int>(std::strtol(argv[1], nullptr, 10)) : 300;
  const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
  std::vector<Process> all = at_the_limit();
  for (const Process& process : rare_or_changing()) all.push_back(process);
  print_table("wrong passes, %", all, &Rates::passes, runs, seed);
  print_table("wrong fails, %", at_the_limit(), &Rates::fails, runs, seed);
  print_table("passes, P99 at a hundredth of the limit, %", far_below(), &Rates::passes, runs,
              seed);
  print_table("fails, generator stopped 100 of 500 ms, %", disturbed(), &Rates::fails, runs, seed);
  return 0;
}
