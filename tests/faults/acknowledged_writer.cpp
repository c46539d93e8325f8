#include "tests/faults/acknowledged_writer.h"

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace yardmaster::support {

using nlohmann::json;

namespace {
constexpr std::size_t most_outstanding = 24;
}

AcknowledgedWriter::AcknowledgedWriter(const DaemonProcess& daemon, std::string name,
                                       std::string peer, std::string durability)
    : name_(std::move(name)), peer_(std::move(peer)), durability_(std::move(durability)) {
  daemon.call("allocate_instance", {{"instance_id", name_}, {"role", "writer"}, {"socket", false}});
  connect(daemon);
}

std::string AcknowledgedWriter::data_of(std::uint64_t seq) const {
  return name_ + " entry " + std::to_string(seq) + " " + std::string(seq % 200, '.');
}

void AcknowledgedWriter::connect(const DaemonProcess& daemon) {
  stream_.emplace(daemon.socket());
  received_.clear();
  std::string again;
  for (const auto& request : outstanding_) again += request.line;
  stream_->send(again);
}

void AcknowledgedWriter::push(json command, std::uint64_t seq, std::string body) {
  command["id"] = ++last_id_;
  outstanding_.push_back({last_id_, seq, std::move(body), command.dump() + "\n"});
}

void AcknowledgedWriter::push_entry() {
  const auto seq = ++sent_seq_;
  push({{"command", "append_context"},
        {"args",
         {{"context", name_},
          {"seq", seq},
          {"kind", "note"},
          {"data", data_of(seq)},
          {"durability", durability_}}}},
       seq, "");
}

void AcknowledgedWriter::push_message(bool to_all) {
  auto& sent = to_all ? sent_broadcasts_ : sent_messages_;
  const auto body = name_ + (to_all ? " to all " : " to peer ") + std::to_string(sent.size() + 1);
  sent.push_back(body);
  push(
      {{"command", to_all ? "broadcast" : "send_message"},
       {"args", {{"from", name_}, {"to", to_all ? "@all" : peer_}, {"body", body}, {"key", body}}}},
      0, body);
}

void AcknowledgedWriter::send_more(std::mt19937_64& random) {
  const auto before = outstanding_.size();
  while (outstanding_.size() < most_outstanding) {
    const auto draw = random() % 100;
    if (draw < 92) {
      push_entry();
    } else {
      push_message(draw == 99);
    }
  }
  std::string lines;
  for (auto i = before; i < outstanding_.size(); ++i) lines += outstanding_[i].line;
  try {
    stream_->send(lines);
  } catch (const std::system_error&) {
    // Gone; take_replies() will say so.
  }
}

void AcknowledgedWriter::acknowledge(const json& reply) {
  const auto id = reply.at("id").get<std::uint64_t>();
  const auto found = std::find_if(outstanding_.begin(), outstanding_.end(),
                                  [&](const Request& request) { return request.id == id; });
  if (found == outstanding_.end()) throw std::runtime_error("answered twice: " + reply.dump());
  if (!reply.at("success").get<bool>()) {
    throw std::runtime_error("refused: " + reply.dump() + " to " + found->line);
  }
  if (found->seq != 0) acknowledged_seq_ = std::max(acknowledged_seq_, found->seq);
  if (!found->body.empty()) acknowledged_bodies_.insert(found->body);
  outstanding_.erase(found);
}

std::optional<std::size_t> AcknowledgedWriter::take_replies() {
  const auto bytes = stream_->receive();
  if (bytes.empty()) return std::nullopt;
  received_ += bytes;
  std::size_t count = 0;
  std::size_t start = 0;
  for (auto end = received_.find('\n'); end != std::string::npos;
       end = received_.find('\n', start)) {
    acknowledge(json::parse(received_.substr(start, end - start)));
    start = end + 1;
    ++count;
  }
  received_.erase(0, start);
  return count;
}

void AcknowledgedWriter::finish() {
  while (!idle()) {
    if (!take_replies()) throw std::runtime_error("the daemon hung up on " + name_);
  }
}

}  // namespace yardmaster::support
