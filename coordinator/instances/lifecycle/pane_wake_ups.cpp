#include "coordinator/instances/lifecycle/pane_wake_ups.h"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "coordinator/base/stall_detector.h"
#include "coordinator/instances/processes/async_wait.h"
#include "coordinator/instances/processes/failure.h"
#include "coordinator/instances/processes/proc_files.h"
#include "coordinator/store/lists.h"

namespace yardmaster {
namespace {

namespace asio = boost::asio;
using std::chrono::nanoseconds;

// While something is in the way.
constexpr nanoseconds while_blocked = std::chrono::seconds(1);
// Terminal programs take what comes at once for something that was pasted, and a line's end in it
// for a part of that.
constexpr nanoseconds before_enter = std::chrono::milliseconds(500);

bool is_in_foreground(const Instance& instance) {
  if (!instance.process) return false;
  const auto stat = read_proc_stat(instance.process->pid);
  return stat && stat->start_ticks == instance.process->start_ticks &&
         stat->terminal_group == stat->group;
}

}  // namespace

std::string wake_line(std::string_view instance) {
  return "# Unread messages for " + std::string(instance) + ": yardmaster inbox lists them.";
}

PaneWakeUps::PaneWakeUps(asio::io_context& io, StoreQueue& store, InstanceManager& instances,
                         const Roles& roles, TmuxServer& tmux, Tellings& tellings,
                         const Clock& clock, const PaneWakeOptions& options, OnWarning on_warning)
    : io_(io),
      store_(store),
      instances_(instances),
      roles_(roles),
      tmux_(tmux),
      tellings_(tellings),
      clock_(clock),
      options_(options),
      on_warning_(std::move(on_warning)) {}

void PaneWakeUps::hint(const std::string& instance) {
  const Instance* const found = find(instance);
  if (stopping_ || found == nullptr || !is_woken_here(*found)) return;
  const auto [place, is_new] = watched_.try_emplace(instance, false);
  if (!is_new) {
    place->second = true;
    return;
  }
  asio::co_spawn(io_, watch(instance), or_warn(on_warning_, "cannot wake '" + instance + "'"));
}

const Instance* PaneWakeUps::find(const std::string& name) const {
  return instances_.lives(name) ? &instances_.find(name) : nullptr;
}

std::optional<WakeWay> PaneWakeUps::said_way(const Instance& instance) const {
  const Role* const role = roles_.look_up(instance.role);
  return role == nullptr ? std::nullopt : role->wake;
}

bool PaneWakeUps::is_woken_here(const Instance& instance) const {
  if ((instance.owned & owns_window) == 0) return false;
  return roles_.wake_way_of(instance.role, instance.agent_command, options_.hooks) == WakeWay::pane;
}

asio::awaitable<void> PaneWakeUps::watch(std::string name) {
  now_running("wake-up");
  std::exception_ptr failure;
  try {
    Step next = Step::again;
    while (next == Step::again && !stopping_) {
      watched_[name] = false;
      next = co_await step(name);
      if (watched_[name]) next = Step::again;
    }
  } catch (...) {
    failure = std::current_exception();
  }
  watched_.erase(name);
  if (failure) std::rethrow_exception(failure);
}

// nullopt: it works, and says so when it does not any more.
std::optional<nanoseconds> PaneWakeUps::time_to_wait(const Instance& instance,
                                                     const TmuxPaneLook& look) const {
  const bool is_silent_kind = !instance.reports && instance.state == InstanceState::running &&
                              said_way(instance) == WakeWay::pane;
  if (instance.state != InstanceState::idle && !is_silent_kind) return std::nullopt;
  const WallTime now = clock_.wall_now();
  nanoseconds left = look.last_key_press + options_.silence - now;
  if (is_silent_kind) left = std::max<nanoseconds>(left, look.last_output + options_.silence - now);
  return std::clamp<nanoseconds>(left, nanoseconds(0), options_.silence);
}

asio::awaitable<PaneWakeUps::Step> PaneWakeUps::step(std::string name) {
  const auto nothing = [](Store&) { return 0; };
  const auto read = [&](Reader& reader, int) { return find_unread(reader.database(), name); };
  const Unread unread = co_await store_.run_and_read(Durability::process, nothing, read);
  const Instance* instance = find(name);
  if (instance == nullptr || tellings_.has_woken(*instance, unread.newest)) co_return Step::done;
  std::string pane = instance->tmux_pane;
  const std::optional<TmuxPaneLook> look = co_await tmux_.look_at(std::move(pane));
  instance = find(name);
  if (instance == nullptr || !look) co_return Step::done;
  const std::optional<nanoseconds> left = time_to_wait(*instance, *look);
  if (!left) co_return Step::done;
  if (left->count() > 0 || look->in_mode || !is_in_foreground(*instance)) {
    co_await pause_for(io_, std::max(*left, while_blocked));
    co_return Step::again;
  }
  const bool typed = co_await type_line(name);
  instance = find(name);
  if (typed && instance != nullptr) tellings_.woke(*instance, unread.newest);
  co_return typed ? Step::done : Step::again;
}

asio::awaitable<bool> PaneWakeUps::may_type(std::string name) {
  const Instance* instance = find(name);
  if (instance == nullptr) co_return false;
  std::string pane = instance->tmux_pane;
  const std::optional<TmuxPaneLook> look = co_await tmux_.look_at(std::move(pane));
  instance = find(name);
  co_return look.has_value() && instance != nullptr && !look->in_mode &&
      is_in_foreground(*instance);
}

// What was typed is submitted as soon as nothing is in the way any more.
asio::awaitable<bool> PaneWakeUps::type_line(std::string name) {
  std::string pane = find(name)->tmux_pane;
  std::string line = wake_line(name);
  co_await tmux_.type(pane, std::move(line));
  bool may = false;
  while (!may && !stopping_ && find(name) != nullptr) {
    co_await pause_for(io_, before_enter);
    may = co_await may_type(name);
  }
  if (may) co_await tmux_.press_enter(std::move(pane));
  co_return may;
}

}  // namespace yardmaster
