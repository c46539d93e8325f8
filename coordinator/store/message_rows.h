// Messages as rows hold them. Any thread that may use the database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "coordinator/domain/message.h"
#include "coordinator/store/database.h"

namespace yardmaster {

// A message takes at least this many bytes on the wire besides its body.
inline constexpr std::size_t least_message_bytes = 128;

// Of the columns {message} of sql/statements.sql, and of {message_head}, which have no body.
Message message_of(const Row& row);
Message message_head_of(const Row& row);
// The first column after those of message_of().
inline constexpr int after_message = 7;

// Messages with ids up to this one were for an earlier life of the name.
std::int64_t inbox_start(Database& database, std::string_view name);

}  // namespace yardmaster
