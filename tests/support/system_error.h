// Reports a failed system call by an exception that says what was tried and what errno says.
#pragma once

#include <cerrno>
#include <string>
#include <system_error>

namespace yardmaster::support {

[[noreturn]] inline void throw_system_error(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace yardmaster::support
