#include "coordinator/broker/commands/command_table.h"

#include "coordinator/broker/commands/append_frame.h"
#include "coordinator/broker/commands/command_arguments.h"
#include "coordinator/broker/commands/command_spec.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/protocol.h"
#include "coordinator/broker/commands/reply_fields.h"
#include "coordinator/broker/commands/reply_objects.h"

namespace yardmaster {
namespace {

using Function = handlers::Reply (*)(Services&, const Request&);

struct TableRow {
  CommandSpec spec;
  Function function;  // none for append_context; see Command
  std::size_t longest_reply = 0;
};

// What any instance may ask for on its socket. Whose message, context or handoff, and who may end
// whom, is looked at where that is known.
constexpr Right everyone = Right::everyone;

constexpr TableRow rows[] = {
    {{"ping", everyone, "Says that the daemon is there.", {}, reply::ping, Scope::read},
     handlers::ping},
    {{"status", everyone, "Shows what the daemon does.", {}, reply::status, Scope::read},
     handlers::status},
    {{"stop", Right::owner, "Stops the daemon; agents go on without it.", arguments::stop,
      reply::stop},
     handlers::stop},
    {{"subscribe", everyone, "Sends these events on this line session or WebSocket from now on.",
      arguments::subscribe, reply::subscribe, Scope::read},
     handlers::subscribe},
    {{"histograms",
      Right::owner,
      "Gives the latency histograms since the start.",
      {},
      reply::histograms,
      Scope::read},
     handlers::histograms,
     max_frame_bytes},
    {{"backup", Right::owner, "Copies the store while the daemon runs.", arguments::backup,
      reply::backup},
     handlers::backup},
    {{"open_control_pane",
      Right::owner,
      "Opens the pane of tmux in which people see the yard, unless it is open.",
      {},
      reply::open_control_pane},
     handlers::open_control_pane},
    {{"append_context", everyone,
      "Adds an entry to a context. The client numbers them: a repeated one is stored once, another "
      "one of the same number is refused, like a gap.",
      append_arguments, reply::append_context},
     nullptr},
    {{"append_entries", everyone, "Adds consecutive entries to a context, all or none.",
      append_entries_arguments, reply::append_entries},
     handlers::append_entries},
    {{"read_context", everyone,
      "Reads a context: one's own, one that is offered to the caller, or with the right `read` "
      "any.",
      arguments::read_context, reply::read_context, Scope::read},
     handlers::read_context,
     max_frame_bytes},
    {{"digest_context", everyone,
      "Gives the digest of a context's entries, of those that the caller may read.",
      arguments::digest_context, reply::digest_context, Scope::read},
     handlers::digest_context},
    {{"send_message", everyone, "Sends a message. It is in the inbox before this is answered.",
      arguments::send_message, reply::send_message, Scope::talk},
     handlers::send_message},
    {{"broadcast", everyone, "Sends a message to all of a group, or to none.", arguments::broadcast,
      reply::broadcast, Scope::talk},
     handlers::broadcast},
    {{"list_messages", everyone, "Lists an inbox. Whoever shows it to its owner confirms that.",
      arguments::list_messages, reply::list_messages, Scope::talk},
     handlers::list_messages,
     max_frame_bytes},
    {{"unread_messages", everyone,
      "Counts what is unread. Shows no message, so nothing counts as delivered.",
      arguments::unread_messages, reply::unread_messages, Scope::read},
     handlers::unread_messages},
    {{"confirm_delivery", everyone,
      "Says that the recipient's side took messages: they are delivered. A session that subscribed "
      "with `confirms` is not sent them again.",
      arguments::confirm_delivery, reply::confirm_delivery, Scope::talk},
     handlers::confirm_delivery},
    {{"list_dead_letters", everyone,
      "Lists messages that nobody is going to read: their recipient ended, or has not taken them "
      "within `undeliverable_after`.",
      arguments::list_dead_letters, reply::list_dead_letters},
     handlers::list_dead_letters,
     max_frame_bytes},
    {{"read_message", everyone, "Shows a message whole; it is read then.", arguments::one_message,
      reply::message, Scope::talk},
     handlers::read_message,
     max_frame_bytes},
    {{"ack_message", everyone, "Says that a message is dealt with.", arguments::one_message,
      reply::message, Scope::talk},
     handlers::ack_message},
    {{"context_handoff", everyone,
      "Offers a context to another instance. Nobody writes it until that is decided.",
      arguments::context_handoff, reply::handoff},
     handlers::context_handoff},
    {{"accept_handoff", everyone,
      "Takes a context over, once the receiver has read it whole. A giver that lives gets a fresh "
      "one.",
      arguments::accept_handoff, reply::handoff},
     handlers::accept_handoff},
    {{"cancel_handoff", everyone, "Takes an offer back, or refuses one: the giver keeps all.",
      arguments::cancel_handoff, reply::handoff},
     handlers::cancel_handoff},
    {{"list_handoffs", everyone, "Lists handoffs, decided ones too.", arguments::list_handoffs,
      reply::list_handoffs, Scope::read},
     handlers::list_handoffs,
     max_frame_bytes},
    {{"allocate_instance", Right::spawn,
      "Makes an instance. In a repository it gets a worktree, a window and an agent; else what "
      "others made is registered. A supervisor makes them in its own repository.",
      arguments::allocate_instance, reply::allocation},
     handlers::allocate_instance},
    {{"release_instance", everyone,
      "Ends an instance and takes back what it had; what is in no other place is rescued first. A "
      "supervisor ends those of its own repository.",
      arguments::release_instance, reply::released},
     handlers::release_instance},
    {{"list_instances", everyone, "Lists the instances that live, or those that ended.",
      arguments::list_instances, reply::list_instances, Scope::read},
     handlers::list_instances,
     max_frame_bytes},
    {{"instance_details", Right::read,
      "Tells more of some instances than a list does: what waits for them, and what they said "
      "last.",
      arguments::instance_details, reply::instance_details, Scope::read},
     handlers::instance_details,
     max_frame_bytes},
    {{"add_agent", Right::spawn, "Registers an agent that others started.", arguments::add_agent,
      reply::allocation},
     handlers::add_agent},
    {{"remove_agent", everyone, "The same as `release_instance`.", arguments::remove_agent,
      reply::released},
     handlers::remove_agent},
    {{"list_agents", everyone, "The same as `list_instances`.", arguments::list_instances,
      reply::list_agents, Scope::read},
     handlers::list_agents,
     max_frame_bytes},
    {{"report_state", everyone, "Says whether an agent works or waits: a sign of life, too.",
      arguments::report_state, reply::report_state},
     handlers::report_state},
    {{"list_roles", everyone, "Lists the roles.", {}, reply::list_roles, Scope::read},
     handlers::list_roles},
    {{"add_repo", Right::owner, "Adds a repository: a checkout, or a URL that is cloned.",
      arguments::add_repo, reply::repository},
     handlers::add_repo},
    {{"list_repos", everyone, "Lists the repositories.", arguments::list_repos, reply::list_repos,
      Scope::read},
     handlers::list_repos,
     max_frame_bytes},
    {{"remove_repo", Right::owner, "Forgets a repository; a checkout of the user's stays.",
      arguments::remove_repo, reply::remove_repo},
     handlers::remove_repo},
    {{"list_rescues", Right::owner, "Lists the work that was saved when instances ended.",
      arguments::list_rescues, reply::list_rescues, Scope::read},
     handlers::list_rescues,
     max_frame_bytes},
    {{"restore_rescue", Right::owner, "Makes a branch, and maybe a worktree, of saved work.",
      arguments::restore_rescue, reply::restore_rescue},
     handlers::restore_rescue},
    {{"trigger_cleanup", Right::owner, "Removes what belongs to nobody.", arguments::upkeep,
      reply::upkeep},
     handlers::trigger_cleanup},
    {{"repair_state", Right::owner,
      "The same, and asks again after instances whose state is `unknown`.", arguments::upkeep,
      reply::upkeep},
     handlers::repair_state},
    {{"complete_agent", everyone,
      "Says that a task is done, and ends the agent; its supervisors hear of it.",
      arguments::complete_agent, reply::released},
     handlers::complete_agent},
    {{"create_token", Right::owner,
      "Makes an access token, for who comes over TCP, through a proxy or as a member of the "
      "sockets' group.",
      arguments::create_token, reply::issued_token},
     handlers::create_token},
    {{"list_tokens",
      Right::owner,
      "Lists the access tokens, without their secrets.",
      {},
      reply::list_tokens},
     handlers::list_tokens},
    {{"rotate_token", Right::owner,
      "Gives an access token a new secret. The one before counts no more, and what came by it is "
      "cut "
      "off.",
      arguments::named_token, reply::issued_token},
     handlers::rotate_token},
    {{"remove_token", Right::owner, "Removes an access token, and cuts off what came by it.",
      arguments::named_token, reply::remove_token},
     handlers::remove_token},
    {{"invite_browser",
      Right::owner,
      "Gives the URL of the yard's page, which shows its instances. It is good for one browser and "
      "ten minutes; the page talks as `user`.",
      {},
      reply::invite_browser},
     handlers::invite_browser},
};

}  // namespace

std::vector<Command> command_table(Services& services) {
  std::vector<Command> table;
  for (const TableRow& row : rows) {
    Command command{row.spec.name,     row.spec.arguments, nullptr,
                    row.longest_reply, row.spec.right,     row.spec.scope};
    if (const Function function = row.function; function != nullptr) {
      command.handler = [&services, function](const Request& request) {
        return function(services, request);
      };
    }
    table.push_back(std::move(command));
  }
  return table;
}

std::vector<CommandSpec> command_specs() {
  std::vector<CommandSpec> specs;
  for (const TableRow& row : rows) specs.push_back(row.spec);
  return specs;
}

}  // namespace yardmaster
