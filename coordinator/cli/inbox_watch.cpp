#include "coordinator/cli/inbox_watch.h"

#include <algorithm>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "coordinator/base/error.h"
#include "coordinator/cli/hook_event.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/instances/processes/proc_files.h"
#include "coordinator/instances/processes/process.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr auto reply_timeout = std::chrono::seconds(10);
constexpr int retry_interval_ms = 1000;
constexpr int no_descriptor = -1;
constexpr int no_limit = -1;

}  // namespace

InboxWatch::InboxWatch(std::filesystem::path socket, std::string instance)
    : socket_(std::move(socket)), instance_(std::move(instance)) {
  // A shell stands between, or none; and the agent has the terminal, unless it has let go of that.
  const auto starter = read_proc_stat(::getppid());
  const std::int64_t behind = starter ? starter->parent : 0;
  for (const std::int64_t pid : {std::int64_t{::getppid()}, behind, std::int64_t{::getsid(0)}}) {
    if (pid <= 1 || pid == ::getpid()) continue;
    company_.push_back(std::move(open_process(pid).pidfd));
  }
}

bool InboxWatch::has_lost_company(int descriptor, int timeout_ms) const {
  std::vector<pollfd> polled{{descriptor, POLLIN, 0}};  // a negative one is passed over
  for (const UniqueFd& pidfd : company_) polled.push_back({pidfd.get(), POLLIN, 0});
  ::poll(polled.data(), polled.size(), timeout_ms);
  return std::any_of(polled.begin() + 1, polled.end(),
                     [](const pollfd& each) { return each.revents != 0; });
}

std::optional<Told> InboxWatch::wait() {
  for (;;) {
    try {
      Client client(socket_, reply_timeout);
      return watch(client);
    } catch (const Error& error) {
      const bool comes_back =
          error.code() == ErrorCode::unavailable || error.code() == ErrorCode::timed_out;
      if (!comes_back) return std::nullopt;
    }
    if (has_lost_company(no_descriptor, retry_interval_ms)) return std::nullopt;
  }
}

std::optional<Told> InboxWatch::watch(Client& client) {
  client.call("subscribe", {{"events", {"unread", "instance"}}, {"instance_id", instance_}},
              reply_timeout);
  do {
    const json unread = client.call("unread_messages",
                                    {{"rung", "wake"}, {"instance_id", instance_}}, reply_timeout);
    if (flag_of(unread, "tell")) {
      const std::string text = unread_text(instance_, number_of(unread, "unread"));
      return Told{text, "wake", number_of(unread, "newest")};
    }
  } while (next_turn(client) == Turn::ask);
  return std::nullopt;
}

// An agent that begins to work is told by its other hooks, and gets a new watch when it stops.
InboxWatch::Turn InboxWatch::next_turn(Client& client) {
  for (;;) {
    const auto event = client.next_event(Client::Timeout::zero());
    if (event) {
      const std::string state = text_of(event->at("data"), "state");
      return state == "running" || state == "stopping" ? Turn::over : Turn::ask;
    }
    if (has_lost_company(client.native_handle(), no_limit)) return Turn::over;
  }
}

}  // namespace yardmaster::cli
