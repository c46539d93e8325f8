// The durable state: the domain's operations over a Database. Lives on the store thread; only
// GroupCommit (and tests) call it, always inside a transaction that GroupCommit begins and commits.
//
// Every operation may be rolled back and run again, so it changes nothing but the database and what
// rolled_back() takes back. An operation that throws an Error before it wrote leaves nothing
// behind.
//
// Times and ids are made here: ids rise, are opaque to everyone else and are never used again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "coordinator/base/clock.h"
#include "coordinator/domain/context.h"
#include "coordinator/domain/handoff.h"
#include "coordinator/domain/instance.h"
#include "coordinator/domain/message.h"
#include "coordinator/domain/repository.h"
#include "coordinator/store/database.h"

namespace yardmaster {

class ContextHeads;
struct ContextHead;

struct AppendRequest {
  std::string_view context;
  std::uint64_t seq = 0;
  std::string_view kind;
  std::string_view data;
  std::optional<std::uint64_t>
      generation;              // refused as stale_generation when it is not the current one
  std::string_view instance;   // the writer; empty: not checked against the owner
  bool is_of_several = false;  // of one request
};

struct AppendResult {
  std::uint64_t seq = 0;
  bool duplicate = false;  // was stored before
};

// A snapshot is what a reader needs to read a context outside the store thread. It is taken on the
// store thread, and used after the transaction that it was taken in has committed.
struct ContextSnapshot {
  ContextInfo info;
  std::int64_t context_id = 0;
  std::uint64_t from_seq = 1;
  std::uint64_t limit = 0;
  std::uint64_t tail_first_seq = 0;    // entries from here on are listed in tail_ids
  std::vector<std::int64_t> tail_ids;  // those within [from_seq, from_seq + limit)
};

// Counts the messages that are not acked, by status.
struct OpenMessages {
  std::map<MessageStatus, std::uint64_t> counts;
  std::optional<WallTime> oldest_sent_at;
};

// Reads over a connection of its own, on the reader thread; see context_walk.h and lists.h for what
// is read.
class Reader {
 public:
  explicit Reader(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  // The entries of the snapshot's range, in order.
  std::vector<ContextEntry> read(const ContextSnapshot& snapshot);
  // Takes as long as there are such messages.
  OpenMessages open_messages();
  Database& database() { return *database_; }

 private:
  std::unique_ptr<Database> database_;
};

struct StoreCounts {
  std::uint64_t instances = 0;
  std::uint64_t contexts = 0;
  std::uint64_t pending_messages = 0;
  std::uint64_t pending_handoffs = 0;
  std::uint64_t dead_letters = 0;
};

// The report says what was found when the store was opened.
struct RecoveryReport {
  bool clean = true;               // the last stop was an orderly one
  std::uint64_t tail_entries = 0;  // read again to rebuild the latest ids
  std::uint64_t contexts = 0;
  std::chrono::nanoseconds duration{};
};

class Store {
 public:
  // Creates or migrates the schema and loads what lives in memory. Throws Error{storage_damaged} on
  // a damaged, newer or foreign database.
  // `most_heads`: of how many contexts it keeps the latest in memory; 0: as many as are usual.
  Store(Database& database, const Clock& clock, std::size_t most_heads = 0);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  const RecoveryReport& recovery() const { return recovery_; }
  Database& database() { return database_; }

  // Whose database it is, 0 when nobody has said so. In no transaction: these make their own.
  std::uint64_t yard_id();
  void set_yard_id(std::uint64_t id);

  // --- contexts
  AppendResult append(const AppendRequest& request);
  // Throws not_found. A limit of 0 means all.
  ContextSnapshot snapshot(std::string_view context, std::uint64_t from_seq, std::uint64_t limit);
  // The last entry of what a living instance writes; of a name that does not live, nothing.
  std::optional<ContextSnapshot> last_entry(std::string_view instance);

  // --- instances
  // Throws already_exists while an instance of that name lives. Takes up the context that an
  // earlier instance of that name still owns (with a new generation, so that its late writes are
  // refused), else makes a fresh one. The request also decides whether the name is wanted from now
  // on; deaths of one that was not given up stay counted.
  Instance create_instance(const InstanceRequest& request, std::string_view socket_path);
  Instance find_instance(std::string_view name);  // throws not_found
  // The last one of this name. Throws not_found, and conflict while one lives or is going to be
  // started again.
  Instance find_ended(std::string_view name);
  std::vector<Instance> list_instances();  // the living ones, by name
  // Newest first; an empty name or repository stands for all.
  std::vector<Instance> list_tombstones(std::size_t limit, std::string_view name = {},
                                        std::string_view repo = {});
  void set_instance_state(std::string_view name, InstanceState state);
  // Its window's pane together with the process in it: one is never known without the other.
  void set_instance_window(std::string_view name, std::string_view pane,
                           const ProcessIdentity& process);
  // It is stopping from now on, and why. A key names the request for that.
  void note_instance_ending(std::string_view name, std::string_view reason,
                            std::string_view summary, std::string_view key = {});
  // Returns whether this end was noted with this key before, maybe of an instance that is gone by
  // now. Throws key_reused.
  bool is_ending_known(std::string_view name, std::string_view reason, std::string_view summary,
                       std::string_view key);
  // Records the commit at which the instance's branch began.
  void set_instance_commit(std::string_view name, std::string_view commit);
  // Leaves a tombstone, cancels the pending handoffs from and to it, and drops it from the wanted
  // ones unless the record keeps it there. Throws not_found.
  Instance end_instance(std::string_view name, const EndRecord& record);
  // "<prefix>-<n>" with the smallest n that no instance and no context has, nor any of `promised`.
  std::string unused_instance_name(std::string_view prefix,
                                   const std::vector<std::string>& promised = {});

