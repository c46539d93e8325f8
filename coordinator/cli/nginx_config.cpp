#include "coordinator/cli/nginx_config.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "coordinator/base/text_edits.h"
#include "coordinator/cli/output/display_text.h"
#include "embedded/yard.conf.h"

namespace yardmaster::cli {
namespace {

bool is_plain(char c) {
  constexpr std::string_view marks = "/._-+@,=~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         marks.find(c) != std::string_view::npos;
}

void fill_in(std::string& text, const std::string& name, const std::string& value) {
  text = replaced(std::move(text), "{{" + name + "}}", value);
}

}  // namespace

std::string nginx_config(const Config& config, unsigned port) {
  const std::string& place = config.runtime_dir;
  if (!std::all_of(place.begin(), place.end(), is_plain)) {
    throw Error(ErrorCode::usage, "runtime_dir: nginx cannot be told of " + one_line(place) +
                                      ": choose one of letters, digits and "
                                      "/._-+@,=~");
  }
  using std::chrono::seconds;
  const auto pings = std::chrono::duration_cast<seconds>(3 * config.ping_interval);
  const seconds timeout = std::max<seconds>(std::chrono::hours(1), pings);
  std::string text(embedded::yard_conf);
  fill_in(text, "ping", format_duration(config.ping_interval));
  fill_in(text, "timeout", std::to_string(timeout.count()) + "s");
  fill_in(text, "port", std::to_string(port));
  fill_in(text, "runtime_dir", place);
  return text;
}

}  // namespace yardmaster::cli
