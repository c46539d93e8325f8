#include "coordinator/base/postgres_secrets.h"

#include <algorithm>
#include <string_view>

#include "coordinator/base/postgres_conninfo.h"
#include "coordinator/base/secrets.h"

namespace yardmaster {
namespace {

// libpq marks what a dialog would show as stars.
bool is_secret(const PQconninfoOption& option) {
  const std::string_view keyword(option.keyword);
  const std::string_view value(option.val);
  const bool is_marked = option.dispchar != nullptr && option.dispchar[0] == '*';
  const bool is_place = keyword == "host" || keyword == "dbname";
  // A password with an '@' or '/' that was not encoded ends up here.
  const bool is_rest = is_place && value.find('@') != std::string_view::npos;
  const bool is_no_port =
      keyword == "port" && value.find_first_not_of("0123456789,") != std::string_view::npos;
  return is_marked || keyword.find("password") != std::string_view::npos || is_rest || is_no_port;
}

std::string shown_value(const std::string& value) {
  const auto is_plain = [](unsigned char c) { return c > ' ' && c != '\'' && c != '\\'; };
  if (!value.empty() && std::all_of(value.begin(), value.end(), is_plain)) return value;
  return quoted_conninfo_value(value);
}

}  // namespace

std::string without_password(const std::string& conninfo) {
  if (is_database_name(conninfo)) return conninfo;
  const Conninfo options = parse_conninfo(conninfo);
  if (!options) return "*** (libpq cannot read it)";
  std::string shown;
  for (const PQconninfoOption* each = options.get(); each->keyword != nullptr; ++each) {
    if (each->val == nullptr) continue;
    shown += shown.empty() ? "" : " ";
    shown += std::string(each->keyword) + "=";
    shown += is_secret(*each) ? "***" : shown_value(without_secrets(each->val));
  }
  return shown;
}

bool is_readable_conninfo(const std::string& conninfo) {
  return is_database_name(conninfo) || parse_conninfo(conninfo) != nullptr;
}

}  // namespace yardmaster
