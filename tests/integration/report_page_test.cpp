// The page of a report, in a real browser: what a reader sees, hears and prints.
#include <csignal>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "reports/compare.h"
#include "reports/page_writer.h"
#include "reports/report_files.h"
#include "tests/integration/shown_run.h"
#include "tests/support/browser.h"
#include "tests/support/daemon_process.h"
#include "tests/support/prometheus_server.h"
#include "tests/support/temporary_directory.h"

namespace yardmaster::support {
namespace {

using reports::Page;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ReportPage : public WithBrowser<testing::Test> {
 protected:
  void show(const Page& page, const View& view = {}) {
    reports::write_file(file_, reports::to_html(page));
    browser().open("file://" + file_.string(), view);
  }
  std::string text() { return browser().evaluate("document.body.innerText").get<std::string>(); }
  int count(const std::string& selector) {
    return browser().evaluate("document.querySelectorAll('" + selector + "').length").get<int>();
  }
  void expect_drawn() {
    EXPECT_THAT(browser().complaints(), IsEmpty());
    EXPECT_THAT(browser().requests(), ElementsAre("file://" + file_.string()));
    // Of dygraphs' two canvases the upper one is for the cursor.
    EXPECT_EQ(browser().evaluate(R"([...document.querySelectorAll('.chart')]
      .filter((chart) => {
        const canvas = chart.querySelector('canvas');
        const pixels = new Uint32Array(canvas.getContext('2d')
            .getImageData(0, 0, canvas.width, canvas.height).data.buffer);
        return new Set(pixels).size < 10;
      }).map((chart) => chart.getAttribute('aria-label')))"),
              nlohmann::json::array());
  }

  TemporaryDirectory directory_;
  const std::filesystem::path file_ = directory_ / "report.html";
};

TEST_F(ReportPage, shows_the_verdict_and_every_chart_of_a_run) {
  for (const View& view : {View{}, View{.width = 390, .height = 844}, View{.dark = true}}) {
    show({.reports = {{.name = "", .report = shown_report({shown_run("sqlite", 25)})}}}, view);
    expect_drawn();
    for (const char* id : {"targets", "percentiles", "over-time", "lag", "heat", "measurements"}) {
      EXPECT_EQ(count(std::string("#") + id), 1) << id;
    }
    EXPECT_GT(browser().evaluate(R"(new Set(new Uint32Array(document.querySelector('canvas.heat')
      .getContext('2d').getImageData(100, 10, 200, 200).data.buffer)).size)"),
              3);
    EXPECT_GE(count("#targets svg rect"), 3);
    EXPECT_THAT(text(), HasSubstr("This machine carries 25 instances on SQLite."));
    // Nothing is wider than the window.
    EXPECT_LE(browser().evaluate("document.documentElement.scrollWidth - innerWidth"), 0);
  }
}

TEST_F(ReportPage, its_figures_are_those_of_the_report) {
  const auto report = shown_report({shown_run("sqlite", 25)});
  show({.reports = {{.name = "", .report = report}}});
  const auto row = browser().evaluate(R"([...[...document.querySelectorAll('#measurements tr')]
    .find((row) => row.cells[0].textContent === 'write').cells].map((cell) => cell.textContent))");
  EXPECT_EQ(row, (nlohmann::json{"write", "25 instances, SQLite", "60,000", "0.310", "0.402",
                                 "0.911", "1.50", "3.10", "0.800"}));
  EXPECT_THAT(text(), HasSubstr("0.911 of 30.0 ms"));
  EXPECT_EQ(browser().evaluate("document.getElementById('command').textContent"), report.command);
}

