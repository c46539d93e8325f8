// What an instance may ask for on its own socket: what concerns itself, and what its role grants.
// Whoever comes through the yard's own socket may everything. Who bears an access token may, on
// either, what its scope grants besides. Broker thread only.
//
// It keeps agents from harming the yard by mistake. It is no wall: they run as the same user, who
// may connect to the yard's own socket.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "coordinator/broker/commands/right.h"
#include "coordinator/broker/sessions/session.h"
#include "coordinator/instances/lifecycle/instance_manager.h"
#include "coordinator/instances/roles/roles.h"

namespace yardmaster {

class Authority {
 public:
  Authority(const InstanceManager& instances, const Roles& roles)
      : instances_(instances), roles_(roles) {}

  // Throws forbidden, which says what would grant it. `doing` is the command.
  void require(const Session& session, Right right, std::string_view doing) const;
  bool allows(const Session& session, Right right) const;
  // The same of what a session's access token grants.
  static void require(const Session& session, Scope scope, std::string_view doing);
  // The only repository that the caller may ask about, empty for instances of none; nothing: any.
  std::optional<std::string> own_repository(const Session& session) const;

 private:
  bool grants(const std::string& instance, Right right) const;

  const InstanceManager& instances_;
  const Roles& roles_;
};

}  // namespace yardmaster
