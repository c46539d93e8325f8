#include "coordinator/client/async_connection.h"

#include <utility>

#include "coordinator/base/error.h"

namespace yardmaster {
namespace {

[[noreturn]] void refuse(std::string_view field) {
  throw Error(ErrorCode::invalid_request,
              "the daemon's answer lacks '" + std::string(field) + "' or has it in another type");
}

std::string text_or(const nlohmann::json& frame, const char* field, const char* otherwise) {
  const auto found = frame.find(field);
  return found != frame.end() && found->is_string() ? found->get<std::string>()
                                                    : std::string(otherwise);
}

}  // namespace

std::uint64_t AsyncReply::number(std::string_view field) const {
  const auto found = data.find(field);
  if (found == data.end() || !found->is_number_unsigned()) refuse(field);
  return found->get<std::uint64_t>();
}

std::string AsyncReply::text(std::string_view field) const {
  const auto found = data.find(field);
  if (found == data.end() || !found->is_string()) refuse(field);
  return found->get<std::string>();
}

AsyncReply reply_from(const nlohmann::json& frame) {
  AsyncReply reply;
  const auto success = frame.find("success");
  reply.success = success != frame.end() && success->is_boolean() && success->get<bool>();
  if (reply.success) {
    const auto data = frame.find("data");
    reply.data = data == frame.end() ? nlohmann::json::object() : *data;
  } else {
    reply.code = text_or(frame, "code", "internal");
    reply.error = text_or(frame, "error", "the daemon sent something that is not a reply");
  }
  return reply;
}

void AsyncConnection::close() {
  channel_.close();
  waiting_.clear();
}

void AsyncConnection::request(std::string_view command, const nlohmann::json& args,
                              ReplyHandler handler) {
  if (!channel_.is_open()) {
    handler({.success = false, .data = {}, .code = "unavailable", .error = "not connected"});
    return;
  }
  const std::uint64_t id = next_id_++;
  nlohmann::json frame{{"id", id}, {"command", command}};
  frame["args"] = args;
  waiting_.emplace(id, std::move(handler));
  channel_.send(frame.dump() + "\n");
}

void AsyncConnection::on_line(std::string_view line) {
  const auto frame = nlohmann::json::parse(line, nullptr, false);
  if (!frame.is_object()) return;
  if (const auto event = frame.find("event"); event != frame.end() && event->is_string()) {
    if (on_event_)
      on_event_(event->get_ref<const std::string&>(),
                frame.value("data", nlohmann::json::object()));
    return;
  }
  const auto id = frame.find("id");
  if (id == frame.end() || !id->is_number_unsigned()) return;
  const auto found = waiting_.find(id->get<std::uint64_t>());
  if (found == waiting_.end()) return;
  const ReplyHandler handler = std::move(found->second);
  waiting_.erase(found);
  handler(reply_from(frame));
}

void AsyncConnection::on_closed() {
  const auto abandoned = std::exchange(waiting_, {});
  const AsyncReply failure{
      .success = false, .data = {}, .code = "unavailable", .error = "the daemon went away"};
  for (const auto& [id, handler] : abandoned) handler(failure);
  if (on_lost_) on_lost_();
}

}  // namespace yardmaster
