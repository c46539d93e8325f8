// What `status` says of the yard, the store and the start, as JSON. Broker thread.
#pragma once

#include <nlohmann/json.hpp>

#include "coordinator/base/config.h"
#include "coordinator/base/yard_record.h"
#include "coordinator/broker/commands/services.h"
#include "coordinator/instances/lifecycle/instance_manager.h"

namespace yardmaster {

nlohmann::json status_of(const Config& config, const YardRecord& yard, const StoreFacts& store,
                         const ReconcileReport& reconciled);

}  // namespace yardmaster
