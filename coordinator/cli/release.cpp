#include "coordinator/cli/release.h"

#include <thread>
#include <utility>

#include "coordinator/base/clock.h"
#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/cli/output/terminal.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;

constexpr auto reply_timeout = std::chrono::minutes(5);  // without any reply
constexpr auto retry_pause = std::chrono::milliseconds(200);
constexpr std::size_t most_in_flight = 256;  // of the 1,024 that a connection allows

struct Refusal {
  std::string name;
  std::string why;
  bool may_pass;  // the instance is not in a state in which it can be ended now
};

json next_reply(Client& client) {
  const auto line = client.receive_line(reply_timeout);
  if (!line) throw Error(ErrorCode::timed_out, "the daemon does not reply");
  return parse_json(*line);
}

void send_release(Client& client, std::size_t id, const std::string& name) {
  client.send_line(
      to_text({{"id", id}, {"command", "release_instance"}, {"args", {{"instance_id", name}}}}));
}

std::vector<Refusal> ask_once(Client& client, const std::vector<std::string>& names,
                              const std::function<void(const json&)>& on_released) {
  std::vector<Refusal> refusals;
  std::size_t sent = 0;
  for (std::size_t received = 0; received < names.size(); ++received) {
    while (sent < names.size() && sent - received < most_in_flight) {
      send_release(client, sent, names[sent]);
      ++sent;
    }
    const json reply = next_reply(client);
    const std::string& name = names.at(reply.at("id").get<std::size_t>());
    const std::string code = text_of(reply, "code");
    if (reply.value("success", false)) {
      on_released(reply.at("data"));
    } else if (code != to_string(ErrorCode::not_found)) {
      refusals.push_back(
          {name, one_line(text_of(reply, "error")), code == to_string(ErrorCode::conflict)});
    }
  }
  return refusals;
}

}  // namespace

std::vector<std::string> release_all(Client& client, const std::vector<std::string>& names,
                                     const std::function<void(const json&)>& on_released,
                                     std::chrono::nanoseconds timeout) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + timeout;
  std::vector<std::string> complaints;
  std::vector<std::string> left = names;
  StatusLine line;
  while (true) {
    const bool is_last = std::chrono::steady_clock::now() >= deadline;
    std::vector<std::string> again;
    std::string waiting;
    for (const Refusal& refusal : ask_once(client, left, on_released)) {
      const std::string complaint = refusal.name + ": " + refusal.why;
      if (refusal.may_pass && !is_last) {
        again.push_back(refusal.name);
        waiting = complaint;
      } else {
        complaints.push_back(complaint);
      }
    }
    if (again.empty()) return complaints;
    left = std::move(again);
    line.show("waiting for " + waiting);
    std::this_thread::sleep_for(retry_pause);
    line.clear();
  }
}

}  // namespace yardmaster::cli
