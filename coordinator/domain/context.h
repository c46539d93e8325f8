// The append-only log that an instance keeps, and what a handoff promises about it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/base/clock.h"
#include "coordinator/base/sha256.h"

namespace yardmaster {

struct ContextEntry {
  std::uint64_t seq = 0;  // from 1, without gaps
  std::string kind;
  std::string data;
  WallTime time{};
};

struct ContextInfo {
  std::string name;
  std::string owner;  // an instance
  std::uint64_t generation = 0;
  std::uint64_t last_seq = 0;
};

// SHA-256 over, for each entry in order, seq, kind, length of data in bytes and data, each followed
// by a newline. Not thread-safe.
class ContextDigest {
 public:
  void add(std::uint64_t seq, std::string_view kind, std::string_view data);
  std::uint64_t count() const { return count_; }
  // Lower-case hexadecimal, 64 characters. Nothing may be added afterwards.
  std::string finish() { return sha256_.finish(); }
  // The same, and more may be added.
  std::string so_far() const { return sha256_.so_far(); }

 private:
  Sha256 sha256_;
  std::string header_;
  std::uint64_t count_ = 0;
};

}  // namespace yardmaster
