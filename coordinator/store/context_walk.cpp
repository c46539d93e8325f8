#include "coordinator/store/context_walk.h"

#include <algorithm>

#include "coordinator/base/error.h"
#include "coordinator/store/entry_blocks.h"

namespace yardmaster {
namespace {

constexpr std::uint64_t first_entries = 16;
constexpr std::uint64_t entries_at_once = 1000;
constexpr std::int64_t rows_per_turn = 20'000;

std::uint64_t end_of(const ContextSnapshot& snapshot) {
  if (snapshot.limit == 0 || snapshot.from_seq > snapshot.info.last_seq) return 0;
  const std::uint64_t span =
      std::min(snapshot.limit, snapshot.info.last_seq - snapshot.from_seq + 1);
  return snapshot.from_seq + span - 1;
}

}  // namespace

ContextWalk::ContextWalk(const ContextSnapshot& snapshot)
    : snapshot_(snapshot),
      next_(std::max<std::uint64_t>(snapshot.from_seq, 1)),
      end_(end_of(snapshot)) {}

std::uint64_t ContextWalk::entries_within(std::size_t bytes) const {
  if (entries_ == 0) return first_entries;
  const std::uint64_t average = std::max<std::uint64_t>(bytes_ / entries_, 1);
  return std::clamp<std::uint64_t>(bytes / average, 1, entries_at_once);
}

std::vector<std::int64_t> ContextWalk::next_ids(std::uint64_t count, Database& database) const {
  const std::uint64_t last = next_ + count - 1;
  const std::uint64_t tail = snapshot_.tail_first_seq;
  std::vector<std::int64_t> ids =
      ids_from_blocks(database, snapshot_.context_id, next_, std::min(last, tail - 1));
  const std::uint64_t first_kept = std::max(tail, snapshot_.from_seq);  // of tail_ids
  for (std::uint64_t seq = std::max(next_, tail); seq <= last; ++seq) {
    ids.push_back(snapshot_.tail_ids.at(seq - first_kept));
  }
  return ids;
}

void ContextWalk::go_on(Database& database, std::size_t bytes, const OnEntry& on_entry) {
  const std::uint64_t enough = bytes_ + bytes;
  const auto take = [&](const Row& row) {
    const auto seq = static_cast<std::uint64_t>(row.integer(0));
    if (seq != next_) return;
    ++next_;
    ++entries_;
    bytes_ += row.text(2).size() + row.text(3).size();
    on_entry(seq, row.text(2), row.text(3), WallTime(std::chrono::microseconds(row.integer(1))));
  };
  while (!is_over() && bytes_ < enough) {
    const std::uint64_t count = std::min(entries_within(enough - bytes_), end_ - next_ + 1);
    const std::uint64_t expected = next_ + count;
    database.read_entries(next_ids(count, database), take);
    if (next_ == expected) continue;
    throw Error(ErrorCode::storage_damaged, "context '" + snapshot_.info.name + "' lacks entry " +
                                                std::to_string(next_) + " of " +
                                                std::to_string(snapshot_.info.last_seq));
  }
}

bool RowCount::go_on(Database& database) {
  if (last_ < 0) {
    database.query(Statement::last_entry, {}, [&](const Row& row) { last_ = row.integer(0); });
  }
  const std::int64_t end = std::min(looked_at_ + rows_per_turn, last_);
  database.query(Statement::count_rows,
                 {snapshot_.context_id, static_cast<std::int64_t>(snapshot_.from_seq),
                  static_cast<std::int64_t>(end_of(snapshot_)), looked_at_, end},
                 [&](const Row& row) { rows_ += static_cast<std::uint64_t>(row.integer(0)); });
  looked_at_ = end;
  return looked_at_ < last_;
}

std::uint64_t count_rows(Database& database, const ContextSnapshot& snapshot) {
  RowCount count(snapshot);
  while (count.go_on(database)) {
  }
  return count.rows();
}

}  // namespace yardmaster
