#include "coordinator/broker/sessions/memory_budget.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include "coordinator/base/stall_detector.h"

namespace yardmaster {
namespace {

// What a session may hold without being looked at when there is too much.
constexpr std::size_t light = std::size_t{64} << 10U;

}  // namespace

void MemoryBudget::Account::set(std::size_t own, std::size_t shared) {
  if (own == own_ && own + shared == weight_) return;
  budget_.own_ += own - own_;
  own_ = own;
  const bool was_heavy = weight_ >= light;
  weight_ = own + shared;
  if (was_heavy && weight_ < light) budget_.heavy_.erase(this);
  if (!was_heavy && weight_ >= light) budget_.heavy_.insert(this);
  budget_.look_soon();
}

SharedText MemoryBudget::share(std::string text) {
  auto held = std::make_unique<const std::string>(std::move(text));
  const auto let_go = [total = shared_](const std::string* shared) {
    *total -= shared->capacity();
    delete shared;
  };
  *shared_ += held->capacity();
  SharedText shared(held.release(), let_go);
  look_soon();
  return shared;
}

// Not at once: whoever is the heaviest may be in the middle of what made it so.
void MemoryBudget::look_soon() {
  if (used() <= limit_ || looks_soon_) return;
  looks_soon_ = true;
  boost::asio::post(io_, [this] {
    now_running("memory of sessions");
    looks_soon_ = false;
    look();
  });
}

void MemoryBudget::look() {
  while (used() > limit_ && shed_heaviest()) {
  }
}

bool MemoryBudget::shed_heaviest() {
  const auto heaviest =
      std::max_element(heavy_.begin(), heavy_.end(),
                       [](const Account* a, const Account* b) { return a->weight_ < b->weight_; });
  if (heaviest == heavy_.end()) return false;
  Account& account = **heaviest;
  heavy_.erase(heaviest);
  ++shed_count_;
  on_shed_(account.weight_, account.owner_.whose());
  account.owner_.shed();
  return true;
}

}  // namespace yardmaster
