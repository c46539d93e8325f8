// The page of a report while its runs go on: the same that is written at the end, which asks for
// its data again and again. Any thread.
#pragma once

#include <mutex>
#include <string>

#include "loadgen/run/http_endpoint.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

class LivePage {
 public:
  // Throws Error{usage} when `address`, of the loopback, cannot be listened on.
  explicit LivePage(const std::string& address);

  void show(reports::Report report);
  std::string url() const;

 private:
  ServedPages pages();
  reports::Report shown() const;

  mutable std::mutex mutex_;
  reports::Report report_;
  HttpEndpoint endpoint_;  // its thread reads the others
};

}  // namespace yardmaster::loadgen
