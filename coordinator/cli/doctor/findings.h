// A finding is one result of `doctor`'s inspection of the machine; findings are shown as text or
// JSON. Values, any thread.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace yardmaster::cli {

enum class Health { ok, warn, broken };

struct Finding {
  std::string name;
  Health health = Health::ok;
  std::string what;
  std::string remedy = {};  // what the user can do; not with ok
};

Health worst_of(const std::vector<Finding>& findings);
std::string findings_text(const std::vector<Finding>& findings);
nlohmann::json findings_json(const std::vector<Finding>& findings);

}  // namespace yardmaster::cli
