#include "loadgen/measure/samples.h"

namespace yardmaster::loadgen {
SampleSet SampleSet::before(const MeasuredRun::Logs& logs, std::size_t boundary) {
  SampleSet set;
  for (const auto& [name, log] : logs) {
    auto& samples = set.samples_[name];
    samples.latency = log->latency_before(boundary);
    if (!has_intended_time(name)) continue;
    samples.service = log->service_before(boundary);
    samples.intended = log->intended_before(boundary);
  }
  return set;
}

SampleSet SampleSet::all(const MeasuredRun::Logs& logs) {
  SampleSet set;
  for (const auto& [name, log] : logs) {
    auto& samples = set.samples_[name];
    samples.latency = log->latency();
    if (!has_intended_time(name)) continue;
    samples.service = log->service();
    samples.intended = log->intended();
  }
  return set;
}

std::map<std::string, reports::TargetSamples> SampleSet::views() const {
  std::map<std::string, reports::TargetSamples> views;
  for (const auto& [name, samples] : samples_) {
    views[name] = {
        .latency = samples.latency, .service = samples.service, .intended = samples.intended};
  }
  return views;
}

std::map<std::string, reports::Measurement> SampleSet::summaries() const {
  std::map<std::string, reports::Measurement> summaries;
  for (const auto& [name, samples] : samples_) {
    if (samples.latency.empty()) continue;
    summaries[name] = reports::summarize(samples.latency, samples.service);
  }
  return summaries;
}

}  // namespace yardmaster::loadgen
