// The table of settings: a row for each, in the order of the documentation. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "coordinator/base/config.h"

namespace yardmaster {

using Member = std::variant<std::string Config::*, std::uint64_t Config::*, bool Config::*,
                            std::chrono::nanoseconds Config::*, std::vector<std::string> Config::*>;

struct Key {
  std::string_view name;
  Member member;
  std::string_view help;
  std::vector<std::string> choices = {};
  std::uint64_t least = 0;  // in nanoseconds for durations
};

const std::vector<Key>& setting_keys();
// nullptr when there is none.
const Key* find_key(std::string_view name);
// "YARDMASTER_KILL_GRACE"
std::string variable_of(std::string_view key);

}  // namespace yardmaster
