// The daemon's log file, rotated by size. Any thread.
#pragma once

#include <memory>

#include <spdlog/logger.h>

#include "coordinator/base/config.h"

namespace yardmaster {

// Throws Error{usage} when the file cannot be written.
std::shared_ptr<spdlog::logger> open_log(const Config& config);

}  // namespace yardmaster
