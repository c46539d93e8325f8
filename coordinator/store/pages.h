// A page of a list: as many rows as were asked for, and no more than a limit in bytes, though one
// at least. How many rows to ask the database for is guessed from those that were read, since some
// drivers give all of them at once. Any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>

namespace yardmaster {

// Thrown out of a row callback, to read no further.
struct PageFull {};

class PageMeter {
 public:
  PageMeter(std::size_t most_rows, std::size_t most_bytes)
      : most_rows_(std::min(most_rows, std::numeric_limits<std::size_t>::max() - 1)),
        most_bytes_(most_bytes) {}

  // Counts a row that is to be on the page; throws PageFull when it has no room there. `read`: what
  // was read for it, when that is more than what the page keeps.
  void take(std::size_t bytes, std::size_t read = 0) {
    const bool too_much = bytes_ + bytes > most_bytes_ || read_ > most_read;
    if (rows_ == most_rows_ || (rows_ > 0 && too_much)) {
      full_ = true;
      throw PageFull{};
    }
    ++rows_;
    bytes_ += bytes;
    read_ += std::max(bytes, read);
  }

  // Whether a row was left out that would have been next.
  bool is_full() const { return full_; }

  // One more than there is room for, so that it is known whether there are more.
  std::size_t rows_to_ask() const {
    const std::size_t room = most_rows_ - rows_ + 1;
    if (rows_ == 0) return std::min(room, first_rows);
    const std::size_t average = std::max<std::size_t>(bytes_ / rows_, 1);
    const std::size_t fitting = (most_bytes_ - std::min(bytes_, most_bytes_)) / average;
    const std::size_t readable = read_at_once / std::max<std::size_t>(read_ / rows_, 1);
    return std::min({room, fitting + 1, readable + 1, rows_at_once});
  }

 private:
  static constexpr std::size_t first_rows = 8;
  static constexpr std::size_t rows_at_once = 4096;
  static constexpr std::size_t read_at_once = std::size_t{4} << 20U;
  static constexpr std::size_t most_read = std::size_t{16} << 20U;

  std::size_t most_rows_;
  std::size_t most_bytes_;
  std::size_t rows_ = 0;
  std::size_t bytes_ = 0;
  std::size_t read_ = 0;
  bool full_ = false;
};

// `ask(rows)` has the database give that many of the next rows, and returns how many it gave; it
// calls meter.take() for each before it keeps it.
template <class Ask>
void fill_page(PageMeter& meter, Ask ask) {
  for (;;) {
    const std::size_t wanted = meter.rows_to_ask();
    try {
      if (ask(wanted) < wanted) return;
    } catch (const PageFull&) {
      return;
    }
  }
}

}  // namespace yardmaster
