// Pings over a WebSocket at a scattered rate, on a thread of its own. Latency runs from the
// intended time of a ping to its reply; the handshake is not part of it.
#pragma once

#include <memory>
#include <string>

#include "coordinator/base/clock.h"
#include "loadgen/measure/measurement_log.h"
#include "loadgen/plan/schedule.h"

namespace yardmaster::loadgen {

class WebSocketPinger {
 public:
  // Connects to the daemon's socket and upgrades; throws Error{unavailable}.
  WebSocketPinger(const std::string& socket_path, ScatteredRate rate, MeasurementLog& log);
  // Stops, at once.
  ~WebSocketPinger();
  WebSocketPinger(const WebSocketPinger&) = delete;
  WebSocketPinger& operator=(const WebSocketPinger&) = delete;

  // Begins to ping, from another thread until stop() or the destructor.
  void start(SteadyTime start);
  // No ping is due from here on, also before start(); those before are still sent when they are
  // late.
  void end_at(Offset end);
  // Must follow end_at(): waits for the last reply, but not past the deadline; then the thread is
  // gone.
  void stop(SteadyTime deadline);
  // Must follow stop().
  void count_errors(ErrorCounts& errors) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace yardmaster::loadgen
