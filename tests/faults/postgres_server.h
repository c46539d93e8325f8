// A PostgreSQL server of the test's own with a fresh database, both gone with it. Main thread only.
#pragma once

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "loadgen/databases/run_database.h"
#include "tests/support/child_process.h"

namespace yardmaster::support {

class PostgresServer {
 public:
  loadgen::PostgresCluster& cluster() { return cluster_; }
  const std::string& conninfo() const { return database_.conninfo(); }
  std::map<std::string, std::string> environment() const {
    return {{"YARDMASTER_STORE", "postgres"}, {"YARDMASTER_POSTGRES", conninfo()}};
  }
  std::string sql(const std::string& text) const {
    const Finished finished = run({.argv = {"psql", conninfo(), "-qAt", "-c", text}});
    EXPECT_EQ(finished.status, 0) << finished.errors;
    return finished.output;
  }

 private:
  loadgen::PostgresCluster cluster_{{}, [] {}};
  loadgen::RunDatabase database_{cluster_.connection_string()};
};

}  // namespace yardmaster::support
