// Compares the rows of a database with what was acknowledged: what a row has to hold follows from
// seed, instance and number. Rows that were not acknowledged may be there or not. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "loadgen/plan/payload.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

class RowAudit {
 public:
  // `acknowledged`: of each instance, whose writes are numbered from 1.
  RowAudit(const Payload& payload, const std::vector<std::uint64_t>& acknowledged);

  // A row of the instance; calls come in the order of the rows.
  void add(std::string_view instance_name, std::string_view data);
  reports::Audit result() const;

 private:
  struct Instance {
    std::uint64_t acknowledged = 0;
    std::vector<bool> seen;  // the acknowledged rows that were found, by number
    std::uint64_t latest = 0;
  };

  const Payload& payload_;
  std::vector<Instance> instances_;
  std::string expected_;
  reports::Audit audit_;
};

}  // namespace yardmaster::loadgen
