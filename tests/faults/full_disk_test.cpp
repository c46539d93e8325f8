// A full disk: writes are refused with storage_full, reads go on, and all is well again when there
// is room. Runs on a small file system of its own, which needs root.
#include <algorithm>
#include <optional>
#include <string>
#include <system_error>

#include <gtest/gtest.h>

#include "tests/faults/small_file_system.h"
#include "tests/support/daemon_process.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;

class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directory(place_ / "state");
    try {
      disk_.emplace(place_ / "state", 8U << 20U);
    } catch (const std::system_error& error) {
      GTEST_SKIP() << "needs root to mount a small file system: " << error.what();
    }
    daemon_.emplace(DaemonOptions{.state_dir = place_ / "state"});
    daemon_->call("allocate_instance", {{"instance_id", "one"}, {"role", "worker"}});
    client_.emplace(daemon_->connect());
  }

  json append(std::size_t bytes) {
    return client_->request("append_context", {{"context", "one"},
                                               {"seq", acknowledged_ + 1},
                                               {"kind", "note"},
                                               {"data", std::string(bytes, 'x')}});
  }

  // Appends until it is refused; the code of the refusal.
  std::string append_until_refused() {
    for (int i = 0; i < 20'000; ++i) {
      const auto reply = append(4000);
      if (!reply.at("success").get<bool>()) return reply.at("code");
      ++acknowledged_;
    }
    return "never refused";
  }

  void expect_everything_acknowledged() {
    const auto digest = daemon_->call("digest_context", {{"context", "one"}});
    EXPECT_EQ(digest.at("last_seq"), acknowledged_);
    EXPECT_EQ(digest.at("count"), acknowledged_);
  }

  TemporaryDirectory place_;
  std::optional<SmallFileSystem> disk_;
  std::optional<DaemonProcess> daemon_;
  std::optional<LineClient> client_;
  std::uint64_t acknowledged_ = 0;
};

TEST_F(FullDisk, refuses_writes_serves_reads_and_recovers) {
  disk_->fill_but(512U << 10U);
  EXPECT_EQ(append_until_refused(), "storage_full");
  EXPECT_EQ(append(4000).at("code"), "storage_full");
  expect_everything_acknowledged();
  EXPECT_EQ(client_->code_of("status"), "success");
  EXPECT_EQ(client_->code_of("list_messages", {{"instance_id", "one"}}), "success");

  disk_->make_room();
  EXPECT_TRUE(eventually([&] { return append(10).at("success").get<bool>(); }));
  ++acknowledged_;
  expect_everything_acknowledged();
}

TEST_F(FullDisk, loses_nothing_when_killed_while_full) {
  disk_->fill_but(512U << 10U);
  EXPECT_EQ(append_until_refused(), "storage_full");
  daemon_->kill();
  disk_->make_room();
  daemon_->start();
  client_.emplace(daemon_->connect());
  expect_everything_acknowledged();
  EXPECT_TRUE(append(10).at("success").get<bool>());
}

TEST_F(FullDisk, stops_in_order_while_full) {
  disk_->fill_but(512U << 10U);
  EXPECT_EQ(append_until_refused(), "storage_full");
  daemon_->stop(Deadline(std::chrono::seconds(2)));
  disk_->make_room();
  daemon_->start();
  expect_everything_acknowledged();
}

TEST_F(FullDisk, a_start_without_room_is_one_clear_line) {
  daemon_->stop();
  std::filesystem::remove(daemon_->database());
  disk_->fill_but(0);
  const auto start = daemon_->command({"start", "--foreground"});
  EXPECT_EQ(start.status, 1);
  EXPECT_EQ(std::count(start.errors.begin(), start.errors.end(), '\n'), 1) << start.errors;
}

}  // namespace
}  // namespace yardmaster::support
