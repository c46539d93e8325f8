// The samples of a run's measurements, copied out to be judged. Any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "loadgen/measure/measured_run.h"
#include "reports/report.h"
#include "reports/verdict.h"

namespace yardmaster::loadgen {

class SampleSet {
 public:
  // Returns the samples with an intended time before the look's boundary.
  static SampleSet before(const MeasuredRun::Logs& logs, std::size_t boundary);
  static SampleSet all(const MeasuredRun::Logs& logs);

  // Returns the samples of everything that ran, also of what gave none. They are valid as long as
  // the set is.
  std::map<std::string, reports::TargetSamples> views() const;
  std::map<std::string, reports::Measurement> summaries() const;

 private:
  struct Samples {
    std::vector<reports::Sample> latency;
    std::vector<reports::Sample> service;  // empty where there is no intended time
    std::vector<reports::Sample> moments;  // intended times, or when it was over
  };
  std::map<std::string, Samples> samples_;
};

}  // namespace yardmaster::loadgen
