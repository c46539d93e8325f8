#include "loadgen/run/live_page.h"

#include <utility>

#include "reports/page_writer.h"

namespace yardmaster::loadgen {
namespace {

reports::Page page_of(reports::Report report) {
  reports::Page page;
  page.live = true;
  page.reports.push_back({.name = "", .report = std::move(report)});
  return page;
}

}  // namespace

LivePage::LivePage(const std::string& address) : endpoint_("--serve", address, false, pages()) {}

// What is served is made when somebody asks for it.
ServedPages LivePage::pages() {
  return {{"/",
           {.type = "text/html; charset=utf-8",
            .text = [this] { return reports::to_html(page_of(shown())); }}},
          {"/data", {.type = "application/json", .text = [this] {
                       return reports::page_data(page_of(shown()));
                     }}}};
}

void LivePage::show(reports::Report report) {
  const std::lock_guard lock(mutex_);
  report_ = std::move(report);
}

reports::Report LivePage::shown() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

std::string LivePage::url() const {
  return "http://127.0.0.1:" + std::to_string(endpoint_.port()) + "/";
}

}  // namespace yardmaster::loadgen
