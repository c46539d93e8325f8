// Reports, maps of capacity, and histograms in them. What was read is written and read again: it
// has to be the same.
#include <string>

#include "metrics/base64.h"
#include "metrics/histogram.h"
#include "reports/capacity_map.h"
#include "reports/json_reader.h"
#include "reports/json_writer.h"
#include "tests/fuzz/targets/fuzz_targets.h"

namespace yardmaster::fuzz {
namespace {

void read_report(std::string_view text) {
  reports::Report read;
  if (!accepted([&] { read = reports::from_json(text); })) return;
  const std::string written = reports::to_json(read);
  require(reports::to_json(reports::from_json(written)) == written, "a report changes");
}

void read_map(std::string_view text) {
  reports::CapacityMap read;
  if (!accepted([&] { read = reports::map_from_json(text); })) return;
  const std::string written = reports::to_json(read);
  require(reports::to_json(reports::map_from_json(written)) == written, "a map changes");
  (void)reports::to_markdown(read);
}

}  // namespace

void report(std::string_view input) {
  read_report(input);
  read_map(input);
}

void histogram(std::string_view input) {
  metrics::Histogram read;
  if (!accepted([&] { read = metrics::Histogram::decode(input); })) {
    // Also past the base64 and the header, which chance does not find.
    const std::string text =
        metrics::base64_encode({reinterpret_cast<const std::uint8_t*>(input.data()), input.size()});
    if (!accepted([&] { read = metrics::Histogram::decode(text); })) return;
  }
  const metrics::Histogram again = metrics::Histogram::decode(read.encode());
  require(again.count() == read.count(), "another count");
  require(again.overflow() == read.overflow(), "another overflow");
  require(again.encode() == read.encode(), "another payload");
  (void)read.quantiles();
}

}  // namespace yardmaster::fuzz
