#include "coordinator/broker/commands/wire_values.h"

#include "coordinator/base/json.h"
#include "coordinator/broker/commands/protocol.h"

namespace yardmaster {

using nlohmann::json;

json message_json(const Message& message) {
  json value{{"id", message.id},
             {"from", message.from},
             {"to", message.to},
             {"body", message.body},
             {"sent_at", format_time(message.sent_at)}};
  value["status"] = to_string(message.status);
  if (message.acked_at) value["acked_at"] = format_time(*message.acked_at);
  return value;
}

json dead_letter_json(const DeadLetter& letter) {
  const Message& message = letter.message;
  return {{"id", message.id},
          {"from", message.from},
          {"to", message.to},
          {"body", message.body},
          {"sent_at", format_time(message.sent_at)},
          {"died_at", format_time(letter.died_at)},
          {"reason", death_reason(letter)}};
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

json repository_json(const Repository& repository) {
  return {{"name", repository.name},
          {"path", repository.path},
          {"url", repository.url},
          {"base_branch", repository.base_branch},
          {"tmux_session", repository.tmux_session},
          {"owned", repository.owned},
          {"state", to_string(repository.state)},
          {"error", repository.error}};
}

json allocation_json(const Instance& instance) {
  json value{{"instance_id", instance.name},
             {"role", instance.role},
             {"repo", instance.repo},
             {"branch", instance.branch},
             {"base_branch", instance.base_branch},
             {"base_commit", instance.base_commit},
             {"worktree_path", instance.worktree_path},
             {"socket_path", instance.socket_path},
             {"tmux_session", instance.tmux_session},
             {"tmux_window", instance.tmux_window},
             {"session_id", instance.session_id},
             {"log_path", instance.log_path},
             {"mcp_servers", json::array()},
             {"context", instance.context},
             {"generation", instance.generation},
             {"state", to_string(instance.state)}};
  if (instance.process) value["pid"] = instance.process->pid;
  return value;
}

json instance_json(const Instance& instance) {
  json value = allocation_json(instance);
  value.erase("mcp_servers");
  value["task"] = instance.task;
  if (instance.shortened) value["shortened"] = true;
  value["created_at"] = format_time(instance.created_at);
  if (instance.state != InstanceState::gone) {
    value["tmux_pane"] = instance.tmux_pane;
    return value;
  }
  value["ended_at"] = format_time(instance.ended_at);
  value["reason"] = instance.end_reason;
  value["summary"] = instance.summary;
  value["exit_status"] = instance.exit_status;
  value["last_output"] = instance.last_output;
  value["rescue"] = instance.rescue;
  return value;
}

json wanted_json(const WantedInstance& wanted) {
  const bool given_up = !wanted.given_up.empty();
  json value{{"instance_id", wanted.name},
             {"role", wanted.role},
             {"repo", wanted.repo},
             {"task", wanted.task.substr(0, longest_listed_text)},
             {"state", given_up ? "given up" : "waiting"},
             {"deaths", wanted.deaths.size()}};
  if (!wanted.deaths.empty()) value["last_death"] = format_time(wanted.deaths.back());
  if (wanted.next_start != WallTime{}) value["next_start"] = format_time(wanted.next_start);
  if (given_up) value["reason"] = wanted.given_up;
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
