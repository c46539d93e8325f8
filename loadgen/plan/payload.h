// The text that an instance writes: a function of seed, instance and seq, so that a write can be
// sent again and audited without keeping it. Any thread; const.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace yardmaster::loadgen {

class Payload {
 public:
  Payload(std::uint64_t seed, std::size_t bytes);

  // Appends exactly bytes() characters that JSON need not escape.
  void append_to(std::string& text, std::uint64_t instance, std::uint64_t seq) const;
  std::string make(std::uint64_t instance, std::uint64_t seq) const;
  std::size_t bytes() const { return bytes_; }

 private:
  std::uint64_t seed_;
  std::size_t bytes_;
  std::string noise_;  // payloads are cuts of it behind a unique beginning
};

}  // namespace yardmaster::loadgen
