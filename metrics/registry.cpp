#include "metrics/registry.h"

#include <algorithm>

#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "coordinator/base/error.h"

namespace yardmaster::metrics {
namespace {

bool is_lower_snake_case(const std::string& name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
         });
}

void require(bool holds, const std::string& name, const char* rule) {
  if (!holds) throw Error(ErrorCode::internal, "metric '" + name + "': " + rule);
}

void check(const std::string& name, const std::string& help) {
  require(is_lower_snake_case(name), name, "a name is lower-case letters, digits and underscores");
  require(!help.empty(), name, "a help text is needed");
}

}  // namespace

Registry::Registry() : registry_(std::make_unique<prometheus::Registry>()) {}
Registry::~Registry() = default;

prometheus::Counter& Registry::counter(const std::string& name, const std::string& help,
                                       const prometheus::Labels& labels) {
  check(name, help);
  require(name.ends_with("_total"), name, "a counter ends with _total");
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry_).Add(labels);
}

prometheus::Gauge& Registry::gauge(const std::string& name, const std::string& help,
                                   const prometheus::Labels& labels) {
  check(name, help);
  require(!name.ends_with("_total"), name, "only a counter ends with _total");
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry_).Add(labels);
}

LatencyMetric Registry::latency(const std::string& name, const std::string& help,
                                const prometheus::Labels& labels) {
  require(name.ends_with("_seconds"), name, "a latency ends with _seconds");
  return LatencyMetric(histogram(name, help, latency_edges(), labels));
}

prometheus::Histogram& Registry::histogram(const std::string& name, const std::string& help,
                                           const std::vector<double>& edges,
                                           const prometheus::Labels& labels) {
  check(name, help);
  require(!name.ends_with("_total"), name, "only a counter ends with _total");
  return prometheus::BuildHistogram().Name(name).Help(help).Register(*registry_).Add(labels, edges);
}

std::string Registry::exposition() const {
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

const std::vector<double>& latency_edges() {
  static const std::vector<double> edges{0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001,
                                         0.002,   0.005,   0.01,    0.02,   0.03,   0.05,   0.1,
                                         0.2,     0.5,     1,       2,      3,      5,      10};
  return edges;
}

}  // namespace yardmaster::metrics