  // --- wanted instances
  std::vector<WantedInstance> list_wanted();  // by name
  // Those that do not live now: they wait for their restart, or were given up.
  std::vector<WantedInstance> list_waiting();
  bool is_wanted(std::string_view name);
  // Records its deaths, its next start and whether it is given up. Throws not_found.
  void note_deaths(const WantedInstance& wanted);
  bool drop_wanted(std::string_view name);  // false when it was none

  // --- repositories
  // Gives it its id and time. Throws already_exists.
  Repository add_repository(const Repository& repository);
  Repository find_repository(std::string_view name);  // throws not_found
  std::vector<Repository> list_repositories();        // by name
  // An empty branch or path stays what it was. Throws not_found.
  void set_repository_state(std::string_view name, RepositoryState state, std::string_view error,
                            std::string_view base_branch, std::string_view path);
  // Throws not_found, conflict (instances of it live).
  void remove_repository(std::string_view name);

  // --- messages; a repeated key of the same sender gives the first result again (key_reused when
  // the request differs). `from` must live, and `to` live or be wanted (not_found); either may be
  // person_name.
  struct SendResult {
    std::uint64_t id = 0;
    bool repeated = false;  // it was sent before
  };
  SendResult send_message(std::string_view from, std::string_view to, std::string_view body,
                          std::string_view key);
  struct BroadcastResult {
    std::vector<std::uint64_t> ids;
    std::vector<std::string> recipients;  // same order as ids
    bool repeated = false;
  };
  // `to` as recipients_from() reads it; the sender is not among the recipients. Throws not_found
  // for a repository that is not there.
  BroadcastResult broadcast(std::string_view from, std::string_view to, std::string_view body,
                            std::string_view key);
  // Tells the supervisors of the instance's repository, those that are only wanted too, what has
  // become of it.
  std::vector<Message> tell_supervisors(const InstanceDescription& instance, std::string_view body);
  std::vector<Message> list_messages(const MessageFilter& filter);
  // Throws not_found for a name that no instance has or had.
  void require_known(std::string_view field, std::string_view instance);
  struct RaisedMessage {
    Message message;
    bool raised = false;  // by this call, not before
  };
  RaisedMessage read_message(std::string_view recipient, std::uint64_t id);  // marks it read
  RaisedMessage ack_message(std::string_view recipient, std::uint64_t id);
  // The recipient's side took these, or all up to one: raises pending ones to delivered and gives
  // those that were, without their bodies. Ids that are not the recipient's are ignored.
  std::vector<Message> confirm_delivery(std::string_view recipient,
                                        const std::vector<std::uint64_t>& ids);
  // Of the first `most_confirmed` of these: if it were so many, there may be more.
  static constexpr std::size_t most_confirmed = 512;
  std::vector<Message> confirm_delivery_up_to(std::string_view recipient, std::uint64_t newest);
  // A step of a walk over all inboxes, from the recipient that follows `after` on: what nobody is
  // going to read dies. That is what was for a life of a name that is over, and what was sent
  // before `sent_before` and never taken; the person's never dies. A step looks at so many inboxes
  // and buries so many messages at most.
  struct Burial {
    std::vector<DeadLetter> letters;  // without their bodies
    std::optional<std::string> next;  // the next step's `after`; nothing: the walk is over
  };
  Burial bury_undeliverable(std::string_view after, WallTime sent_before);

