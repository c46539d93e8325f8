// The control pane: the yard's instances in a live table, and a command line. What changes is told
// by the daemon, nothing is asked for again and again; while the daemon is away the pane says so
// and looks for it once a second. Main thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/cli/control/command_entry.h"
#include "coordinator/cli/control/command_run.h"
#include "coordinator/cli/control/screen.h"
#include "coordinator/client/client.h"

namespace yardmaster::cli {

class ControlPane {
 public:
  using Connect = std::function<Client()>;
  // The words of a command, for the same yard.
  using ForThisYard = std::function<std::vector<std::string>(std::vector<std::string> words)>;

  // Throws what Screen does.
  ControlPane(Connect connect, ForThisYard for_this_yard);

  // Until the person ends it.
  void show();

 private:
  void wait();
  void look_for_daemon();
  void take_events();
  void list_again();
  void lose_daemon(const std::string& why);
  void take_keys();
  void on_key(KeyPress press);
  void on_entry_key(KeyPress press);
  void on_table_key(KeyPress press);
  void move_to(std::size_t row);
  void run(const std::string& line);
  void draw();
  void draw_rows();
  void draw_last_line();
  std::vector<std::string> names() const;

  const Connect connect_;
  const ForThisYard for_this_yard_;
  Screen screen_;
  std::optional<Client> client_;
  SteadyTime next_look_{};
  nlohmann::json instances_ = nlohmann::json::array();
  bool is_stale_ = false;
  SteadyTime listed_{};
  CommandEntry entry_;
  std::unique_ptr<CommandRun> running_;
  std::string notice_;
  std::size_t selected_ = 0;
  std::size_t first_shown_ = 0;
  bool ended_ = false;
};

}  // namespace yardmaster::cli
