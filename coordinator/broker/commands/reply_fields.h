// The fields of replies and events, as the protocol reference shows them; where a reply is an
// object of reply_objects.h, that stands there. What they are held against:
// tests/integration/protocol_replies_test.cpp. Any thread.
#pragma once

#include "coordinator/broker/commands/command_spec.h"

namespace yardmaster::reply {

inline constexpr FieldSpec ping[] = {{"pong", "boolean", "true"},
                                     {"pid", "number", "the daemon's process"}};
inline constexpr FieldSpec status[] = {
    {"pid", "number", "the daemon's process"},
    {"version", "string", "of the daemon"},
    {"uptime_s", "number", "seconds since its start"},
    {"yard", "string", "the yard's name, as its directories know it"},
    {"state_dir", "string", "holds the database, logs, clones and worktrees"},
    {"runtime_dir", "string", "holds the sockets"},
    {"store", "object", "`engine`, `version`, `path`, `log_frames`, `checkpoint_policy`"},
    {"counts", "object",
     "`instances`, `contexts`, `pending_messages`, `pending_handoffs`, `dead_letters`, "
     "`connections`"},
    {"waiting", "list of waiting", "persistent instances that do not live now"},
    {"rss_bytes", "number", "the daemon's memory"},
    {"cpu_s", "number", "the daemon's CPU time in seconds"},
    {"recovery", "object", "what the start found: `clean`, `contexts`, `instances`, …"},
    {"listen", "string", "where it listens over TCP for who has an access token; empty: nowhere"},
    {"broker", "object", "`stall_limit_ms`, `stalls`, `last_stall`"},
    {"tmux", "object", "`enabled`, `socket`, `version`, `server_pid`"},
    {"git", "string", "git's version"},
    {"features", "object", "what is switched on: `tmux`, `hooks`, `mcp_files`"}};
inline constexpr FieldSpec stop[] = {{"stopping", "boolean", "true: its end follows"}};
inline constexpr FieldSpec subscribe[] = {
    {"events", "list of string", "as they were asked for"},
    {"instance_id", "string", "whom they concern; not there: everyone"},
    {"confirms", "boolean", "true when it was asked for; else not there"}};
inline constexpr FieldSpec histograms[] = {
    {"commit", "string", "commits, as an HdrHistogram in base64, like the others"},
    {"commit_in_checkpoint", "string", "commits that a checkpoint fell into"},
    {"checkpoint", "string", "checkpoints"},
    {"handoff", "string", "handoffs, from the request to the acceptance"},
    {"cleanup", "string", "from the end of an instance to its last trace gone"}};
inline constexpr FieldSpec backup[] = {{"file", "string", "the copy"}};

inline constexpr FieldSpec open_control_pane[] = {
    {"tmux_pane", "string", "as tmux names it: `%3`"},
    {"tmux_socket", "string", "of the yard's tmux server"}};

inline constexpr FieldSpec append_context[] = {
    {"seq", "number", "the entry's number"},
    {"duplicate", "boolean", "true when the same entry was there before; else not there"}};
inline constexpr FieldSpec append_entries[] = {
    {"seq", "number", "the last entry's number"},
    {"stored", "number", "how many were not there before"}};
inline constexpr FieldSpec read_context[] = {
    {"entries", "list of entry", "as many as make up about a frame, one at least"},
    {"last_seq", "number", "the context's last entry"},
    {"generation", "number", "rises with each owner and each life"},
    {"owner", "string", "the instance that writes it"},
    {"more", "boolean", "true when entries follow; else not there"},
    {"next_seq", "number", "with `more`: where the next page begins"}};
inline constexpr FieldSpec digest_context[] = {
    {"count", "number", "how many entries"},
    {"digest", "string",
     "SHA-256 in hexadecimal over, for each entry, `seq`, `kind`, the bytes of `data` and `data`, "
     "each followed by a newline"},
    {"rows", "number", "with `count_rows`: the rows that the store has"},
    {"last_seq", "number", "the context's last entry"},
    {"generation", "number", "the context's"},
    {"owner", "string", "the instance that writes it"}};

inline constexpr FieldSpec send_message[] = {{"id", "number", "the message"}};
inline constexpr FieldSpec broadcast[] = {
    {"ids", "list of number", "one message for each recipient"},
    {"recipients", "list of string", "in the same order"}};
inline constexpr FieldSpec list_messages[] = {
    {"messages", "list of message", "to list them delivers none: `confirm_delivery` does"},
    {"unread", "number", "how many are unread in all; 1,000 stands for more"},
    {"more", "boolean", "whether others follow"},
    {"next_after", "number", "with more: the `after` of the next page"}};

inline constexpr FieldSpec unread_messages[] = {
    {"instance_id", "string", "the instance"},
    {"unread", "number", "how many are unread; 1,000 stands for more"},
    {"newest", "number", "the newest of them; 0: none"},
    {"tell", "boolean", "with `rung`: whether the agent is to be told now"}};

inline constexpr FieldSpec confirm_delivery[] = {
    {"delivered", "list of number",
     "of `ids`, those that were pending; the others were delivered before"}};
inline constexpr FieldSpec list_dead_letters[] = {
    {"letters", "list of dead_letter", "the oldest message first"},
    {"more", "boolean", "whether others follow"},
    {"next_after", "number", "with more: the `after` of the next page"}};

inline constexpr FieldSpec list_handoffs[] = {
    {"handoffs", "list of handoff", "oldest first"},
    {"more", "boolean", "whether others follow"},
    {"next_after", "number", "with more: the `after` of the next page"}};

inline constexpr FieldSpec released[] = {
    {"instance_id", "string", "the instance"},
    {"state", "string", "`gone`; of an agent that completes itself, `stopping`"},
    {"reason", "string", "how it ended"},
    {"rescue", "list of string", "refs and directories that hold what it had not pushed"}};
inline constexpr FieldSpec list_instances[] = {
    {"instances", "list of instance", "by name; with `gone` the latest first"},
    {"waiting", "list of waiting",
     "on the first page of all: persistent ones that do not live now"},
    {"more", "boolean", "whether others follow"},
    {"next_after", "string or number", "with more: the `after` of the next page"}};
inline constexpr FieldSpec instance_details[] = {
    {"details", "list of detail", "of those that live, as they were asked for"}};
inline constexpr FieldSpec list_agents[] = {
    {"agents", "list of instance", "by name; with `gone` the latest first"},
    {"waiting", "list of waiting",
     "on the first page of all: persistent ones that do not live now"},
    {"more", "boolean", "whether others follow"},
    {"next_after", "string or number", "with more: the `after` of the next page"}};
inline constexpr FieldSpec report_state[] = {{"instance_id", "string", "the instance"},
                                             {"state", "string", "as it was said"}};
inline constexpr FieldSpec list_roles[] = {{"roles", "list of role", "built-in and of roles.json"}};

inline constexpr FieldSpec list_repos[] = {
    {"repos", "list of repository", "by name"},
    {"more", "boolean", "whether others follow"},
    {"next_after", "string", "with more: the `after` of the next page"}};
inline constexpr FieldSpec remove_repo[] = {
    {"name", "string", "the repository"},
    {"kept", "string", "where its files stay; empty: nowhere"}};

inline constexpr FieldSpec list_rescues[] = {
    {"rescues", "list of rescue", "by repository"},
    {"repositories", "number", "how many repositories there are"},
    {"more", "boolean", "whether others follow"},
    {"next_after", "number", "with more: the `after` of the next page"}};
inline constexpr FieldSpec restore_rescue[] = {
    {"branch", "string", "the branch that holds the work now"},
    {"path", "string", "the worktree; empty: none was asked for"}};
inline constexpr FieldSpec upkeep[] = {
    {"dry_run", "boolean", "whether nothing was done"},
    {"actions", "list of action", "what was or would be done"},
    {"troubles", "list of string", "what could not be done, a line each"},
    {"freed_bytes", "number", "disk space, in all"}};

inline constexpr FieldSpec unread_event[] = {{"id", "number", "the message"},
                                             {"instance_id", "string", "its recipient"}};
inline constexpr FieldSpec message_status_event[] = {
    {"id", "number", "the message"},
    {"from", "string", "its sender"},
    {"to", "string", "its recipient"},
    {"status", "string", "`delivered`, `read`, `acked` or `dead`"},
    {"reason", "string", "with `dead`: why"}};
inline constexpr FieldSpec message_event[] = {{"id", "number", "the message"},
                                              {"from", "string", "its sender"},
                                              {"to", "string", "its recipient"},
                                              {"sent_at", "time", "when it was accepted"},
                                              {"body", "string", "the text"}};
inline constexpr FieldSpec instance_event[] = {{"instance_id", "string", "the instance"},
                                               {"role", "string", "its role"},
                                               {"state", "string", "its new state"}};
inline constexpr FieldSpec gone_event[] = {
    {"instance_id", "string", "the instance"},
    {"reason", "string", "how it ended"},
    {"cleanup_ms", "number", "from its end to its last trace gone"}};
inline constexpr FieldSpec checkpoint_event[] = {
    {"duration_ms", "number", "how long it took"},
    {"frames", "number", "in the write-ahead log"},
    {"backfilled", "number", "of them, moved into the database"},
    {"complete", "boolean", "whether that was all"}};

inline constexpr FieldSpec issued_token[] = {
    {"name", "string", "its name"},
    {"scope", "string", "`read`, `talk`, `manage`"},
    {"created_at", "time", "when its secret was made"},
    {"token", "string", "the secret, which is told this once"}};
inline constexpr FieldSpec list_tokens[] = {
    {"tokens", "list of token", "in the order in which they were made"}};
inline constexpr FieldSpec remove_token[] = {{"name", "string", "the access token that was"}};
inline constexpr FieldSpec invite_browser[] = {{"url", "string", "to be opened in a browser"}};

}  // namespace yardmaster::reply
