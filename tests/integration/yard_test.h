// Most black-box tests start from this: a running daemon, and a bystander session that must go on
// undisturbed whatever the test does beside it.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_process.h"

namespace yardmaster::support {

class YardTest : public testing::Test {
 protected:
  // An instance without a process, by default of the role "worker"; the reply's data.
  nlohmann::json allocate(const std::string& name, const std::string& role = "worker",
                          const nlohmann::json& more = nlohmann::json::object()) {
    nlohmann::json arguments = {{"instance_id", name}, {"role", role}};
    arguments.update(more);
    return daemon_.call("allocate_instance", arguments);
  }

  // Appends entries first…last to a context, with data that tells them apart.
  void append(const std::string& context, std::uint64_t first, std::uint64_t last) {
    auto client = daemon_.connect();
    for (auto seq = first; seq <= last; ++seq) {
      client.call("append_context", {{"context", context},
                                     {"seq", seq},
                                     {"kind", "note"},
                                     {"data", "entry " + std::to_string(seq)}});
    }
  }

  // Fails the test unless a session that was there before is served as if nothing had happened.
  void expect_bystander_undisturbed() {
    EXPECT_EQ(bystander_.code_of("ping"), "success");
    EXPECT_EQ(daemon_.connect().code_of("status"), "success");
    EXPECT_TRUE(daemon_.process().running());
  }

  DaemonProcess daemon_;
  LineClient bystander_ = daemon_.connect();
};

}  // namespace yardmaster::support
