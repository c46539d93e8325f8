#include "coordinator/store/context_heads.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace yardmaster {

ContextHead* ContextHeads::find(std::string_view name) {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second.get();
}

ContextHead* ContextHeads::find(std::int64_t id) {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

ContextHead& ContextHeads::add(ContextHead head) {
  auto owned = std::make_unique<ContextHead>(std::move(head));
  ContextHead& added = *owned;
  added.block_size = entries_per_block / 2 + static_cast<std::size_t>(added.id) % entries_per_block;
  by_id_[added.id] = &added;
  by_name_[added.name] = std::move(owned);
  added_.push_back(&added);
  return added;
}

void ContextHeads::remember(ContextHead& head) {
  if (head.journal_round_ == round_) return;
  head.journal_round_ = round_;
  journal_.push_back({&head,
                      head.owner,
                      head.generation,
                      head.last_seq,
                      head.frozen,
                      head.frozen_until,
                      head.block_size,
                      head.tail_ids.size(),
                      {}});
}

void ContextHeads::append(ContextHead& head, std::int64_t entry_id) {
  remember(head);
  if (head.tail_ids.empty()) tail_starts_.push_back({entry_id, &head});
  head.tail_ids.push_back(entry_id);
  ++head.last_seq;
}

void ContextHeads::clear_tail(ContextHead& head) {
  remember(head);
  const auto remembered =
      std::find_if(journal_.rbegin(), journal_.rend(),
                   [&](const Remembered& entry) { return entry.head == &head; });
  if (remembered->cleared.empty()) {
    remembered->cleared = std::move(head.tail_ids);
  }
  head.tail_ids.clear();
  head.block_size = entries_per_block;
}

ContextHead* ContextHeads::oldest_tail() {
  while (!tail_starts_.empty()) {
    const TailStart& start = tail_starts_.front();
    if (!start.head->tail_ids.empty() && start.head->tail_ids.front() == start.oldest_id) {
      return start.head;
    }
    tail_starts_.pop_front();
    starts_dropped_ = true;
  }
  return nullptr;
}

std::int64_t ContextHeads::watermark(std::int64_t last_id) {
  return oldest_tail() == nullptr ? last_id : tail_starts_.front().oldest_id - 1;
}

void ContextHeads::commit() {
  journal_.clear();
  added_.clear();
  starts_dropped_ = false;
  ++round_;
}

// Starts of tails that are whole again may have been dropped while they were cleared.
void ContextHeads::find_tail_starts() {
  tail_starts_.clear();
  for (const auto& [name, head] : by_name_) {
    if (!head->tail_ids.empty()) tail_starts_.push_back({head->tail_ids.front(), head.get()});
  }
  std::sort(tail_starts_.begin(), tail_starts_.end(),
            [](const TailStart& a, const TailStart& b) { return a.oldest_id < b.oldest_id; });
}

void ContextHeads::rollback() noexcept {
  for (auto& entry : std::views::reverse(journal_)) {
    ContextHead& head = *entry.head;
    if (!entry.cleared.empty()) head.tail_ids = std::move(entry.cleared);
    head.tail_ids.resize(entry.tail_size);
    head.digest.reset();
    head.owner = std::move(entry.owner);
    head.generation = entry.generation;
    head.last_seq = entry.last_seq;
    head.frozen = entry.frozen;
    head.frozen_until = entry.frozen_until;
    head.block_size = entry.block_size;
  }
  for (ContextHead* head : added_) {
    by_id_.erase(head->id);
    by_name_.erase(std::string(head->name));
  }
  if (starts_dropped_ || !added_.empty()) find_tail_starts();
  commit();
}

}  // namespace yardmaster
