// What `status` and the log say of the yard, the store and the start. Broker thread.
#pragma once

#include <nlohmann/json.hpp>

#include "coordinator/base/config.h"
#include "coordinator/base/yard_record.h"
#include "coordinator/broker/commands/services.h"
#include "coordinator/daemon/daemon_log.h"
#include "coordinator/instances/lifecycle/instance_manager.h"

namespace yardmaster {

nlohmann::json status_of(const Config& config, const YardRecord& yard, const StoreFacts& store,
                         const ReconcileReport& reconciled);

// Writes what the start found in the store and of instances.
void log_recovery(const DaemonLog& log, const StoreFacts& store, const ReconcileReport& reconciled);

}  // namespace yardmaster
