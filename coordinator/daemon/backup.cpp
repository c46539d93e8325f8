#include "coordinator/daemon/backup.h"

#include <functional>
#include <memory>
#include <system_error>
#include <utility>

#include "coordinator/base/durable_names.h"
#include "coordinator/base/error.h"
#include "coordinator/instances/processes/run_on.h"

namespace yardmaster {
namespace {

// Removes an unfinished copy, also an earlier one, and what SQLite puts beside it.
void remove_copy(const std::filesystem::path& copy) noexcept {
  std::error_code ignored;
  std::filesystem::remove(copy, ignored);
  std::filesystem::remove(copy.native() + "-journal", ignored);
}

void refuse_existing(const std::filesystem::path& file) {
  if (!std::filesystem::exists(file)) return;
  throw Error(ErrorCode::already_exists, file.string() + " exists already");
}

}  // namespace

void write_backup(Database& database, const std::filesystem::path& file) {
  refuse_existing(file);
  const std::filesystem::path copy = file.native() + ".tmp";
  remove_copy(copy);
  try {
    database.backup(copy);
    refuse_existing(file);
    rename_for_good(copy, file);
  } catch (const std::filesystem::filesystem_error& error) {
    remove_copy(copy);
    throw Error(ErrorCode::storage_failed, error.what());
  } catch (...) {
    remove_copy(copy);
    throw;
  }
}

boost::asio::awaitable<void> back_up(StoreQueue& store, boost::asio::thread_pool& workers,
                                     std::filesystem::path file) {
  if (!file.is_absolute()) {
    throw Error(ErrorCode::invalid_request, "args.file: must be an absolute path");
  }
  const auto open = [](Store& opened) { return opened.database().open_reader(); };
  const std::shared_ptr<Database> reader = co_await store.run(Durability::process, open);
  std::function<int()> copy = [reader, file] {
    write_backup(*reader, file);
    return 0;
  };
  co_await run_on(workers, std::move(copy));
}

}  // namespace yardmaster
