// What libpq would take from the environment, written out, so that the daemon needs no variables of
// whoever started it. Any thread, while none changes the environment.
#pragma once

#include <string>

namespace yardmaster {

// The connection string with PGHOST, PGPASSWORD and their like for what it does not say itself.
// One that libpq cannot read comes back as it is: connecting says why.
std::string with_postgres_environment(const std::string& conninfo);

}  // namespace yardmaster
