#include "loadgen/workload.h"

namespace yardmaster::loadgen {

nlohmann::json RunContext::allocate(const std::string& name, const std::string& role) {
  created.push_back(name);
  return control.call(
      "allocate_instance",
      {{"instance_id", name}, {"role", role}, {"socket", plan.wants_instance_sockets()}});
}

std::string RunContext::socket_of(const nlohmann::json& allocation) const {
  const auto found = allocation.find("socket_path");
  const bool has_own = found != allocation.end() && found->is_string() &&
                       !found->get_ref<const std::string&>().empty();
  return has_own ? found->get<std::string>() : control.path();
}

}  // namespace yardmaster::loadgen
