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

}  // namespace

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
