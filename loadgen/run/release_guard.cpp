#include "loadgen/run/release_guard.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <vector>

#include <nlohmann/json.hpp>

#include "coordinator/client/client.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds release_timeout{10};
// Requests that wait for their answer at a time.
constexpr std::size_t batch = 100;

std::vector<std::string> living(Client& client, const std::string& prefix, SteadyTime deadline) {
  const auto instances = client.list("list_instances", "instances", nlohmann::json::object(),
                                     deadline - steady_clock::now());
  std::vector<std::string> names;
  for (const auto& instance : instances) {
    const auto name = instance.value("instance_id", "");
    if (name.starts_with(prefix + "-")) names.push_back(name);
  }
  return names;
}

void release(Client& client, const std::vector<std::string>& names, SteadyTime deadline) {
  for (std::size_t first = 0; first < names.size(); first += batch) {
    const std::size_t end = std::min(first + batch, names.size());
    for (std::size_t i = first; i < end; ++i) {
      nlohmann::json request{{"id", "release"}, {"command", "release_instance"}};
      request["args"] = {{"instance_id", names[i]}, {"force", true}};
      client.send_line(request.dump());
    }
    for (std::size_t i = first; i < end; ++i) {
      if (!client.receive_line(deadline - steady_clock::now())) return;
    }
  }
}

}  // namespace

ReleaseGuard::~ReleaseGuard() {
  if (!armed_) return;
  try {
    const auto deadline = steady_clock::now() + release_timeout;
    Client client(socket_path_, release_timeout);
    // The instances are released once more, since an allocation may still have been under way.
    while (steady_clock::now() < deadline) {
      const auto names = living(client, prefix_, deadline);
      if (names.empty()) return;
      release(client, names, deadline);
    }
  } catch (const std::exception&) {
    // Nobody is left to hear of it, or to give them back to.
  }
}

}  // namespace yardmaster::loadgen
