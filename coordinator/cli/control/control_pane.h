// The control pane: the yard's instances in a live table, and a command line. Main thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/cli/control/command_entry.h"
#include "coordinator/cli/control/command_run.h"
#include "coordinator/cli/control/screen.h"
#include "coordinator/cli/control/yard_watch.h"

namespace yardmaster::cli {

class ControlPane {
 public:
  // The words of a command, for the same yard.
  using ForThisYard = std::function<std::vector<std::string>(std::vector<std::string> words)>;

  // Throws what Screen does.
  ControlPane(YardWatch::Connect connect, ForThisYard for_this_yard);

  // Until the person ends it.
  void show();

 private:
  void wait();
  void take_result();
  void take_keys();
  void on_key(KeyPress press);
  void on_entry_key(KeyPress press);
  void on_table_key(KeyPress press);
  void on_letter(char letter);
  void move_to(std::size_t row);
  void move_by(std::ptrdiff_t rows);
  void run(const std::string& line);
  void run_words(const std::vector<std::string>& words, const std::string& line);
  void complete();
  void attach(const std::vector<std::string>& words);

  std::size_t room() const;
  bool has_notice_line() const;
  nlohmann::json shown() const;
  std::vector<std::string> shown_names() const;
  std::string notice() const;
  void draw();
  void draw_rows();
  void draw_help();
  void draw_last_lines();
  void draw_entry(std::size_t line);

  YardWatch yard_;
  const ForThisYard for_this_yard_;
  Screen screen_;
  CommandEntry entry_;
  std::unique_ptr<CommandRun> running_;
  std::string notice_;
  bool help_ = false;  // is shown instead of the table
  std::size_t selected_ = 0;
  std::size_t first_shown_ = 0;
  bool ended_ = false;
};

}  // namespace yardmaster::cli
