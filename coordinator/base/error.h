// The one exception type of the project. What a caller is expected to branch on is a return value;
// what it is not is an Error, turned into a reply at one place, the broker's dispatcher, and into
// one line on standard error by the programs.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace yardmaster {

enum class ErrorCode {
  invalid_json,     // not JSON, or invalid UTF-8
  invalid_request,  // JSON, but not a request: wrong type, unknown field, bad value
  too_deep,         // nested deeper than the protocol allows
  frame_too_large,  // longer than the protocol allows
  unknown_command,
  not_found,
  already_exists,
  forbidden,          // the caller is not the instance that it speaks for
  sequence_gap,       // an entry skips numbers; expected_seq says which one is next
  sequence_conflict,  // another entry has this number; expected_seq says which one is free
  stale_generation,   // the context has another owner by now
  context_frozen,     // a handoff of the context is pending
  digest_mismatch,    // the receiver of a handoff read something else than was offered
  key_reused,         // the same idempotency key came with another request
  conflict,           // the thing is not in a state in which this can be done
  storage_full,
  serialization_failure,  // the transaction met another one: it may be repeated whole
  storage_failed,
  outcome_unknown,  // a commit may or may not have taken effect: the store did not say in time
  storage_damaged,  // the database is damaged, newer than this program, or not ours
  agent_ended,      // the agent ended before it gave a sign of life
  unavailable,      // the daemon is stopping, or not there
  timed_out,
  unsupported,  // this machine or file system lacks what is needed
  usage,        // a command line or configuration that cannot be used
  internal,
};

// The code as it stands on the wire, e.g. "sequence_gap".
std::string_view to_string(ErrorCode code);
std::optional<ErrorCode> error_code_from(std::string_view text);

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
