// The dashboards, as Grafana would use them: a real Prometheus scrapes a real daemon and a real
// load, and each query of each panel has to find data, with the report's figures where it has them.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "coordinator/base/text_edits.h"
#include "metrics/registry.h"
#include "tests/support/daemon_process.h"
#include "tests/support/prometheus_server.h"

namespace yardmaster::support {
namespace {

using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

fs::path metrics_files() { return fs::path(YARDMASTER_SOURCE_DIRECTORY) / "metrics"; }

std::vector<json> dashboards() {
  std::vector<json> found;
  for (const auto& entry : fs::directory_iterator(metrics_files() / "grafana" / "dashboards")) {
    found.push_back(json::parse(read_file(entry.path())));
  }
  EXPECT_EQ(found.size(), 2U);
  return found;
}

// Calls back with each query of each panel.
template <typename Visit>
void each_query(const json& dashboard, Visit visit) {
  for (const auto& panel : dashboard.at("panels")) {
    if (panel.at("type") == "row") continue;
    for (const auto& target : panel.at("targets")) visit(panel, target);
  }
}

// What Grafana puts in for the variables with "All" chosen, over the last half minute.
std::string substituted(std::string query) {
  for (const char* variable : {"$job", "$instance", "$store"}) {
    query = replaced(query, variable, ".+");
  }
  for (const char* interval : {"$__rate_interval", "$__range", "$__interval"}) {
    query = replaced(query, interval, "30s");
  }
  return query;
}

double width_of_bucket(double seconds) {
  const auto& edges = metrics::latency_edges();
  const auto upper = std::lower_bound(edges.begin(), edges.end(), seconds);
  if (upper == edges.end()) return edges.back();
  return *upper - (upper == edges.begin() ? 0 : *(upper - 1));
}

// A quantile from a histogram is anywhere in the bucket that the true one is in.
bool is_the_same(double shown_s, double reported_ms) {
  const double reported_s = reported_ms / 1000;
  return std::abs(shown_s - reported_s) <=
         std::max(width_of_bucket(shown_s), width_of_bucket(reported_s));
}

// The measurement that a panel shows the P99 of.
std::string measurement_of(const json& panel, const json& target) {
  static const std::map<std::string, std::string> known{{"Write P99", "write"},
                                                        {"Checkpoint P99", "checkpoint"},
                                                        {"Handoff P99", "handoff"},
                                                        {"Cleanup P99", "cleanup"},
                                                        {"WebSocket P99", "websocket_rtt"},
                                                        {"Write", "write"},
                                                        {"Checkpoint", "checkpoint"},
                                                        {"Handoff", "handoff"},
                                                        {"Broadcast", "broadcast"},
                                                        {"WebSocket round trip", "websocket_rtt"},
                                                        {"Commit", "commit"}};
  if (target.at("expr").get<std::string>().find("histogram_quantile(0.99") == std::string::npos) {
    return "";
  }
  const auto found = known.find(panel.at("title").get<std::string>());
  return found == known.end() ? "" : found->second;
}

// Nothing that this load does fills them: there is no agent, and git and tmux do nothing for it.
bool may_have_no_figure(const json& panel) {
  static const std::set<std::string> titles{"git", "tmux", "Startup"};
  return titles.contains(panel.at("title").get<std::string>());
}

class Dashboards : public testing::Test {
 protected:
  // Puts the load on, and returns its report's only run.
  json put_load_on() {
    const auto place = (directory_ / "report").string();
    const auto done = run({.argv = {loadgen_program(), "--connect", daemon_.socket().string(),
                                    "--instances", "10", "--duration", "6s", "--report", place,
                                    "--metrics-listen", "127.0.0.1:" + std::to_string(loadgen_)}});
    EXPECT_THAT(done.output, HasSubstr("report:")) << done.errors;
    return json::parse(read_file(fs::path(place) / "report.json")).at("runs").at(0);
  }

  // Of the last moments one in which everything that is over had been seen.
  std::vector<PrometheusValue> ask(const std::string& query) {
    auto values = prometheus_.query(query, ended_);
    if (values.empty()) values = prometheus_.query(query, ended_ - 1.5);
    return values;
  }