TEST_F(ReportPage, lays_two_stores_side_by_side_and_shows_the_knee) {
  std::vector<reports::Run> runs;
  for (const std::uint64_t instances : {10U, 25U, 50U}) {
    runs.push_back(shown_run("sqlite", instances));
    runs.push_back(shown_run("postgres", instances));
  }
  show({.reports = {{.name = "", .report = shown_report(runs)}}});
  expect_drawn();
  EXPECT_EQ(count("#stores"), 1);
  EXPECT_EQ(count("#knee"), 1);
  EXPECT_EQ(count(".controls input:checked"), 2);
  browser().evaluate("document.querySelector('.controls input:not(:checked)').click()");
  EXPECT_EQ(count(".controls input:checked"), 3);
  expect_drawn();
}

TEST_F(ReportPage, overlays_two_reports_with_the_interval_of_each_change) {
  const auto before = shown_report({shown_run("sqlite", 25)});
  auto slower = shown_run("sqlite", 25);
  for (auto* value :
       {&slower.measurements["write"].latency_ms.p99, &slower.measurements["write"].p99_low_ms,
        &slower.measurements["write"].p99_high_ms}) {
    *value *= 3;
  }
  const auto after = shown_report({slower});
  show({.reports = {{.name = "before", .report = before}, {.name = "after", .report = after}},
        .searches = {},
        .comparison = reports::compare(before, after)});
  expect_drawn();
  EXPECT_THAT(text(), HasSubstr("×3.00 slower"));
  EXPECT_GE(count("#comparison-0 svg line"), 5);
}

// Every text that comes from outside is one; an image's error handler would show that it was not.
TEST_F(ReportPage, hostile_names_are_text) {
  const std::string hostile =
      "</script><img src=x onerror=alert(1)><!-- {{script}} {{data}} \" ' & \x1b[31m";
  auto run = shown_run(hostile, 25);
  run.scenario = run.transaction = run.topology = hostile;
  run.warnings = {hostile};
  run.marks = {{.time_s = 3, .kind = hostile, .text = hostile}};
  run.measurements[hostile] = run.measurements["write"];
  run.targets.front().reason = hostile;
  auto report = shown_report({run});
  report.command = "loadgen " + hostile;
  report.environment.cpu = hostile;
  show({.reports = {{.name = hostile, .report = report}}});
  expect_drawn();
  EXPECT_EQ(count("img"), 0);
  EXPECT_EQ(count("script"), 2);
  EXPECT_THAT(text(), HasSubstr("<img src=x onerror=alert(1)>"));
}

TEST_F(ReportPage, without_samples_it_says_so) {
  show({.reports = {{.name = "", .report = {}}}});
  EXPECT_THAT(text(), HasSubstr("Nothing was measured."));
  EXPECT_THAT(text(), HasSubstr("nothing to draw"));
  reports::Run empty;
  empty.instances = 25;
  empty.store = "sqlite";
  show({.reports = {{.name = "", .report = shown_report({empty})}}});
  EXPECT_THAT(text(), HasSubstr("There are no samples."));
  EXPECT_THAT(browser().complaints(), IsEmpty());
}

TEST_F(ReportPage, is_read_by_keyboard_and_by_screen_readers) {
  show({.reports = {{.name = "", .report = shown_report({shown_run("sqlite", 25)})}}});
  // Each picture has a name, and a table after it.
  EXPECT_EQ(browser().evaluate(R"([...document.querySelectorAll('[role=img]')].filter((picture) =>
    !picture.getAttribute('aria-label') || !picture.closest('section').querySelector('table'))
    .length)"),
            0);
  browser().evaluate("document.querySelector('#over-time .chart').focus()");
  browser().press("ArrowRight");
  EXPECT_THAT(browser()
                  .evaluate("document.querySelector('#over-time .key').textContent")
                  .get<std::string>(),
              HasSubstr("P99:"));
}

