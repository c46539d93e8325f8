// The one exception type of the project. What a caller is expected to branch on is a return value;
// what it is not is an Error, turned into a reply at one place, the broker's dispatcher, and into
// one line on standard error by the programs.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace yardmaster {

// What each means: meaning_of().
enum class ErrorCode {
  invalid_json,
  invalid_request,
  too_deep,
  frame_too_large,
  unknown_command,
  not_found,
  already_exists,
  forbidden,
  sequence_gap,
  sequence_conflict,
  stale_generation,
  context_frozen,
  digest_mismatch,
  key_reused,
  conflict,
  storage_full,
  serialization_failure,
  storage_failed,
  outcome_unknown,
  storage_damaged,
  agent_ended,
  unavailable,
  timed_out,
  unsupported,
  usage,
  internal,
};

// The code as it stands on the wire, e.g. "sequence_gap".
std::string_view to_string(ErrorCode code);
std::optional<ErrorCode> error_code_from(std::string_view text);
// In one sentence, without its full stop.
std::string_view meaning_of(ErrorCode code);
std::vector<ErrorCode> all_error_codes();

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  static Error sequence_gap(std::uint64_t expected_seq, const std::string& message) {
    Error error(ErrorCode::sequence_gap, message);
    error.expected_seq_ = expected_seq;
    return error;
  }

  static Error sequence_conflict(std::uint64_t expected_seq, const std::string& message) {
    Error error(ErrorCode::sequence_conflict, message);
    error.expected_seq_ = expected_seq;
    return error;
  }

  ErrorCode code() const { return code_; }
  // The next sequence number that would be taken; only with sequence_gap and
  // sequence_conflict.
  std::optional<std::uint64_t> expected_seq() const { return expected_seq_; }

 private:
  ErrorCode code_;
  std::optional<std::uint64_t> expected_seq_;
};

[[noreturn]] inline void throw_unavailable(const std::string& message) {
  throw Error(ErrorCode::unavailable, message);
}

}  // namespace yardmaster
