#include "coordinator/instances/lifecycle/tellings.h"

namespace yardmaster {
namespace {

bool raise(std::uint64_t& told, std::uint64_t newest) {
  if (newest <= told) return false;
  told = newest;
  return true;
}

}  // namespace

std::optional<Rung> rung_from(std::string_view text) {
  if (text == "context") return Rung::context;
  if (text == "turn") return Rung::turn;
  if (text == "wake") return Rung::wake;
  return std::nullopt;
}

bool Tellings::tell(const Instance& instance, Rung rung, std::uint64_t newest, bool again) {
  Told& told = told_[instance.id];
  if (rung == Rung::context) return raise(told.beside, newest);
  if (rung == Rung::turn && !again) told.turns = 0;
  const bool may =
      rung == Rung::wake ? instance.state == InstanceState::idle : told.turns < most_turns;
  if (!may || !raise(told.woken, newest)) return false;
  if (rung == Rung::turn) ++told.turns;
  raise(told.beside, newest);  // it begins a turn with that
  return true;
}

void Tellings::woke(const Instance& instance, std::uint64_t newest) {
  Told& told = told_[instance.id];
  raise(told.woken, newest);
  raise(told.beside, newest);
}

bool Tellings::has_woken(const Instance& instance, std::uint64_t newest) const {
  if (newest == 0) return true;
  const auto found = told_.find(instance.id);
  return found != told_.end() && found->second.woken >= newest;
}

}  // namespace yardmaster
