#include "coordinator/broker/wire_values.h"

#include "coordinator/base/json.h"
#include "coordinator/broker/protocol.h"

namespace yardmaster {

using nlohmann::json;

json message_json(const Message& message, MessageView view) {
  json value{{"id", message.id},
             {"from", message.from},
             {"to", message.to},
             {"body", message.body},
             {"sent_at", format_time(message.sent_at)}};
  if (view == MessageView::event) return value;
  value["status"] = to_string(message.status);
  if (message.acked_at) value["acked_at"] = format_time(*message.acked_at);
  return value;
}

json handoff_json(const Handoff& handoff) {
  return {{"id", handoff.id},
          {"from", handoff.from},
          {"to", handoff.to},
          {"context", handoff.context},
          {"state", to_string(handoff.state)},
          {"generation", handoff.generation},
          {"digest", handoff.digest},
          {"count", handoff.count},
          {"summary", handoff.summary}};
}

json allocation_json(const Instance& instance) {
  return {{"instance_id", instance.name},        {"role", instance.role},
          {"socket_path", instance.socket_path}, {"worktree_path", instance.worktree_path},
          {"mcp_servers", json::array()},        {"context", instance.context},
          {"generation", instance.generation}};
}

json instance_json(const Instance& instance) {
  json value = allocation_json(instance);
  value.erase("mcp_servers");
  value["repo"] = instance.repo;
  value["tmux_window"] = instance.tmux_window;
  value["task"] = instance.task;
  value["state"] = to_string(instance.state);
  value["created_at"] = format_time(instance.created_at);
  if (instance.process) value["pid"] = instance.process->pid;
  if (instance.state != InstanceState::gone) return value;
  value["ended_at"] = format_time(instance.ended_at);
  value["reason"] = instance.end_reason;
  value["summary"] = instance.summary;
  return value;
}

void append_entry(std::string& out, std::uint64_t seq, std::string_view kind, std::string_view data,
                  WallTime time) {
  out.append("{\"seq\":");
  append_number(out, seq);
  out.append(",\"kind\":");
  append_quoted(out, kind);
  out.append(",\"data\":");
  append_quoted(out, data);
  out.append(",\"time\":\"").append(format_time(time)).append("\"}");
}

}  // namespace yardmaster
