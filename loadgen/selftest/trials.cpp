#include "loadgen/selftest/trials.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <numbers>
#include <optional>
#include <thread>
#include <utility>

#include "coordinator/base/error.h"
#include "loadgen/databases/fresh_directory.h"
#include "loadgen/databases/owned_program.h"
#include "loadgen/measure/measured_run.h"
#include "reports/figure_text.h"
#include "reports/report_files.h"
#include "reports/statistics.h"

namespace yardmaster::loadgen {
namespace {

using reports::decimals;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr double mean_delay_ms = 100;
constexpr double least_agreement = 0.995;  // what is printed has so many digits
constexpr double ordinary_noise_ms = 1;
constexpr double late_ms = 5;  // of an answer of the stub, behind its plan
constexpr double nominal_coverage = 0.95;
constexpr double coverage_alpha = 0.001;
constexpr std::chrono::minutes longest_trial{3};

double exponential(double part) { return -mean_delay_ms * std::log1p(-part); }

Planting exponential_delays(std::uint64_t seed) {
  Planting planting;
  planting.delay_ms = [](double, std::mt19937_64& random) {
    return std::exponential_distribution<double>(1 / mean_delay_ms)(random);
  };
  planting.seed = seed;
  return planting;
}

// The same distribution, where each delay is like the one before: a Gaussian copula, AR(1).
Planting alike_delays(std::uint64_t seed) {
  constexpr double alike = 0.9;
  Planting planting;
  planting.delay_ms = [state = std::make_shared<std::optional<double>>()](double,
                                                                          std::mt19937_64& random) {
    const double fresh = std::normal_distribution<double>()(random);
    *state = *state ? alike * **state + std::sqrt(1 - alike * alike) * fresh : fresh;
    return exponential(std::erfc(-**state / std::numbers::sqrt2) / 2);
  };
  planting.seed = seed;
  return planting;
}

Planting constant_delay(double delay_ms) {
  Planting planting;
  planting.delay_ms = [delay_ms](double, std::mt19937_64&) { return delay_ms; };
  return planting;
}

std::vector<reports::Sample> samples_of(const std::vector<ServedWrite>& served,
                                        double ServedWrite::*time) {
  std::vector<reports::Sample> samples;
  samples.reserve(served.size());
  for (const auto& write : served) samples.push_back(static_cast<reports::Sample>(write.*time));
  return samples;
}

double quantile_ms(const std::vector<ServedWrite>& served, double ServedWrite::*time, double q) {
  const auto samples = samples_of(served, time);
  return samples.empty() ? 0 : static_cast<double>(reports::quantile_of(samples, q));
}

double longest_pause_ms(const reports::Run& run) {
  double longest = 0;
  for (const auto& pause : run.validity.pauses) {
    longest = std::max(longest, (pause.end_s - pause.begin_s) * 1000);
  }
  return longest;
}

std::string count_text(double value) { return reports::grouped(static_cast<std::uint64_t>(value)); }
std::string ms_text(double value) { return reports::milliseconds(value) + " ms"; }

// Findings of one trial, as they are collected.
class Findings {
 public:
  explicit Findings(std::string trial) : trial_(std::move(trial)) {}

  void equal(const std::string& subject, double planted, double reported) {
    between(subject, count_text(planted), reported, planted, planted, count_text);
  }
  void between(const std::string& subject, const std::string& planted, double reported, double low,
               double high, std::string (*text)(double)) {
    const std::string allowed = low == high ? text(low) : text(low) + " to " + text(high);
    add(subject, planted, text(reported), allowed, reported >= low && reported <= high);
  }
  void add(const std::string& subject, const std::string& planted, const std::string& reported,
           const std::string& allowed, bool holds) {
    findings_.push_back({trial_, subject, planted, reported, allowed, holds});
  }
  std::vector<TrialFinding> take() { return std::move(findings_); }

