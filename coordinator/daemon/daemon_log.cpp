#include "coordinator/daemon/daemon_log.h"

#include <spdlog/sinks/rotating_file_sink.h>

#include "coordinator/base/error.h"

namespace yardmaster {

std::shared_ptr<spdlog::logger> open_log(const Config& config) {
  try {
    const auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        config.paths().log().string(), config.log_max_bytes, config.log_files);
    auto log = std::make_shared<spdlog::logger>("yardmaster", sink);
    log->set_level(spdlog::level::from_str(config.log_level));
    log->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    log->flush_on(spdlog::level::info);
    return log;
  } catch (const spdlog::spdlog_ex& failure) {
    throw Error(ErrorCode::usage, failure.what());
  }
}

}  // namespace yardmaster
