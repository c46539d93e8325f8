#include "coordinator/cli/output/clone_wait.h"

#include <csignal>
#include <optional>

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>

#include "coordinator/base/error.h"
#include "coordinator/base/unique_fd.h"
#include "coordinator/cli/lookups.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/output/terminal.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr int poll_interval_ms = 200;
// A clone that is cancelled has its files deleted.
constexpr auto clone_removal_timeout = std::chrono::minutes(5);

// Ctrl-C and SIGTERM as something to wait for, for as long as this lives.
class Interruption {
 public:
  Interruption() {
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, SIGINT);
    ::sigaddset(&signals, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals, &earlier_);
    fd_ = UniqueFd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~Interruption() {
    signalfd_siginfo taken{};
    while (::read(fd_.get(), &taken, sizeof taken) > 0) {
    }
    ::pthread_sigmask(SIG_SETMASK, &earlier_, nullptr);
  }
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;

  bool came_within(int milliseconds) const {
    pollfd poll{fd_.get(), POLLIN, 0};
    return ::poll(&poll, 1, milliseconds) > 0;
  }

 private:
  sigset_t earlier_{};
  UniqueFd fd_;
};

void forget_repository(Client& client, const std::string& name) {
  client.call("remove_repo", {{"name", name}}, clone_removal_timeout);
}

[[noreturn]] void give_up(Client& client, const json& failed) {
  forget_repository(client, text_of(failed, "name"));
  const std::string what = "cannot clone " + one_line(text_of(failed, "url")) + ": ";
  const std::string why = one_line(text_of(failed, "error"));
  throw Error(ErrorCode::unavailable, why.starts_with(what) ? why : what + why);
}

// nullopt when it was interrupted.
std::optional<json> await_clone(Client& client, json repository, const Interruption& interruption,
                                StatusLine& line) {
  const std::string name = text_of(repository, "name");
  while (text_of(repository, "state") == "cloning") {
    line.show("cloning " + name + ": " + text_of(repository, "progress"));
    if (interruption.came_within(poll_interval_ms)) return std::nullopt;
    std::optional<json> now = find_repository(client, name);
    if (!now) {
      throw Error(ErrorCode::not_found,
                  "the repository " + name + " was removed by somebody while it was cloned");
    }
    repository = std::move(*now);
  }
  return repository;
}

}  // namespace

json add_repository(Client& client, const json& request) {
  std::optional<Interruption> interruption(std::in_place);
  json added = client.call("add_repo", request, std::chrono::minutes(1));
  const std::string name = text_of(added, "name");
  StatusLine line;
  std::optional<json> repository = await_clone(client, std::move(added), *interruption, line);
  interruption.reset();
  if (!repository) {
    line.show("cancelling");  // another Ctrl-C ends this program as usual
    forget_repository(client, name);
    throw Error(ErrorCode::conflict, "cancelled: nothing is kept of " + name);
  }
  line.clear();
  if (text_of(*repository, "state") == "failed") give_up(client, *repository);
  return std::move(*repository);
}

}  // namespace yardmaster::cli
