// Writes a copy of the store that is there whole or not at all. Any thread that owns the
// connection.
#pragma once

#include <filesystem>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include "coordinator/store/database.h"
#include "coordinator/store/store_queue.h"

namespace yardmaster {

// Copies to FILE.tmp and renames that when it is complete; a failure leaves nothing behind. Throws
// Error{already_exists} when there is such a file, and what Database::backup() throws.
void write_backup(Database& database, const std::filesystem::path& file);

// The same by a running daemon: the copy is made on a worker. Broker thread. Throws
// Error{invalid_request} for a path that is not absolute, too.
boost::asio::awaitable<void> back_up(StoreQueue& store, boost::asio::thread_pool& workers,
                                     std::filesystem::path file);

}  // namespace yardmaster
