// The ways in which real instances end when they churn. Plain values, any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace yardmaster::loadgen {

enum class ChurnKind {
  agent,      // SIGKILL for the agent
  window,     // its tmux window is killed from outside
  exit,       // it exits by itself
  crash,      // it crashes by itself
  children,   // SIGKILL for an agent that has left children and orphans about
  release,    // the coordinator is asked to release it
  hang,       // the same, of an agent that does nothing any more
  stubborn,   // the same, of an agent that ignores SIGTERM, and whose children do
  stillborn,  // an agent that ends at once, so that it never was an instance
};

std::string_view to_string(ChurnKind kind);
std::optional<ChurnKind> churn_kind_from(std::string_view text);
// Returns them in the order of the enumeration.
std::vector<ChurnKind> all_churn_kinds();

// Returns the behaviour that the simulated agent is given for this kind.
std::string_view behaviour_for(ChurnKind kind);
// Returns whether the coordinator is asked for the end, instead of finding out.
bool is_request(ChurnKind kind);

}  // namespace yardmaster::loadgen
