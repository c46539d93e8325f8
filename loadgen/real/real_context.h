// The context is shared by the workloads of a run with real instances: where everything is, how an
// instance is asked for, and what became of them. The generator's thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/client/async_connection.h"
#include "loadgen/plan/churn_kind.h"
#include "loadgen/real/outside_view.h"
#include "reports/report.h"

namespace yardmaster::loadgen {

inline constexpr std::string_view work_repository_name = "work";

// A file that an instance left in its worktree without a commit when it ended.
struct EditedWork {
  std::string instance;
  std::string path;
};

struct RealTally {
  std::map<std::string, std::uint64_t> endings;
  std::uint64_t orphans = 0;
  std::vector<std::string> left;  // the first of them
  std::vector<EditedWork> edited;
  std::vector<std::string> lost_work;  // the first of it that cannot be found

  void note_ending(ChurnKind kind) { ++endings[std::string(to_string(kind))]; }
  void note_left(const std::vector<std::string>& found);
  void note_lost(const std::vector<EditedWork>& lost);
};

class RealContext {
 public:
  // The agents are this program.
  explicit RealContext(YardPlaces places);

  // The arguments of allocate_instance; `words` are the agent's.
  nlohmann::json request(const std::string& name, std::vector<std::string> words = {}) const;
  // Returns the traces of an instance that was allocated and whose agent still runs. Throws
  // Error{invalid_request} when the answer lacks something.
  static InstanceTraces traces_of(const AsyncReply& reply);

  const YardPlaces& places() const { return places_; }
  RealTally& tally() { return tally_; }
  const RealTally& tally() const { return tally_; }

 private:
  YardPlaces places_;
  std::filesystem::path program_;
  RealTally tally_;
};

}  // namespace yardmaster::loadgen
