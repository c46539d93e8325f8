// SQL past the driver, for tests that look at a database, or make one, as another program would.
// Not beside a transaction of the driver.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "coordinator/store/schema.h"
#include "tests/contract/store_fixture.h"

namespace yardmaster {

class RawSql {
 public:
  virtual ~RawSql() = default;

  static std::unique_ptr<RawSql> open(Driver& driver);

  // Runs statements, all or none, and gives the rows of the last, their columns separated by '|'.
  // Throws std::runtime_error.
  virtual std::vector<std::string> run(const std::string& sql) = 0;
  // Returns what the engine knows of tables, columns, indexes and constraints; one of each per
  // line.
  virtual std::vector<std::string> catalogue() = 0;
  virtual void set_version(std::int64_t version) = 0;
  virtual const Dialect& dialect() const = 0;
};

}  // namespace yardmaster
