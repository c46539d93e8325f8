#include "coordinator/broker/commands/append_operation.h"

#include <cstring>
#include <new>

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/protocol.h"

namespace yardmaster {
namespace {

std::size_t text_bytes(const AppendFrame& frame) {
  return frame.id.size() + frame.context.size() + frame.kind.size() + frame.data.size() +
         frame.entries.size() + frame.instance.size();
}

// Moves a view's bytes to `room`, which follows the object, and returns where the next ones go.
char* keep(std::string_view& view, char* room) {
  if (view.empty()) return room;
  std::memcpy(room, view.data(), view.size());
  view = {room, view.size()};
  return room + view.size();
}

}  // namespace

std::unique_ptr<Operation> AppendOperation::make(SessionPtr session, const AppendFrame& frame,
                                                 RequestCounters& counters, std::size_t command) {
  return std::unique_ptr<Operation>(
      new (text_bytes(frame)) AppendOperation(std::move(session), frame, counters, command));
}

AppendOperation::AppendOperation(SessionPtr session, const AppendFrame& frame,
                                 RequestCounters& counters, std::size_t command)
    : Operation(frame.durability),
      session_(std::move(session)),
      counters_(counters),
      command_(command),
      cost_{text_bytes(frame), 0},
      frame_(frame) {
  set_caller(session_.get(), cost_.request);
  session_->request_began(cost_);
  char* room = static_cast<char*>(static_cast<void*>(this)) + sizeof(AppendOperation);
  room = keep(frame_.id, room);
  room = keep(frame_.context, room);
  room = keep(frame_.kind, room);
  room = keep(frame_.data, room);
  room = keep(frame_.entries, room);
  keep(frame_.instance, room);
}

void AppendOperation::execute(Store& store) {
  AppendRequest request;
  request.context = frame_.context;
  request.seq = frame_.seq;
  request.kind = frame_.kind;
  request.data = frame_.data;
  request.generation = frame_.generation;
  request.instance = frame_.instance;
  request.is_of_several = frame_.has_several();
  if (request.is_of_several) {
    execute_each(store, request);
  } else {
    result_ = store.append(request);
  }
}

// The context's state is the same for all of them, so that what refuses one refuses the first, and
// nothing is written.
void AppendOperation::execute_each(Store& store, AppendRequest request) {
  stored_ = 0;  // it may run again, after a rollback
  std::string_view rest = frame_.entries;
  while (take_entry(rest, request.kind, request.data)) {
    result_ = store.append(request);
    if (!result_.duplicate) ++stored_;
    ++request.seq;
  }
}

void AppendOperation::write_result(std::string& out) const {
  out.append("{\"seq\":");
  append_number(out, result_.seq);
  if (frame_.has_several()) {
    out.append(",\"stored\":");
    append_number(out, stored_);
  } else if (result_.duplicate) {
    out.append(",\"duplicate\":true");
  }
  out.push_back('}');
}

void AppendOperation::complete() noexcept {
  try {
    answer();
  } catch (const std::bad_alloc&) {
    session_->abort();
  }
}

void AppendOperation::answer() {
  std::string& out = session_->frame();
  if (failure()) {
    counters_.failed(command_, failure()->code());
    append_failure(out, frame_.id, *failure());
  } else {
    counters_.succeeded(command_);
    out.push_back('{');
    if (!frame_.id.empty()) out.append("\"id\":").append(frame_.id).push_back(',');
    out.append("\"success\":true,\"data\":");
    write_result(out);
    out.push_back('}');
  }
  session_->end_reply(cost_);
}

}  // namespace yardmaster
