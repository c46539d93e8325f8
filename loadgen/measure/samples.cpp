#include "loadgen/measure/samples.h"

namespace yardmaster::loadgen {
SampleSet SampleSet::before(const MeasuredRun::Logs& logs, std::size_t boundary) {
  SampleSet set;
  for (const auto& [name, log] : logs) {
    auto& samples = set.samples_[name];
    samples.latency = log->latency_before(boundary);
    samples.moments = log->intended_before(boundary);
    if (has_intended_time(name)) samples.service = log->service_before(boundary);
  }
  return set;
}

SampleSet SampleSet::all(const MeasuredRun::Logs& logs) {
  SampleSet set;
  for (const auto& [name, log] : logs) {
    auto& samples = set.samples_[name];
    samples.latency = log->latency();
    samples.moments = log->intended();
    if (has_intended_time(name)) samples.service = log->service();
  }
  return set;
}

std::map<std::string, reports::TargetSamples> SampleSet::views() const {
  std::map<std::string, reports::TargetSamples> views;
  for (const auto& [name, samples] : samples_) {
    auto& view = views[name];
    view.latency = samples.latency;
    view.service = samples.service;
    (has_intended_time(name) ? view.intended : view.ended) = samples.moments;
  }
  return views;
}

std::map<std::string, reports::Measurement> SampleSet::summaries() const {
  std::map<std::string, reports::Measurement> summaries;
  for (const auto& [name, samples] : samples_) {
    if (samples.latency.empty()) continue;
    auto& summary = summaries[name] = reports::summarize(samples.latency, samples.service);
    summary.latency_distribution_ms = reports::distribution_ms(samples.latency);
    summary.service_distribution_ms = samples.service.empty()
                                          ? summary.latency_distribution_ms
                                          : reports::distribution_ms(samples.service);
  }
  return summaries;
}

}  // namespace yardmaster::loadgen
