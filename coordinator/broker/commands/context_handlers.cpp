#include <algorithm>
#include <optional>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/wire_values.h"
#include "coordinator/store/context_walk.h"

namespace yardmaster::handlers {
namespace {

constexpr std::uint64_t default_entries = 1000;

// Thrown to leave a walk early.
struct Enough {};

// The entries of a reply: as many as make up about a frame, and one at least. A client that wants
// more asks again from the next one on.
class EntriesText {
 public:
  explicit EntriesText(const ContextSnapshot& snapshot) : walk_(snapshot) {}

  // Reads some; false when there is no more to say.
  bool go_on(Reader& reader) {
    const auto add = [this](std::uint64_t seq, std::string_view kind, std::string_view data,
                            WallTime time) {
      const std::size_t before = text_.size();
      if (!text_.empty()) text_.push_back(',');
      append_entry(text_, seq, kind, data, time);
      if (before == 0 || text_.size() <= max_frame_bytes) {
        last_seq_ = seq;
        return;
      }
      text_.resize(before);
      throw Enough{};
    };
    try {
      walk_.go_on(reader.database(), bytes_per_turn, add);
    } catch (const Enough&) {
      return false;
    }
    return !walk_.is_over() && text_.size() < max_frame_bytes;
  }

  const std::string& text() const { return text_; }
  std::uint64_t last_seq() const { return last_seq_; }  // of those in the text

 private:
  ContextWalk walk_;
  std::string text_;
  std::uint64_t last_seq_ = 0;
};

void append_info(std::string& out, const ContextInfo& info) {
  out.append("\"last_seq\":");
  append_number(out, info.last_seq);
  out.append(",\"generation\":");
  append_number(out, info.generation);
  out.append(",\"owner\":");
  append_quoted(out, info.owner);
}

// With `count_rows` the reply also says how many rows of the range the store really has, counted
// without its lists: more than `count` means that something was stored twice.
class DigestText {
 public:
  DigestText(const ContextSnapshot& snapshot, bool count_rows)
      : walk_(snapshot), rows_(snapshot), counts_(count_rows) {}

  bool go_on(Reader& reader) {
    const auto add = [this](std::uint64_t seq, std::string_view kind, std::string_view data,
                            WallTime) { digest_.add(seq, kind, data); };
    if (!walk_.is_over()) {
      walk_.go_on(reader.database(), bytes_per_turn, add);
      return !walk_.is_over() || counts_;
    }
    return counts_ && rows_.go_on(reader.database());
  }

  std::string text(const ContextInfo& info) {
    std::string data = "{\"count\":";
    append_number(data, digest_.count());
    data.append(",\"digest\":\"").append(digest_.finish()).append("\",");
    if (counts_) {
      data.append("\"rows\":");
      append_number(data, rows_.rows());
      data.push_back(',');
    }
    append_info(data, info);
    data.push_back('}');
    return data;
  }

 private:
  ContextWalk walk_;
  RowCount rows_;
  bool counts_;
  ContextDigest digest_;
};

struct Appended {
  std::uint64_t last_seq = 0;
  std::uint64_t stored = 0;  // the others had been before
};

// The context's state is the same for all of them, so that what refuses one refuses the first, and
// nothing is written.
Appended append_each(Store& store, const Request& request, const AppendRequest& common) {
  Appended appended;
  AppendRequest entry = common;
  for (const auto& pair : request.arguments().at("entries")) {
    entry.kind = pair[0].get_ref<const std::string&>();
    entry.data = pair[1].get_ref<const std::string&>();
    const AppendResult result = store.append(entry);
    appended.last_seq = result.seq;
    if (!result.duplicate) ++appended.stored;
    ++entry.seq;
  }
  return appended;
}

// Whose contexts the caller may read: empty, everyone's.
std::string reader_of(const Services& services, const Request& request) {
  static_cast<void>(request.optional_caller("instance_id"));  // may be refused
  if (services.authority.allows(request.session(), Right::read)) return {};
  return request.session().instance();
}

// An instance reads its contexts, and those that are offered to it.
ContextSnapshot readable_snapshot(Store& store, const std::string& reader,
                                  const std::string& context, std::uint64_t from,
                                  std::uint64_t limit) {
  ContextSnapshot snapshot = store.snapshot(context, from, limit);
  if (reader.empty() || snapshot.info.owner == reader || store.is_offered(context, reader)) {
    return snapshot;
  }
  throw Error(ErrorCode::forbidden, "context '" + context + "' belongs to '" + snapshot.info.owner +
                                        "', and is not offered to '" + reader + "'");
}

}  // namespace

Reply append_entries(Services& services, const Request& request) {
  const std::string instance = request.optional_caller("instance_id");
  const std::string context = request.text("context");
  AppendRequest common;
  common.context = context;
  common.seq = request.number("seq");
  common.generation = request.optional_number("generation");
  common.instance = instance;
  common.is_of_several = true;
  const auto append = [&](Store& store) { return append_each(store, request, common); };
  const Durability durability = request.durability(Durability::process);
  const Appended appended = co_await services.store.run(durability, append, request.asked_by());
  std::string data = "{\"seq\":";
  append_number(data, appended.last_seq);
  data.append(",\"stored\":");
  append_number(data, appended.stored);
  data.push_back('}');
  co_return data;
}

Reply read_context(Services& services, const Request& request) {
  const std::string asker = reader_of(services, request);
  const std::string context = request.text("context");
  const std::uint64_t from = request.number("from_seq", 1);
  const std::uint64_t limit = request.number("limit", default_entries);
  const auto take = [&](Store& store) {
    return readable_snapshot(store, asker, context, from, limit);
  };
  std::optional<EntriesText> entries;
  const auto read = [&](Reader& reader, const ContextSnapshot& snapshot) {
    if (!entries) entries.emplace(snapshot);
    std::optional<std::string> data;
    if (entries->go_on(reader)) return data;
    data = "{\"entries\":[" + entries->text() + "],";
    append_info(*data, snapshot.info);
    if (entries->last_seq() != 0 && entries->last_seq() < snapshot.info.last_seq) {
      data->append(",\"more\":true,\"next_seq\":");
      append_number(*data, entries->last_seq() + 1);
    }
    data->push_back('}');
    return data;
  };
  const Caller& caller = request.asked_by();
  co_return co_await services.store.run_and_read(Durability::process, take, read, caller);
}

Reply digest_context(Services& services, const Request& request) {
  const std::string asker = reader_of(services, request);
  const std::string context = request.text("context");
  const std::uint64_t from = request.number("from_seq", 1);
  const std::uint64_t to = request.number("to_seq", 0);
  if (to != 0 && to < from) {
    throw Error(ErrorCode::invalid_request, "args.to_seq: must not be less than from_seq");
  }
  const std::uint64_t limit = to == 0 ? 0 : to - from + 1;
  const auto take = [&](Store& store) {
    return readable_snapshot(store, asker, context, from, limit);
  };
  const bool count_rows = request.flag("count_rows");
  std::optional<DigestText> digest;
  const auto read = [&](Reader& reader, const ContextSnapshot& snapshot) {
    if (!digest) digest.emplace(snapshot, count_rows);
    std::optional<std::string> data;
    if (!digest->go_on(reader)) data = digest->text(snapshot.info);
    return data;
  };
  const Caller& caller = request.asked_by();
  co_return co_await services.store.run_and_read(Durability::process, take, read, caller);
}

}  // namespace yardmaster::handlers
