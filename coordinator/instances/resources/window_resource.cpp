#include "coordinator/instances/resources/window_resource.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/error.h"
#include "coordinator/base/shell_quote.h"
#include "coordinator/base/stall_detector.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/process.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;

// tmux hears of an agent's end a little after we do.
constexpr unsigned shown_lines = 20;
constexpr auto exit_status_timeout = std::chrono::milliseconds(20);
constexpr auto scan_timeout = std::chrono::seconds(1);
constexpr auto scan_validity = std::chrono::seconds(1);

// A new server gives out the same pane numbers again, so a pane is named by its process too.
bool is_pane_of(const TmuxPane& pane, const Instance& instance) {
  if (!instance.tmux_pane.empty() && instance.process) {
    return pane.pane == instance.tmux_pane && pane.pid == instance.process->pid;
  }
  // The daemon was killed before it could note them.
  return pane.session == instance.tmux_session && pane.window == instance.tmux_window;
}

const TmuxPane* pane_in(const std::optional<std::vector<TmuxPane>>& panes,
                        const Instance& instance) {
  if (!panes) return nullptr;
  const auto found = std::find_if(panes->begin(), panes->end(),
                                  [&](const TmuxPane& pane) { return is_pane_of(pane, instance); });
  return found == panes->end() ? nullptr : &*found;
}

std::string status_text(const TmuxPane& pane) {
  if (pane.exit_signal) return "signal " + std::to_string(*pane.exit_signal);
  if (pane.exit_status) return "exit " + std::to_string(*pane.exit_status);
  return {};
}

std::string signal_name(int number) {
  const char* const name = ::sigabbrev_np(number);
  return name == nullptr ? "signal " + std::to_string(number) : "SIG" + std::string(name);
}

// By what is left of its window, so that ends that differ read differently.
std::string death_of(const std::optional<TmuxPane>& pane, bool has_server) {
  if (!has_server) return "tmux server ended";
  if (!pane) return "window closed";
  if (pane->exit_signal) return "killed by " + signal_name(*pane->exit_signal);
  if (pane->exit_status) return "exited with " + std::to_string(*pane->exit_status);
  return {};
}

ProcessIdentity agent_in(const TmuxPane& pane) {
  try {
    return open_process(pane.pid).identity;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::not_found) throw;
    throw Error(ErrorCode::agent_ended, "the agent in window '" + pane.window + "' ended at once");
  }
}

}  // namespace

WindowResource::WindowResource(asio::io_context& io, TmuxServer& tmux, Repositories& repositories,
                               StoreQueue& store, LifeSigns& signs, Paths paths,
                               WindowOptions options)
    : io_(io),
      tmux_(tmux),
      repositories_(repositories),
      store_(store),
      signs_(signs),
      paths_(std::move(paths)),
      options_(std::move(options)) {}

void WindowResource::plan(const InstanceRequest& request, Instance& instance) {
  if (!is_launched(request)) return;
  instance.owned |= owns_processes;
  if (request.foreground) return;
  if (!options_.tmux) {
    throw Error(ErrorCode::unsupported,
                "tmux is switched off in the configuration: start the agent in your own terminal "
                "with --foreground");
  }
  instance.tmux_session = repositories_.find(request.repo).tmux_session;
  instance.tmux_window = request.name;
  instance.log_path = paths_.output_log(request.name).string();
  instance.owned |= owns_window;
}

asio::awaitable<void> WindowResource::acquire(Instance& instance) {
  if ((instance.owned & owns_window) == 0) co_return;
  co_await tmux_.ensure();
  TmuxWindowRequest request;
  request.session = instance.tmux_session;
  request.window = instance.tmux_window;
  request.directory = instance.worktree_path;
  request.argv = {options_.program, "exec-agent", paths_.launch_file(instance.name).string()};
  request.log_command = "exec " + shell_quote(options_.program) + " log-output " +
                        shell_quote(instance.log_path) + " --max-bytes " +
                        std::to_string(options_.output_max_bytes);
  signs_.expect(instance.name);
  const TmuxPane pane = co_await open(instance, std::move(request));
  instance.tmux_pane = pane.pane;
  panes_[instance.name] = pane.pane;
  lost_.erase(instance.name);
  const ProcessIdentity process = agent_in(pane);
  const auto note = [&](Store& store) {
    store.set_instance_window(instance.name, instance.tmux_pane, process);
  };
  co_await store_.run(Durability::power, note);
  instance.process = process;
}

