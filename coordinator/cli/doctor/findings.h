// What a look at the machine found, and how it is shown. Values, any thread.
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
  std::string remedy = {};  // what to do; not with ok
};

Health worst_of(const std::vector<Finding>& findings);
std::string findings_text(const std::vector<Finding>& findings);
nlohmann::json findings_json(const std::vector<Finding>& findings);

}  // namespace yardmaster::cli
