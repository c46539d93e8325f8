#include "loadgen/real/real_context.h"

#include <utility>

#include <unistd.h>

#include "loadgen/real/agent_options.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::size_t most_told = 10;

}  // namespace

void RealTally::note_left(const std::vector<std::string>& found) {
  orphans += found.size();
  for (const auto& what : found) {
    if (left.size() < most_told) left.push_back(what);
  }
}

void RealTally::note_lost(const std::vector<EditedWork>& lost) {
  for (const auto& work : lost) {
    if (lost_work.size() == most_told) return;
    lost_work.push_back("none of " + work.path + " of " + work.instance + " was saved");
  }
}

RealContext::RealContext(YardPlaces places)
    : places_(std::move(places)), program_(std::filesystem::read_symlink("/proc/self/exe")) {}

nlohmann::json RealContext::request(const std::string& name, std::vector<std::string> words) const {
  words.insert(words.end(), {"--owner", std::to_string(::getpid())});
  return {{"instance_id", name},
          {"role", "worker"},
          {"repo", places_.repository_name},
          {"agent_command", agent_command(program_, words)}};
}

InstanceTraces RealContext::traces_of(const AsyncReply& reply) {
  return {.name = reply.text("instance_id"),
          .token = token_of(static_cast<pid_t>(reply.number("pid"))),
          .worktree = reply.text("worktree_path"),
          .branch = reply.text("branch"),
          .tmux_session = reply.text("tmux_session"),
          .tmux_window = reply.text("tmux_window")};
}

}  // namespace yardmaster::loadgen
