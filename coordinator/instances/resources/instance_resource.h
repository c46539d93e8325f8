// A resource is one of the real things that make up an instance: its row, socket, process, and
// whatever else is put into the list that InstanceManager is given. Broker thread; probe() has a
// thread of its own. Whatever waits for a disk, git or tmux is awaited on a worker or a pipe; only
// short system calls on sockets, pidfds and /proc of single processes, and checks of a few paths in
// plan(), run on the broker thread itself.
//
// An allocation plans all of its resources, then acquires them in order; an instance that ends
// releases them in reverse order.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/domain/instance.h"

namespace yardmaster {

// An ending is why and how an instance ends, with what its record will say.
struct Ending : EndRecord {
  Ending(std::string why, SteadyTime since) : began(since) { reason = std::move(why); }

  bool force = false;    // do not ask its process first
  bool undone = false;   // it never was: its allocation failed or was interrupted
  SteadyTime began;      // when its process died, or the request came
  std::string key = {};  // of the request, which has it done once; empty: none
};

// The reasons of an end of which nothing more is known (yet) than that the process or its window is
// gone.
inline constexpr std::string_view process_died = "process died";
inline constexpr std::string_view window_lost = "window lost";

// Returns the ending for an instance that nobody asked to end: the named resource is gone. A
// persistent instance is started again after it.
inline Ending ended_without(std::string_view resource, SteadyTime when) {
  const bool died = resource == "process";
  Ending ending(died ? std::string(process_died) : std::string(resource) + " lost", when);
  ending.keeps_wanted = true;
  return ending;
}

enum class Adoption {
  held,
  lost,     // proven to be gone: the instance has ended meanwhile
  unknown,  // cannot be told now; asked again later
};

class InstanceResource {
 public:
  virtual ~InstanceResource() = default;

  virtual std::string_view name() const = 0;
  // Checks the request and writes what will be acquired into the instance; changes nothing else.
  virtual void plan(const InstanceRequest& /*request*/, Instance& /*instance*/) {}
  // release() follows when it throws, too: it may leave something behind, but nothing that
  // release() would take for its own and is not.
  virtual boost::asio::awaitable<void> acquire(Instance& instance) = 0;
  // Returns whether acquire() begins what the later resources of the list acquire: they are all
  // released then when it throws.
  virtual bool begins_later_ones() const { return false; }
  // Takes over, after a restart, what an earlier daemon acquired. Idempotent: it is called again
  // for all of an instance's resources while any of them is unknown.
  virtual boost::asio::awaitable<Adoption> adopt(Instance& instance) = 0;
  // Looks afresh at what has_lost() tells, once for all instances.
  virtual boost::asio::awaitable<void> refresh() { co_return; }
  virtual bool has_lost(const Instance& /*instance*/) const { return false; }
  // Returns what is known of the resource now, without changing anything. Called on another thread,
  // and may block: it uses the instance and what never changes, nothing else.
  virtual Adoption probe(const Instance& /*instance*/) const { return Adoption::held; }
  // Idempotent: may come again after a failure or a crash, and for what was never acquired. What it
  // finds out about the end (exit status, last output, rescued work) it notes in the instance.
  virtual boost::asio::awaitable<void> release(Instance& instance, const Ending& ending) = 0;
};

}  // namespace yardmaster
