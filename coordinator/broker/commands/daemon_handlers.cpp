#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/wire_values.h"
#include "coordinator/domain/names.h"

namespace yardmaster::handlers {

using nlohmann::json;

Reply ping(Services& /*services*/, const Request& /*request*/) {
  co_return "{\"pong\":true,\"pid\":" + std::to_string(::getpid()) + "}";
}

Reply status(Services& services, const Request& /*request*/) {
  std::optional<StoreFacts> facts;
  std::vector<WantedInstance> waiting;
  const auto count = [&](Store& store) {
    facts.emplace(store);
    waiting = store.list_waiting();
    return store.counts();
  };
  const StoreCounts counts = co_await services.store.run(Durability::process, count);
  json data = services.daemon.status(*facts);
  json& shown = data["counts"];
  shown["instances"] = counts.instances;
  shown["contexts"] = counts.contexts;
  shown["pending_messages"] = counts.pending_messages;
  shown["pending_handoffs"] = counts.pending_handoffs;
  shown["dead_letters"] = counts.dead_letters;
  data["waiting"] = json::array();
  for (const WantedInstance& each : waiting) data["waiting"].push_back(wanted_json(each));
  co_return to_text(data);
}

// With tmux, `stop` ends the agents, too, so no persistent one is started again next time.
Reply stop(Services& services, const Request& request) {
  const bool with_tmux = request.flag("tmux");
  const auto drop_all = [](Store& store) {
    for (const WantedInstance& wanted : store.list_wanted()) store.drop_wanted(wanted.name);
  };
  if (with_tmux) co_await services.store.run(Durability::power, drop_all);
  services.daemon.request_stop(with_tmux);
  co_return "{\"stopping\":true}";
}

Reply subscribe(Services& services, const Request& request) {
  const auto events = request.arguments().at("events").get<std::vector<std::string>>();
  const std::string instance = request.optional_caller("instance_id");
  const bool confirms = request.flag("confirms");
  const Scope scope = request.session().access().scope;
  const bool shows_messages = std::find(events.begin(), events.end(), "message") != events.end();
  // A reader sees nobody's messages, and who may talk does so as the person.
  if (shows_messages) Authority::require(request.session(), Scope::talk, "messages");
  if (shows_messages && scope == Scope::talk && instance != person_name) {
    throw token_error(instance.empty() ? "everyone" : instance);
  }
  services.events.subscribe(request.session(), events, instance, confirms);
  json data{{"events", events}};
  if (confirms) data["confirms"] = true;
  if (!instance.empty()) data["instance_id"] = instance;
  co_return to_text(data);
}

Reply histograms(Services& services, const Request& /*request*/) {
  co_return to_text(services.daemon.histograms());
}

Reply backup(Services& services, const Request& request) {
  const std::string file = request.text("file");
  co_await services.daemon.backup(file);
  const json data{{"file", file}};
  co_return to_text(data);
}

Reply open_control_pane(Services& services, const Request& /*request*/) {
  const std::string pane = co_await services.daemon.open_control_pane();
  const json data{{"tmux_pane", pane}, {"tmux_socket", services.paths.tmux_socket().string()}};
  co_return to_text(data);
}

}  // namespace yardmaster::handlers
