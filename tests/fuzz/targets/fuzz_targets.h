// The parsers that read what others wrote, each as a function that a fuzzer calls with any bytes. A
// refusal is an answer; a crash, an exception that is no refusal, or an answer that contradicts
// another reader of the same bytes is a finding. One thread.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/base/error.h"

namespace yardmaster::fuzz {

struct Target {
  std::string_view name;  // its corpus is the directory of this name
  void (*run)(std::string_view input);
};

std::span<const Target> targets();

// What a target is made of.
void request(std::string_view input);
void session(std::string_view input);
void tmux(std::string_view input);
void git(std::string_view input);
void roles(std::string_view input);
void config(std::string_view input);
void scenario(std::string_view input);
void report(std::string_view input);
void histogram(std::string_view input);
void texts(std::string_view input);

// Throws std::logic_error, which is a finding.
inline void require(bool holds, const std::string& what) {
  if (!holds) throw std::logic_error(what);
}

// Whether the work was done; false when it was refused with an Error.
inline bool accepted(const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const Error&) {
    return false;
  }
}

// The rest of the input in pieces, whose length its first byte says.
inline std::vector<std::string_view> in_pieces(std::string_view input) {
  if (input.empty()) return {};
  const std::size_t length = 1 + static_cast<unsigned char>(input.front());
  std::vector<std::string_view> pieces;
  for (input.remove_prefix(1); !input.empty();
       input.remove_prefix(std::min(length, input.size()))) {
    pieces.push_back(input.substr(0, length));
  }
  return pieces;
}

}  // namespace yardmaster::fuzz
