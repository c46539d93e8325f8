#include "coordinator/store/entry_blocks.h"

#include <algorithm>
#include <cstring>

namespace yardmaster {

std::vector<std::int64_t> ids_from_blocks(Database& database, std::int64_t context_id,
                                          std::uint64_t from, std::uint64_t end) {
  std::vector<std::int64_t> ids;
  if (from > end) return ids;
  const auto take = [&](const Row& row) {
    const auto first = static_cast<std::uint64_t>(row.integer(0));
    const auto count = static_cast<std::uint64_t>(row.integer(1));
    const std::string_view bytes = row.bytes(2);
    for (std::uint64_t seq = std::max(first, from); seq < first + count && seq <= end; ++seq) {
      std::int64_t id = 0;
      std::memcpy(&id, bytes.data() + (seq - first) * sizeof id, sizeof id);
      ids.push_back(id);
    }
  };
  database.query(Statement::blocks_from,
                 {context_id, static_cast<std::int64_t>(from), static_cast<std::int64_t>(end) + 1},
                 take);
  return ids;
}

}  // namespace yardmaster
