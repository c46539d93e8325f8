#include <algorithm>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/wire_values.h"

namespace yardmaster::handlers {
namespace {

constexpr std::uint64_t default_entries = 1000;

// Thrown to leave a visit early.
struct Enough {};

// The reply holds as many entries as make up about a frame, and one at least: a client that wants
// more asks again from the next one on.
std::string entries_text(Reader& reader, const ContextSnapshot& snapshot) {
  std::string entries;
  const auto add = [&](std::uint64_t seq, std::string_view kind, std::string_view data,
                       WallTime time) {
    if (!entries.empty() && entries.size() + data.size() > max_frame_bytes) throw Enough{};
    if (!entries.empty()) entries.push_back(',');
    append_entry(entries, seq, kind, data, time);
  };
  try {
    reader.visit(snapshot, add);
  } catch (const Enough&) {
    // The answer is as long as it may be.
  }
  return entries;
}

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
std::string digest_text(Reader& reader, const ContextSnapshot& snapshot, bool count_rows) {
  ContextDigest digest;
  reader.visit(snapshot, [&](std::uint64_t seq, std::string_view kind, std::string_view data,
                             WallTime) { digest.add(seq, kind, data); });
  std::string data = "{\"count\":";
  append_number(data, digest.count());
  data.append(",\"digest\":\"").append(digest.finish()).append("\",");
  if (count_rows) {
    data.append("\"rows\":");
    append_number(data, reader.count_rows(snapshot));
    data.push_back(',');
  }
  append_info(data, snapshot.info);
  data.push_back('}');
  return data;
}

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

}  // namespace

Reply append_entries(Services& services, const Request& request) {
  const std::string instance = request.optional_caller("instance_id");
  const std::string context = request.text("context");
  AppendRequest common;
  common.context = context;
  common.seq = request.number("seq");
  common.generation = request.optional_number("generation");
  common.instance = instance;
  const auto append = [&](Store& store) { return append_each(store, request, common); };
  const Durability durability = request.durability(Durability::process);
  const Appended appended = co_await services.store.run(durability, append);
  std::string data = "{\"seq\":";
  append_number(data, appended.last_seq);
  data.append(",\"stored\":");
  append_number(data, appended.stored);
  data.push_back('}');
  co_return data;
}

Reply read_context(Services& services, const Request& request) {
  static_cast<void>(request.optional_caller("instance_id"));  // may be refused
  const std::string context = request.text("context");
  const std::uint64_t from = request.number("from_seq", 1);
  const std::uint64_t limit = request.number("limit", default_entries);
  const auto take = [&](Store& store) { return store.snapshot(context, from, limit); };
  const auto read = [](Reader& reader, const ContextSnapshot& snapshot) {
    std::string data = "{\"entries\":[" + entries_text(reader, snapshot) + "],";
    append_info(data, snapshot.info);
    data.push_back('}');
    return data;
  };
  co_return co_await services.store.run_and_read(Durability::process, take, read);
}

Reply digest_context(Services& services, const Request& request) {
  static_cast<void>(request.optional_caller("instance_id"));  // may be refused
  const std::string context = request.text("context");
  const std::uint64_t from = request.number("from_seq", 1);
  const std::uint64_t to = request.number("to_seq", 0);
  if (to != 0 && to < from) {
    throw Error(ErrorCode::invalid_request, "args.to_seq: must not be less than from_seq");
  }
  const std::uint64_t limit = to == 0 ? 0 : to - from + 1;
  const auto take = [&](Store& store) { return store.snapshot(context, from, limit); };
  const bool count_rows = request.flag("count_rows");
  const auto read = [&](Reader& reader, const ContextSnapshot& snapshot) {
    return digest_text(reader, snapshot, count_rows);
  };
  co_return co_await services.store.run_and_read(Durability::process, take, read);
}

}  // namespace yardmaster::handlers
