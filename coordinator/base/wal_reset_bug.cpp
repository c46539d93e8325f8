#include "coordinator/base/wal_reset_bug.h"

namespace yardmaster {
namespace {

constexpr int first_with_wal = 3'007'000;
constexpr int fixed = 3'051'003;

constexpr bool is_patched(int version, int first_patch) {
  return version >= first_patch && version / 1000 == first_patch / 1000;
}

}  // namespace

bool has_wal_reset_bug(int version) {
  if (version < first_with_wal || version >= fixed) return false;
  return !is_patched(version, 3'050'007) && !is_patched(version, 3'044'006);
}

std::string wal_reset_warning(const std::string& version) {
  return "SQLite " + version +
         " has the WAL-reset bug: when several connections write and checkpoint, as here, it can "
         "lose acknowledged commits; a clean audit says only that it did not happen this time "
         "(fixed in 3.51.3, 3.50.7 and 3.44.6; https://sqlite.org/wal.html#walresetbug)";
}

}  // namespace yardmaster
