#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "loadgen/workloads/writer.h"
#include "tests/unit/line_server.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::milliseconds;

class WriterTest : public testing::Test, protected WriterHost {
 protected:
  void SetUp() override {
    ASSERT_TRUE(writer_.connect(true));
    server_.accept();
  }

  Offset now() const override { return milliseconds(100); }
  void on_acknowledged(Writer& /*writer*/, std::uint64_t sample, Offset /*intended*/,
                       Offset /*sent*/) override {
    acknowledged_.push_back(sample);
  }
  void on_refused(Writer& /*writer*/, std::string_view code) override {
    refused_.emplace_back(code);
  }
  void on_lost(Writer& /*writer*/) override { lost_ = true; }

  void write(std::uint64_t sample) {
    writer_.write(milliseconds(0), milliseconds(0), sample, frame_);
  }
  std::uint64_t received_seq() {
    return nlohmann::json::parse(server_.read_line(loop_))["args"]["seq"].get<std::uint64_t>();
  }
  void acknowledge(std::uint64_t seq) {
    const std::string number = std::to_string(seq);
    server_.write(R"({"id":)" + number + R"(,"success":true,"data":{"seq":)" + number + "}}\n");
  }
  bool run_until_acknowledged(std::size_t count) {
    return run_until(loop_, [&] { return acknowledged_.size() >= count; });
  }

  LineServer server_;
  EventLoop loop_;
  Payload payload_{1, 64};
  AppendTemplate request_{payload_, Durability::process};
  WriterHost& host_ = *this;
  Writer writer_{loop_, host_, request_, 7, "lg-w7", server_.path()};
  std::string frame_;
  std::vector<std::uint64_t> acknowledged_;
  std::vector<std::string> refused_;
  bool lost_ = false;
};

TEST_F(WriterTest, numbers_its_entries_and_matches_acknowledgements) {
  for (std::uint64_t sample = 100; sample < 120; ++sample) write(sample);
  for (std::uint64_t seq = 1; seq <= 20; ++seq) EXPECT_EQ(received_seq(), seq);
  acknowledge(2);
  acknowledge(1);
  acknowledge(1);  // twice: counted once
  ASSERT_TRUE(run_until_acknowledged(2));
  for (std::uint64_t seq = 3; seq <= 20; ++seq) acknowledge(seq);
  ASSERT_TRUE(run_until_acknowledged(20));
  EXPECT_EQ(acknowledged_.size(), 20U);
  EXPECT_EQ(acknowledged_[0], 101U);
  EXPECT_EQ(acknowledged_[1], 100U);
  EXPECT_EQ(writer_.last_acknowledged(), 20U);
  EXPECT_EQ(writer_.unacknowledged(), 0U);
}

TEST_F(WriterTest, sends_again_what_was_not_acknowledged_when_the_daemon_is_back) {
  for (std::uint64_t sample = 0; sample < 5; ++sample) write(sample);
  for (int i = 0; i < 5; ++i) received_seq();
  acknowledge(1);
  acknowledge(2);
  ASSERT_TRUE(run_until_acknowledged(2));
  server_.die();
  ASSERT_TRUE(run_until(loop_, [&] { return lost_; }));
  write(5);  // due while nobody listens
  EXPECT_FALSE(writer_.connect(false));
  server_.listen();
  ASSERT_TRUE(writer_.connect(false));
  server_.accept();
  writer_.resend(frame_);
  for (std::uint64_t seq = 3; seq <= 6; ++seq) {
    EXPECT_EQ(received_seq(), seq);
    acknowledge(seq);
  }
  ASSERT_TRUE(run_until_acknowledged(6));
  EXPECT_EQ(writer_.unacknowledged(), 0U);
}

TEST_F(WriterTest, tells_the_code_of_a_refusal_and_keeps_the_entry) {
  write(0);
  received_seq();
  server_.write("{\"id\":1,\"success\":false,\"error\":\"no room\",\"code\":\"storage_full\"}\n");
  ASSERT_TRUE(run_until(loop_, [&] { return !refused_.empty(); }));
  EXPECT_EQ(refused_[0], "storage_full");
  EXPECT_EQ(writer_.unacknowledged(), 1U);
  EXPECT_EQ(writer_.last_acknowledged(), 0U);
}

}  // namespace
}  // namespace yardmaster::loadgen
