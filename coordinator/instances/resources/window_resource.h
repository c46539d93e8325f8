// The tmux window that an instance's agent runs in. Broker thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/base/error.h"
#include "coordinator/base/paths.h"
#include "coordinator/instances/git/repositories.h"
#include "coordinator/instances/resources/instance_resource.h"
#include "coordinator/instances/resources/life_signs.h"
#include "coordinator/instances/tmux/tmux_server.h"

namespace yardmaster {

struct WindowOptions {
  bool tmux = true;                    // false: agents run in the foreground only
  std::uint64_t output_max_bytes = 0;  // at which the log of an agent's output is rotated
  std::string program;                 // this program: executes agents, writes logs
};

class WindowResource final : public InstanceResource {
 public:
  WindowResource(boost::asio::io_context& io, TmuxServer& tmux, Repositories& repositories,
                 StoreQueue& store, LifeSigns& signs, Paths paths, WindowOptions options);

  std::string_view name() const override { return "window"; }
  // Throws unsupported when there is no tmux for it.
  void plan(const InstanceRequest& request, Instance& instance) override;
  // Starts the agent; the instance then has its process.
  boost::asio::awaitable<void> acquire(Instance& instance) override;
  bool begins_later_ones() const override { return true; }  // the agent's process
  boost::asio::awaitable<Adoption> adopt(Instance& instance) override;
  boost::asio::awaitable<void> refresh() override;
  bool has_lost(const Instance& instance) const override;
  // Notes how the agent ended and the last that it showed in the instance.
  boost::asio::awaitable<void> release(Instance& instance, const Ending& ending) override;

 private:
  boost::asio::awaitable<TmuxPane> open(Instance& instance, TmuxWindowRequest request);
  boost::asio::awaitable<std::optional<TmuxPane>> find_pane(const Instance& instance);
  // At all panes, for everyone who takes up an instance meanwhile.
  struct Scan {
    Scan(boost::asio::io_context& io, SteadyTime deadline) : done(io, deadline) {}

    boost::asio::steady_timer done;  // cancelled when it is finished
    bool finished = false;
    SteadyTime finished_at{};
    std::optional<Error> failure;
    std::optional<std::vector<TmuxPane>> panes;  // nullopt: proven that no server runs
  };
  boost::asio::awaitable<std::shared_ptr<const Scan>> scan_together();
  static boost::asio::awaitable<void> finish_scan(TmuxServer& tmux, std::shared_ptr<Scan> scan);

  boost::asio::io_context& io_;
  TmuxServer& tmux_;
  Repositories& repositories_;
  StoreQueue& store_;
  LifeSigns& signs_;
  Paths paths_;
  WindowOptions options_;
  std::unordered_map<std::string, std::string> panes_;  // living ones, by instance
  std::unordered_set<std::string> lost_;                // instances, at the latest refresh()
  std::shared_ptr<Scan> scan_;
};

}  // namespace yardmaster
