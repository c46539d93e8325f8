// Walks over what may be long, some at a time, so that whoever else wants to read has a turn in
// between. Reader thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "coordinator/store/store.h"

namespace yardmaster {

// Of what one turn reads.
inline constexpr std::size_t bytes_per_turn = std::size_t{256} << 10U;

using OnEntry = std::function<void(std::uint64_t seq, std::string_view kind, std::string_view data,
                                   WallTime time)>;

// The entries of a snapshot's range, in order.
class ContextWalk {
 public:
  // The snapshot has to outlive the walk.
  explicit ContextWalk(const ContextSnapshot& snapshot);

  bool is_over() const { return next_ > end_; }
  // Calls back for about so many bytes of entries, one at least; the views are valid inside the
  // callback only. What the callback throws ends the walk. Throws storage_damaged when an entry is
  // missing.
  void go_on(Database& database, std::size_t bytes, const OnEntry& on_entry);

 private:
  std::vector<std::int64_t> next_ids(std::uint64_t count, Database& database) const;
  std::uint64_t entries_within(std::size_t bytes) const;

  const ContextSnapshot& snapshot_;
  std::uint64_t next_;
  std::uint64_t end_;
  std::uint64_t entries_ = 0;  // so far
  std::uint64_t bytes_ = 0;
};

// Counts the rows that a context has in a range, by a look at all entries: for audits, since the
// lists of a context could not show a second row for the same entry.
class RowCount {
 public:
  explicit RowCount(const ContextSnapshot& snapshot) : snapshot_(snapshot) {}

  // Looks at some more rows; false when all have been looked at.
  bool go_on(Database& database);
  std::uint64_t rows() const { return rows_; }

 private:
  const ContextSnapshot& snapshot_;
  std::int64_t looked_at_ = 0;  // up to this id
  std::int64_t last_ = -1;      // id; -1: not known yet
  std::uint64_t rows_ = 0;
};

// Counts all of them at once.
std::uint64_t count_rows(Database& database, const ContextSnapshot& snapshot);

}  // namespace yardmaster
