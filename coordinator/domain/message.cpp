#include "coordinator/domain/message.h"

#include <array>
#include <utility>

#include "coordinator/base/duration.h"
#include "coordinator/domain/names.h"

namespace yardmaster {
namespace {

constexpr std::array<std::pair<MessageStatus, std::string_view>, 5> message_status_names{{
    {MessageStatus::pending, "pending"},
    {MessageStatus::delivered, "delivered"},
    {MessageStatus::read, "read"},
    {MessageStatus::acked, "acked"},
    {MessageStatus::dead, "dead"},
}};

std::string rounded(std::chrono::nanoseconds duration) {
  using std::chrono::floor;
  if (duration >= std::chrono::hours(2))
    return format_duration(floor<std::chrono::hours>(duration));
  if (duration >= std::chrono::seconds(2)) {
    return format_duration(floor<std::chrono::seconds>(duration));
  }
  return format_duration(floor<std::chrono::milliseconds>(duration));
}

}  // namespace

std::string_view to_string(MessageStatus status) {
  return message_status_names[static_cast<std::size_t>(status)].second;
}

std::string_view to_string(DeathCause cause) {
  return cause == DeathCause::not_taken ? "not_taken" : "recipient_ended";
}

std::string death_reason(const DeadLetter& letter) {
  const std::string to = "'" + letter.message.to + "'";
  if (letter.cause == DeathCause::recipient_ended) return to + " ended before it had read it";
  const auto waited = letter.died_at - letter.message.sent_at;
  return to + " has not taken it within " + rounded(waited);
}

std::optional<Recipients> recipients_from(std::string_view text) {
  if (!text.starts_with('@')) return std::nullopt;
  text.remove_prefix(1);
  Recipients recipients;
  recipients.whole_yard = text.starts_with('@');
  if (recipients.whole_yard) text.remove_prefix(1);
  const std::size_t at = text.find('@');
  if (at != std::string_view::npos) {
    if (recipients.whole_yard || !is_valid_name(text.substr(at + 1))) return std::nullopt;
    recipients.repo = text.substr(at + 1);
  }
  const std::string_view group = text.substr(0, at);
  if (!is_valid_name(group)) return std::nullopt;
  if (group != "all") recipients.role = group;
  return recipients;
}

std::optional<MessageStatus> message_status_from(std::string_view text) {
  for (const auto& [status, name] : message_status_names) {
    if (name == text) return status;
  }
  return std::nullopt;
}

}  // namespace yardmaster
