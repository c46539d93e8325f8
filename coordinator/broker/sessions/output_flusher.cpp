#include "coordinator/broker/sessions/output_flusher.h"

#include <utility>

#include <boost/asio/post.hpp>

#include "coordinator/broker/sessions/line_session.h"

namespace yardmaster {

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
  flushing_.swap(waiting_);
  const SteadyTime now = std::chrono::steady_clock::now();
  for (const auto& session : flushing_) session->flush(now);
  flushing_.clear();
}

}  // namespace yardmaster
