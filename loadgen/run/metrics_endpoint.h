// Serves GET /metrics over HTTP to a Prometheus server, on a thread of its own that is gone with
// the object. One request at a time, which is what scraping takes.
// CONTRIBUTING.md says why it is not prometheus-cpp's Exposer.
#pragma once

#include <functional>
#include <string>
#include <thread>

#include "coordinator/base/unique_fd.h"

namespace yardmaster::loadgen {

class MetricsEndpoint {
 public:
  // `address` is "127.0.0.1:9101" or "[::1]:9101"; port 0 takes a free one. `exposition` is called
  // on the endpoint's thread. Throws Error{usage} for anything else, for an address that is not a
  // loopback one unless `remote`, and when it cannot be listened on.
  MetricsEndpoint(const std::string& address, bool remote, std::function<std::string()> exposition);
  ~MetricsEndpoint();
  MetricsEndpoint(const MetricsEndpoint&) = delete;
  MetricsEndpoint& operator=(const MetricsEndpoint&) = delete;

  int port() const;

 private:
  void run() const;
  void answer(int client) const;

  std::function<std::string()> exposition_;
  UniqueFd listener_;
  UniqueFd stop_;
  std::thread thread_;
};

}  // namespace yardmaster::loadgen
