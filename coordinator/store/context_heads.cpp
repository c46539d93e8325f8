#include "coordinator/store/context_heads.h"

#include <algorithm>
#include <ranges>
#include <utility>

namespace yardmaster {
namespace {

// What is being handed over is known by its head alone.
bool is_frozen(const ContextHead& head, SteadyTime now) {
  return head.frozen || (head.frozen_until && now < *head.frozen_until);
}

}  // namespace

ContextHead* ContextHeads::find(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second->place_);
  return found->second.get();
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
  added.place_ = by_use_.insert(by_use_.begin(), &added);
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
  if (head.tail_ids.empty()) tail_starts_.push_back({entry_id, head.id});
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
    ContextHead* const head = find(start.context_id);
    if (head != nullptr && !head->tail_ids.empty() && head->tail_ids.front() == start.oldest_id) {
      return head;
    }
    tail_starts_.pop_front();
    starts_dropped_ = true;
  }
  return nullptr;
}

std::int64_t ContextHeads::watermark(std::int64_t last_id) {
  return oldest_tail() == nullptr ? last_id : tail_starts_.front().oldest_id - 1;
}

void ContextHeads::forget(ContextHead& head) {
  by_use_.erase(head.place_);
  by_id_.erase(head.id);
  by_name_.erase(std::string(head.name));
}

std::vector<ContextHead*> ContextHeads::surplus_tails(SteadyTime now, std::size_t limit) const {
  std::vector<ContextHead*> found;
  std::size_t surplus = by_use_.size() - std::min(by_use_.size(), most_);
  for (auto it = by_use_.rbegin(); surplus > 0 && found.size() < limit; ++it, --surplus) {
    if (!(*it)->tail_ids.empty() && !is_frozen(**it, now)) found.push_back(*it);
  }
  return found;
}

void ContextHeads::let_go(SteadyTime now) {
  std::size_t surplus = by_use_.size() - std::min(by_use_.size(), most_);
  for (auto it = by_use_.end(); surplus > 0; --surplus) {
    ContextHead& head = **--it;
    if (!head.tail_ids.empty() || is_frozen(head, now)) continue;
    ++it;
    forget(head);
  }
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
    if (!head->tail_ids.empty()) tail_starts_.push_back({head->tail_ids.front(), head->id});
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
  for (ContextHead* head : added_) forget(*head);
  if (starts_dropped_ || !added_.empty()) find_tail_starts();
  commit();
}

}  // namespace yardmaster
