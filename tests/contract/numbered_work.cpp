#include "tests/contract/numbered_work.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "coordinator/domain/context.h"
#include "coordinator/store/context_walk.h"

namespace yardmaster::support {
namespace {

constexpr std::array<const char*, 3> writers{"ada", "bob", "cyd"};

class QuietObserver final : public CommitObserver {
  void on_commit(std::chrono::nanoseconds /*duration*/, std::size_t /*operations*/,
                 Durability /*durability*/, bool /*in_checkpoint*/) override {}
  void on_checkpoint(const CheckpointResult& /*result*/) override {}
  void on_storage_error(const Error& /*error*/) override {}
};

std::string text_of(std::int64_t number, std::size_t length) {
  std::string text = std::to_string(number) + " ";
  text.resize(std::max(text.size(), length), static_cast<char>('a' + number % 26));
  return text;
}

std::int64_t number_in(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

void hand_over_context(Store& store, std::string_view from, std::string_view to,
                       const std::string& summary) {
  const auto start = store.start_handoff(from, to, {}, summary, summary);
  const ContextInfo& context = start.snapshot.info;
  const Handoff offer =
      store.offer_handoff(from, to, context.name, summary, summary, "digest", context.last_seq);
  store.accept_handoff(offer.id, to, "digest", context.last_seq);
}

// Every number that the database knows of, and what is wrong with it.
class Found {
 public:
  std::string problem;

  void add(std::int64_t number) { numbers_.insert(number); }
  void entries(Store& store, Reader& reader, const char* writer) {
    const ContextSnapshot snapshot = store.snapshot(writer, 1, 0);
    std::uint64_t next = 1;
    std::int64_t before = 0;
    for (const ContextEntry& entry : reader.read(snapshot)) {
      const std::int64_t number = number_in(entry.data);
      if (entry.seq != next++) problem = std::string("a gap in ") + writer;
      if (number <= before) problem = std::string("another order in ") + writer;
      if (entry.data != text_of(number, entry.data.size())) problem = "an entry's text is another";
      before = number;
      add(number);
    }
    if (count_rows(reader.database(), snapshot) != next - 1)
      problem = std::string("doubled in ") + writer;
  }
  void messages(Store& store, const char* writer) {
    MessageFilter filter;
    filter.recipient = writer;
    filter.limit = 1'000'000;
    std::set<std::pair<std::string, std::int64_t>> seen;
    for (const Message& message : store.list_messages(filter)) {
      const std::int64_t number = number_in(message.body);
      if (!seen.emplace(message.from, number).second) problem = "a message is there twice";
      add(number);
      if (message.body.ends_with("to all")) ++reached_[number];
    }
  }
  void handoffs(Store& store) {
    for (const Handoff& handoff : store.list_handoffs({})) add(number_in(handoff.summary));
  }
  void broadcasts() {
    for (const auto& [number, reached] : reached_) {
      if (reached != writers.size() - 1) problem = "a broadcast reached some of its recipients";
    }
  }
  // Which of the numbers to a limit are there has to be a beginning, but for what failed.
  std::string compare(const Promises& promises) const {
    const auto end = numbers_.upper_bound(promises.before_crash);
    const std::int64_t last = end == numbers_.begin() ? 0 : *std::prev(end);
    for (std::int64_t number = 1; number < last; ++number) {
      if (numbers_.contains(number) || promises.failed.contains(number)) continue;
      return "operation " + std::to_string(number) + " is missing before " + std::to_string(last);
    }
    if (last < promises.until_power) {
      return "lost: all up to " + std::to_string(promises.until_power) + " was promised, " +
             std::to_string(last) + " is the last";
    }
    for (const std::int64_t number : promises.power) {
      if (number > 0 && !numbers_.contains(number)) return "lost: " + std::to_string(number);
    }
    const bool invented = !numbers_.empty() && *numbers_.rbegin() > promises.begun;
    return invented ? "invented: " + std::to_string(*numbers_.rbegin()) : "";
  }

 private:
  std::set<std::int64_t> numbers_;
  std::map<std::int64_t, std::size_t> reached_;
};

}  // namespace

// --- OpenStore

OpenStore::OpenStore(std::unique_ptr<Database> database, const GroupCommitOptions& options)
    : database_(std::move(database)),
      store_(std::make_unique<Store>(*database_, clock_)),
      observer_(std::make_unique<QuietObserver>()) {
  commits_ = std::make_unique<GroupCommit>(
      *store_, std::make_unique<Reader>(database_->open_reader()), options, *observer_, [this] {
        const std::lock_guard lock(mutex_);
        notified_ = true;
        changed_.notify_one();
      });
}

OpenStore::~OpenStore() = default;

void OpenStore::complete() {
  while (commits_->in_flight() > 0) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return std::exchange(notified_, false); });
    }
    commits_->drain();
  }
}

