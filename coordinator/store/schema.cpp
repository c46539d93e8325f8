#include "coordinator/store/schema.h"

#include "embedded/schema.sql.h"

namespace yardmaster {

std::string schema_in(const Dialect& dialect) {
  std::string text(embedded::schema_sql);
  const auto replace = [&](std::string_view word, std::string_view by) {
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size())) {
      text.replace(at, word.size(), by);
    }
  };
  replace("{id}", dialect.id);
  replace("{bytes}", dialect.bytes);
  replace("{clustered}", dialect.clustered);
  return text;
}

}  // namespace yardmaster
