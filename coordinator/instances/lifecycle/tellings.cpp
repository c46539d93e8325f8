#include "coordinator/instances/lifecycle/tellings.h"

namespace yardmaster {
namespace {

bool raise(std::uint64_t& told, std::uint64_t newest) {
  if (newest <= told) return false;
  told = newest;
  return true;
}

}  // namespace

void Tellings::raise_both(Counts& counts, std::uint64_t newest) {
  raise(counts.woken, newest);
  raise(counts.beside, newest);
}

std::optional<Rung> rung_from(std::string_view text) {
  if (text == "context") return Rung::context;
  if (text == "turn") return Rung::turn;
  if (text == "wake") return Rung::wake;
  return std::nullopt;
}

const Tellings::Counts& Tellings::counts_of(const Told& told) const {
  const bool is_taken_back = told.confirmed && clock_.now() >= told.lease_end;
  return is_taken_back ? *told.confirmed : told;
}

Tellings::Told& Tellings::settled(const Instance& instance) {
  Told& told = told_[instance.id];
  static_cast<Counts&>(told) = counts_of(told);
  if (clock_.now() >= told.lease_end) told.confirmed.reset();
  return told;
}

bool Tellings::tell(const Instance& instance, Rung rung, std::uint64_t newest, bool again) {
  Told& told = settled(instance);
  const Counts before = counts_of(told);
  Counts now = before;
  if (rung == Rung::turn && !again) now.turns = 0;
  const bool is_beside = rung == Rung::context;
  const bool may = is_beside || (rung == Rung::wake ? instance.state == InstanceState::idle
                                                    : now.turns < most_turns);
  const bool tells = may && raise(is_beside ? now.beside : now.woken, newest);
  if (tells && rung == Rung::turn) ++now.turns;
  if (tells && !is_beside) raise(now.beside, newest);  // it begins a turn with that
  if (tells) {
    if (!told.confirmed) told.confirmed = before;
    told.lease_end = clock_.now() + lease_;
  }
  static_cast<Counts&>(told) = now;
  return tells;
}

void Tellings::confirm(const Instance& instance) {
  const auto found = told_.find(instance.id);
  if (found != told_.end()) found->second.confirmed.reset();
}

void Tellings::woke(const Instance& instance, std::uint64_t newest) {
  Told& told = settled(instance);
  raise_both(told, newest);
  if (told.confirmed) raise_both(*told.confirmed, newest);  // it was not a hook that told
}

bool Tellings::has_woken(const Instance& instance, std::uint64_t newest) const {
  if (newest == 0) return true;
  const auto found = told_.find(instance.id);
  return found != told_.end() && counts_of(found->second).woken >= newest;
}

}  // namespace yardmaster
