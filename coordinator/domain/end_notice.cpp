#include "coordinator/domain/end_notice.h"

#include "coordinator/base/text_edits.h"

namespace yardmaster {
namespace {

constexpr std::size_t longest_task = 1000;
constexpr std::size_t longest_summary = 100'000;

std::string rescued_text(const Instance& ended) {
  std::string text;
  for (const std::string& place : ended.rescue) text += (text.empty() ? "" : ", ") + place;
  return text.empty() ? "" : "\nWhat it had not committed or pushed is saved: " + text;
}

}  // namespace

std::string end_text(const Instance& ended) {
  const std::string& reason = ended.end_reason;
  const bool has_status = reason.starts_with("exited with") || reason.starts_with("killed by");
  if (has_status || ended.exit_status.empty()) return reason;
  return reason + " (" + ended.exit_status + ")";
}

std::string end_notice(const Instance& ended) {
  const std::string task =
      ended.task.empty() ? "" : " (" + shortened(ended.task, longest_task) + ")";
  std::string text = "'" + ended.name + "' has ";
  if (ended.end_reason == completed) {
    text += "completed its task" + task;
    if (!ended.summary.empty()) text += ": " + shortened(ended.summary, longest_summary);
  } else {
    text += "ended before its task was complete" + task + ": " + end_text(ended);
    if (ended.wanted) text += "; it is to be started again";
  }
  return text + rescued_text(ended);
}

std::string give_up_notice(std::string_view name, std::string_view why) {
  return "'" + std::string(name) + "' is not started again: " + std::string(why);
}

}  // namespace yardmaster
