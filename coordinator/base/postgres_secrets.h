// How PostgreSQL is connected to, without what is secret in it: as libpq itself reads it, since
// others take quotes, escapes and URIs otherwise. Any thread.
#pragma once

#include <string>

namespace yardmaster {

// "host=db user=me password=***", whether it was written so or as a URI. Of a text that libpq
// cannot read nothing is shown.
std::string without_password(const std::string& conninfo);

// False for a text that is no name of a database and that libpq cannot read; its complaint would
// hold the text, with the password.
bool is_readable_conninfo(const std::string& conninfo);

}  // namespace yardmaster
