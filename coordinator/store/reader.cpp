#include <algorithm>
#include <cstring>

#include "coordinator/base/error.h"
#include "coordinator/store/store.h"

namespace yardmaster {
namespace {

// The ids of the entries [from, end] that blocks list, in order.
std::vector<std::int64_t> ids_from_blocks(Database& database, std::int64_t context_id,
                                          std::uint64_t from, std::uint64_t end) {
  std::vector<std::int64_t> ids;
  if (from > end) return ids;
  database.query(Statement::blocks_from,
                 {context_id, static_cast<std::int64_t>(from), static_cast<std::int64_t>(end) + 1},
                 [&](const Row& row) {
                   const auto first = static_cast<std::uint64_t>(row.integer(0));
                   const auto count = static_cast<std::uint64_t>(row.integer(1));
                   const std::string_view bytes = row.bytes(2);
                   for (std::uint64_t seq = std::max(first, from);
                        seq < first + count && seq <= end; ++seq) {
                     std::int64_t id = 0;
                     std::memcpy(&id, bytes.data() + (seq - first) * sizeof id, sizeof id);
                     ids.push_back(id);
                   }
                 });
  return ids;
}

}  // namespace

void Reader::visit(const ContextSnapshot& snapshot,
                   const std::function<void(std::uint64_t seq, std::string_view kind,
                                            std::string_view data, WallTime time)>& on_entry) {
  if (snapshot.limit == 0 || snapshot.from_seq > snapshot.info.last_seq) return;
  const std::uint64_t span =
      std::min(snapshot.limit, snapshot.info.last_seq - snapshot.from_seq + 1);
  const std::uint64_t end = snapshot.from_seq + span - 1;
  std::vector<std::int64_t> ids =
      ids_from_blocks(*database_, snapshot.context_id, snapshot.from_seq,
                      std::min(end, snapshot.tail_first_seq - 1));
  ids.insert(ids.end(), snapshot.tail_ids.begin(), snapshot.tail_ids.end());
  std::uint64_t expected = snapshot.from_seq;
  database_->read_entries(ids, [&](const Row& row) {
    const auto seq = static_cast<std::uint64_t>(row.integer(0));
    if (seq != expected) return;
    ++expected;
    on_entry(seq, row.text(2), row.text(3), WallTime(std::chrono::microseconds(row.integer(1))));
  });
  if (expected == end + 1) return;
  throw Error(ErrorCode::storage_damaged, "context '" + snapshot.info.name + "' lacks entry " +
                                              std::to_string(expected) + " of " +
                                              std::to_string(snapshot.info.last_seq));
}

std::uint64_t Reader::count_rows(const ContextSnapshot& snapshot) {
  std::uint64_t rows = 0;
  const std::uint64_t end =
      std::min(snapshot.info.last_seq, snapshot.from_seq + snapshot.limit - 1);
  database_->query(Statement::count_rows,
                   {snapshot.context_id, static_cast<std::int64_t>(snapshot.from_seq),
                    static_cast<std::int64_t>(end)},
                   [&](const Row& row) { rows = static_cast<std::uint64_t>(row.integer(0)); });
  return rows;
}

std::vector<ContextEntry> Reader::read(const ContextSnapshot& snapshot) {
  std::vector<ContextEntry> entries;
  visit(snapshot,
        [&](std::uint64_t seq, std::string_view kind, std::string_view data, WallTime time) {
          entries.push_back({seq, std::string(kind), std::string(data), time});
        });
  return entries;
}

}  // namespace yardmaster
