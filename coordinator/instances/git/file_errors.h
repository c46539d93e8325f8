// Turns what the file system refuses into the project's Error. Any thread.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

#include "coordinator/base/error.h"

namespace yardmaster {

inline Error file_error(const std::string& what, const std::error_code& failure) {
  const bool full = failure == std::errc::no_space_on_device ||
                    failure == std::error_code(EDQUOT, std::generic_category());
  return {full ? ErrorCode::storage_full : ErrorCode::unavailable, what + ": " + failure.message()};
}

}  // namespace yardmaster
