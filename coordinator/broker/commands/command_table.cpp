#include "coordinator/broker/commands/command_table.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>

#include "coordinator/broker/commands/append_frame.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/protocol.h"

namespace yardmaster {
namespace {

using Kind = ArgumentKind;
using Function = handlers::Reply (*)(Services&, const Request&);

constexpr bool required = true;

constexpr ArgumentSpec subscribe_arguments[] = {{"events", Kind::texts, required},
                                                {"instance_id", Kind::name}};
constexpr ArgumentSpec backup_arguments[] = {{"file", Kind::text, required}};
constexpr ArgumentSpec read_context_arguments[] = {{"context", Kind::name, required},
                                                   {"from_seq", Kind::number},
                                                   {"limit", Kind::number},
                                                   {"instance_id", Kind::name}};
constexpr ArgumentSpec digest_context_arguments[] = {{"context", Kind::name, required},
                                                     {"from_seq", Kind::number},
                                                     {"to_seq", Kind::number},
                                                     {"count_rows", Kind::boolean},
                                                     {"instance_id", Kind::name}};
constexpr ArgumentSpec send_message_arguments[] = {{"from", Kind::name},
                                                   {"to", Kind::name, required},
                                                   {"body", Kind::text, required},
                                                   {"key", Kind::text}};
constexpr ArgumentSpec broadcast_arguments[] = {{"from", Kind::name},
                                                {"to", Kind::recipients, required},
                                                {"body", Kind::text, required},
                                                {"key", Kind::text}};
constexpr ArgumentSpec list_messages_arguments[] = {{"instance_id", Kind::name},
                                                    {"status", Kind::text},
                                                    {"after", Kind::count},
                                                    {"limit", Kind::number},
                                                    {"order", Kind::text}};
constexpr ArgumentSpec unread_arguments[] = {
    {"instance_id", Kind::name}, {"rung", Kind::text}, {"again", Kind::boolean}};
constexpr ArgumentSpec message_arguments[] = {{"instance_id", Kind::name},
                                              {"id", Kind::number, required}};
constexpr ArgumentSpec context_handoff_arguments[] = {{"from", Kind::name},
                                                      {"to", Kind::name, required},
                                                      {"context", Kind::name},
                                                      {"summary", Kind::text},
                                                      {"key", Kind::text},
                                                      {"from_dead", Kind::boolean}};
constexpr ArgumentSpec accept_handoff_arguments[] = {{"id", Kind::number, required},
                                                     {"digest", Kind::text, required},
                                                     {"count", Kind::count, required},
                                                     {"instance_id", Kind::name}};
constexpr ArgumentSpec cancel_handoff_arguments[] = {{"id", Kind::number, required},
                                                     {"instance_id", Kind::name}};
constexpr ArgumentSpec list_handoffs_arguments[] = {{"instance_id", Kind::name},
                                                    {"state", Kind::text},
                                                    {"after", Kind::count},
                                                    {"limit", Kind::number}};
constexpr ArgumentSpec allocate_arguments[] = {
    {"instance_id", Kind::name},   {"role", Kind::name, required}, {"repo", Kind::name},
    {"worktree_path", Kind::text}, {"tmux_window", Kind::text},    {"task", Kind::text},
    {"agent_command", Kind::text}, {"pid", Kind::number},          {"socket", Kind::boolean},
    {"from", Kind::text},          {"foreground", Kind::boolean}};
constexpr ArgumentSpec report_arguments[] = {
    {"instance_id", Kind::name}, {"state", Kind::text, required}, {"session_id", Kind::text}};
constexpr ArgumentSpec add_repo_arguments[] = {{"name", Kind::name},
                                               {"path", Kind::text},
                                               {"github_url", Kind::text},
                                               {"base_branch", Kind::text},
                                               {"tmux_session", Kind::name}};
constexpr ArgumentSpec remove_repo_arguments[] = {{"name", Kind::name, required},
                                                  {"force", Kind::boolean}};
constexpr ArgumentSpec list_repos_arguments[] = {{"after", Kind::name}, {"limit", Kind::number}};
constexpr ArgumentSpec list_rescues_arguments[] = {
    {"repo", Kind::name}, {"after", Kind::count}, {"limit", Kind::number}};
constexpr ArgumentSpec restore_rescue_arguments[] = {{"repo", Kind::name, required},
                                                     {"ref", Kind::text, required},
                                                     {"branch", Kind::text},
                                                     {"path", Kind::text}};
constexpr ArgumentSpec stop_arguments[] = {{"tmux", Kind::boolean}};
constexpr ArgumentSpec release_arguments[] = {{"instance_id", Kind::name},
                                              {"force", Kind::boolean}};
constexpr ArgumentSpec list_arguments[] = {{"name", Kind::name},
                                           {"repo", Kind::name},
                                           {"state", Kind::text},
                                           {"after", Kind::place},
                                           {"limit", Kind::number}};
constexpr ArgumentSpec add_agent_arguments[] = {
    {"repo", Kind::name},          {"agent", Kind::name, required}, {"type", Kind::name, required},
    {"worktree_path", Kind::text}, {"tmux_window", Kind::text},     {"task", Kind::text},
    {"agent_command", Kind::text}, {"pid", Kind::number},           {"socket", Kind::boolean}};
constexpr ArgumentSpec remove_agent_arguments[] = {
    {"repo", Kind::name}, {"agent", Kind::name, required}, {"force", Kind::boolean}};
constexpr ArgumentSpec repair_arguments[] = {{"dry_run", Kind::boolean}};
constexpr ArgumentSpec complete_agent_arguments[] = {
    {"repo", Kind::name}, {"agent", Kind::name}, {"summary", Kind::text}, {"key", Kind::text}};

// What any instance may ask for on its socket. Whose message, context or handoff, and who may end
// whom, is looked at where that is known.
constexpr std::string_view for_everyone[] = {
    "ping",           "status",         "subscribe",       "append_context",   "append_entries",
    "read_context",   "digest_context", "send_message",    "broadcast",        "list_messages",
    "read_message",   "ack_message",    "context_handoff", "accept_handoff",   "cancel_handoff",
    "list_handoffs",  "list_instances", "list_agents",     "release_instance", "remove_agent",
    "complete_agent", "report_state",   "list_roles",      "list_repos",       "unread_messages"};

Right right_for(std::string_view command) {
  if (std::ranges::find(for_everyone, command) != std::end(for_everyone)) return Right::everyone;
  const bool starts = command == "allocate_instance" || command == "add_agent";
  return starts ? Right::spawn : Right::owner;
}

}  // namespace

std::vector<Command> command_table(Services& services) {
  std::vector<Command> table;
  const auto row = [&](std::string_view name, std::span<const ArgumentSpec> arguments,
                       Function function, std::size_t longest_reply = 0) {
    const auto handle = [&services, function](const Request& request) {
      return function(services, request);
    };
    table.push_back({name, arguments, handle, longest_reply, right_for(name)});
  };
  const auto long_row = [&](std::string_view name, std::span<const ArgumentSpec> arguments,
                            Function function) { row(name, arguments, function, max_frame_bytes); };
  row("ping", {}, handlers::ping);
  row("status", {}, handlers::status);
  row("stop", stop_arguments, handlers::stop);
  row("subscribe", subscribe_arguments, handlers::subscribe);
  long_row("histograms", {}, handlers::histograms);
  row("backup", backup_arguments, handlers::backup);
  table.push_back({"append_context", append_arguments, nullptr, 0, Right::everyone});
  row("append_entries", append_entries_arguments, handlers::append_entries);
  long_row("read_context", read_context_arguments, handlers::read_context);
  row("digest_context", digest_context_arguments, handlers::digest_context);
  row("send_message", send_message_arguments, handlers::send_message);
  row("broadcast", broadcast_arguments, handlers::broadcast);
  long_row("list_messages", list_messages_arguments, handlers::list_messages);
  row("unread_messages", unread_arguments, handlers::unread_messages);
  long_row("read_message", message_arguments, handlers::read_message);
  row("ack_message", message_arguments, handlers::ack_message);
  row("context_handoff", context_handoff_arguments, handlers::context_handoff);
  row("accept_handoff", accept_handoff_arguments, handlers::accept_handoff);
  row("cancel_handoff", cancel_handoff_arguments, handlers::cancel_handoff);
  long_row("list_handoffs", list_handoffs_arguments, handlers::list_handoffs);
  row("allocate_instance", allocate_arguments, handlers::allocate_instance);
  row("release_instance", release_arguments, handlers::release_instance);
  long_row("list_instances", list_arguments, handlers::list_instances);
  row("add_agent", add_agent_arguments, handlers::add_agent);
  row("remove_agent", remove_agent_arguments, handlers::remove_agent);
  long_row("list_agents", list_arguments, handlers::list_agents);
  row("report_state", report_arguments, handlers::report_state);
  row("list_roles", {}, handlers::list_roles);
  row("add_repo", add_repo_arguments, handlers::add_repo);
  long_row("list_repos", list_repos_arguments, handlers::list_repos);
  row("remove_repo", remove_repo_arguments, handlers::remove_repo);
  long_row("list_rescues", list_rescues_arguments, handlers::list_rescues);
  row("restore_rescue", restore_rescue_arguments, handlers::restore_rescue);
  row("trigger_cleanup", repair_arguments, handlers::trigger_cleanup);
  row("repair_state", repair_arguments, handlers::repair_state);
  row("complete_agent", complete_agent_arguments, handlers::complete_agent);
  return table;
}

}  // namespace yardmaster
