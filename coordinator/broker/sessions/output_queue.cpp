#include "coordinator/broker/sessions/output_queue.h"

#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace yardmaster {
namespace {

// A text is shared from this size on.
constexpr std::size_t worth_sharing = 4096;
// Capacity that a quiet session may hold on to.
constexpr std::size_t idle_capacity = 2048;
// What was sent is taken out of the text from this size on.
constexpr std::size_t sent_kept = std::size_t{1} << 20U;

enum class Sent { all, some, failed };

Sent send_text(int socket, const std::string& text, std::size_t& sent) {
  while (sent < text.size()) {
    const ssize_t count =
        ::send(socket, text.data() + sent, text.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN || errno == EWOULDBLOCK ? Sent::some : Sent::failed;
    sent += static_cast<std::size_t>(count);
  }
  return Sent::all;
}

}  // namespace

void OutputQueue::append(const SharedText& text) {
  if (text->size() < worth_sharing) {
    end_.append(*text);
    return;
  }
  if (!end_.empty()) {
    in_pieces_ += end_.size();
    pieces_.push_back({std::exchange(end_, {}), nullptr});
  }
  in_pieces_ += text->size();
  shared_ += text->size();
  pieces_.push_back({{}, text});
}

void OutputQueue::drop_first_piece() {
  const Piece& piece = pieces_.front();
  in_pieces_ -= piece.text().size();
  if (piece.shared) shared_ -= piece.text().size();
  pieces_.pop_front();
  sent_ = 0;
}

bool OutputQueue::send(int socket) {
  while (!pieces_.empty()) {
    const Sent outcome = send_text(socket, pieces_.front().text(), sent_);
    if (outcome != Sent::all) return outcome == Sent::some;
    drop_first_piece();
  }
  const Sent outcome = send_text(socket, end_, sent_);
  if (outcome == Sent::all) {
    end_.clear();
    if (end_.capacity() > idle_capacity) std::string().swap(end_);
    sent_ = 0;
  } else if (sent_ > sent_kept) {
    end_.erase(0, sent_);
    sent_ = 0;
  }
  return outcome != Sent::failed;
}

void OutputQueue::clear() {
  pieces_.clear();
  std::string().swap(end_);
  sent_ = 0;
  in_pieces_ = 0;
  shared_ = 0;
}

}  // namespace yardmaster
