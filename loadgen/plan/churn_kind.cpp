#include "loadgen/plan/churn_kind.h"

#include <array>
#include <utility>

namespace yardmaster::loadgen {
namespace {

struct Named {
  ChurnKind kind;
  std::string_view name;
  std::string_view behaviour;
};

constexpr std::array<Named, 9> kinds{{
    {ChurnKind::agent, "agent", "normal"},
    {ChurnKind::window, "window", "normal"},
    {ChurnKind::exit, "exit", "normal"},
    {ChurnKind::crash, "crash", "normal"},
    {ChurnKind::children, "children", "children"},
    {ChurnKind::release, "release", "normal"},
    {ChurnKind::hang, "hang", "hang"},
    {ChurnKind::stubborn, "stubborn", "stubborn"},
    {ChurnKind::stillborn, "stillborn", "exit"},
}};

}  // namespace

std::string_view to_string(ChurnKind kind) { return kinds[static_cast<std::size_t>(kind)].name; }

std::optional<ChurnKind> churn_kind_from(std::string_view text) {
  for (const Named& each : kinds) {
    if (each.name == text) return each.kind;
  }
  return std::nullopt;
}

std::vector<ChurnKind> all_churn_kinds() {
  std::vector<ChurnKind> all;
  all.reserve(kinds.size());
  for (const Named& each : kinds) all.push_back(each.kind);
  return all;
}

std::string_view behaviour_for(ChurnKind kind) {
  return kinds[static_cast<std::size_t>(kind)].behaviour;
}

bool is_request(ChurnKind kind) {
  return kind == ChurnKind::release || kind == ChurnKind::hang || kind == ChurnKind::stubborn;
}

}  // namespace yardmaster::loadgen
