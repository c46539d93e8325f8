#include "coordinator/base/postgres_conninfo.h"

namespace yardmaster {

bool is_database_name(const std::string& text) {
  return text.find('=') == std::string::npos && !text.starts_with("postgres://") &&
         !text.starts_with("postgresql://");
}

Conninfo parse_conninfo(const std::string& conninfo) {
  char* complaint = nullptr;
  Conninfo options(PQconninfoParse(conninfo.c_str(), &complaint));
  if (complaint != nullptr) PQfreemem(complaint);
  return options;
}

std::string quoted_conninfo_value(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace yardmaster
