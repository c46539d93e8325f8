#include "coordinator/store/store.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/base/sha256.h"
#include "coordinator/domain/names.h"
#include "coordinator/store/context_heads.h"
#include "coordinator/store/entry_blocks.h"

namespace yardmaster {
namespace {

static_assert(std::endian::native == std::endian::little, "blocks are stored little-endian");

// A context whose oldest unlisted entry lies this many ids back gets its block early, so that a
// rebuild after a crash reads no more than about a million rows (0.6 s).
constexpr std::int64_t longest_tail = 1'000'000;
constexpr int blocks_per_commit = 32;  // that are written early; spreads the work
constexpr std::int64_t watermark_step = 1'000;
constexpr std::size_t surplus_per_commit = 256;  // heads whose ids are written to let them go
constexpr std::size_t most_first_numbers = 10'000;

std::int64_t read_single(Database& database, Statement statement,
                         std::initializer_list<Parameter> parameters) {
  std::int64_t value = 0;
  database.query(statement, parameters, [&](const Row& row) { value = row.integer(0); });
  return value;
}

}  // namespace

Store::Store(Database& database, const Clock& clock, std::size_t most_heads)
    : database_(database),
      clock_(clock),
      most_heads_(most_heads == 0 ? ContextHeads::usual_most : most_heads),
      heads_(std::make_unique<ContextHeads>(most_heads_)) {
  database_.prepare_schema();
  load();
}

Store::~Store() = default;

void Store::load() {
  const auto start = std::chrono::steady_clock::now();
  recovery_.clean = read_single(database_, Statement::read_meta, {std::string_view("clean")}) != 0;
  watermark_ = read_single(database_, Statement::read_meta, {std::string_view("watermark")});
  committed_watermark_ = watermark_;
  database_.query(Statement::largest_ids, {}, [&](const Row& row) {
    last_entry_id_ = std::max(row.integer(0), watermark_);
    for (int column = 1; column <= 6; ++column) {
      last_id_ = std::max(last_id_, row.integer(column));
    }
  });
  rebuild_tail(watermark_);
  std::vector<std::string> frozen;
  database_.query(Statement::pending_handoffs, {},
                  [&](const Row& row) { frozen.emplace_back(row.text(3)); });
  for (const std::string& context : frozen) {
    if (ContextHead* head = find_head(context)) head->frozen = true;
  }
  heads_->commit();
  database_.begin(Durability::process);
  database_.execute(Statement::write_meta, {std::string_view("clean"), std::int64_t{0}});
  database_.commit();
  recovery_.contexts = heads_->size();
  recovery_.duration = std::chrono::steady_clock::now() - start;
}

// The entries past the watermark, in the order of their ids, are the tails of their contexts, save
// those that a block of their context lists already.
void Store::rebuild_tail(std::int64_t watermark) {
  struct Entry {
    std::int64_t id, context_id, seq;
  };
  std::vector<Entry> entries;
  database_.query(Statement::entries_after, {watermark}, [&](const Row& row) {
    entries.push_back({row.integer(0), row.integer(1), row.integer(2)});
  });
  recovery_.tail_entries = entries.size();
  for (const Entry& entry : entries) {
    ContextHead* head = heads_->find(entry.context_id);
    if (head == nullptr) {
      std::string name;
      database_.query(Statement::context_by_id, {entry.context_id},
                      [&](const Row& row) { name = row.text(1); });
      head = find_head(name);
    }
    if (head == nullptr || std::cmp_less_equal(entry.seq, head->last_seq)) continue;
    heads_->append(*head, entry.id);
  }
}

void Store::reload() {
  heads_ = std::make_unique<ContextHeads>(most_heads_);
  first_numbers_.clear();
  load();
}

std::int64_t Store::now_us() const { return clock_.wall_now().time_since_epoch().count(); }

// --- contexts

ContextHead* Store::find_head(std::string_view context) {
  if (ContextHead* head = heads_->find(context)) return head;
  std::optional<ContextHead> loaded;
  database_.query(Statement::context_by_name, {context}, [&](const Row& row) {
    loaded.emplace();
    loaded->id = row.integer(0);
    loaded->name = row.text(1);
    loaded->owner = row.text(2);
    loaded->generation = static_cast<std::uint64_t>(row.integer(3));
  });
  if (!loaded) return nullptr;
  database_.query(Statement::last_block, {loaded->id}, [&](const Row& row) {
    loaded->last_seq = static_cast<std::uint64_t>(row.integer(0) + row.integer(1) - 1);
  });
  return &heads_->add(std::move(*loaded));
}

ContextHead& Store::require_head(std::string_view context) {
  if (ContextHead* head = find_head(context)) return *head;
  throw Error(ErrorCode::not_found, "there is no context '" + std::string(context) + "'");
}

AppendResult Store::append(const AppendRequest& request) {
  ContextHead& head = require_head(request.context);
  if ((request.generation && *request.generation != head.generation) ||
      (!request.instance.empty() && request.instance != head.owner)) {
    throw Error(ErrorCode::stale_generation, "context '" + head.name + "' belongs to '" +
                                                 head.owner + "' since generation " +
                                                 std::to_string(head.generation));
  }
  if (request.seq != 0 && request.seq <= head.last_seq) {
    require_same_entry(head, request);
    return {request.seq, true};
  }
  if (is_frozen(head)) {
    throw Error(ErrorCode::context_frozen,
                "a handoff of context '" + head.name + "' is pending: wait for it or cancel it");
  }
  if (request.seq != head.last_seq + 1) {
    throw Error::sequence_gap(head.last_seq + 1, "context '" + head.name + "' expects entry " +
                                                     std::to_string(head.last_seq + 1) + ", not " +
                                                     std::to_string(request.seq));
  }
  database_.insert_entry({last_entry_id_ + 1, head.id, static_cast<std::int64_t>(request.seq),
                          request.kind, request.data, now_us()});
  heads_->append(head, ++last_entry_id_);
  keep_digest(head, request);
  if (head.tail_ids.size() >= head.block_size) write_block(head);
  return {request.seq, false};
}

// Entries that come several at a time are a context that is copied, or handed on: its digest is
// soon asked for. Those that come one by one are not made to wait for it.
void Store::keep_digest(ContextHead& head, const AppendRequest& request) {
  if (!request.is_of_several) return head.digest.reset();
  if (request.seq == 1) head.digest = std::make_unique<ContextDigest>();
  if (head.digest) head.digest->add(request.seq, request.kind, request.data);
}

// An entry that was acknowledged is never taken for another: who numbers wrongly has to hear it.
void Store::require_same_entry(const ContextHead& head, const AppendRequest& request) {
  std::vector<std::int64_t> ids;
  if (request.seq >= head.tail_first_seq()) {
    ids.push_back(head.tail_ids[request.seq - head.tail_first_seq()]);
  } else {
    ids = ids_from_blocks(database_, head.id, request.seq, request.seq);
  }
  bool same = false;
  database_.read_entries(ids, [&](const Row& row) {
    same = row.text(2) == request.kind && row.text(3) == request.data;
  });
  if (same) return;
  const std::uint64_t next = head.last_seq + 1;
  throw Error::sequence_conflict(next, "context '" + head.name + "' has another entry " +
                                           std::to_string(request.seq) + ": the next one is " +
                                           std::to_string(next));
}

bool Store::is_frozen(const ContextHead& head) const {
  return head.frozen || (head.frozen_until && clock_.now() < *head.frozen_until);
}

void Store::write_block(ContextHead& head) {
  const std::string_view ids(reinterpret_cast<const char*>(head.tail_ids.data()),
                             head.tail_ids.size() * sizeof(std::int64_t));
  database_.execute(Statement::insert_block,
                    {head.id, static_cast<std::int64_t>(head.tail_first_seq()),
                     static_cast<std::int64_t>(head.tail_ids.size()), Bytes{ids}});
  heads_->clear_tail(head);
}

ContextSnapshot Store::snapshot(std::string_view context, std::uint64_t from_seq,
                                std::uint64_t limit) {
  const ContextHead& head = require_head(context);
  ContextSnapshot snapshot;
  snapshot.info = head.info();
  snapshot.context_id = head.id;
  snapshot.from_seq = std::max<std::uint64_t>(from_seq, 1);
  snapshot.limit = limit == 0 ? head.last_seq : limit;
  snapshot.tail_first_seq = head.tail_first_seq();
  const std::uint64_t end =
      std::min(head.last_seq, snapshot.from_seq + std::min(snapshot.limit, head.last_seq) - 1);
  for (std::uint64_t seq = std::max(snapshot.tail_first_seq, snapshot.from_seq); seq <= end;
       ++seq) {
    snapshot.tail_ids.push_back(head.tail_ids[seq - snapshot.tail_first_seq]);
  }
  return snapshot;
}

std::optional<ContextSnapshot> Store::last_entry(std::string_view instance) {
  std::optional<std::string> context;
  database_.query(Statement::instance_context, {instance},
                  [&](const Row& row) { context = row.text(0); });
  if (!context) return std::nullopt;
  return snapshot(*context, require_head(*context).last_seq, 1);
}

ContextHead& Store::create_context(std::string_view name, std::string_view owner) {
  database_.execute(Statement::insert_context,
                    {++last_id_, name, owner, std::int64_t{1}, now_us()});
  ContextHead head;
  head.id = last_id_;
  head.name = name;
  head.owner = owner;
  head.generation = 1;
  return heads_->add(std::move(head));
}

ContextHead& Store::create_fresh_context(std::string_view base, std::uint64_t generation,
                                         std::string_view owner) {
  for (;; ++generation) {
    const std::string suffix = "-" + std::to_string(generation);
    const std::string name = std::string(base.substr(0, max_name_length - suffix.size())) + suffix;
    if (find_head(name) == nullptr) return create_context(name, owner);
  }
}

ContextHead& Store::take_up_context(std::string_view instance) {
  ContextHead* head = find_head(instance);
  if (head == nullptr) return create_context(instance, instance);
  if (head->owner != instance || is_frozen(*head)) {
    return create_fresh_context(instance, head->generation + 1, instance);
  }
  heads_->remember(*head);
  ++head->generation;
  store_head(*head);
  return *head;
}

void Store::store_head(const ContextHead& head) {
  database_.execute(Statement::update_context, {head.id, std::string_view(head.owner),
                                                static_cast<std::int64_t>(head.generation)});
}

// --- for GroupCommit

void Store::prepare_commit() {
  if (database_.writes() == 0) return;
  for (int written = 0; written < blocks_per_commit; ++written) {
    ContextHead* lagging = heads_->oldest_tail();
    if (lagging == nullptr || last_entry_id_ - lagging->tail_ids.front() < longest_tail) break;
    write_block(*lagging);
  }
  for (ContextHead* unused : heads_->surplus_tails(clock_.now(), surplus_per_commit)) {
    write_block(*unused);
  }
  const std::int64_t watermark = heads_->watermark(last_entry_id_);
  if (watermark - watermark_ < watermark_step) return;
  database_.execute(Statement::write_meta, {std::string_view("watermark"), watermark});
  watermark_ = watermark;
}

void Store::committed() {
  committed_watermark_ = watermark_;
  needed_durability_ = Durability::process;
  heads_->commit();
  heads_->let_go(clock_.now());
  if (first_numbers_.size() > most_first_numbers) first_numbers_.clear();
}

std::size_t Store::heads_in_memory() const { return heads_->size(); }

void Store::rolled_back() noexcept {
  watermark_ = committed_watermark_;
  needed_durability_ = Durability::process;
  heads_->rollback();
  first_numbers_.clear();
}

void Store::write_out_tail() {
  database_.begin(Durability::power);
  try {
    // What lives in memory is of what the database was: the next start reads what it is.
    if (database_.take_divergence()) {
      throw Error(ErrorCode::storage_failed,
                  "the database lost its latest commits: the next start has to read it again");
    }
    while (ContextHead* head = heads_->oldest_tail()) write_block(*head);
    database_.execute(Statement::write_meta, {std::string_view("watermark"), last_entry_id_});
    database_.execute(Statement::write_meta, {std::string_view("clean"), std::int64_t{1}});
    database_.commit();
    committed();
  } catch (...) {
    database_.rollback();
    rolled_back();
    throw;
  }
}

StoreCounts Store::counts() {
  StoreCounts counts;
  database_.query(Statement::count_all, {}, [&](const Row& row) {
    counts.instances = static_cast<std::uint64_t>(row.integer(0));
    counts.contexts = static_cast<std::uint64_t>(row.integer(1));
    counts.pending_messages = static_cast<std::uint64_t>(row.integer(2));
    counts.pending_handoffs = static_cast<std::uint64_t>(row.integer(3));
    counts.dead_letters = static_cast<std::uint64_t>(row.integer(4));
  });
  return counts;
}

// --- idempotency keys

Store::FoundKey Store::find_key(std::string_view caller, std::string_view key,
                                std::string_view request) {
  if (key.empty()) return std::nullopt;
  FoundKey result;
  std::string fingerprint;
  database_.query(Statement::find_request_key, {caller, key}, [&](const Row& row) {
    fingerprint = row.text(0);
    result = std::string(row.text(1));
  });
  if (result && fingerprint != sha256_hex(request)) {
    throw Error(ErrorCode::key_reused,
                "key '" + std::string(key) + "' was used for another request of '" +
                    std::string(caller) + "': choose a new key for a new request");
  }
  return result;
}

void Store::keep_key(std::string_view caller, std::string_view key, std::string_view request,
                     std::string_view result) {
  if (key.empty()) return;
  const std::string fingerprint = sha256_hex(request);
  database_.execute(Statement::insert_request_key,
                    {caller, key, std::string_view(fingerprint), result, now_us()});
}

}  // namespace yardmaster
