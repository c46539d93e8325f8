// The services are the parts that the handlers of the command table work with. Broker thread only.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>
#include <nlohmann/json.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/base/paths.h"
#include "coordinator/broker/access/access_tokens.h"
#include "coordinator/broker/commands/authority.h"
#include "coordinator/broker/event_hub.h"
#include "coordinator/instances/git/repositories.h"
#include "coordinator/instances/lifecycle/instance_manager.h"
#include "coordinator/instances/lifecycle/tellings.h"
#include "coordinator/instances/lifecycle/upkeep.h"
#include "coordinator/instances/resources/life_signs.h"
#include "coordinator/instances/roles/roles.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

// StoreFacts are what only the store thread may read, since it assigns them anew when it connects
// again.
struct StoreFacts {
  explicit StoreFacts(Store& store)
      : engine(store.database().engine()),
        version(store.database().version()),
        location(store.database().location()),
        log_frames(store.database().log_frames()),
        recovery(store.recovery()) {}

  std::string engine;
  std::string version;
  std::string location;
  std::int64_t log_frames;
  RecoveryReport recovery;
};

// DaemonControl answers what only the daemon as a whole can answer.
class DaemonControl {
 public:
  // Returns the data of `status`, except for the counts that the store knows.
  virtual nlohmann::json status(const StoreFacts& store) const = 0;
  virtual nlohmann::json histograms() const = 0;
  // Records how long a handoff took, from the request for it to its acceptance.
  virtual void on_handoff_done(std::chrono::nanoseconds duration) = 0;
  // `with_tmux` ends the tmux server too, and with it the agents that still run in it.
  virtual void request_stop(bool with_tmux) = 0;
  // Gives the URL of the yard's page, which is good for one browser.
  virtual std::string invite_browser() = 0;
  virtual boost::asio::awaitable<void> backup(std::filesystem::path file) = 0;
  // Returns tmux's id of the pane in which people see the yard.
  virtual boost::asio::awaitable<std::string> open_control_pane() = 0;

 protected:
  ~DaemonControl() = default;
};

struct Services {
  StoreQueue& store;
  InstanceManager& instances;
  Repositories& repositories;
  const Roles& roles;
  LifeSigns& signs;
  Tellings& tellings;
  Upkeep& upkeep;
  const Authority& authority;
  EventHub& events;
  AccessTokens& tokens;
  DaemonControl& daemon;
  const Clock& clock;
  const Paths paths;
  // Given to instances whose rows are not made yet.
  std::shared_ptr<std::set<std::string>> promised_names = std::make_shared<std::set<std::string>>();
  // The times at which the handoffs that are now pending were requested, by id.
  std::unordered_map<std::uint64_t, SteadyTime> handoffs_asked = {};
};

}  // namespace yardmaster
