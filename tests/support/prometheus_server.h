// A real Prometheus server that scrapes a few addresses five times a second, with its data in a
// temporary directory. Gone with the object. Main thread only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::support {

// Returns a TCP port of the loopback that nobody listens on now.
int free_port();

struct PrometheusValue {
  std::map<std::string, std::string> labels;
  double value = 0;
};

class PrometheusServer {
 public:
  // Scrapes the ports, by job. Throws std::runtime_error when it does not get ready.
  explicit PrometheusServer(const std::map<std::string, int>& ports);

  // Evaluates PromQL at a moment, in seconds since 1970, or now. Throws std::runtime_error with
  // what Prometheus says of a query that it cannot read.
  std::vector<PrometheusValue> query(const std::string& expression,
                                     std::optional<double> at = std::nullopt) const;

 private:
  TemporaryDirectory directory_;
  int port_;
  std::optional<ChildProcess> server_;
};

}  // namespace yardmaster::support
