#include "coordinator/cli/output/listings.h"

#include <algorithm>
#include <utility>

#include "coordinator/base/json.h"
#include "coordinator/base/own_refs.h"
#include "coordinator/cli/output/display_text.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr bool shrinks = true;

const json* field(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

std::string ago(const json& object, const char* key, WallTime now) {
  const std::string age = age_of(object, key, now);
  return age.empty() || age == "now" ? age : age + " ago";
}

std::string lifetime_of(const json& gone) {
  const auto began = parse_time(text_of(gone, "created_at"));
  const auto ended = parse_time(text_of(gone, "ended_at"));
  if (!began || !ended) return "";
  return duration_text(std::chrono::duration_cast<std::chrono::seconds>(*ended - *began));
}

bool is_directory_name(const std::string& rescued) { return rescued.starts_with('/'); }

std::string indented(const std::string& text) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += "  " + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return out;
}

// A text of others below the line about it.
std::string body_below(const std::string& body) {
  std::string text = "    ";
  for (const char c : plain_output(body)) text += c == '\n' ? "\n    " : std::string(1, c);
  return text + "\n";
}

void add_line(std::string& text, const std::string& name, const std::string& value) {
  if (value.empty()) return;
  text += "  " + name + std::string(name.size() < 11 ? 11 - name.size() : 1, ' ') + value + "\n";
}

// Returns where the repository is; while it is not there, how far its clone is or why that failed.
std::string place_of(const json& repository) {
  const std::string state = text_of(repository, "state");
  const std::string progress = text_of(repository, "progress");
  if (state == "cloning") return progress.empty() ? text_of(repository, "url") : progress;
  if (state == "failed") return text_of(repository, "error");
  return text_of(repository, "path");
}

}  // namespace

std::string text_of(const json& object, const char* key) {
  const json* value = field(object, key);
  if (value == nullptr) return "";
  return value->is_string() ? value->get<std::string>() : to_text(*value);
}

std::uint64_t number_of(const json& object, const char* key) {
  const json* value = field(object, key);
  return value != nullptr && value->is_number_unsigned() ? value->get<std::uint64_t>() : 0;
}

json list_of(const json& object, const char* key) {
  const json* value = field(object, key);
  return value != nullptr && value->is_array() ? *value : json::array();
}

bool flag_of(const json& object, const char* key) {
  const json* value = field(object, key);
  return value != nullptr && value->is_boolean() && value->get<bool>();
}

std::string age_of(const json& object, const char* key, WallTime now) {
  const auto time = parse_time(text_of(object, key));
  return time ? relative_time(*time, now) : "";
}

std::string message_text(const json& message) {
  return text_of(message, "id") + "  " + one_line(text_of(message, "sent_at")) + "  from " +
         one_line(text_of(message, "from")) + "  " + one_line(text_of(message, "status")) + "\n" +
         body_below(text_of(message, "body"));
}

std::string entry_text(const json& entry) {
  return text_of(entry, "seq") + "  " + one_line(text_of(entry, "time")) + "  " +
         one_line(text_of(entry, "kind")) + "\n" + body_below(text_of(entry, "data"));
}

Table repositories_table(const json& repositories) {
  Table table({{"NAME"}, {"STATE"}, {"BASE"}, {"INSTANCES", false, true}, {"PATH", shrinks}});
  for (const json& each : repositories) {
    table.add({text_of(each, "name"), text_of(each, "state"), text_of(each, "base_branch"),
               text_of(each, "instances"), place_of(each)});
  }
  return table;
}

Table instances_table(const json& instances, WallTime now) {
  Table table({{"NAME"},
               {"ROLE"},
               {"STATE"},
               {"REPO"},
               {"BRANCH", shrinks},
               {"AGE", false, true},
               {"TASK", shrinks}});
  for (const json& each : instances) {
    table.add({text_of(each, "instance_id"), text_of(each, "role"), text_of(each, "state"),
               text_of(each, "repo"), text_of(each, "branch"), age_of(each, "created_at", now),
               text_of(each, "task")});
  }
  return table;
}

std::string waiting_text(const json& waiting, WallTime now) {
  const std::string given_up = text_of(waiting, "reason");
  if (!given_up.empty()) return "is not started again: " + one_line(given_up);
  const auto next = parse_time(text_of(waiting, "next_start"));
  const auto left =
      next ? std::chrono::ceil<std::chrono::seconds>(*next - now) : std::chrono::seconds();
  const std::string when = left.count() > 0 ? "in " + duration_text(left) : "now";
  return "is started again " + when + " (died " + counted(number_of(waiting, "deaths"), "time") +
         " lately)";
}

json by_name(const json& list, const char* key) {
  auto sorted = list.get<std::vector<json>>();
  std::stable_sort(sorted.begin(), sorted.end(), [key](const json& left, const json& right) {
    return is_before(text_of(left, key), text_of(right, key));
  });
  return sorted;
}

