// A git repository that instances work in, as a plain value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "coordinator/base/clock.h"

namespace yardmaster {

// Rows hold the numbers: one that was given never changes.
enum class RepositoryState { cloning = 0, ready = 1, failed = 2 };

std::string_view to_string(RepositoryState state);

struct Repository {
  std::uint64_t id = 0;
  std::string name;
  std::string path;  // the top of its working tree, or the bare repository
  std::string url;   // URL that it was cloned from, without secrets; empty: unknown
  std::string base_branch;
  std::string tmux_session;
  bool owned = false;  // we cloned it
  RepositoryState state = RepositoryState::cloning;
  std::string error;  // with state failed: why
  WallTime created_at{};
};

}  // namespace yardmaster
