// What a session has to say and has not sent: replies are written into it in place, and large texts
// that others are told, too, are held once for all. Broker thread only.
#pragma once

#include <cstddef>
#include <list>
#include <string>

#include "coordinator/broker/sessions/memory_budget.h"

namespace yardmaster {

class OutputQueue {
 public:
  // Text is appended to it.
  std::string& end() { return end_; }
  // Follows what is there. A short one is copied.
  void append(const SharedText& text);

  // Bytes that are not sent yet.
  std::size_t unsent() const { return in_pieces_ + end_.size() - sent_; }
  // Bytes in shared texts, and the memory of the others.
  std::size_t shared() const { return shared_; }
  std::size_t own_memory() const { return in_pieces_ - shared_ + end_.capacity(); }

  // Sends as much as the socket takes; false when the peer is gone.
  bool send(int socket);
  void clear();

 private:
  struct Piece {
    std::string own;
    SharedText shared;  // instead

    const std::string& text() const { return shared ? *shared : own; }
  };

  void drop_first_piece();

  std::list<Piece> pieces_;  // before the end
  std::string end_;
  std::size_t sent_ = 0;  // bytes of the first text
  std::size_t in_pieces_ = 0;
  std::size_t shared_ = 0;
};

}  // namespace yardmaster
