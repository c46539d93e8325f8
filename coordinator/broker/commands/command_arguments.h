// The arguments of the commands, in the order in which the protocol reference shows them. Those of
// append_context and append_entries stand in append_frame.h. Any thread.
#pragma once

#include "coordinator/broker/commands/arguments.h"

namespace yardmaster::arguments {

using Kind = ArgumentKind;

constexpr bool required = true;
constexpr bool optional = false;

inline constexpr ArgumentSpec stop[] = {
    {"tmux", Kind::boolean, optional, "ends the tmux server and all agents in it, too"}};
inline constexpr ArgumentSpec subscribe[] = {
    {"events", Kind::texts, required, "the names of the events; they replace earlier ones"},
    {"instance_id", Kind::name, optional, "only events that concern this instance"},
    {"confirms", Kind::boolean, optional,
     "with `message` and `instance_id`: confirms each message that it takes. It gets the pending "
     "ones first, and those that are not confirmed within `delivery_lease` again"}};
inline constexpr ArgumentSpec backup[] = {
    {"file", Kind::text, required, "the copy's absolute path, where nothing is yet"}};

inline constexpr ArgumentSpec read_context[] = {
    {"context", Kind::name, required, "the context"},
    {"from_seq", Kind::number, optional, "the first entry that is wanted (1)"},
    {"limit", Kind::number, optional, "so many entries at most (1,000)"},
    {"instance_id", Kind::name, optional, "who asks"}};
inline constexpr ArgumentSpec digest_context[] = {
    {"context", Kind::name, required, "the context"},
    {"from_seq", Kind::number, optional, "the first entry (1)"},
    {"to_seq", Kind::number, optional, "the last entry (the last there is)"},
    {"count_rows", Kind::boolean, optional, "also counts the rows that the store has"},
    {"instance_id", Kind::name, optional, "who asks"}};

inline constexpr ArgumentSpec send_message[] = {
    {"from", Kind::name, optional, "the sender: an instance, or `user` for the person"},
    {"to", Kind::name, required, "the recipient: an instance that lives or is wanted, or `user`"},
    {"body", Kind::text, required, "the text"},
    {"key", Kind::text, optional, "repeating the request with this key has no effect"}};
inline constexpr ArgumentSpec broadcast[] = {
    {"from", Kind::name, optional, "the sender, who is not among the recipients"},
    {"to", Kind::recipients, required, "the recipients, as they are when it commits"},
    {"body", Kind::text, required, "the text"},
    {"key", Kind::text, optional, "repeating the request with this key has no effect"}};
inline constexpr ArgumentSpec list_messages[] = {
    {"instance_id", Kind::name, optional, "whose inbox"},
    {"status", Kind::text, optional,
     "`pending`, `delivered`, `read`, `acked` or `dead` (all that are open: the first three)"},
    {"after", Kind::count, optional, "those that follow this id in the list's order"},
    {"limit", Kind::number, optional, "so many at most (100; never over 1,000)"},
    {"order", Kind::text, optional, "`oldest` or `newest` first (`oldest`)"}};
inline constexpr ArgumentSpec unread_messages[] = {
    {"instance_id", Kind::name, optional, "whose inbox"},
    {"rung", Kind::text, optional,
     "how the agent would hear of it: `context` (beside what it does), `turn` (at the end of its "
     "turn) or `wake` (while it waits); it is told of the same messages once"},
    {"again", Kind::boolean, optional, "with `turn`: that turn was itself made by a hook"}};
inline constexpr ArgumentSpec confirm_delivery[] = {
    {"instance_id", Kind::name, optional, "the recipient"},
    {"ids", Kind::numbers, optional, "the messages"},
    {"up_to", Kind::number, optional, "instead of `ids`: all up to this one"},
    {"rung", Kind::text, optional, "as `unread_messages` had it: the agent was told so"}};
inline constexpr ArgumentSpec list_dead_letters[] = {
    {"instance_id", Kind::name, optional,
     "only those to or from it; on an instance's socket that one"},
    {"after", Kind::count, optional, "those after this id"},
    {"limit", Kind::number, optional, "so many at most (100; never over 1,000)"}};
inline constexpr ArgumentSpec one_message[] = {
    {"instance_id", Kind::name, optional, "the recipient"},
    {"id", Kind::number, required, "the message"}};

inline constexpr ArgumentSpec context_handoff[] = {
    {"from", Kind::name, optional, "the giver"},
    {"to", Kind::name, required, "the receiver, which lives"},
    {"context", Kind::name, optional, "one that the giver owns (its own)"},
    {"summary", Kind::text, optional, "what the receiver has to know first"},
    {"key", Kind::text, optional, "repeating the request with this key has no effect"},
    {"from_dead", Kind::boolean, optional,
     "the giver has ended and is not started again; takes the right `end`, and on an instance's "
     "socket a giver of the same repository"}};
inline constexpr ArgumentSpec accept_handoff[] = {
    {"id", Kind::number, required, "the handoff"},
    {"digest", Kind::text, required, "the digest of what the receiver read"},
    {"count", Kind::count, required, "how many entries it read"},
    {"instance_id", Kind::name, optional, "the receiver"}};
inline constexpr ArgumentSpec cancel_handoff[] = {
    {"id", Kind::number, required, "the handoff"},
    {"instance_id", Kind::name, optional, "the giver or the receiver"}};
inline constexpr ArgumentSpec list_handoffs[] = {
    {"instance_id", Kind::name, optional, "only those that it gives or receives"},
    {"state", Kind::text, optional, "`pending`, `accepted`, `cancelled` or `expired`"},
    {"after", Kind::count, optional, "those after this id"},
    {"limit", Kind::number, optional, "so many at most (100; never over 1,000)"}};

inline constexpr ArgumentSpec allocate_instance[] = {
    {"instance_id", Kind::name, optional, "its name (the role and a number)"},
    {"role", Kind::name, required, "one of `list_roles`, or any where no agent is started"},
    {"repo", Kind::name, optional, "where it works; with one, worktree and agent are made"},
    {"worktree_path", Kind::text, optional, "where it works, if others made that"},
    {"tmux_window", Kind::text, optional, "its window, if others made that"},
    {"task", Kind::text, optional, "its first prompt"},
    {"agent_command", Kind::text, optional, "instead of the role's and the setting's"},
    {"pid", Kind::number, optional, "its process, if others started that: its death is the end"},
    {"socket", Kind::boolean, optional, "whether it gets a socket of its own (true)"},
    {"from", Kind::text, optional, "where its branch begins (the base branch)"},
    {"foreground", Kind::boolean, optional, "the process `pid` becomes the agent"}};
inline constexpr ArgumentSpec release_instance[] = {
    {"instance_id", Kind::name, optional, "who ends; others than oneself take the right `end`"},
    {"force", Kind::boolean, optional, "kills its processes without a grace"}};
inline constexpr ArgumentSpec list_instances[] = {
    {"name", Kind::name, optional, "only this one, its texts whole"},
    {"repo", Kind::name, optional, "only those of this repository"},
    {"state", Kind::text, optional,
     "`starting`, `running`, `idle`, `unknown`, `stopping`; `gone`: those that ended, latest "
     "first"},
    {"after", Kind::place, optional, "the `next_after` of the page before"},
    {"limit", Kind::number, optional, "so many at most (1,000)"}};
inline constexpr ArgumentSpec instance_details[] = {
    {"names", Kind::texts, required, "whose, 200 at most; `user`'s unread messages are told, too"}};
inline constexpr ArgumentSpec add_agent[] = {
    {"repo", Kind::name, optional, "stands before its name: REPO-AGENT"},
    {"agent", Kind::name, required, "its name within the repository"},
    {"type", Kind::name, required, "its role"},
    {"worktree_path", Kind::text, optional, "where it works"},
    {"tmux_window", Kind::text, optional, "its window"},
    {"task", Kind::text, optional, "what it does"},
    {"agent_command", Kind::text, optional, "what it was started with"},
    {"pid", Kind::number, optional, "its process: its death is the end"},
    {"socket", Kind::boolean, optional, "whether it gets a socket of its own (true)"}};
inline constexpr ArgumentSpec remove_agent[] = {
    {"repo", Kind::name, optional, "stands before its name"},
    {"agent", Kind::name, required, "who ends; others than oneself take the right `end`"},
    {"force", Kind::boolean, optional, "kills its processes without a grace"}};
inline constexpr ArgumentSpec report_state[] = {
    {"instance_id", Kind::name, optional, "the instance"},
    {"state", Kind::text, required, "`running` or `idle`"},
    {"session_id", Kind::text, optional, "the agent's conversation, as it names it"}};
inline constexpr ArgumentSpec complete_agent[] = {
    {"repo", Kind::name, optional, "stands before its name"},
    {"agent", Kind::name, optional, "who has done its task"},
    {"summary", Kind::text, optional, "what was done; supervisors get it"},
    {"key", Kind::text, optional, "repeating the request with this key has no effect"}};

inline constexpr ArgumentSpec add_repo[] = {
    {"name", Kind::name, optional, "what it is called here (as its path or URL ends)"},
    {"path", Kind::text, optional, "a checkout, used in place"},
    {"github_url", Kind::text, optional, "what `git clone` takes, instead of a path"},
    {"base_branch", Kind::text, optional, "where branches begin (its current one)"},
    {"tmux_session", Kind::name, optional, "where its windows are"}};
inline constexpr ArgumentSpec list_repos[] = {
    {"after", Kind::name, optional, "those after this name"},
    {"limit", Kind::number, optional, "so many at most (1,000)"}};
inline constexpr ArgumentSpec remove_repo[] = {
    {"name", Kind::name, required, "the repository"},
    {"force", Kind::boolean, optional, "ends the instances that work in it"}};

inline constexpr ArgumentSpec list_rescues[] = {
    {"repo", Kind::name, optional, "only those of this repository"},
    {"after", Kind::count, optional, "the `next_after` of the page before"},
    {"limit", Kind::number, optional, "so many at most (1,000)"}};
inline constexpr ArgumentSpec restore_rescue[] = {
    {"repo", Kind::name, required, "the repository"},
    {"ref", Kind::text, required, "as `list_rescues` says it"},
    {"branch", Kind::text, optional, "the branch that is made (rescue/NAME-TIME)"},
    {"path", Kind::text, optional, "the worktree that is made; without it, only the branch"}};
inline constexpr ArgumentSpec upkeep[] = {
    {"dry_run", Kind::boolean, optional, "only says what would be done"}};

inline constexpr ArgumentSpec create_token[] = {
    {"name", Kind::name, optional, "its name (`token-N`)"},
    {"scope", Kind::text, optional, "`read`, `talk` or `manage` (`read`)"}};
inline constexpr ArgumentSpec named_token[] = {{"name", Kind::name, required, "the access token"}};

}  // namespace yardmaster::arguments
