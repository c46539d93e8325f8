#include "coordinator/base/postgres_secrets.h"

#include <algorithm>
#include <memory>
#include <string_view>

#include <libpq-fe.h>

#include "coordinator/base/secrets.h"

namespace yardmaster {
namespace {

struct FreeConninfo {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Conninfo = std::unique_ptr<PQconninfoOption, FreeConninfo>;

// As libpq tells one from the mere name of a database.
bool is_database_name(const std::string& text) {
  return text.find('=') == std::string::npos && !text.starts_with("postgres://") &&
         !text.starts_with("postgresql://");
}

Conninfo parse(const std::string& conninfo) {
  char* complaint = nullptr;
  Conninfo options(PQconninfoParse(conninfo.c_str(), &complaint));
  if (complaint != nullptr) PQfreemem(complaint);
  return options;
}

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
  std::string quoted = "'";
  for (const char c : value) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace

std::string without_password(const std::string& conninfo) {
  if (is_database_name(conninfo)) return conninfo;
  const Conninfo options = parse(conninfo);
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
  return is_database_name(conninfo) || parse(conninfo) != nullptr;
}

}  // namespace yardmaster
