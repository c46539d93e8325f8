#include "loadgen/workloads/workload.h"

#include <chrono>
#include <optional>
#include <set>
#include <utility>

namespace yardmaster::loadgen {
namespace {

// Allocations that wait for their answer at a time.
constexpr std::size_t allocation_window = 256;

}  // namespace

nlohmann::json RunContext::allocate(const std::string& name, const std::string& role) {
  created.push_back(name);
  return control.call(
      "allocate_instance",
      {{"instance_id", name}, {"role", role}, {"socket", plan.wants_instance_sockets()}});
}

std::vector<nlohmann::json> RunContext::allocate_instances() {
  std::vector<nlohmann::json> allocations(plan.instances);
  std::optional<AsyncReply> failure;
  std::size_t waiting = 0;
  const auto wait_for_answers = [&](std::size_t most) {
    while (waiting > most) loop.poll(std::chrono::steady_clock::now() + std::chrono::seconds(1));
  };
  for (std::uint64_t i = 0; i < plan.instances && !failure; ++i) {
    const std::string own_name = name("w", i);
    created.push_back(own_name);
    ++waiting;
    control.request("allocate_instance", request_for(own_name), [&, i](const AsyncReply& reply) {
      --waiting;
      if (!reply.success) failure = reply;
      allocations[i] = reply.data;
    });
    wait_for_answers(allocation_window);
  }
  wait_for_answers(0);
  if (failure) throw_failure("allocate_instance", *failure);
  return allocations;
}

void RunContext::look_up(const std::vector<std::string>& dying,
                         const std::function<void(const std::string&)>& on_gone) {
  for (const auto& name : dying) {
    const auto look = [name, on_gone](const AsyncReply& reply) {
      if (!reply.success || !reply.data.contains("instances")) return;
      if (reply.data.at("instances").empty()) on_gone(name);
    };
    control.request_until_answered("list_instances", {{"name", name}}, look);
  }
}

std::string RunContext::socket_of(const nlohmann::json& allocation) const {
  const auto found = allocation.find("socket_path");
  const bool has_own = found != allocation.end() && found->is_string() &&
                       !found->get_ref<const std::string&>().empty();
  return has_own ? found->get<std::string>() : control.path();
}

}  // namespace yardmaster::loadgen
