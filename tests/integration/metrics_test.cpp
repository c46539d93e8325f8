// The metrics page: clean under Prometheus's own linter, and telling what has happened.
#include <string>

#include "tests/integration/yard_test.h"
#include "tests/support/exposition.h"

namespace yardmaster::support {
namespace {

class Metrics : public YardTest {
 protected:
  std::string page() { return daemon_.http_get("/metrics"); }

  double count_of(const std::string& what) {
    return metric_value(page(), "yardmaster_" + what + "_duration_seconds_count");
  }

  void hand_over(const std::string& from, const std::string& to) {
    const auto offered = daemon_.call("context_handoff", {{"from", from}, {"to", to}});
    daemon_.call("accept_handoff", {{"instance_id", to},
                                    {"id", offered.at("id")},
                                    {"digest", offered.at("digest")},
                                    {"count", offered.at("count")}});
  }
};

TEST_F(Metrics, are_clean_under_promtool_and_count_what_happened) {
  allocate("one");
  allocate("two");
  append("one", 1, 1500);
  hand_over("one", "two");
  daemon_.call("release_instance", {{"instance_id", "one"}});
  for (const std::string what : {"commit", "checkpoint", "handoff", "cleanup"}) {
    EXPECT_TRUE(eventually([&] { return count_of(what) > 0; })) << what << "\n" << page();
  }
  const auto lint = run({.argv = {"promtool", "check", "metrics"}, .input = page()});
  EXPECT_EQ(lint.status, 0) << lint.output << lint.errors;
  EXPECT_EQ(lint.output + lint.errors, "");
}

TEST_F(Metrics, count_operations_exactly) {
  allocate("one");
  std::uint64_t seq = 1;
  // An operation of the daemon's own may come between; never in each round.
  EXPECT_TRUE(eventually([&] {
    const auto before = metric_value(page(), "yardmaster_operations_total");
    append("one", seq, seq + 99);
    seq += 100;
    return metric_value(page(), "yardmaster_operations_total") == before + 100;
  }));
}

TEST_F(Metrics, tell_of_instances_messages_and_the_store) {
  allocate("one");
  allocate("two", "supervisor");
  allocate("three", "a-role-of-its-own");
  for (int i = 0; i < 3; ++i) {
    daemon_.call("send_message", {{"from", "one"}, {"to", "two"}, {"body", "hello"}});
  }
  const std::string text = page();
  const auto has = [&](const std::string& line) {
    EXPECT_NE(text.find("\n" + line + "\n"), std::string::npos) << line << "\n" << text;
  };
  has(R"(yardmaster_instances_by_state{role="worker",state="running"} 1)");
  has(R"(yardmaster_instances_by_state{role="supervisor",state="running"} 1)");
  has(R"(yardmaster_instances_by_state{role="worker",state="unknown"} 0)");
  // Anybody may name a role; labels must not grow with it.
  has(R"(yardmaster_instances_by_state{role="other",state="running"} 1)");
  has(R"(yardmaster_messages{state="pending"} 3)");
  has("yardmaster_starts_total 3");
  EXPECT_NE(text.find(R"(yardmaster_store_info{engine="sqlite",version="3)"), std::string::npos);
  EXPECT_GT(metric_value(text, "yardmaster_oldest_unacked_message_age_seconds"), 0);
  EXPECT_GT(metric_value(text, "process_max_fds"), 100);
}

TEST_F(Metrics, the_same_histograms_come_for_merging) {
  allocate("one");
  append("one", 1, 10);
  const auto histograms = daemon_.call("histograms");
  for (const std::string what :
       {"commit", "commit_in_checkpoint", "checkpoint", "handoff", "cleanup"}) {
    EXPECT_TRUE(histograms.at(what).get<std::string>().starts_with("HISTFAAA")) << what;
  }
}

}  // namespace
}  // namespace yardmaster::support