// --- NumberedWork

class NumberedWork::Numbered final : public Operation {
 public:
  Numbered(NumberedWork& owner, Durability durability, std::int64_t promised, Work work)
      : Operation(durability), promised_(promised), owner_(owner), work_(std::move(work)) {}

  void execute(Store& store) override { work_(store); }
  void complete() noexcept override { owner_.done(*this); }
  // All up to this number was done when this operation is.
  std::int64_t promised() const { return promised_; }

 private:
  std::int64_t promised_;
  NumberedWork& owner_;
  Work work_;
};

NumberedWork::NumberedWork(std::uint64_t seed, OnPromise on_promise)
    : random_(seed), on_promise_(std::move(on_promise)), last_seqs_(writers.size()) {}

void NumberedWork::add(OpenStore& store, Durability durability, std::int64_t promised, Work work) {
  store.submit(std::make_unique<Numbered>(*this, durability, promised, std::move(work)));
}

void NumberedWork::done(const Numbered& operation) {
  if (operation.failure()) {
    ++failed_;
    promises_.failed.insert(operation.promised());
    last_failure_ = operation.failure()->what();
    return;
  }
  if (operation.durability() == Durability::power) {
    const std::int64_t promised = operation.promised();
    promises_.power.insert(promised);
    if (promised <= promises_.before_crash) {
      promises_.until_power = std::max(promises_.until_power, promised);
    }
  }
  on_promise_(promises_);
}

void NumberedWork::begin(OpenStore& store) {
  for (const char* name : writers) {
    add(store, Durability::power, 0, [name](Store& opened) {
      InstanceRequest request;
      request.name = name;
      request.role = "writer";
      opened.create_instance(request, "");
    });
  }
}

void NumberedWork::add_entry(OpenStore& store, Durability durability) {
  const std::size_t writer = random_() % writers.size();
  // Now and then one that takes several pages.
  const std::size_t length = random_() % 16 == 0 ? 9000 : random_() % 400;
  const std::int64_t number = ++promises_.begun;
  latest_ = Entry{number, writers[writer], ++last_seqs_[writer], text_of(number, length)};
  add(store, durability, number, [entry = *latest_](Store& opened) {
    opened.append({entry.context, entry.seq, "note", entry.data, {}, {}});
  });
}

// An entry that is there already: its answer promises what the entry's own may not have.
void NumberedWork::repeat_entry(OpenStore& store, Durability durability) {
  if (!latest_) return;
  add(store, durability, latest_->number, [entry = *latest_](Store& opened) {
    opened.append({entry.context, entry.seq, "note", entry.data, {}, {}});
  });
}

void NumberedWork::submit(OpenStore& store, int count) {
  for (; count > 0; --count) {
    const Durability durability = random_() % 3 == 0 ? Durability::power : Durability::process;
    const std::uint64_t draw = random_() % 100;
    if (draw < 70) {
      add_entry(store, durability);
    } else if (draw < 78) {
      repeat_entry(store, durability);
    } else {
      const std::int64_t number = ++promises_.begun;
      const std::string text = std::to_string(number);
      add(store, durability, number, [draw, text](Store& opened) {
        if (draw < 88) {
          opened.send_message(writers[0], writers[1], text, text);
        } else if (draw < 94) {
          opened.broadcast(writers[2], "@all", text + " to all", text);
        } else {
          hand_over_context(opened, writers[0], writers[1], text);
        }
      });
    }
  }
}

std::string NumberedWork::audit(Database& database, const Promises& promises) {
  const ManualClock clock;
  Store store(database, clock);
  Reader reader(database.open_reader());
  Found found;
  if (store.list_instances().empty()) {
    return promises.until_power >= 0 ? "the instances are lost" : "";
  }
  for (const char* writer : writers) {
    found.entries(store, reader, writer);
    found.messages(store, writer);
  }
  found.handoffs(store);
  found.broadcasts();
  return found.problem.empty() ? found.compare(promises) : found.problem;
}

}  // namespace yardmaster::support
