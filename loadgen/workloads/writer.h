// A simulated instance: numbers its entries, keeps what is not acknowledged, and sends it again
// after a failure or a reconnection; a repeated entry is acknowledged and not stored twice. Belongs
// to the loop's thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/client/line_channel.h"
#include "loadgen/measure/measurement_log.h"
#include "loadgen/workloads/append_wire.h"

namespace yardmaster::loadgen {

class Writer;

// The host is what the writers of a workload share and report to.
class WriterHost {
 public:
  virtual Offset now() const = 0;
  virtual void on_acknowledged(Writer& writer, std::uint64_t sample, Offset intended,
                               Offset sent) = 0;
  virtual void on_refused(Writer& writer, std::string_view code) = 0;
  virtual void on_lost(Writer& writer) = 0;

 protected:
  ~WriterHost() = default;
};

class Writer final : private LineChannel::Listener {
 public:
  Writer(EventLoop& loop, WriterHost& host, const AppendTemplate& request, std::uint32_t number,
         std::string context, std::string socket_path);

  bool connect(bool patient) { return channel_.connect(socket_path_, patient); }
  void disconnect() { channel_.close(); }

  // Writes the next entry. `frame` is a buffer to format in.
  void write(Offset intended, Offset now, std::uint64_t sample, std::string& frame);
  // Sends everything unacknowledged again, in order.
  void resend(std::string& frame);

  std::uint32_t number() const { return number_; }
  const std::string& context() const { return context_; }
  const std::string& socket_path() const { return socket_path_; }
  std::uint64_t last_acknowledged() const { return last_acknowledged_; }
  std::uint64_t unacknowledged() const { return next_seq_ - first_open_; }

  bool resend_is_due = false;  // the host's note

 private:
  struct InFlight {
    Offset intended{};
    Offset sent{};
    std::uint64_t sample = 0;
    bool done = false;
  };

  void on_line(std::string_view line) override;
  void on_closed() override { host_.on_lost(*this); }
  void acknowledge(std::uint64_t seq);
  void read_unusual(std::string_view line);
  InFlight& slot(std::uint64_t seq) { return ring_[seq & (ring_.size() - 1)]; }
  void grow();

  WriterHost& host_;
  const AppendTemplate& request_;
  std::uint32_t number_;
  std::string context_;
  std::string socket_path_;
  LineChannel channel_;
  std::uint64_t next_seq_ = 1;
  std::uint64_t first_open_ = 1;  // the oldest that is not acknowledged
  std::uint64_t last_acknowledged_ = 0;
  std::vector<InFlight> ring_;  // a power of two
};

}  // namespace yardmaster::loadgen
