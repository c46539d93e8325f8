// Writes out what sessions have to say, once per turn of the loop however much that is, and over
// several turns what would take long. Broker thread only.
#pragma once

#include <cstddef>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

namespace yardmaster {

class LineSession;

class OutputFlusher {
 public:
  explicit OutputFlusher(boost::asio::io_context& io);
  ~OutputFlusher();
  OutputFlusher(const OutputFlusher&) = delete;
  OutputFlusher& operator=(const OutputFlusher&) = delete;

  // The session has output; a flush follows.
  void add(boost::intrusive_ptr<LineSession> session);
  void flush();

 private:
  void put_off_from(std::size_t place);

  boost::asio::io_context& io_;
  std::vector<boost::intrusive_ptr<LineSession>> waiting_;
  std::vector<boost::intrusive_ptr<LineSession>> flushing_;
};

}  // namespace yardmaster
