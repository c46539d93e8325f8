#include "coordinator/daemon/daemon_log.h"

#include <chrono>
#include <thread>

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/rotating_file_sink.h>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

constexpr std::size_t most_waiting_lines = 8192;

}  // namespace

DaemonLog::DaemonLog(const Config& config) {
  try {
    const auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        config.paths().log().string(), config.log_max_bytes, config.log_files);
    writer_ = std::make_shared<spdlog::details::thread_pool>(most_waiting_lines, 1);
    logger_ = std::make_shared<spdlog::async_logger>("yardmaster", sink, writer_,
                                                     spdlog::async_overflow_policy::overrun_oldest);
    logger_->set_level(spdlog::level::from_str(config.log_level));
    logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    logger_->flush_on(spdlog::level::info);
  } catch (const spdlog::spdlog_ex& failure) {
    throw Error(ErrorCode::usage, failure.what());
  }
}

DaemonLog::~DaemonLog() = default;

void DaemonLog::write_last(const std::string& text) const {
  logger_->error(text);
  logger_->flush();
  constexpr auto longest = std::chrono::milliseconds(200);
  std::this_thread::sleep_for(longest);
}

}  // namespace yardmaster
