#include "coordinator/domain/names.h"

#include <algorithm>
#include <string>

#include "coordinator/base/error.h"

namespace yardmaster {

bool is_valid_name(std::string_view name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= max_name_length && is_plain(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_plain(c) || c == '-'; });
}

void require_name(std::string_view field, std::string_view name) {
  if (is_valid_name(name)) return;
  throw Error(ErrorCode::invalid_request,
              std::string(field) + ": '" + std::string(name.substr(0, 80)) +
                  "' is not a name: use 1 to 63 of a-z, 0-9 and '-', not starting with '-'");
}

}  // namespace yardmaster
