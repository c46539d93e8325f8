// The blocks of a context, rows that list the ids of consecutive entries. Any thread, with a
// database of its own.
#pragma once

#include <cstdint>
#include <vector>

#include "coordinator/store/database.h"

namespace yardmaster {

// The ids of the entries [from, end] that blocks list, in order.
std::vector<std::int64_t> ids_from_blocks(Database& database, std::int64_t context_id,
                                          std::uint64_t from, std::uint64_t end);

}  // namespace yardmaster
