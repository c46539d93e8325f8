// These helpers read a scenario that is given as text: they return its first run, or what it is
// refused with.
#pragma once

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "coordinator/base/error.h"
#include "loadgen/plan/scenario.h"

namespace yardmaster::loadgen {

inline LoadPlan plan_of_scenario(std::string_view text) {
  return read_scenario(text, "test", Overrides::object()).runs.at(0);
}

// "none" when it is not refused.
inline std::string scenario_error(std::string_view text,
                                  const Overrides& overrides = Overrides::object()) {
  try {
    read_scenario(text, "test", overrides);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::usage);
    return error.what();
  }
  return "none";
}

}  // namespace yardmaster::loadgen
