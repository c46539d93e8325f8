#include "coordinator/instances/resources/row_resource.h"

#include <utility>
#include <vector>

#include "coordinator/base/error.h"
#include "coordinator/domain/end_notice.h"

namespace yardmaster {
namespace {

struct Ended {
  Instance instance;
  std::vector<Handoff> cancelled;
  std::vector<Message> notices;
};

// The row is released last, so by then all is known: what the ending says, and what the other
// resources found out.
EndRecord record_of(const Instance& instance, const EndRecord& ending) {
  EndRecord record = ending;
  const bool is_unexplained = record.reason == process_died || record.reason == window_lost;
  if (is_unexplained && !instance.how_died.empty()) {
    record.reason = instance.how_died;
  }
  if (record.exit_status.empty()) record.exit_status = instance.exit_status;
  if (record.last_output.empty()) record.last_output = instance.last_output;
  record.rescue.insert(record.rescue.end(), instance.rescue.begin(), instance.rescue.end());
  return record;
}

// Whoever ends an instance, or could not start it, knows that already.
bool is_news(const Ending& ending) {
  return !ending.undone && (ending.keeps_wanted || ending.reason == completed);
}

Ended end_in(Store& store, const std::string& name, const EndRecord& record, bool is_news) {
  Ended ended;
  HandoffFilter pending;
  pending.instance = name;
  pending.state = HandoffState::pending;
  ended.cancelled = store.list_handoffs(pending);
  ended.instance = store.end_instance(name, record);
  for (Handoff& handoff : ended.cancelled) handoff.state = HandoffState::cancelled;
  if (is_news) ended.notices = store.tell_supervisors(ended.instance, end_notice(ended.instance));
  return ended;
}

}  // namespace

boost::asio::awaitable<void> RowResource::acquire(Instance& instance) {
  const InstanceRequest request(instance);
  const auto create = [&](Store& store) {
    return store.create_instance(request, instance.socket_path);
  };
  instance = co_await store_.run(Durability::power, create);
}

boost::asio::awaitable<Adoption> RowResource::adopt(Instance& /*instance*/) {
  co_return Adoption::held;
}

boost::asio::awaitable<void> RowResource::release(Instance& instance, const Ending& ending) {
  const EndRecord record = record_of(instance, ending);
  const bool told = is_news(ending);
  const auto end = [&](Store& store) { return end_in(store, instance.name, record, told); };
  Ended ended;
  try {
    ended = co_await store_.run(Durability::power, end);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::not_found) co_return;
    throw;
  }
  instance = std::move(ended.instance);
  for (const Handoff& handoff : ended.cancelled) observer_.on_handoff(handoff);
  for (const Message& notice : ended.notices) observer_.on_message(notice);
}

}  // namespace yardmaster
