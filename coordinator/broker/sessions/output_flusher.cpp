#include "coordinator/broker/sessions/output_flusher.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "coordinator/base/stall_detector.h"
#include "coordinator/broker/sessions/line_session.h"

namespace yardmaster {

namespace {

constexpr auto longest_flush = std::chrono::milliseconds(8);
constexpr std::size_t flushed_between_looks = 64;

bool is_late(SteadyTime began) { return std::chrono::steady_clock::now() - began > longest_flush; }

}  // namespace

OutputFlusher::OutputFlusher(boost::asio::io_context& io) : io_(io) {}

OutputFlusher::~OutputFlusher() = default;

void OutputFlusher::add(boost::intrusive_ptr<LineSession> session) {
  waiting_.push_back(std::move(session));
  if (waiting_.size() == 1) {
    boost::asio::post(io_, [this] { flush(); });
  }
}

void OutputFlusher::flush() {
  if (waiting_.empty()) return;
  now_running("replies");
  flushing_.swap(waiting_);
  const SteadyTime now = std::chrono::steady_clock::now();
  std::size_t done = 0;
  while (done < flushing_.size() &&
         (done == 0 || done % flushed_between_looks != 0 || !is_late(now))) {
    flushing_[done++]->flush(now);
  }
  put_off_from(done);
  flushing_.clear();
}

// The loop turns first: what was asked meanwhile is taken before more is said.
void OutputFlusher::put_off_from(std::size_t place) {
  if (place == flushing_.size()) return;
  if (waiting_.empty()) boost::asio::post(io_, [this] { flush(); });
  const auto rest = flushing_.begin() + static_cast<std::ptrdiff_t>(place);
  waiting_.insert(waiting_.begin(), rest, flushing_.end());
}

}  // namespace yardmaster
