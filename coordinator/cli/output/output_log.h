// A file that takes all that a program says and never holds it up: rotated at a size, and when the
// disk is full, what does not fit is dropped and counted. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "coordinator/base/unique_fd.h"

namespace yardmaster::cli {

class OutputLog {
 public:
  // Appends to FILE (made with mode 0600), and renames it to FILE.1 when it would grow beyond the
  // limit. Throws Error{usage} when it cannot be opened.
  OutputLog(std::filesystem::path file, std::uint64_t max_bytes);

  void write(std::string_view bytes);

 private:
  void open();
  void rotate();
  bool append(std::string_view bytes);
  void note_what_was_lost();

  const std::filesystem::path file_;
  const std::uint64_t max_bytes_;
  UniqueFd fd_;
  std::uint64_t size_ = 0;
  std::uint64_t lost_ = 0;
};

}  // namespace yardmaster::cli
