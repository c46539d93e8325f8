// Durability is how much an acknowledgement promises.
#pragma once

namespace yardmaster {

enum class Durability {
  process,  // survives a killed daemon
  power,    // survives a power cut, and a crash of the database server
};

inline Durability strongest(Durability a, Durability b) { return a == Durability::power ? a : b; }

}  // namespace yardmaster
