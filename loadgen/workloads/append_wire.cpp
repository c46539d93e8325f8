#include "loadgen/workloads/append_wire.h"

#include <array>
#include <charconv>

namespace yardmaster::loadgen {
namespace {

constexpr std::string_view head = R"({"id":)";
constexpr std::string_view before_context = R"(,"command":"append_context","args":{"context":")";
constexpr std::string_view before_seq = R"(","seq":)";
constexpr std::string_view success = R"(,"success":true,"data":{"seq":)";

}  // namespace

AppendTemplate::AppendTemplate(const Payload& payload, Durability durability)
    : payload_(payload),
      tail_(durability == Durability::power ? "\",\"durability\":\"power\"}}\n" : "\"}}\n") {}

void AppendTemplate::write(std::string& frame, std::string_view context, std::uint64_t instance,
                           std::uint64_t seq) const {
  std::array<char, 20> buffer{};
  const auto* end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), seq).ptr;
  const std::string_view number(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  frame.assign(head).append(number).append(before_context).append(context);
  frame.append(before_seq).append(number);
  frame.append(R"(,"kind":")").append(entry_kind).append(R"(","data":")");
  payload_.append_to(frame, instance, seq);
  frame.append(tail_);
}

std::optional<std::uint64_t> acknowledged_id(std::string_view line) {
  if (!line.starts_with(head)) return std::nullopt;
  const char* const end = line.data() + line.size();
  std::uint64_t id = 0;
  const auto parsed = std::from_chars(line.data() + head.size(), end, id);
  const std::string_view rest(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
  if (parsed.ec != std::errc() || !rest.starts_with(success)) return std::nullopt;
  std::uint64_t seq = 0;
  const auto second = std::from_chars(parsed.ptr + success.size(), end, seq);
  const bool ends_well = second.ec == std::errc() && second.ptr != end &&
                         (*second.ptr == ',' || *second.ptr == '}') && line.back() == '}';
  return ends_well && seq == id ? std::optional(id) : std::nullopt;
}

}  // namespace yardmaster::loadgen
