#include "coordinator/base/error.h"

#include <array>
#include <utility>

namespace yardmaster {
namespace {

constexpr std::array<std::pair<ErrorCode, std::string_view>, 26> names{{
    {ErrorCode::invalid_json, "invalid_json"},
    {ErrorCode::invalid_request, "invalid_request"},
    {ErrorCode::too_deep, "too_deep"},
    {ErrorCode::frame_too_large, "frame_too_large"},
    {ErrorCode::unknown_command, "unknown_command"},
    {ErrorCode::not_found, "not_found"},
    {ErrorCode::already_exists, "already_exists"},
    {ErrorCode::forbidden, "forbidden"},
    {ErrorCode::sequence_gap, "sequence_gap"},
    {ErrorCode::sequence_conflict, "sequence_conflict"},
    {ErrorCode::stale_generation, "stale_generation"},
    {ErrorCode::context_frozen, "context_frozen"},
    {ErrorCode::digest_mismatch, "digest_mismatch"},
    {ErrorCode::key_reused, "key_reused"},
    {ErrorCode::conflict, "conflict"},
    {ErrorCode::storage_full, "storage_full"},
    {ErrorCode::serialization_failure, "serialization_failure"},
    {ErrorCode::storage_failed, "storage_failed"},
    {ErrorCode::outcome_unknown, "outcome_unknown"},
    {ErrorCode::storage_damaged, "storage_damaged"},
    {ErrorCode::agent_ended, "agent_ended"},
    {ErrorCode::unavailable, "unavailable"},
    {ErrorCode::timed_out, "timed_out"},
    {ErrorCode::unsupported, "unsupported"},
    {ErrorCode::usage, "usage"},
    {ErrorCode::internal, "internal"},
}};

}  // namespace

std::string_view to_string(ErrorCode code) {
  for (const auto& [candidate, name] : names) {
    if (candidate == code) return name;
  }
  return "internal";
}

std::optional<ErrorCode> error_code_from(std::string_view text) {
  for (const auto& [code, name] : names) {
    if (name == text) return code;
  }
  return std::nullopt;
}

}  // namespace yardmaster
