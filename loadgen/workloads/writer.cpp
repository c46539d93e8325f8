#include "loadgen/workloads/writer.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "coordinator/client/async_connection.h"

namespace yardmaster::loadgen {

Writer::Writer(EventLoop& loop, WriterHost& host, const AppendTemplate& request,
               std::uint32_t number, std::string context, std::string socket_path)
    : host_(host),
      request_(request),
      number_(number),
      context_(std::move(context)),
      socket_path_(std::move(socket_path)),
      channel_(loop, *this),
      ring_(4) {}

void Writer::write(Offset intended, Offset now, std::uint64_t sample, std::string& frame) {
  if (unacknowledged() == ring_.size()) grow();
  const std::uint64_t seq = next_seq_++;
  slot(seq) = {.intended = intended, .sent = now, .sample = sample, .done = false};
  request_.write(frame, context_, number_, seq);
  channel_.send(frame);
}

void Writer::resend(std::string& frame) {
  for (std::uint64_t seq = first_open_; seq < next_seq_; ++seq) {
    request_.write(frame, context_, number_, seq);
    channel_.send(frame);
  }
}

void Writer::on_line(std::string_view line) {
  if (const auto seq = acknowledged_id(line)) {
    acknowledge(*seq);
  } else {
    read_unusual(line);
  }
}

void Writer::acknowledge(std::uint64_t seq) {
  // Entries that were sent twice are acknowledged twice.
  if (seq < first_open_ || seq >= next_seq_ || slot(seq).done) return;
  const InFlight answered = slot(seq);
  slot(seq).done = true;
  while (first_open_ < next_seq_ && slot(first_open_).done) ++first_open_;
  last_acknowledged_ = std::max(last_acknowledged_, seq);
  host_.on_acknowledged(*this, answered.sample, answered.intended, answered.sent);
}

void Writer::read_unusual(std::string_view line) {
  const auto frame = nlohmann::json::parse(line, nullptr, false);
  if (!frame.is_object() || frame.contains("event")) return;
  const AsyncReply reply = reply_from(frame);
  if (!reply.success) {
    host_.on_refused(*this, reply.code);
    return;
  }
  const auto id = frame.find("id");
  if (id != frame.end() && id->is_number_unsigned()) acknowledge(id->get<std::uint64_t>());
}

void Writer::grow() {
  std::vector<InFlight> larger(2 * ring_.size());
  for (std::uint64_t seq = first_open_; seq < next_seq_; ++seq) {
    larger[seq & (larger.size() - 1)] = slot(seq);
  }
  ring_ = std::move(larger);
}

}  // namespace yardmaster::loadgen