// WCAG's formula; 4.5 is its level AA for text of ordinary size.
TEST_F(ReportPage, its_text_stands_out_in_light_and_dark) {
  for (const bool dark : {false, true}) {
    show({.reports = {{.name = "", .report = shown_report({shown_run("sqlite", 25)})}}},
         {.dark = dark});
    EXPECT_EQ(browser().evaluate(R"((() => {
      const numbers = (text) => text.match(/[\d.]+/g).map(Number);
      const light = (rgb) => rgb.slice(0, 3).map((c) => c / 255)
          .map((c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
          .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
      const below = (node) => {
        for (; node; node = node.parentElement) {
          const color = numbers(getComputedStyle(node).backgroundColor);
          if (color.length === 3 || color[3] > 0) return color;
        }
        return [255, 255, 255];
      };
      const poor = [];
      for (const node of document.querySelectorAll('main *')) {
        if (![...node.childNodes].some((c) => c.nodeType === 3 && c.textContent.trim())) continue;
        const style = getComputedStyle(node);
        const ink = numbers(node.closest('svg') ? style.fill : style.color);
        const [a, b] = [light(ink), light(below(node))].sort((x, y) => y - x);
        if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(node.textContent.slice(0, 40));
      }
      return poor;
    })())"),
              nlohmann::json::array())
        << (dark ? "dark" : "light");
  }
}

// Drives a load, which sanitizers would slow down.
class LivePage : public ReportPage {};

TEST_F(LivePage, a_run_is_seen_while_it_goes_on) {
  const auto port = std::to_string(free_port());
  const std::string url = "http://127.0.0.1:" + port + "/";
  ChildProcess loadgen(
      {.argv = {loadgen_program(), "--instances", "5", "--duration", "60s", "--serve",
                "127.0.0.1:" + port, "--directory", directory_.path().string(), "--report",
                (directory_ / "report").string()}});
  const auto has_begun = [&] {
    const auto data = run({.argv = {"curl", "-s", url + "data"}}).output;
    return data.find("\"p99_ms\":{\"") != std::string::npos;
  };
  ASSERT_TRUE(eventually(has_begun)) << loadgen.errors();
  browser().open(url);
  EXPECT_THAT(text(), HasSubstr("so far: the run goes on"));
  EXPECT_EQ(count("#over-time"), 1);
  EXPECT_TRUE(eventually([&] {
    return browser().evaluate("page.data.reports[0].report.runs[0].series.length").get<int>() >= 3;
  }));
  EXPECT_THAT(browser().complaints(), IsEmpty());
  loadgen.signal(SIGINT);
  EXPECT_TRUE(loadgen.wait().has_value());
}

TEST_F(ReportPage, loadgen_writes_one_from_reports_and_refuses_others) {
  reports::write_report(shown_report({shown_run("sqlite", 25)}), directory_ / "a");
  const auto loadgen = [&](const std::vector<std::string>& arguments) {
    std::vector<std::string> argv{loadgen_program()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run({.argv = argv});
  };
  const auto file = (directory_ / "both.html").string();
  const auto done = loadgen({"report", (directory_ / "a").string(),
                             (directory_ / "a" / "report.json").string(), "--html", file});
  EXPECT_EQ(done.status, 0) << done.errors;
  browser().open("file://" + file);
  EXPECT_THAT(browser().complaints(), IsEmpty());
  EXPECT_EQ(count("h1"), 2);
  const std::string whole = read_file(directory_ / "a" / "report.json");
  const auto refuses = [&](const std::string& content, const std::string& why) {
    write_file(directory_ / "bad.json", content);
    const auto refused = loadgen({"report", (directory_ / "bad.json").string(), "--html", file});
    EXPECT_EQ(refused.status, 2) << content.substr(0, 40);
    EXPECT_THAT(refused.errors, HasSubstr(why));
  };
  refuses(R"({"schema": 2, "runs": []})", "its schema is 2, this reads 1");
  refuses(whole.substr(0, whole.size() / 2), "not JSON");
  refuses("{}", "it has no 'schema'");
  refuses(R"({"cells": 5, "schema": 1})", "date is missing");
}

}  // namespace
}  // namespace yardmaster::support
