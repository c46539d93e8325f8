#include "coordinator/base/error.h"

#include <array>

namespace yardmaster {
namespace {

struct ErrorRow {
  ErrorCode code;
  std::string_view name;
  std::string_view meaning;
};

constexpr std::array<ErrorRow, 26> error_rows{{
    {ErrorCode::invalid_json, "invalid_json", "It is not JSON, or not UTF-8"},
    {ErrorCode::invalid_request, "invalid_request",
     "It is JSON, but no request: a wrong type, an unknown or missing field, a bad value"},
    {ErrorCode::too_deep, "too_deep", "It is nested deeper than the protocol allows"},
    {ErrorCode::frame_too_large, "frame_too_large", "It is longer than the protocol allows"},
    {ErrorCode::unknown_command, "unknown_command", "There is no such command"},
    {ErrorCode::not_found, "not_found", "What is named is not there"},
    {ErrorCode::already_exists, "already_exists", "The name is taken"},
    {ErrorCode::forbidden, "forbidden",
     "The caller is not the instance that it speaks for, or its role or access token does not "
     "grant this"},
    {ErrorCode::sequence_gap, "sequence_gap",
     "An entry skips numbers; `expected_seq` says which one is next"},
    {ErrorCode::sequence_conflict, "sequence_conflict",
     "Another entry has this number; `expected_seq` says which one is free"},
    {ErrorCode::stale_generation, "stale_generation", "The context has another owner by now"},
    {ErrorCode::context_frozen, "context_frozen", "A handoff of the context is pending"},
    {ErrorCode::digest_mismatch, "digest_mismatch",
     "The receiver of a handoff read something else than was offered"},
    {ErrorCode::key_reused, "key_reused", "The same key came with another request"},
    {ErrorCode::conflict, "conflict", "The thing is not in a state in which this can be done"},
    {ErrorCode::storage_full, "storage_full", "The store's disk is full"},
    {ErrorCode::serialization_failure, "serialization_failure",
     "The transaction met another one: it may be repeated whole"},
    {ErrorCode::storage_failed, "storage_failed", "The store failed; the text says how"},
    {ErrorCode::outcome_unknown, "outcome_unknown",
     "A commit may or may not have taken effect: the store did not say in time"},
    {ErrorCode::storage_damaged, "storage_damaged",
     "The database is damaged, newer than this program, or not ours"},
    {ErrorCode::agent_ended, "agent_ended", "The agent ended before it gave a sign of life"},
    {ErrorCode::unavailable, "unavailable", "The daemon is stopping, or not there, or full"},
    {ErrorCode::timed_out, "timed_out", "It did not happen in time"},
    {ErrorCode::unsupported, "unsupported",
     "This machine, file system or connection lacks what is needed"},
    {ErrorCode::usage, "usage", "A command line or configuration cannot be used"},
    {ErrorCode::internal, "internal", "A mistake of the daemon's own"},
}};

const ErrorRow& row_of(ErrorCode code) {
  for (const ErrorRow& row : error_rows) {
    if (row.code == code) return row;
  }
  return error_rows.back();
}

}  // namespace

std::string_view to_string(ErrorCode code) { return row_of(code).name; }

std::string_view meaning_of(ErrorCode code) { return row_of(code).meaning; }

std::optional<ErrorCode> error_code_from(std::string_view text) {
  for (const ErrorRow& row : error_rows) {
    if (row.name == text) return row.code;
  }
  return std::nullopt;
}

std::vector<ErrorCode> all_error_codes() {
  std::vector<ErrorCode> codes;
  codes.reserve(std::size(error_rows));
  for (const ErrorRow& row : error_rows) codes.push_back(row.code);
  return codes;
}

}  // namespace yardmaster