  TemporaryDirectory directory_;
  const int yard_ = free_port();
  const int loadgen_ = free_port();
  DaemonProcess daemon_{
      {.config = R"({"metrics_listen": "127.0.0.1:)" + std::to_string(yard_) + R"("})"}};
  PrometheusServer prometheus_{{{"yardmaster", yard_}, {"loadgen", loadgen_}}};
  double ended_ = 0;
};

// Not in every run: what Prometheus scraped of a short run that the machine disturbed is not all of
// it.
TEST_F(Dashboards, every_panel_shows_data_and_the_figures_of_the_report) {
  if (std::getenv("YARDMASTER_DASHBOARDS") == nullptr) GTEST_SKIP() << "for ctest -L long";
  const json reported = put_load_on().at("measurements");
  ended_ =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::size_t compared = 0;
  for (const json& dashboard : dashboards()) {
    each_query(dashboard, [&](const json& panel, const json& target) {
      const auto query = target.at("expr").get<std::string>();
      const std::string where = dashboard.at("title").get<std::string>() + ", " +
                                panel.at("title").get<std::string>() + ": " + query;
      const auto values = ask(substituted(query));
      EXPECT_FALSE(values.empty()) << where;
      if (values.empty() || may_have_no_figure(panel)) return;
      EXPECT_TRUE(std::any_of(values.begin(), values.end(), [](const auto& one) {
        return std::isfinite(one.value);
      })) << where;
      if (panel.at("title") == "Verdicts") {
        EXPECT_TRUE(std::any_of(values.begin(), values.end(), [](const auto& one) {
          return one.value > 0.9;
        })) << "the last scrape was missed";
      }
      const std::string measurement = measurement_of(panel, target);
      if (measurement.empty()) return;
      const double figure = reported.at(measurement).at("p99").get<double>();
      std::cout << panel.at("title").get<std::string>() << ": dashboard "
                << values.front().value * 1000 << " ms, report " << figure << " ms\n";
      EXPECT_TRUE(is_the_same(values.front().value, figure))
          << where << "\n"
          << values.front().value << " s, but the report has " << figure << " ms";
      ++compared;
    });
    for (const auto& annotation : dashboard.at("annotations").at("list")) {
      if (annotation.contains("expr")) ask(substituted(annotation.at("expr")));
    }
  }
  EXPECT_GE(compared, 12U);
}

// These are the rules of Grafana's dashboard-linter.
class DashboardRules : public testing::Test {};

TEST_F(DashboardRules, hold_for_every_panel) {
  std::set<std::string> uids;
  for (const json& dashboard : dashboards()) {
    const auto title = dashboard.at("title").get<std::string>();
    EXPECT_EQ(dashboard.at("editable"), false) << title;
    EXPECT_TRUE(uids.insert(dashboard.at("uid").get<std::string>()).second) << title;
    std::set<int> ids;
    for (const auto& panel : dashboard.at("panels")) {
      const std::string where = title + ", " + panel.at("title").get<std::string>();
      EXPECT_TRUE(ids.insert(panel.at("id").get<int>()).second) << where;
      const auto& at = panel.at("gridPos");
      EXPECT_LE(at.at("x").get<int>() + at.at("w").get<int>(), 24) << where;
      if (panel.at("type") == "row") continue;
      EXPECT_FALSE(panel.at("description").get<std::string>().empty()) << where;
      EXPECT_FALSE(panel.at("targets").empty()) << where;
      EXPECT_FALSE(panel.at("fieldConfig").at("defaults").at("unit").get<std::string>().empty())
          << where;
      EXPECT_EQ(panel.at("datasource").at("uid"), "${datasource}") << where;
    }
  }
}

TEST_F(DashboardRules, hold_for_every_query) {
  const std::regex counter(R"(([a-z_]+_(total|bucket|sum|count))\{)");
  for (const json& dashboard : dashboards()) {
    each_query(dashboard, [&](const json& panel, const json& target) {
      const auto query = target.at("expr").get<std::string>();
      const std::string where = panel.at("title").get<std::string>() + ": " + query;
      EXPECT_EQ(target.at("datasource").at("uid"), "${datasource}") << where;
      EXPECT_THAT(query, HasSubstr(R"(job=~"$job", instance=~"$instance")")) << where;
      for (auto at = std::sregex_iterator(query.begin(), query.end(), counter);
           at != std::sregex_iterator(); ++at) {
        // A counter is shown as what it rises by.
        const std::string before = at->prefix().str();
        EXPECT_TRUE(before.ends_with("rate(") || before.ends_with("increase(")) << where;
      }
      EXPECT_EQ(query.find("[5m]"), std::string::npos) << where;
    });
  }
}

TEST_F(DashboardRules, hold_for_variables_and_links) {
  std::set<std::string> uids;
  for (const json& dashboard : dashboards()) uids.insert(dashboard.at("uid").get<std::string>());
  for (const json& dashboard : dashboards()) {
    std::map<std::string, json> variables;
    for (const auto& variable : dashboard.at("templating").at("list")) {
      variables[variable.at("name").get<std::string>()] = variable;
    }
    EXPECT_EQ(variables.at("datasource").at("query"), "prometheus");
    EXPECT_EQ(variables.at("datasource").at("label"), "Data source");
    for (const char* name : {"job", "instance"}) {
      EXPECT_EQ(variables.at(name).at("allValue"), ".+");
      EXPECT_EQ(variables.at(name).at("multi"), true);
      EXPECT_EQ(variables.at(name).at("refresh"), 2);  // when the time changes
    }
    ASSERT_FALSE(dashboard.at("links").empty());
    for (const auto& link : dashboard.at("links")) {
      const auto url = link.at("url").get<std::string>();
      EXPECT_TRUE(std::any_of(uids.begin(), uids.end(), [&](const auto& uid) {
        return url.starts_with("/d/" + uid + "/");
      })) << url;
    }
  }
}

// What a rule or an alert reads must be something that is served.
TEST_F(Dashboards, every_alert_reads_metrics_that_there_are) {
  const auto page = daemon_.http_get("/metrics");
  const std::string rules = read_file(metrics_files() / "prometheus" / "alerts.yml") +
                            read_file(metrics_files() / "prometheus" / "recording_rules.yml");
  // They appear with the first of their kind.
  const std::set<std::string> rare{"yardmaster_storage_errors_total",
                                   "yardmaster_broker_stalls_total"};
  const std::regex metric(R"((?:^|[^a-z_:])(yardmaster_[a-z_]+|process_[a-z_]+)[{\[ ])");
  std::size_t found = 0;
  for (auto at = std::sregex_iterator(rules.begin(), rules.end(), metric);
       at != std::sregex_iterator(); ++at) {
    const std::string name = (*at)[1];
    if (name.starts_with("yardmaster_loadgen_") || rare.contains(name)) continue;
    ++found;
    EXPECT_THAT(page, HasSubstr("\n" + name)) << name;
  }
  EXPECT_GT(found, 10U);
}

}  // namespace
}  // namespace yardmaster::support