json latest_first(const json& instances, std::size_t most) {
  auto sorted = instances.get<std::vector<json>>();
  std::stable_sort(sorted.begin(), sorted.end(), [](const json& left, const json& right) {
    return text_of(left, "ended_at") > text_of(right, "ended_at");
  });
  if (most > 0 && sorted.size() > most) sorted.resize(most);
  return sorted;
}

Table history_table(const json& gone, WallTime now) {
  Table table({{"NAME"},
               {"ROLE"},
               {"REPO"},
               {"ENDED", false, true},
               {"LIVED", false, true},
               {"REASON"},
               {"EXIT"},
               {"RESCUED", false, true},
               {"SUMMARY", shrinks}});
  for (const json& each : gone) {
    const std::size_t rescued = list_of(each, "rescue").size();
    table.add({text_of(each, "instance_id"), text_of(each, "role"), text_of(each, "repo"),
               ago(each, "ended_at", now), lifetime_of(each), text_of(each, "reason"),
               text_of(each, "exit_status"), rescued == 0 ? "" : std::to_string(rescued),
               text_of(each, "summary")});
  }
  return table;
}

Table rescues_table(const json& rescues, WallTime now) {
  Table table(
      {{"INSTANCE"}, {"REPO"}, {"SAVED", false, true}, {"REF OR DIRECTORY"}, {"WHAT", shrinks}});
  for (const json& each : rescues) {
    const std::string ref = text_of(each, "ref");
    // `rescue restore` takes what is left of it, too.
    const std::string shown =
        ref.starts_with(rescue_namespace) ? ref.substr(rescue_namespace.size()) : ref;
    table.add({text_of(each, "instance"), text_of(each, "repo"), ago(each, "time", now),
               ref.empty() ? text_of(each, "directory") : shown, text_of(each, "summary")});
  }
  return table;
}

std::string rescued_text(const json& rescue, const RestoreCommand& restore) {
  std::string refs;
  std::string directories;
  for (const json& each : rescue) {
    if (!each.is_string()) continue;
    const auto name = each.get<std::string>();
    if (is_directory_name(name)) {
      directories += "  " + one_line(name) + "\n";
    } else {
      refs += "  " + restore(name) + "\n";
    }
  }
  std::string text;
  if (!refs.empty()) {
    text += "work that was not committed or not pushed was saved; get it back with\n" + refs;
  }
  if (!directories.empty()) text += "what no commit could hold is kept in\n" + directories;
  return text;
}

std::string actions_text(const json& reply, const std::string& nothing, std::size_t width,
                         const RestoreCommand& restore) {
  const json actions = list_of(reply, "actions");
  if (actions.empty()) return nothing + "\n";
  const bool dry_run = flag_of(reply, "dry_run");
  Table table({{"ACTION"}, {"INSTANCE"}, {"SIZE", false, true}, {"WHAT", shrinks}, {"PATH"}});
  json rescue = json::array();
  for (const json& each : actions) {
    for (json& saved : list_of(each, "rescue")) rescue.push_back(std::move(saved));
    const std::uint64_t bytes = number_of(each, "bytes");
    table.add({text_of(each, "action"), text_of(each, "instance_id"),
               bytes == 0 ? "" : size_text(bytes), text_of(each, "what"), text_of(each, "path")});
  }
  const std::uint64_t freed = number_of(reply, "freed_bytes");
  std::string last = counted(actions.size(), "action");
  if (freed > 0) last += (dry_run ? ", would free " : ", freed ") + size_text(freed);
  if (dry_run) last += "; nothing was done yet: say it again without --dry-run";
  return table.text(width) + last + "\n" + rescued_text(rescue, restore);
}

std::string ending_text(const json& gone, WallTime now, const RestoreCommand& restore) {
  std::string text = text_of(gone, "instance_id") + " (" + text_of(gone, "role") + ")\n";
  add_line(text, "task", one_line(text_of(gone, "task")));
  add_line(text, "repository", text_of(gone, "repo"));
  add_line(text, "branch", one_line(text_of(gone, "branch")));
  add_line(text, "began", text_of(gone, "created_at"));
  add_line(text, "ended", text_of(gone, "ended_at") + " (" + ago(gone, "ended_at", now) + ")");
  add_line(text, "reason", one_line(text_of(gone, "reason")));
  add_line(text, "exit", text_of(gone, "exit_status"));
  add_line(text, "summary", one_line(text_of(gone, "summary")));
  add_line(text, "log", text_of(gone, "log_path"));
  text += rescued_text(list_of(gone, "rescue"), restore);
  const std::string output = plain_output(text_of(gone, "last_output"));
  if (!output.empty()) text += "its last output was\n" + indented(output);
  return text;
}

}  // namespace yardmaster::cli
