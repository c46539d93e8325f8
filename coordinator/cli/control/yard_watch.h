// What the control pane knows of the yard: its instances, told of by the daemon's events and asked
// for anew only after one. While the daemon is away it is looked for once a second, and what was
// known stays. Blocking, but for five seconds at most; main thread.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/client/client.h"

namespace yardmaster::cli {

class YardWatch {
 public:
  using Connect = std::function<Client()>;

  explicit YardWatch(Connect connect) : connect_(std::move(connect)) {}

  // Looks for the daemon when it is time to, takes the events that came, and asks for what they
  // have changed; of `shown`, the names of instances, for all that is known.
  void update(const std::vector<std::string>& shown);
  // Readable when there are events; -1 while the daemon is away.
  int descriptor() const { return client_ ? client_->native_handle() : -1; }
  // When update() has something to do, whether events come or not.
  std::optional<SteadyTime> next_update() const;

  // "" while the daemon is there; else why it is not.
  const std::string& away() const { return away_; }
  // The living ones and those that wait for their restart, in the order of names; of those that
  // were shown with the fields of instance_details.
  const nlohmann::json& instances() const { return instances_; }
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<std::string>& roles() const { return roles_; }
  // The person's own.
  std::uint64_t unread() const { return unread_; }

 private:
  void look();
  void take_events();
  void list();
  void ask_details(const std::vector<std::string>& shown);
  bool lacks_details(const std::vector<std::string>& shown) const;
  nlohmann::json call(std::string_view command, const nlohmann::json& arguments);

  const Connect connect_;
  std::optional<Client> client_;
  SteadyTime next_look_{};
  std::string away_ = "not connected yet";
  bool list_is_stale_ = false;
  bool details_are_stale_ = false;
  SteadyTime asked_{};
  nlohmann::json instances_ = nlohmann::json::array();
  std::map<std::string, nlohmann::json> details_;
  std::vector<std::string> names_;
  std::vector<std::string> roles_;
  std::uint64_t unread_ = 0;
};

}  // namespace yardmaster::cli
