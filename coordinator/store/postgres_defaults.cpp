#include "coordinator/store/postgres_defaults.h"

#include <cstdlib>
#include <map>

#include "coordinator/base/postgres_conninfo.h"

namespace yardmaster {
namespace {

using Values = std::map<std::string, std::string>;

bool is_from_environment(const PQconninfoOption& option) {
  return option.envvar != nullptr && std::getenv(option.envvar) != nullptr;
}

}  // namespace

std::string with_postgres_environment(const std::string& conninfo) {
  Values values;
  const Conninfo defaults(PQconndefaults());
  for (const PQconninfoOption* each = defaults.get(); each && each->keyword; ++each) {
    if (each->val != nullptr && is_from_environment(*each)) values[each->keyword] = each->val;
  }
  if (values.empty()) return conninfo;
  if (!is_database_name(conninfo)) {
    const Conninfo given = parse_conninfo(conninfo);
    if (!given) return conninfo;
    for (const PQconninfoOption* each = given.get(); each->keyword; ++each) {
      if (each->val != nullptr) values[each->keyword] = each->val;
    }
  } else if (!conninfo.empty()) {
    values["dbname"] = conninfo;
  }
  std::string text;
  for (const auto& [keyword, value] : values) {
    text += (text.empty() ? "" : " ") + keyword + "=" + quoted_conninfo_value(value);
  }
  return text;
}

}  // namespace yardmaster
