#include "loadgen/workloads/websocket.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>

#include "coordinator/base/error.h"
#include "loadgen/measure/self_check.h"

namespace yardmaster::loadgen {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using LocalSocket = asio::local::stream_protocol::socket;

}  // namespace

class WebSocketPinger::Impl {
 public:
  Impl(std::string socket_path, ScatteredRate rate, MeasurementLog& log)
      : socket_path_(std::move(socket_path)), rate_(rate), log_(log) {
    connect();
  }

  ~Impl() {
    end_at(Offset::zero());
    stop(std::chrono::steady_clock::now());
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void start(SteadyTime start) {
    start_ = start;
    thread_ = std::thread([this] { run(); });
  }

  void end_at(Offset end) {
    const std::lock_guard lock(mutex_);
    end_ = end;
    changed_.notify_all();
  }

  void stop(SteadyTime deadline) {
    if (!thread_.joinable()) return;
    std::unique_lock lock(mutex_);
    if (!changed_.wait_until(lock, deadline, [this] { return finished_; })) hang_up();
    lock.unlock();
    thread_.join();
  }

  void count_errors(ErrorCounts& errors) const {
    if (failures_ > 0) errors["websocket_failed"] += failures_;
  }

 private:
  void connect() {
    beast::error_code failure;
    auto fresh = std::make_unique<beast::websocket::stream<LocalSocket>>(context_);
    fresh->next_layer().connect(asio::local::stream_protocol::endpoint(socket_path_), failure);
    {
      const std::lock_guard lock(mutex_);  // from here on hang_up() ends a wait on it
      stream_ = std::move(fresh);
    }
    if (!failure) stream_->handshake("localhost", "/ws", failure);
    if (failure) {
      throw Error(ErrorCode::unavailable,
                  "cannot open a WebSocket at '" + socket_path_ + "': " + failure.message());
    }
  }

  // Must be called with the mutex held: ends a read that waits, and everything else.
  void hang_up() {
    hung_up_ = true;
    changed_.notify_all();
    if (stream_) ::shutdown(stream_->next_layer().native_handle(), SHUT_RDWR);
  }

  // False when there is nothing more to wait for.
  bool wait_until_due(Offset intended) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, start_ + intended, [&] { return hung_up_ || intended >= end_; });
    return intended < end_;
  }

  void run() {
    use_exact_timers();
    Offset idle_since{};
    for (std::uint64_t number = 0;; ++number) {
      const Offset intended = rate_.next();
      rate_.pop();
      if (!wait_until_due(intended)) break;
      const std::uint64_t sample = log_.begin(intended);
      const Offset sent = now();
      // What waited for the reply before it is no fault of the generator.
      log_.note_lag(intended, sent - std::max(intended, idle_since));
      log_.send(sample);
      // After a hang-up the rest counts as unanswered.
      if (!ping_until_answered(number)) continue;
      idle_since = now();
      log_.finish(sample, idle_since - intended, idle_since - sent);
    }
    const std::lock_guard lock(mutex_);
    finished_ = true;
    changed_.notify_all();
  }

  bool ping_until_answered(std::uint64_t number) {
    while (true) {
      try {
        ping(number);
        return true;
      } catch (const beast::system_error&) {
        if (!reconnect()) return false;
      }
    }
  }

  void ping(std::uint64_t number) {
    const std::string request =
        R"({"id":)" + std::to_string(number) + R"(,"command":"ping","args":{}})";
    stream_->text(true);
    stream_->write(asio::buffer(request));
    beast::flat_buffer reply;
    stream_->read(reply);
    if (beast::buffers_to_string(reply.data()).find("\"success\":true") == std::string::npos) {
      ++failures_;
    }
  }

  bool reconnect() {
    ++failures_;
    auto pause = std::chrono::milliseconds(20);
    while (!hangs_up_within(pause)) {
      try {
        connect();
        return true;
      } catch (const Error&) {
        pause = std::min(pause * 2, std::chrono::milliseconds(500));
      }
    }
    return false;
  }

  bool hangs_up_within(std::chrono::milliseconds pause) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, pause, [this] { return hung_up_; });
  }

  Offset now() const { return std::chrono::steady_clock::now() - start_; }

  std::string socket_path_;
  ScatteredRate rate_;
  MeasurementLog& log_;
  asio::io_context context_{1};
  std::unique_ptr<beast::websocket::stream<LocalSocket>> stream_;
  SteadyTime start_{};
  std::uint64_t failures_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  Offset end_ = Offset::max();
  bool hung_up_ = false;
  bool finished_ = false;
  std::thread thread_;
};

WebSocketPinger::WebSocketPinger(const std::string& socket_path, ScatteredRate rate,
                                 MeasurementLog& log)
    : impl_(std::make_unique<Impl>(socket_path, rate, log)) {}
WebSocketPinger::~WebSocketPinger() = default;

void WebSocketPinger::start(SteadyTime start) { impl_->start(start); }
void WebSocketPinger::end_at(Offset end) { impl_->end_at(end); }
void WebSocketPinger::stop(SteadyTime deadline) { impl_->stop(deadline); }
void WebSocketPinger::count_errors(ErrorCounts& errors) const { impl_->count_errors(errors); }

}  // namespace yardmaster::loadgen
