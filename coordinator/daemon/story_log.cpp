#include "coordinator/daemon/story_log.h"

#include "coordinator/base/duration.h"
#include "coordinator/domain/end_notice.h"

namespace yardmaster {
namespace {

// ", pid 12, in /yard/worktrees/api/worker-1"
std::string whereabouts(const Instance& instance) {
  std::string text;
  if (instance.process) text += ", pid " + std::to_string(instance.process->pid);
  if (!instance.worktree_path.empty()) text += ", in " + instance.worktree_path;
  return text;
}

}  // namespace

void StoryLog::on_started(const Instance& instance) {
  log_->info("'{}' started as {}{}{}", instance.name, instance.role,
             instance.is_restart ? ", again" : "", whereabouts(instance));
  for (const std::string& note : instance.notes) log_->warn("'{}': {}", instance.name, note);
  next_.on_started(instance);
}

void StoryLog::on_not_started(const Instance& instance, const std::string& why) {
  log_->warn("'{}' could not be started: {}", instance.name, why);
  next_.on_not_started(instance, why);
}

void StoryLog::on_taken_up(const Instance& instance) {
  log_->info("'{}' is taken up from the daemon before{}", instance.name, whereabouts(instance));
  next_.on_taken_up(instance);
}

void StoryLog::on_state(const Instance& instance) {
  if (instance.state == InstanceState::unknown) {
    log_->warn("'{}' cannot be told to live or to have ended; it is asked again", instance.name);
  } else {
    log_->debug("'{}' is {}", instance.name, to_string(instance.state));
  }
  next_.on_state(instance);
}

void StoryLog::on_gone(const Instance& instance, std::chrono::nanoseconds cleanup) {
  log_->info("'{}' is gone: {}, cleared away in {:.1f} ms", instance.name, end_text(instance),
             to_milliseconds(cleanup));
  for (const std::string& place : instance.rescue) {
    log_->info("work of '{}' was saved: {}", instance.name, place);
  }
  next_.on_gone(instance, cleanup);
}

}  // namespace yardmaster
