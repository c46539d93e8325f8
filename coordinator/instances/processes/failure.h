// Returns the text of a caught exception, for work whose failure is reported after the handler,
// since a handler cannot wait. Any thread.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <utility>

namespace yardmaster {

inline std::string message_of(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return error.what();
  }
}

// The end of a coroutine that nobody waits for: what it throws is said, never dropped.
inline auto or_warn(std::function<void(const std::string&)> on_warning, std::string doing) {
  return [on_warning = std::move(on_warning),
          doing = std::move(doing)](const std::exception_ptr& failure) {
    if (failure) on_warning(doing + ": " + message_of(failure));
  };
}

}  // namespace yardmaster
