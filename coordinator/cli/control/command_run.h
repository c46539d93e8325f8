// A command of the control pane at work: this program once more, with what it says kept. Main
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "coordinator/base/child_start.h"

namespace yardmaster::cli {

class CommandRun {
 public:
  // `words` are those for `yardmaster`. Throws Error{unavailable}.
  explicit CommandRun(const std::vector<std::string>& words);

  // Readable when there is something to take().
  int descriptor() const { return output_.get(); }
  // Reads what is there. Returns the last line that it said once it has ended.
  std::optional<std::string> take();

 private:
  UniqueFd output_;
  std::string said_;
  std::optional<OwnedChild> child_;
};

// Runs such a command with the terminal as its own, to its end. Returns its exit status.
int run_in_terminal(const std::vector<std::string>& words);

// Runs any program, unseen and unheard. Returns whether it ended with 0; false when there is none.
bool succeeds(const std::vector<std::string>& program);

}  // namespace yardmaster::cli
