// Returns the text of a caught exception, for work whose failure is reported after the handler,
// since a handler cannot wait. Any thread.
#pragma once

#include <exception>
#include <string>

namespace yardmaster {

inline std::string message_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace yardmaster
