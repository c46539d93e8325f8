// The objects that stand in replies and events, as the protocol reference shows them. What they are
// held against: tests/integration/protocol_replies_test.cpp. Any thread.
#pragma once

#include <span>
#include <string_view>

#include "coordinator/broker/commands/command_spec.h"

namespace yardmaster {

// Those that stand in the types of fields.
std::span<const ObjectSpec> reply_objects();
// Returns those of a named object; empty when there is none of this name.
std::span<const FieldSpec> fields_of(std::string_view object);

namespace reply {

inline constexpr FieldSpec entry[] = {{"seq", "number", "from 1, without gaps"},
                                      {"kind", "string", "decision, note, progress …"},
                                      {"data", "string", "what it says"},
                                      {"time", "time", "when it was accepted"}};
inline constexpr FieldSpec message[] = {
    {"id", "number", "rises in the order of commits"},
    {"from", "string", "its sender"},
    {"to", "string", "its recipient"},
    {"body", "string", "the text"},
    {"sent_at", "time", "when it was accepted"},
    {"status", "string", "`pending`, `delivered`, `read`, `acked`, `dead`"},
    {"acked_at", "time", "with `acked`"}};
inline constexpr FieldSpec dead_letter[] = {{"id", "number", "the message"},
                                            {"from", "string", "its sender"},
                                            {"to", "string", "its recipient"},
                                            {"body", "string", "the text"},
                                            {"sent_at", "time", "when it was accepted"},
                                            {"died_at", "time", "when it was given up"},
                                            {"reason", "string", "why nobody is going to read it"}};
inline constexpr FieldSpec handoff[] = {
    {"id", "number", "the handoff"},
    {"from", "string", "the giver"},
    {"to", "string", "the receiver"},
    {"context", "string", "what is handed over"},
    {"state", "string", "`pending`, `accepted`, `cancelled`, `expired`"},
    {"generation", "number", "the context's: the giver's while pending, the receiver's after"},
    {"digest", "string", "of the whole context, as `digest_context` says"},
    {"count", "number", "its entries"},
    {"summary", "string", "what the receiver has to know first"}};
inline constexpr FieldSpec instance[] = {
    {"instance_id", "string", "its name"},
    {"role", "string", "its role"},
    {"repo", "string", "where it works; empty: in none"},
    {"branch", "string", "its branch"},
    {"base_branch", "string", "where that began"},
    {"base_commit", "string", "the commit at which it began"},
    {"worktree_path", "string", "where it works"},
    {"socket_path", "string", "its own socket; empty: none"},
    {"tmux_session", "string", "of its window"},
    {"tmux_window", "string", "its window"},
    {"tmux_pane", "string", "as tmux names it; while it lives"},
    {"session_id", "string", "the agent's conversation"},
    {"log_path", "string", "the file with its output"},
    {"context", "string", "the context that it writes to"},
    {"generation", "number", "that context's"},
    {"state", "string", "`starting`, `running`, `idle`, `unknown`, `stopping`, `gone`"},
    {"pid", "number", "its process, where that is known"},
    {"task", "string", "its first prompt"},
    {"shortened", "boolean", "true when long texts were cut; else not there"},
    {"created_at", "time", "its start"},
    {"ended_at", "time", "with `gone`, like what follows"},
    {"reason", "string", "how it ended: `completed`, `killed by SIGKILL` …"},
    {"summary", "string", "what it said when it completed"},
    {"exit_status", "string", "`exit 3`, `signal 9`; empty: not known"},
    {"last_output", "string", "what it printed last"},
    {"rescue", "list of string", "refs and directories that hold what it had not pushed"}};
inline constexpr FieldSpec detail[] = {
    {"instance_id", "string", "its name"},
    {"unread", "number", "its unread messages; 1,000 stands for more"},
    {"entries", "number", "how many its context has"},
    {"last_entry", "string", "the context's last: `progress: half way`; cut; empty: none"},
    {"waits_for", "string", "what has to be decided: `handoff from ada`; empty: nothing is known"}};
inline constexpr FieldSpec allocation[] = {
    {"instance_id", "string", "its name"},
    {"role", "string", "its role"},
    {"repo", "string", "where it works; empty: in none"},
    {"branch", "string", "its branch"},
    {"base_branch", "string", "where that began"},
    {"base_commit", "string", "the commit at which it began"},
    {"start_ref", "string", "what `from` said"},
    {"worktree_path", "string", "where it works"},
    {"socket_path", "string", "its own socket; empty: none"},
    {"tmux_session", "string", "of its window"},
    {"tmux_window", "string", "its window"},
    {"session_id", "string", "the agent's conversation"},
    {"log_path", "string", "the file with its output"},
    {"mcp_servers", "list of string", "those of its role"},
    {"context", "string", "the context that it writes to"},
    {"generation", "number", "that context's"},
    {"state", "string", "its state"},
    {"pid", "number", "its process, where that is known"},
    {"notes", "list of string", "what is amiss and did not keep it from starting"},
    {"launch", "string", "in the foreground: the file that says how the agent is started"}};
inline constexpr FieldSpec waiting[] = {
    {"instance_id", "string", "its name"},
    {"role", "string", "its role"},
    {"repo", "string", "where it works"},
    {"task", "string", "its first prompt"},
    {"state", "string", "`waiting` for its restart, or `given up`"},
    {"deaths", "number", "the latest that count"},
    {"last_death", "time", "where there was one"},
    {"next_start", "time", "while it waits"},
    {"reason", "string", "why it was given up"}};
inline constexpr FieldSpec repository[] = {
    {"name", "string", "its name"},
    {"path", "string", "the top of its working tree, or the bare repository"},
    {"url", "string", "what it was cloned from, without secrets"},
    {"base_branch", "string", "where branches begin"},
    {"tmux_session", "string", "where its windows are"},
    {"owned", "boolean", "whether it is a clone that was made here"},
    {"state", "string", "`cloning`, `ready`, `failed`"},
    {"error", "string", "with `failed`: why"},
    {"progress", "string", "in a list: how far its clone is"},
    {"instances", "number", "in a list: how many live in it"}};
inline constexpr FieldSpec role[] = {
    {"name", "string", "its name"},
    {"persistent", "boolean", "whether its instances are started again when they die"},
    {"mcp_servers", "list of string", "those that its agents get"}};
inline constexpr FieldSpec rescue[] = {{"repo", "string", "empty: nobody knows it any more"},
                                       {"instance", "string", "whose work it was"},
                                       {"ref", "string", "that holds it; empty: it is a directory"},
                                       {"commit", "string", "the commit"},
                                       {"directory", "string", "that was kept; empty: none"},
                                       {"time", "time", "when it was saved"},
                                       {"summary", "string", "what it is"}};
inline constexpr FieldSpec token[] = {{"name", "string", "its name"},
                                      {"scope", "string", "`read`, `talk`, `manage`"},
                                      {"created_at", "time", "when its secret was made"}};
inline constexpr FieldSpec action[] = {
    {"action", "string", "`release`, `probe`, `remove`, `end`"},
    {"what", "string", "instance, worktree, process, window, socket, file, trash …"},
    {"instance_id", "string", "whose, if that can be told"},
    {"path", "string", "where, if it has a place"},
    {"bytes", "number", "disk space, if it takes any"},
    {"rescue", "list of string", "what was saved, if there was any"}};

}  // namespace reply
}  // namespace yardmaster
