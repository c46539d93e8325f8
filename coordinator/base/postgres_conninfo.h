// Connection strings as libpq itself reads and writes them. Any thread.
#pragma once

#include <memory>
#include <string>

#include <libpq-fe.h>

namespace yardmaster {

struct FreeConninfo {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
// Ends with an option without a keyword.
using Conninfo = std::unique_ptr<PQconninfoOption, FreeConninfo>;

// Whether the text is the mere name of a database, as libpq tells one from a connection string.
bool is_database_name(const std::string& text);
// Null when libpq cannot read it; its complaint may hold a password, and is dropped.
Conninfo parse_conninfo(const std::string& conninfo);
// The value as it may stand after "keyword=", in quotes.
std::string quoted_conninfo_value(const std::string& value);

}  // namespace yardmaster
