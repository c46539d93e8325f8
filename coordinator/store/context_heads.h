// The heads are what the store keeps in memory about contexts: for each that was used lately, its
// owner, generation and last sequence number, and the ids of its latest entries, which no block in
// the database lists yet. When there are too many, those that were used longest ago are let go; the
// database has all that they say once their ids are in a block. Store thread only.
//
// Changes are journaled until commit(): rollback() takes them back.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "coordinator/domain/context.h"

namespace yardmaster {

struct ContextHead {
  std::int64_t id = 0;
  std::string name;
  std::string owner;
  std::uint64_t generation = 0;
  std::uint64_t last_seq = 0;
  bool frozen = false;                     // a handoff is pending
  std::optional<SteadyTime> frozen_until;  // a handoff is being prepared
  std::size_t block_size = 128;            // the tail becomes a block at this length
  std::vector<std::int64_t> tail_ids;      // entries last_seq - size + 1 … last_seq
  // Of all entries, while they all came several at a time; else none.
  std::unique_ptr<ContextDigest> digest;

  std::uint64_t tail_first_seq() const { return last_seq + 1 - tail_ids.size(); }
  ContextInfo info() const { return {name, owner, generation, last_seq}; }

 private:
  friend class ContextHeads;
  std::uint64_t journal_round_ = 0;
  std::list<ContextHead*>::iterator place_;  // in the order of use
};

class ContextHeads {
 public:
  // Entries of a block, or so: the first block of a context has another length, so that contexts
  // which began together do not all write their blocks together.
  static constexpr std::size_t entries_per_block = 128;

  // Of 2 KiB each at most, so 64 MiB; more than the contexts that one machine carries at a time.
  static constexpr std::size_t usual_most = 32'768;

  explicit ContextHeads(std::size_t most = usual_most) : most_(most) {}

  // To be found is to be used.
  ContextHead* find(std::string_view name);
  ContextHead* find(std::int64_t id);
  ContextHead& add(ContextHead head);
  std::size_t size() const { return by_name_.size(); }

  // Appends an id to the tail, as the entry last_seq + 1.
  void append(ContextHead& head, std::int64_t entry_id);
  // Takes the whole tail out, after it was written as a block.
  void clear_tail(ContextHead& head);
  // Must be called before any other field of a head is changed.
  void remember(ContextHead& head);

  // The head with the oldest id that no block lists; nullptr when there is none.
  ContextHead* oldest_tail();
  // All entries up to this id are listed in blocks.
  std::int64_t watermark(std::int64_t last_id);

  // Some of those that are too many and have ids that no block lists: with those in blocks they may
  // be let go after the commit. `now` tells which handoffs are still being prepared.
  std::vector<ContextHead*> surplus_tails(SteadyTime now, std::size_t limit) const;
  // Lets go of those that are too many and may be: the pointers to them are void. Between two
  // transactions.
  void let_go(SteadyTime now);

  void commit();
  void rollback() noexcept;

 private:
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>{}(name);
    }
  };
  struct Remembered {
    ContextHead* head;
    std::string owner;
    std::uint64_t generation;
    std::uint64_t last_seq;
    bool frozen;
    std::optional<SteadyTime> frozen_until;
    std::size_t block_size;
    std::size_t tail_size;
    std::vector<std::int64_t> cleared;  // the tail as it was when it was cleared
  };
  struct TailStart {
    std::int64_t oldest_id;
    std::int64_t context_id;  // whose head may have been let go since
  };

  void find_tail_starts();
  void forget(ContextHead& head);

  std::unordered_map<std::string, std::unique_ptr<ContextHead>, NameHash, std::equal_to<>> by_name_;
  std::unordered_map<std::int64_t, ContextHead*> by_id_;
  const std::size_t most_;
  std::list<ContextHead*> by_use_;     // the latest first
  std::deque<TailStart> tail_starts_;  // rising ids; entries whose tail was cleared since are stale
  std::vector<Remembered> journal_;
  std::vector<ContextHead*> added_;
  bool starts_dropped_ = false;  // from tail_starts_, in this round
  std::uint64_t round_ = 1;
};

}  // namespace yardmaster
