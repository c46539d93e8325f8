#include "coordinator/store/schema.h"

#include <array>
#include <utility>

#include "coordinator/base/text_edits.h"
#include "embedded/migrations_2.sql.h"
#include "embedded/migrations_3.sql.h"
#include "embedded/migrations_4.sql.h"
#include "embedded/migrations_5.sql.h"
#include "embedded/schema.sql.h"

namespace yardmaster {
namespace {

constexpr std::int64_t oldest_schema_version = 1;
// Each of these leads to the next version.
constexpr std::array migrations{embedded::migrations_2_sql, embedded::migrations_3_sql,
                                embedded::migrations_4_sql, embedded::migrations_5_sql};
static_assert(oldest_schema_version + static_cast<std::int64_t>(migrations.size()) ==
              schema_version);

}  // namespace

std::string in_dialect(std::string_view sql, const Dialect& dialect) {
  std::string text(sql);
  const auto replace = [&](std::string_view word, std::string_view by) {
    text = replaced(std::move(text), word, by);
  };
  replace("{id}", dialect.id);
  replace("{bytes}", dialect.bytes);
  replace("{path}", dialect.path);
  replace("{clustered}", dialect.clustered);
  replace("{postgres}", dialect.postgres);
  return text;
}

std::string schema_from(std::int64_t version, const Dialect& dialect) {
  if (version == 0) return in_dialect(embedded::schema_sql, dialect);
  std::string sql;
  for (; version < schema_version; ++version) {
    sql += in_dialect(migrations.at(static_cast<std::size_t>(version - oldest_schema_version)),
                      dialect);
  }
  return sql;
}

std::string describe_upgrade(std::int64_t version) {
  if (version == 0) return "creating the schema";
  return "upgrading the schema from version " + std::to_string(version) + " to " +
         std::to_string(schema_version) + " (nothing was changed)";
}

}  // namespace yardmaster