 private:
  std::string trial_;
  std::vector<TrialFinding> findings_;
};

const reports::Measurement& writes_of(const reports::Run& run) {
  const auto found = run.measurements.find("write");
  if (found == run.measurements.end()) {
    throw Error(ErrorCode::internal, "selftest: a report without writes");
  }
  return found->second;
}

// An answer may be read as late as the generator's own threads were seen to be.
double noise_of(const reports::Run& run) {
  return ordinary_noise_ms + run.validity.hiccup_ms.max + run.validity.schedule_lag_ms.max;
}

void check_quantile(Findings& findings, const std::vector<ServedWrite>& served,
                    const reports::Run& run, double q, double reported_ms) {
  const double planted = quantile_ms(served, &ServedWrite::planned_ms, q);
  const double given = quantile_ms(served, &ServedWrite::served_ms, q);
  findings.between("service " + reports::quantile_name(q), ms_text(planted), reported_ms,
                   planted * least_agreement, given / least_agreement + noise_of(run), ms_text);
}

}  // namespace

Trials::Outcome Trials::run(const Trial& trial) {
  const FreshDirectory place("/tmp");
  const std::string socket = place.path() / "broker.sock";
  StubCoordinator stub(socket, trial.planting);
  OwnedProgram::Options options;
  options.arguments = {std::filesystem::read_symlink("/proc/self/exe"),
                       "--connect",
                       socket,
                       "--report",
                       place.path() / "report",
                       "--workloads",
                       "writes",
                       "--warmup",
                       "0ms",
                       "--seed",
                       std::to_string(seed_++)};
  options.arguments.insert(options.arguments.end(), trial.flags.begin(), trial.flags.end());
  options.output = place.path() / "output.log";
  OwnedProgram program(options);
  Outcome outcome;
  const auto deadline = steady_clock::now() + longest_trial;
  const auto pause = milliseconds(std::llround(
      1000 * (trial.stopped_every_s > 0 ? trial.stopped_every_s - trial.stopped_for_s : 0.05)));
  while (!program.has_ended(pause)) {
    if (interrupts_.wait(milliseconds(0)) > 0) throw Abandoned();
    if (steady_clock::now() > deadline) {
      throw Error(ErrorCode::timed_out, "selftest: loadgen does not end");
    }
    if (trial.stopped_every_s <= 0) continue;
    const auto begin = steady_clock::now();
    program.signal(SIGSTOP);
    std::this_thread::sleep_for(std::chrono::duration<double>(trial.stopped_for_s));
    program.signal(SIGCONT);
    outcome.stops_s.push_back(std::chrono::duration<double>(steady_clock::now() - begin).count());
  }
  const int status = program.wait();
  if (status != 0 && status != 3 && status != 99) {
    throw Error(ErrorCode::unavailable, "selftest: loadgen could not run: " + program.last_words());
  }
  outcome.served = stub.stop();
  outcome.run = reports::read_report(place.path() / "report").runs.at(0);
  return outcome;
}

std::vector<TrialFinding> Trials::quantiles() {
  const Trial trial{.planting = exponential_delays(seed_),
                    .flags = {"--instances", "25", "--interval", "25ms", "--duration", "3s"}};
  const Outcome outcome = run(trial);
  const auto& writes = writes_of(outcome.run);
  Findings findings("exponential delays, mean 100 ms");
  findings.equal("writes", static_cast<double>(outcome.served.size()),
                 static_cast<double>(writes.count));
  check_quantile(findings, outcome.served, outcome.run, 0.5, writes.service_ms.p50);
  check_quantile(findings, outcome.served, outcome.run, 0.9, writes.service_ms.p90);
  check_quantile(findings, outcome.served, outcome.run, 0.99, writes.service_ms.p99);
  check_quantile(findings, outcome.served, outcome.run, 0.999, writes.service_ms.p999);
  const auto law = outcome.run.littles_law.find("write");
  const double difference =
      law == outcome.run.littles_law.end() ? 1 : std::abs(law->second.difference());
  findings.between("Little's law, off by", "0.0%", difference * 100, 0, 2,
                   [](double value) { return decimals(value, 1) + "%"; });
  findings.equal("lost, doubled or out of order", 0,
                 static_cast<double>(outcome.run.audit.lost + outcome.run.audit.duplicated +
                                     outcome.run.audit.out_of_order));
  return findings.take();
}

std::vector<TrialFinding> Trials::faults() {
  const PlantedFaults planted{.lost = 3, .duplicated = 2, .swapped = 4, .unanswered = 5};
  Trial trial{.planting = constant_delay(1),
              .flags = {"--instances", "25", "--interval", "25ms", "--duration", "500ms"}};
  trial.planting.faults = planted;
  const Outcome outcome = run(trial);
  const auto& audit = outcome.run.audit;
  Findings findings("faults");
  findings.equal("lost", static_cast<double>(planted.lost), static_cast<double>(audit.lost));
  findings.equal("doubled", static_cast<double>(planted.duplicated),
                 static_cast<double>(audit.duplicated));
  findings.equal("out of order", static_cast<double>(planted.swapped),
                 static_cast<double>(audit.out_of_order));
  findings.equal("never answered", static_cast<double>(planted.unanswered),
                 static_cast<double>(writes_of(outcome.run).unanswered));
  const std::string verdict(to_string(outcome.run.verdict));
  findings.add("verdict", "fail", verdict, "fail", verdict == "fail");
  return findings.take();
}

std::vector<TrialFinding> Trials::stalls() {
  constexpr double rate = 1000;
  constexpr double stalls = 3;
  constexpr double length_s = 0.2;
  constexpr double limit_s = 0.1;
  Trial trial{.planting = constant_delay(1),
              .flags = {"--instances", "25", "--interval", "25ms", "--duration", "3s", "--target",
                        "write_p99=100ms"}};
  trial.planting.stalls = {.every_s = 1, .length_s = length_s};
  const Outcome outcome = run(trial);
  const double planted = stalls * rate * (length_s - limit_s);
  double late = 0;
  for (const auto& write : outcome.served) {
    if (write.served_ms > write.planned_ms + late_ms) ++late;
  }
  const double paused = rate * longest_pause_ms(outcome.run) / 1000;
  constexpr double begins_and_ends = 3 * stalls;
  Findings findings("stalls of 200 ms, one a second");
  for (const auto& target : outcome.run.targets) {
    if (target.target.measurement != "write") continue;
    findings.between("writes over 100 ms", count_text(planted),
                     static_cast<double>(target.over_limit), planted - begins_and_ends - paused,
                     planted + begins_and_ends + late + paused, count_text);
    const std::string verdict(to_string(target.verdict));
    findings.add("verdict", "fail", verdict, "not pass", verdict != "pass");
  }
  findings.between(
      "longest", ms_text(length_s * 1000), writes_of(outcome.run).latency_ms.max,
      length_s * 1000 * 0.95,
      quantile_ms(outcome.served, &ServedWrite::served_ms, 1 - 1e-9) + noise_of(outcome.run),
      ms_text);
  return findings.take();
}

std::vector<TrialFinding> Trials::drift() {
  constexpr double per_second_ms = 10;
  Trial trial{.planting = constant_delay(1),
              .flags = {"--instances", "25", "--interval", "25ms", "--max-duration", "4s",
                        "--target", "write_p99=30ms"}};
  trial.planting.delay_ms = [](double at_s, std::mt19937_64&) { return 1 + per_second_ms * at_s; };
  const Outcome outcome = run(trial);
  Findings findings("drift from 1 to 41 ms, limit 30 ms");
  const std::string verdict(to_string(outcome.run.verdict));
  findings.add("verdict", "fail", verdict, "not pass", verdict != "pass");
  return findings.take();
}

std::vector<TrialFinding> Trials::pauses() {
  constexpr double every_s = 0.5;
  constexpr double for_s = 0.05;
  const Trial trial{.planting = constant_delay(1),
                    .flags = {"--instances", "25", "--interval", "25ms", "--duration", "4s",
                              "--target", "write_p99=30ms"},
                    .stopped_every_s = every_s,
                    .stopped_for_s = for_s};
  const Outcome outcome = run(trial);
  const auto& validity = outcome.run.validity;
  // The first and the last may lie outside of what was measured.
  const double all = std::floor(outcome.run.duration_s / every_s) - 2;
  const auto seen = std::count_if(
      validity.pauses.begin(), validity.pauses.end(), [&](const reports::Pause& pause) {
        return pause.end_s - pause.begin_s >= for_s * least_agreement - 0.001;
      });
  const double longest = *std::max_element(outcome.stops_s.begin(), outcome.stops_s.end());
  const double held = for_s - 0.01 * every_s;  // 1% of the writes are due so long before the end
  Findings findings("generator stopped 50 of 500 ms");
  findings.between("pauses", count_text(std::floor(outcome.run.duration_s / every_s)),
                   static_cast<double>(seen), all, static_cast<double>(outcome.stops_s.size()) + 2,
                   count_text);
  findings.between(
      "schedule lag P99", ms_text(held * 1000), validity.schedule_lag_ms.p99, held * 1000 * 0.8,
      std::max(longest * 1000, longest_pause_ms(outcome.run)) + ordinary_noise_ms + late_ms,
      ms_text);
  const bool served_well = quantile_ms(outcome.served, &ServedWrite::served_ms, 0.99) < 30;
  const std::string verdict(to_string(outcome.run.verdict));
  findings.add("verdict", "inconclusive", verdict, "not fail", verdict != "fail" || !served_well);
  return findings.take();
}

TrialCoverage Trials::coverage(std::uint64_t runs, bool alike) {
  const double planted = exponential(0.99);
  TrialCoverage coverage{
      .samples = alike ? "alike (AR 0.9), 4,000 in a run" : "independent, 1,000 in a run",
      .runs = runs};
  for (std::uint64_t i = 0; i < runs; ++i) {
    const Trial trial{.planting = alike ? alike_delays(seed_) : exponential_delays(seed_),
                      .flags = {"--instances", "100", "--interval", "50ms", "--duration",
                                alike ? "2s" : "500ms"}};
    const Outcome outcome = run(trial);
    const auto& writes = writes_of(outcome.run);
    // What the machine added to the delays is not what the interval has to allow for.
    const double added =
        writes.latency_ms.p99 - quantile_ms(outcome.served, &ServedWrite::planned_ms, 0.99);
    const double truth = planted + added;
    const bool is_covered = writes.p99_low_ms <= truth && truth <= writes.p99_high_ms;
    coverage.covered += is_covered ? 1 : 0;
  }
  // A miss is what lies over a limit that 95% are to hold.
  const auto missed = static_cast<double>(runs - coverage.covered);
  coverage.holds = reports::probability_at_least(missed, static_cast<double>(runs),
                                                 nominal_coverage) > coverage_alpha;
  return coverage;
}

}  // namespace yardmaster::loadgen
