#include "loadgen/workloads/reconnecting_session.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::chrono::milliseconds first_pause{10};
constexpr std::chrono::milliseconds longest_reconnect_pause{500};
constexpr std::chrono::seconds longest_absence{30};
constexpr std::chrono::seconds call_deadline{60};

}  // namespace

void throw_failure(std::string_view command, const AsyncReply& reply) {
  throw Error(error_code_from(reply.code).value_or(ErrorCode::internal),
              std::string(command) + ": " + reply.error);
}

ReconnectingSession::ReconnectingSession(EventLoop& loop, std::string path)
    : loop_(loop), path_(std::move(path)), connection_(loop), pause_(first_pause) {
  if (!connection_.connect(path_)) {
    const std::string reason = std::generic_category().message(errno);
    throw Error(ErrorCode::unavailable, "nobody listens at '" + path_ + "': " + reason);
  }
  connection_.on_lost([this] { on_lost(); });
}

ReconnectingSession::~ReconnectingSession() { loop_.cancel(retry_); }

void ReconnectingSession::request_until_answered(const std::string& command,
                                                 const nlohmann::json& args,
                                                 AsyncConnection::ReplyHandler handler) {
  persist(next_question_++, std::make_shared<const Question>(Question{
                                .command = command, .args = args, .handler = std::move(handler)}));
}

void ReconnectingSession::persist(std::uint64_t number,
                                  const std::shared_ptr<const Question>& question) {
  if (!connection_.is_open()) {
    held_.emplace(number, question);
    return;
  }
  connection_.request(question->command, question->args,
                      [this, number, question](const AsyncReply& reply) {
                        if (reply.success || reply.code != "unavailable") {
                          question->handler(reply);
                        } else {
                          // A daemon that answers so is stopping, and hangs up soon.
                          held_.emplace(number, question);
                        }
                      });
}

AsyncReply ReconnectingSession::answer_to(const std::string& command, const nlohmann::json& args,
                                          std::chrono::seconds timeout) {
  const auto answer = std::make_shared<std::optional<AsyncReply>>();
  request_until_answered(command, args, [answer](const AsyncReply& reply) { *answer = reply; });
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!*answer && std::chrono::steady_clock::now() < deadline) loop_.poll(deadline);
  if (*answer) return std::move(**answer);
  throw Error(ErrorCode::timed_out,
              command + ": no answer within " + std::to_string(timeout.count()) + " s");
}

nlohmann::json ReconnectingSession::call(std::string_view command, const nlohmann::json& args) {
  // Shared, since a late answer may come after this function gave up.
  const auto answer = std::make_shared<std::optional<AsyncReply>>();
  request(command, args, [answer](const AsyncReply& reply) { *answer = reply; });
  const auto deadline = std::chrono::steady_clock::now() + call_deadline;
  while (!*answer && std::chrono::steady_clock::now() < deadline) loop_.poll(deadline);
  if (!*answer) {
    throw Error(ErrorCode::timed_out, std::string(command) + ": no answer within a minute");
  }
  if (!(*answer)->success) throw_failure(command, **answer);
  return std::move((*answer)->data);
}

void ReconnectingSession::subscribe(nlohmann::json args,
                                    AsyncConnection::EventHandlerFunction handler) {
  connection_.on_event(std::move(handler));
  call("subscribe", args);
  subscription_ = std::move(args);
}

void ReconnectingSession::on_lost() {
  lost_at_ = std::chrono::steady_clock::now();
  reconnect_later();
}

void ReconnectingSession::reconnect_later() {
  retry_ = loop_.at(std::chrono::steady_clock::now() + pause_, [this] { reconnect(); });
  pause_ = std::min(pause_ * 2, longest_reconnect_pause);
}

void ReconnectingSession::reconnect() {
  if (!connection_.connect(path_, false)) {
    if (std::chrono::steady_clock::now() - lost_at_ > longest_absence) {
      throw Error(ErrorCode::unavailable, "the coordinator went away and did not come back to '" +
                                              path_ + "' within half a minute");
    }
    reconnect_later();
    return;
  }
  pause_ = first_pause;
  if (!subscription_.is_null()) connection_.request("subscribe", subscription_, [](const auto&) {});
  for (const auto& [number, question] : std::exchange(held_, {})) persist(number, question);
  if (on_reconnected_) on_reconnected_();
}

}  // namespace yardmaster::loadgen
