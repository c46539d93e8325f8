// A program to become after two forks, as tmux's server does, which has to be nobody's child and so
// cannot be started by start_child(): everything that needs memory is done before. Any thread.
#pragma once

#include <string>
#include <vector>

namespace yardmaster {

class ProgramImage {
 public:
  // The program is looked up on PATH; `environment` are "NAME=value".
  ProgramImage(std::vector<std::string> argv, std::vector<std::string> environment);

  // Becomes the program in a forked child, with these three descriptors, no others but `kept` (-1:
  // none), and signals as they are by default. Returns errno when that cannot be.
  int become(int input, int output, int errors, int kept = -1) const;

 private:
  std::vector<std::string> words_;
  std::vector<std::string> variables_;
  std::vector<char*> argv_;
  std::vector<char*> environment_;
};

// Returns this process's environment without what would point tmux at another server, and without
// what is meant for this process alone.
std::vector<std::string> tmux_environment();

}  // namespace yardmaster
