// Arguments of a prepared statement in PostgreSQL's binary format
// (https://www.postgresql.org/docs/15/protocol-message-formats.html). Text and bytes are borrowed:
// they must live until the statement is sent.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/store/database.h"

namespace yardmaster {

class PostgresArguments {
 public:
  PostgresArguments() = default;
  explicit PostgresArguments(std::span<const Parameter> parameters);
  PostgresArguments(const PostgresArguments&) = delete;
  PostgresArguments& operator=(const PostgresArguments&) = delete;

  void add(std::int64_t number);
  void add_null();
  void add_bytes(std::string_view bytes);  // text, too
  void add_array(std::span<const std::int64_t> numbers);
  void add_array(std::span<const std::string_view> byte_strings);

  int count() const { return static_cast<int>(values_.size()); }
  const char* const* values() const { return values_.data(); }
  const int* lengths() const { return lengths_.data(); }
  // All arguments are binary.
  const int* formats() const { return formats_.data(); }

 private:
  std::string& own();

  std::deque<std::string> owned_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

// A big-endian integer of 2, 4 or 8 bytes, as results hold it.
std::int64_t postgres_integer(std::string_view bytes);

}  // namespace yardmaster
