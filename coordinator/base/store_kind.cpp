#include "coordinator/base/store_kind.h"

namespace yardmaster {
namespace {

constexpr bool rows_follow_the_enumeration() {
  std::size_t index = 0;
  for (const StoreTraits& store : all_stores) {
    if (static_cast<std::size_t>(store.kind) != index++) return false;
  }
  return true;
}
static_assert(rows_follow_the_enumeration());

}  // namespace

std::vector<std::string> store_names() {
  std::vector<std::string> names;
  names.reserve(all_stores.size());
  for (const StoreTraits& store : all_stores) names.emplace_back(store.name);
  return names;
}

std::string store_choice() {
  std::string choice;
  for (const StoreTraits& store : all_stores) {
    choice.append(choice.empty() ? "" : " or ").append(store.name);
  }
  return choice;
}

}  // namespace yardmaster
