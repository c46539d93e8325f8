#include "tests/support/line_client.h"

#include <stdexcept>

namespace yardmaster::support {

using nlohmann::json;

json LineClient::next_frame(Deadline deadline) {
  return json::parse(stream_.receive_until("\n", deadline));
}

json LineClient::request(std::string_view command, const json& arguments) {
  const auto id = ++last_id_;
  const json frame = {{"id", id}, {"command", command}, {"args", arguments}};
  stream_.send(frame.dump() + "\n");
  while (true) {
    auto reply = next_frame();
    if (reply.contains("event")) {
      events_.push_back(std::move(reply));
    } else if (reply.value("id", json()) == id) {
      return reply;
    } else {
      throw std::runtime_error("a reply to something else: " + reply.dump());
    }
  }
}

json LineClient::call(std::string_view command, const json& arguments) {
  auto reply = request(command, arguments);
  if (!reply.at("success").get<bool>()) {
    throw std::runtime_error(std::string(command) + ": " + reply.dump());
  }
  return reply.value("data", json::object());
}

std::string LineClient::code_of(std::string_view command, const json& arguments) {
  const auto reply = request(command, arguments);
  return reply.at("success").get<bool>() ? "success" : reply.at("code").get<std::string>();
}

json LineClient::event(std::string_view name, Deadline deadline) {
  while (true) {
    json frame;
    if (events_.empty()) {
      frame = next_frame(deadline);
    } else {
      frame = std::move(events_.front());
      events_.pop_front();
    }
    if (frame.value("event", "") == name) return frame.at("data");
  }
}

}  // namespace yardmaster::support