  // --- handoffs, in two steps where the digest has to be computed outside the store thread:
  // start_handoff() refuses further appends and gives the whole context's snapshot;
  // offer_handoff() records the offer, or thaw_context() takes the freeze back. A freeze that
  // neither follows ends by itself after 30 s. Where the digest was kept up as the entries came,
  // start_handoff() records the offer itself.
  struct HandoffStart {
    std::optional<Handoff> earlier;  // the key was used before: this is the answer
    std::optional<Handoff> offered;  // at once, as `power`
    ContextSnapshot snapshot;        // of neither
  };
  // `context` empty: the giver's own; offer_handoff() gets that as `asked_context`, since it is
  // part of what a key stands for, like `giver`. Throws not_found, forbidden (not the owner),
  // conflict (frozen), and what find_ended() throws.
  HandoffStart start_handoff(std::string_view from, std::string_view to, std::string_view context,
                             std::string_view summary, std::string_view key,
                             Giver giver = Giver::living);
  void thaw_context(std::string_view context) noexcept;
  Handoff offer_handoff(std::string_view from, std::string_view to, std::string_view context,
                        std::string_view summary, std::string_view key, std::string_view digest,
                        std::uint64_t count, std::string_view asked_context = {},
                        Giver giver = Giver::living);
  // Is called by the receiver, with the digest and the count of what it read. Throws
  // digest_mismatch, conflict (not pending), forbidden. An empty `caller` is not checked. Repeating
  // an accepted one gives the same answer.
  Handoff accept_handoff(std::uint64_t id, std::string_view caller, std::string_view digest,
                         std::uint64_t count);
  Handoff cancel_handoff(std::uint64_t id, std::string_view caller);
  std::vector<Handoff> list_handoffs(const HandoffFilter& filter);  // the oldest first
  bool is_offered(std::string_view context, std::string_view receiver);
  // Ends some of the pending ones that were offered before: their givers keep all.
  std::vector<Handoff> expire_handoffs(WallTime offered_before);

  StoreCounts counts();
  std::size_t heads_in_memory() const;

  // --- for GroupCommit
  // Inside the transaction, after its operations: writes out the ids of contexts that lag behind.
  void prepare_commit();
  // What an operation of this transaction found that it takes, whatever it had asked for.
  Durability needed_durability() const { return needed_durability_; }
  void committed();  // the transaction took effect
  void
  rolled_back() noexcept;  // it did not: forget what was changed in memory since the last commit
  // Outside of a transaction: forgets what lives in memory and loads it again.
  void reload();
  // Writes out, at an orderly stop and in a transaction of its own, all that lives in memory, so
  // that the next start has nothing to rebuild. Throws storage_failed, and writes nothing, when the
  // database is not the one any more that it is of.
  void write_out_tail();

 private:
  using FoundKey = std::optional<std::string>;

  void load();
  void rebuild_tail(std::int64_t watermark);
  ContextHead* find_head(std::string_view context);
  ContextHead& require_head(std::string_view context);
  ContextHead& create_context(std::string_view name, std::string_view owner);
  ContextHead& create_fresh_context(std::string_view base, std::uint64_t generation,
                                    std::string_view owner);
  ContextHead& take_up_context(std::string_view instance);
  void store_head(const ContextHead& head);
  bool is_frozen(const ContextHead& head) const;
  void write_block(ContextHead& head);
  std::int64_t now_us() const;

  void insert_instance(const Instance& instance);
  std::uint64_t first_number(const std::string& base);
  bool lives(std::string_view instance);
  void require_living(std::string_view field, std::string_view instance);
  void require_sender(std::string_view field, std::string_view name);
  void require_recipient(std::string_view field, std::string_view name);
  // The result that the key was answered with before; throws key_reused when the request differs.
  FoundKey find_key(std::string_view caller, std::string_view key, std::string_view request);
  void keep_key(std::string_view caller, std::string_view key, std::string_view request,
                std::string_view result);
  void keep_digest(ContextHead& head, const AppendRequest& request);
  void require_same_entry(const ContextHead& head, const AppendRequest& request);
  std::vector<std::string> members_of(const Recipients& group, std::string_view sender,
                                      const std::string& senders_repo);
  // `body_of`: the message that has the body already; 0: none.
  std::uint64_t insert_message(std::string_view from, std::string_view to, std::string_view body,
                               std::uint64_t body_of = 0);
  Message own_message(std::string_view recipient, std::uint64_t id);
  Message deliver(Message pending);
  void begin_inbox(const InstanceRequest& request, std::uint64_t first_id);
  void bury(std::string_view recipient, WallTime sent_before, Burial& burial);
  void bury(const Message& message, DeathCause cause, Burial& burial);
  Handoff find_handoff(std::uint64_t id);
  void cancel_pending_handoffs(std::string_view instance);
  void want_instance(const InstanceRequest& request);
  std::optional<Repository> look_up_repository(std::string_view name);
  Handoff insert_handoff(ContextHead& head, const Handoff& offer, std::string_view key,
                         std::string_view request);
  void decide(Handoff& handoff, HandoffState state);

  Database& database_;
  const Clock& clock_;
  const std::size_t most_heads_;
  std::unique_ptr<ContextHeads> heads_;
  RecoveryReport recovery_;
  std::int64_t last_entry_id_ = 0;
  std::int64_t last_id_ = 0;    // latest id, but for entries' ids
  std::int64_t watermark_ = 0;  // as written in this transaction
  std::int64_t committed_watermark_ = 0;
  Durability needed_durability_ = Durability::process;
  // No number below is unused after these beginnings of names, which are never free again.
  std::unordered_map<std::string, std::uint64_t> first_numbers_;
};

}  // namespace yardmaster
