#include "loadgen/direct/row_audit.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace yardmaster::loadgen {
namespace {

constexpr std::string_view name_prefix = "instance_";

// "instance_7" and "7/12 …": 7 and 12.
std::optional<std::uint64_t> number_after(std::string_view text, std::size_t begin) {
  std::uint64_t number = 0;
  if (begin > text.size()) return std::nullopt;
  const auto [end, failure] =
      std::from_chars(text.data() + begin, text.data() + text.size(), number);
  if (failure != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

RowAudit::RowAudit(const Payload& payload, const std::vector<std::uint64_t>& acknowledged)
    : payload_(payload) {
  for (const auto count : acknowledged) {
    instances_.push_back(
        {.acknowledged = count, .seen = std::vector<bool>(count + 1), .latest = 0});
    audit_.acknowledged += count;
  }
}

void RowAudit::add(std::string_view instance_name, std::string_view data) {
  const auto slash = data.find('/');
  if (slash == std::string_view::npos) return;
  const auto number = number_after(instance_name, name_prefix.size());
  const auto seq = number_after(data, slash + 1);
  if (!number || *number >= instances_.size() || !seq) return;
  expected_.clear();
  payload_.append_to(expected_, *number, *seq);
  if (data != expected_) return;
  Instance& instance = instances_[*number];
  if (*seq < instance.latest) ++audit_.out_of_order;
  instance.latest = std::max(instance.latest, *seq);
  if (*seq == 0 || *seq > instance.acknowledged) return;
  if (instance.seen[*seq]) {
    ++audit_.duplicated;
    return;
  }
  instance.seen[*seq] = true;
  ++audit_.stored;
}

reports::Audit RowAudit::result() const {
  reports::Audit audit = audit_;
  audit.lost = audit.acknowledged - audit.stored;
  return audit;
}

}  // namespace yardmaster::loadgen
