#include <optional>
#include <string>
#include <vector>

#include "coordinator/base/json.h"
#include "coordinator/base/text_edits.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/domain/names.h"
#include "coordinator/store/lists.h"

namespace yardmaster::handlers {
namespace {

using nlohmann::json;

constexpr std::size_t most_names = 200;
constexpr std::size_t longest_last_entry = 256;

using LastEntries = std::vector<std::optional<ContextSnapshot>>;

std::vector<std::string> names_of(const Request& request) {
  auto names = request.arguments().at("names").get<std::vector<std::string>>();
  if (names.size() > most_names) {
    throw Error(ErrorCode::invalid_request,
                "args.names: " + std::to_string(most_names) + " at most at once");
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    require_name("args.names[" + std::to_string(i) + "]", names[i]);
  }
  return names;
}

// Cuts between characters.
std::string last_entry(Reader& reader, const ContextSnapshot& snapshot) {
  if (snapshot.info.last_seq == 0) return "";
  const std::vector<ContextEntry> entries = reader.read(snapshot);
  if (entries.empty()) return "";
  return shortened(entries.back().kind + ": " + entries.back().data, longest_last_entry);
}

std::string waits_for(Reader& reader, const std::string& name) {
  HandoffFilter filter;
  filter.instance = name;
  filter.state = HandoffState::pending;
  filter.limit = 1;
  const Page<Handoff> page = list_handoffs(reader.database(), filter);
  if (page.items.empty()) return "";
  const Handoff& handoff = page.items.front();
  return handoff.to == name ? "handoff from " + handoff.from : "handoff to " + handoff.to;
}

json detail_of(Reader& reader, const std::string& name,
               const std::optional<ContextSnapshot>& last) {
  json detail{{"instance_id", name}, {"unread", find_unread(reader.database(), name).count}};
  if (!last) return detail;
  detail["entries"] = last->info.last_seq;
  detail["last_entry"] = last_entry(reader, *last);
  detail["waits_for"] = waits_for(reader, name);
  return detail;
}

}  // namespace

Reply instance_details(Services& services, const Request& request) {
  const std::vector<std::string> names = names_of(request);
  const auto find = [&](Store& store) {
    LastEntries found;
    for (const std::string& name : names) found.push_back(store.last_entry(name));
    return found;
  };
  const auto read = [&](Reader& reader, const LastEntries& last) {
    json details = json::array();
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (!last[i] && names[i] != person_name) continue;
      details.push_back(detail_of(reader, names[i], last[i]));
    }
    const json data{{"details", std::move(details)}};
    return to_text(data);
  };
  const Caller& caller = request.asked_by();
  co_return co_await services.store.run_and_read(Durability::process, find, read, caller);
}

}  // namespace yardmaster::handlers
