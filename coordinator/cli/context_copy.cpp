#include "coordinator/cli/context_copy.h"

#include <optional>

#include "coordinator/base/error.h"
#include "coordinator/cli/lookups.h"
#include "coordinator/domain/context.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr int append_attempts = 5;

std::uint64_t last_seq(Client& client, const std::string& context) {
  const json reply = client.call("read_context", {{"context", context}, {"limit", 1}});
  return reply.at("last_seq").get<std::uint64_t>();
}

}  // namespace

json read_whole_context(Client& client, const std::string& context, std::uint64_t from_seq,
                        const std::function<void(const json& entry)>& visit) {
  std::uint64_t next = from_seq;
  for (;;) {
    json reply = client.call("read_context", {{"context", context}, {"from_seq", next}});
    const json entries = std::move(reply.at("entries"));
    reply.erase("entries");
    for (const json& entry : entries) {
      visit(entry);
      next = entry.at("seq").get<std::uint64_t>() + 1;
    }
    if (entries.empty() || next > reply.at("last_seq").get<std::uint64_t>()) return reply;
  }
}

std::uint64_t append_entry(Client& client, const std::string& context, const std::string& kind,
                           const std::string& data) {
  for (int attempt = 1;; ++attempt) {
    const std::uint64_t seq = last_seq(client, context) + 1;
    try {
      const json arguments{{"context", context},
                           {"seq", seq},
                           {"kind", kind},
                           {"data", data},
                           {"durability", "power"}};
      return client.call("append_context", arguments).at("seq").get<std::uint64_t>();
    } catch (const Error& error) {
      const bool came_second = error.code() == ErrorCode::sequence_conflict;
      if (!came_second || attempt == append_attempts) throw;
    }
  }
}

json accept_offered(Client& client, std::uint64_t id, const std::string& who) {
  const std::optional<json> handoff = find_handoff(client, id, "pending");
  if (!handoff) {
    throw Error(ErrorCode::not_found, "there is no pending handoff " + std::to_string(id));
  }
  ContextDigest digest;
  read_whole_context(client, handoff->at("context").get<std::string>(), 1, [&](const json& entry) {
    digest.add(entry.at("seq").get<std::uint64_t>(), entry.at("kind").get<std::string>(),
               entry.at("data").get<std::string>());
  });
  const std::uint64_t count = digest.count();
  return client.call(
      "accept_handoff",
      {{"id", id}, {"instance_id", who}, {"count", count}, {"digest", digest.finish()}});
}

}  // namespace yardmaster::cli
