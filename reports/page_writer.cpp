#include "reports/page_writer.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>

#include <nlohmann/json.hpp>

#include "coordinator/base/sha256.h"
#include "embedded/charts.js.h"
#include "embedded/dygraph.min.css.h"
#include "embedded/dygraph.min.js.h"
#include "embedded/figures.js.h"
#include "embedded/page.css.h"
#include "embedded/page.html.h"
#include "embedded/page.js.h"
#include "embedded/plots.js.h"
#include "embedded/sections.js.h"
#include "metrics/base64.h"
#include "reports/json_writer.h"
#include "reports/meaning.h"
#include "reports/run_text.h"

namespace yardmaster::reports {
namespace {

using Json = nlohmann::ordered_json;

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json meaning_json(const Meaning& meaning) {
  Json answers = Json::array();
  for (const Answer& answer : meaning.answers) {
    answers.push_back({{"question", answer.question}, {"text", answer.text}});
  }
  return {{"verdict", to_string(meaning.verdict)},
          {"headline", meaning.headline},
          {"answers", std::move(answers)}};
}

// The words of a report's runs that the terminal has, too.
Json lines_of(const Report& report) {
  Json all = Json::array();
  for (const Run& run : report.runs) {
    Json lines = Json::array();
    for (const std::string& line :
         {conditions_of(run), rate_of(run), real_instances_of(run), checkpoint_frames_of(run),
          delayed_fsync_of(run), server_statistics_of(run), self_check_of(run), littles_law_of(run),
          audit_of(run), errors_of(run), contention_of(run), resources_of(run)}) {
      if (!line.empty()) lines.push_back(line);
    }
    for (const auto& list : {checks_of(run), grounds_of(run), run.warnings}) {
      for (const std::string& line : list) lines.push_back(line);
    }
    all.push_back({{"title", title_of(run)}, {"lines", std::move(lines)}});
  }
  return all;
}

Json report_json(const ShownReport& shown) {
  return {{"name", shown.name},
          {"meaning", meaning_json(meaning_of(shown.report))},
          {"machine", machine_of(shown.report.environment)},
          {"software", software_of(shown.report.environment)},
          {"words", lines_of(shown.report)},
          {"report", Json::parse(to_json(shown.report))}};
}

Json search_json(const ShownSearch& shown) {
  Json texts = Json::array();
  for (const CapacityCell& cell : shown.map.cells) texts.push_back(text_of(cell.capacity));
  return {
      {"name", shown.name}, {"texts", std::move(texts)}, {"map", Json::parse(to_json(shown.map))}};
}

Json comparison_json(const Comparison& comparison) {
  Json runs = Json::array();
  for (const RunComparison& run : comparison.runs) {
    Json changes = Json::array();
    for (const Change& change : run.changes) {
      changes.push_back({{"measurement", change.measurement},
                         {"before_ms", finite(change.before_ms)},
                         {"after_ms", finite(change.after_ms)},
                         {"ratio", finite(change.ratio)},
                         {"ratio_low", finite(change.ratio_low)},
                         {"ratio_high", finite(change.ratio_high)},
                         {"trend", to_string(change.trend)}});
    }
    runs.push_back({{"title", run.title}, {"changes", std::move(changes)}, {"notes", run.notes}});
  }
  return {{"runs", std::move(runs)}, {"notes", comparison.notes}};
}

// Replaces {{name}} once. What is put in is not searched again.
void fill(std::string& text, std::string_view name, std::string_view value) {
  const std::string place = "{{" + std::string(name) + "}}";
  const std::size_t at = text.find(place);
  if (at != std::string::npos) text.replace(at, place.size(), value);
}

// JSON inside an element <script>: an end tag or a comment can only begin with "<".
std::string inside_html(const std::string& json) {
  std::string safe;
  safe.reserve(json.size());
  for (const char letter : json) {
    if (letter == '<') {
      safe += "\\u003c";
    } else {
      safe += letter;
    }
  }
  return safe;
}

// The policy lets this very script run and no other.
std::string source_of(std::string_view script) {
  const std::string hex = sha256_hex(script);
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return "'sha256-" + metrics::base64_encode(bytes) + "'";
}

}  // namespace

std::string page_data(const Page& page) {
  Json data{{"live", page.live}, {"reports", Json::array()}, {"searches", Json::array()}};
  for (const ShownReport& shown : page.reports) data["reports"].push_back(report_json(shown));
  for (const ShownSearch& shown : page.searches) data["searches"].push_back(search_json(shown));
  if (page.comparison) data["comparison"] = comparison_json(*page.comparison);
  return data.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string to_html(const Page& page) {
  namespace part = embedded;
  std::string script(part::dygraph_min_js);
  for (const std::string_view own :
       {part::figures_js, part::charts_js, part::plots_js, part::sections_js, part::page_js}) {
    script.append("\n").append(own);
  }
  std::string html(part::page_html);
  // The data is filled in last: it may hold whatever it likes.
  fill(html, "style", std::string(part::dygraph_min_css) + std::string(part::page_css));
  fill(html, "policy", source_of(script));
  const std::size_t data = html.find("{{data}}");
  const std::string text = inside_html(page_data(page));
  html.replace(data, std::string_view("{{data}}").size(), text);
  const std::size_t place = html.rfind("{{script}}");
  html.replace(place, std::string_view("{{script}}").size(), script);
  return html;
}

}  // namespace yardmaster::reports
