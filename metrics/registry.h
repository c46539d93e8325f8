// A program's Prometheus metrics: names by the conventions, latency histograms whose edges lie on
// the targets, the text exposition. A thin layer over prometheus-cpp's registry.
//
// Any thread may register, update and read. The references that are returned live as long as the
// registry. Registering the same name and labels again returns the same metric.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/labels.h>

namespace prometheus {
class Registry;
}

namespace yardmaster::metrics {

// A latency histogram in seconds.
class LatencyMetric {
 public:
  explicit LatencyMetric(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void observe(std::chrono::nanoseconds value) {
    histogram_->Observe(static_cast<double>(value.count()) / 1e9);
  }

 private:
  prometheus::Histogram* histogram_;
};

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Throw Error{internal} for a name that breaks the conventions: lower case, a counter ends with
  // _total and nothing else does, a latency with _seconds; or for an empty help text.
  prometheus::Counter& counter(const std::string& name, const std::string& help,
                               const prometheus::Labels& labels = {});
  prometheus::Gauge& gauge(const std::string& name, const std::string& help,
                           const prometheus::Labels& labels = {});
  LatencyMetric latency(const std::string& name, const std::string& help,
                        const prometheus::Labels& labels = {});
  // Buckets of whatever unit the name ends with; rising edges.
  prometheus::Histogram& histogram(const std::string& name, const std::string& help,
                                   const std::vector<double>& edges,
                                   const prometheus::Labels& labels = {});

  // The text format 0.0.4, as /metrics serves it.
  std::string exposition() const;

 private:
  std::unique_ptr<prometheus::Registry> registry_;
};

// The content type of exposition().
inline constexpr const char* exposition_content_type = "text/plain; version=0.0.4; charset=utf-8";

// Returns bucket edges from 10 µs to 10 s, with an edge on every default target and goal, in
// seconds.
const std::vector<double>& latency_edges();

// Writes the exposition where a node exporter's textfile collector may read at any moment: into a
// temporary file beside it, which then takes its name. Throws Error{usage} if that is impossible.
void write_textfile(const std::filesystem::path& path, const std::string& exposition);

}  // namespace yardmaster::metrics
