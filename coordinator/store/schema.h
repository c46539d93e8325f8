// The schema, which all drivers share but for a few words. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace yardmaster {

constexpr int schema_version = 1;

// What the words in braces of sql/schema.sql stand for.
struct Dialect {
  std::string_view id;         // a 64-bit primary key that rows are stored by
  std::string_view bytes;      // a byte string
  std::string_view clustered;  // of a table that is stored by its primary key
};

// All statements of the schema, separated by semicolons.
std::string schema_in(const Dialect& dialect);

}  // namespace yardmaster
