// The part of Store that knows whose database it is.
#include "coordinator/store/store.h"

namespace yardmaster {

std::uint64_t Store::yard_id() {
  std::uint64_t id = 0;
  database_.query(Statement::read_meta, {std::string_view("yard")},
                  [&](const Row& row) { id = static_cast<std::uint64_t>(row.integer(0)); });
  return id;
}

void Store::set_yard_id(std::uint64_t id) {
  database_.begin(Durability::power);
  try {
    database_.execute(Statement::set_yard,
                      {std::string_view("yard"), static_cast<std::int64_t>(id)});
    database_.commit();
  } catch (...) {
    database_.rollback();
    throw;
  }
}

}  // namespace yardmaster