// An instance's name is its own, so a window of that name is somebody else's: what a person left
// beside an agent that has ended, or made himself. It stays, under another name.
asio::awaitable<TmuxPane> WindowResource::open(Instance& instance, TmuxWindowRequest request) {
  bool is_taken = false;
  try {
    TmuxWindowRequest first = request;
    co_return co_await tmux_.open_window(std::move(first));
  } catch (const Error& error) {
    is_taken = error.code() == ErrorCode::already_exists;
    if (!is_taken) throw;
  }
  co_await tmux_.free_window_name(request.session, request.window);
  try {
    co_return co_await tmux_.open_window(std::move(request));
  } catch (const Error& error) {
    // It is being opened by somebody else.
    if (error.code() == ErrorCode::already_exists) instance.owned &= ~owns_window;
    throw;
  }
}

// Returns nothing when it is proven that there is no pane; throws unavailable when that cannot be
// told.
asio::awaitable<std::optional<TmuxPane>> WindowResource::find_pane(const Instance& instance) {
  const std::optional<std::vector<TmuxPane>> panes = co_await tmux_.list_panes();
  const TmuxPane* const found = pane_in(panes, instance);
  if (found == nullptr) co_return std::nullopt;
  co_return *found;
}

// One scan serves all instances that are taken up within a second. A tmux that does not answer
// holds up the first of them for that long, and the others not at all.
asio::awaitable<std::shared_ptr<const WindowResource::Scan>> WindowResource::scan_together() {
  const SteadyTime now = std::chrono::steady_clock::now();
  if (!scan_ || (scan_->finished && now - scan_->finished_at > scan_validity)) {
    scan_ = std::make_shared<Scan>(io_, now + scan_timeout);
    asio::co_spawn(io_, finish_scan(tmux_, scan_), asio::detached);
  }
  const std::shared_ptr<Scan> scan = scan_;
  if (!scan->finished) {
    const KeepName keep_name;
    boost::system::error_code cancelled;
    co_await scan->done.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  if (!scan->finished) throw Error(ErrorCode::unavailable, "tmux does not answer");
  if (scan->failure) throw Error(*scan->failure);
  co_return scan;
}

asio::awaitable<void> WindowResource::finish_scan(TmuxServer& tmux, std::shared_ptr<Scan> scan) {
  try {
    scan->panes = co_await tmux.list_panes();
  } catch (const Error& error) {
    scan->failure = error;
  }
  scan->finished = true;
  scan->finished_at = std::chrono::steady_clock::now();
  scan->done.cancel();
}

asio::awaitable<Adoption> WindowResource::adopt(Instance& instance) {
  if ((instance.owned & owns_window) == 0) co_return Adoption::held;
  const std::shared_ptr<const Scan> scan = co_await scan_together();
  const TmuxPane* const pane = pane_in(scan->panes, instance);
  if (pane == nullptr) co_return Adoption::lost;
  panes_[instance.name] = pane->pane;
  // The daemon was killed before it could note them.
  instance.tmux_pane = pane->pane;
  if (!instance.process && !pane->dead) instance.process = agent_in(*pane);
  co_return Adoption::held;
}

asio::awaitable<void> WindowResource::refresh() {
  if (panes_.empty()) co_return;
  const std::unordered_map<std::string, std::string> asked = panes_;
  const std::optional<std::vector<TmuxPane>> panes = co_await tmux_.list_panes();
  std::unordered_set<std::string> there;
  if (panes) {
    for (const TmuxPane& pane : *panes) there.insert(pane.pane);
  }
  for (const auto& [instance, pane] : asked) {
    const auto now = panes_.find(instance);
    if (now == panes_.end() || now->second != pane || there.contains(pane)) continue;
    lost_.insert(instance);
  }
}

bool WindowResource::has_lost(const Instance& instance) const {
  return lost_.contains(instance.name);
}

asio::awaitable<void> WindowResource::release(Instance& instance, const Ending& /*ending*/) {
  if ((instance.owned & owns_window) == 0) co_return;
  std::optional<TmuxPane> pane = co_await find_pane(instance);
  const SteadyTime began = std::chrono::steady_clock::now();
  while (pane && !pane->has_status() &&
         std::chrono::steady_clock::now() - began < exit_status_timeout) {
    co_await pause_for(io_, std::chrono::milliseconds(1));
    pane = co_await find_pane(instance);
  }
  if (instance.how_died.empty()) instance.how_died = death_of(pane, tmux_.server_pid() != 0);
  if (pane) {
    instance.exit_status = status_text(*pane);
    instance.last_output = co_await tmux_.read_output(pane->pane, shown_lines);
    co_await tmux_.kill_pane(pane->pane);
  }
  panes_.erase(instance.name);
  lost_.erase(instance.name);
}

}  // namespace yardmaster
