// Lists of what the store knows, a page at a time: read on the connection that is given, so also on
// the reader thread, where a long list holds up no write.
#pragma once

#include <string>
#include <vector>

#include "coordinator/domain/handoff.h"
#include "coordinator/domain/instance.h"
#include "coordinator/domain/message.h"
#include "coordinator/store/database.h"

namespace yardmaster {

// Rows of a list, and whether there are more after them.
template <class Item>
struct Page {
  std::vector<Item> items;
  bool more = false;
};

Page<Message> list_messages(Database& database, const MessageFilter& filter);
// The messages that a recipient has not read.
struct Unread {
  std::uint64_t count = 0;   // up to 1,000
  std::uint64_t newest = 0;  // the latest one's id
};
Unread find_unread(Database& database, std::string_view recipient);

// Letters to or from an instance, or all.
Page<DeadLetter> list_dead_letters(Database& database, const DeadLetterFilter& filter);

Page<Handoff> list_handoffs(Database& database, const HandoffFilter& filter);

// The living ones by name, with their contexts' generations.
Page<Instance> list_instances(Database& database, const InstanceFilter& filter);
// Newest first.
Page<Instance> list_tombstones(Database& database, const TombstoneFilter& filter);

}  // namespace yardmaster
