#include "coordinator/store/postgres_defaults.h"

#include <cstdlib>
#include <map>
#include <memory>

#include <libpq-fe.h>

namespace yardmaster {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, FreeOptions>;
using Values = std::map<std::string, std::string>;

bool is_from_environment(const PQconninfoOption& option) {
  return option.envvar != nullptr && std::getenv(option.envvar) != nullptr;
}

// As libpq tells one from the mere name of a database.
bool is_connection_string(const std::string& text) {
  return text.find('=') != std::string::npos || text.starts_with("postgres://") ||
         text.starts_with("postgresql://");
}

std::string quoted_value(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::string with_postgres_environment(const std::string& conninfo) {
  Values values;
  const Options defaults(PQconndefaults());
  for (const PQconninfoOption* each = defaults.get(); each && each->keyword; ++each) {
    if (each->val != nullptr && is_from_environment(*each)) values[each->keyword] = each->val;
  }
  if (values.empty()) return conninfo;
  if (is_connection_string(conninfo)) {
    char* complaint = nullptr;
    const Options given(PQconninfoParse(conninfo.c_str(), &complaint));
    if (complaint != nullptr) PQfreemem(complaint);
    if (!given) return conninfo;
    for (const PQconninfoOption* each = given.get(); each->keyword; ++each) {
      if (each->val != nullptr) values[each->keyword] = each->val;
    }
  } else if (!conninfo.empty()) {
    values["dbname"] = conninfo;
  }
  std::string text;
  for (const auto& [keyword, value] : values) {
    text += (text.empty() ? "" : " ") + keyword + "=" + quoted_value(value);
  }
  return text;
}

}  // namespace yardmaster
