// Prints a log: the daemon's, or what an agent printed.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace yardmaster::cli {

// A LogEnd tells when following ends by itself.
class LogEnd {
 public:
  virtual ~LogEnd() = default;
  // Readable when there may be something to ask reached() about; -1: there is nothing to wait for.
  virtual int descriptor() const = 0;
  // Returns whether nothing more will be written.
  virtual bool reached() = 0;
};

struct LogView {
  bool follow = false;  // go on with what is added, through rotations, until interrupted
  std::optional<std::uint64_t> last_lines = {};  // nullopt: everything
  std::filesystem::path earlier = {};            // the file last rotated away; comes first
  LogEnd* end = nullptr;                         // ends `follow`; may be null
  bool raw = false;  // byte for byte; else without what would do something to a terminal
};

// Throws Error{usage} when there is no such file.
void show_log(const std::filesystem::path& file, const LogView& view);

}  // namespace yardmaster::cli
