// Where the refs and branches stand that the coordinator makes in a user's repository. The one
// place that names them: git's part, the protocol, the command line and the audits of loadgen read
// it here. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace yardmaster {

// All of them. The two below lie within.
inline constexpr std::string_view own_namespace = "refs/yardmaster/";
// Work that was saved when an instance ended: <instance>/<time>.
inline constexpr std::string_view rescue_namespace = "refs/yardmaster/rescue/";
// Branches that the coordinator made, by their names.
inline constexpr std::string_view branch_mark_namespace = "refs/yardmaster/branch/";
static_assert(rescue_namespace.starts_with(own_namespace) &&
              branch_mark_namespace.starts_with(own_namespace));

// The branch that an instance works on stands under this and its name.
inline constexpr std::string_view instance_branch_prefix = "instance/";

inline std::string instance_branch(std::string_view instance) {
  return std::string(instance_branch_prefix).append(instance);
}

// The namespace of one instance's rescues.
inline std::string rescue_namespace_of(std::string_view instance) {
  return std::string(rescue_namespace).append(instance) + "/";
}

}  // namespace yardmaster
