#include "loadgen/workloads/writes.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

constexpr std::chrono::milliseconds shortest_pause{10};
constexpr std::chrono::milliseconds longest_repair_pause{500};
constexpr std::chrono::milliseconds repair_after_refusal{200};
constexpr std::size_t reconnections_at_once = 256;

// Refusals that may go away when the same is sent again.
bool may_pass(std::string_view code) {
  constexpr std::array<std::string_view, 6> codes{"storage_full", "storage_failed", "unavailable",
                                                  "timed_out",    "sequence_gap",   "internal"};
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

}  // namespace

Writes::Writes(const RunContext& context, EventLoop& loop,
               const std::vector<nlohmann::json>& allocations, MeasurementLog& log)
    : plan_(context.plan),
      loop_(loop),
      log_(log),
      payload_(context.plan.seed, context.plan.payload_bytes),
      request_(payload_, context.plan.durability),
      schedule_(context.plan.arrivals, context.plan.interval,
                static_cast<std::uint32_t>(context.plan.instances), context.plan.seed) {
  WriterHost& host = *this;
  for (const auto& data : allocations) {
    const AsyncReply allocation{.success = true, .data = data, .code = {}, .error = {}};
    const auto number = static_cast<std::uint32_t>(writers_.size());
    writers_.emplace_back(loop_, host, request_, number, allocation.text("context"),
                          context.socket_of(data));
  }
  for (auto& writer : writers_) {
    if (!writer.connect(true)) {
      throw Error(ErrorCode::unavailable, "cannot connect instance " +
                                              std::to_string(writer.number()) + ": " +
                                              std::generic_category().message(errno));
    }
  }
}

void Writes::start(SteadyTime start) {
  start_ = start;
  started_ = true;
  if (!plan_.closed_loop) return;
  for (auto& writer : writers_) send_one(writer, now());
}

void Writes::stop() {
  send_due();
  stopped_ = true;
}

SteadyTime Writes::next_due() const {
  if (!started_ || stopped_ || plan_.closed_loop) return SteadyTime::max();
  const Offset offset = schedule_.next().offset;
  return offset < end_ ? start_ + offset : SteadyTime::max();
}

void Writes::send_due() {
  if (!started_ || stopped_ || plan_.closed_loop) return;
  Offset time = now();
  while (schedule_.next().offset <= time && schedule_.next().offset < end_) {
    const Due due = schedule_.next();
    schedule_.pop();
    send_one(writers_[due.instance], due.offset);
    time = now();
  }
}

void Writes::send_one(Writer& writer, Offset intended) {
  const Offset time = now();
  if (!plan_.closed_loop) log_.note_lag(intended, time - intended);
  ++sent_;
  ++open_;
  const auto sample = log_.begin(intended);
  log_.send(sample);
  writer.write(intended, time, sample, frame_);
}

void Writes::on_acknowledged(Writer& writer, std::uint64_t sample, Offset intended, Offset sent) {
  const Offset time = now();
  --open_;
  log_.finish(sample, time - intended, time - sent);
  if (plan_.closed_loop && !stopped_) send_one(writer, time);
}

void Writes::on_refused(Writer& writer, std::string_view code) {
  const auto counted = errors_.find(code);
  if (counted == errors_.end()) {
    errors_.emplace(code, 1);
  } else {
    ++counted->second;
  }
  if (!may_pass(code) || writer.resend_is_due) return;
  writer.resend_is_due = true;
  refused_.push_back(writer.number());
  repair_after(repair_after_refusal);
}

void Writes::on_lost(Writer& writer) {
  ++errors_["connection_lost"];
  lost_.insert(writer.number());
  repair_after(pause_);
}

void Writes::repair_after(std::chrono::milliseconds pause) {
  if (repair_is_due_) return;
  repair_is_due_ = true;
  loop_.at(std::chrono::steady_clock::now() + pause, [this] { repair(); });
}

void Writes::repair() {
  repair_is_due_ = false;
  const std::size_t connected = reconnect();
  for (const auto number : std::exchange(refused_, {})) {
    Writer& writer = writers_[number];
    if (!std::exchange(writer.resend_is_due, false)) continue;
    writer.resend(frame_);
  }
  pause_ =
      connected > 0 || lost_.empty() ? shortest_pause : std::min(pause_ * 2, longest_repair_pause);
  if (!lost_.empty()) repair_after(pause_);
}

// One instance whose socket is gone must not hold up the others; with a full queue there is no use
// in trying more.
std::size_t Writes::reconnect() {
  std::size_t connected = 0;
  std::string_view dead_path;
  for (auto at = lost_.begin(); at != lost_.end() && connected < reconnections_at_once;) {
    Writer& writer = writers_[*at];
    if (writer.socket_path() == dead_path || !writer.connect(false)) {
      if (writer.socket_path() != dead_path && errno == EAGAIN) break;
      dead_path = writer.socket_path();
      ++at;
      continue;
    }
    at = lost_.erase(at);
    writer.resend_is_due = false;
    writer.resend(frame_);
    ++connected;
  }
  return connected;
}

void Writes::count_errors(ErrorCounts& errors) const {
  for (const auto& [code, count] : errors_) errors[code] += count;
  if (open_ > 0) errors["unanswered"] += open_;
}

}  // namespace yardmaster::loadgen
