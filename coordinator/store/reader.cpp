#include <limits>

#include "coordinator/store/context_walk.h"

namespace yardmaster {

OpenMessages Reader::open_messages() {
  OpenMessages open;
  database_->query(Statement::count_open_messages, {}, [&](const Row& row) {
    open.counts[static_cast<MessageStatus>(row.integer(0))] =
        static_cast<std::uint64_t>(row.integer(1));
    const WallTime oldest{std::chrono::microseconds(row.integer(2))};
    open.oldest_sent_at = std::min(open.oldest_sent_at.value_or(oldest), oldest);
  });
  return open;
}

std::vector<ContextEntry> Reader::read(const ContextSnapshot& snapshot) {
  std::vector<ContextEntry> entries;
  ContextWalk walk(snapshot);
  const auto keep = [&](std::uint64_t seq, std::string_view kind, std::string_view data,
                        WallTime time) {
    entries.push_back({seq, std::string(kind), std::string(data), time});
  };
  while (!walk.is_over()) walk.go_on(*database_, bytes_per_turn, keep);
  return entries;
}

}  // namespace yardmaster
