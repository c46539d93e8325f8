#include "loadgen/workloads/hostile.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <sys/socket.h>
#include <sys/un.h>

#include "coordinator/base/error.h"

namespace yardmaster::loadgen {
namespace {

using nlohmann::json;

constexpr std::size_t megabyte = 1'000'000;  // with its frame just below what a frame may have
constexpr std::uint64_t longest_list = 8192;

std::string line_of(std::string_view command, const json& arguments) {
  return json{{"id", 1}, {"command", command}, {"args", arguments}}.dump() + "\n";
}

std::string repeated(const std::string& line, std::uint64_t count) {
  std::string text;
  text.reserve(line.size() * count);
  for (std::uint64_t i = 0; i < count; ++i) text += line;
  return text;
}

}  // namespace

Hostile::Hostile(RunContext& context, MeasurementLog& log)
    : context_(context),
      log_(log),
      load_(context.plan.hostile),
      socket_(context.control.path()),
      behaved_(context.name("behaved", 0)),
      mailbox_(context.name("mailbox", 0)),
      listeners_(context.prefix + "-silent"),
      pacer_(
          context.loop, context.rate_of("hostile", load_.per_second),
          [this](Offset intended) { begin(intended); },
          [&log](Offset intended, auto lag) { log.note_lag(intended, lag); }) {
  const json behaved = context_.allocate(behaved_, context_.prefix + "-behaved");
  session_ = std::make_unique<ReconnectingSession>(context_.loop, context_.socket_of(behaved));
  fill_mailbox();
  fill_context();
  make_listeners();
}

void Hostile::fill_mailbox() {
  context_.allocate(mailbox_, context_.prefix + "-full");
  const std::string body(megabyte, 'm');
  for (std::uint64_t i = 0; i < load_.messages; ++i) {
    context_.control.call("send_message", {{"from", behaved_}, {"to", mailbox_}, {"body", body}});
  }
}

void Hostile::fill_context() {
  const json author = context_.allocate(context_.name("author", 0), context_.prefix + "-full");
  book_ = author.at("context").get<std::string>();
  const std::string data(megabyte, 'c');
  for (std::uint64_t seq = 1; seq <= load_.megabytes; ++seq) {
    context_.control.call("append_context",
                          {{"context", book_}, {"seq", seq}, {"kind", "note"}, {"data", data}});
  }
}

void Hostile::make_listeners() {
  for (std::uint64_t i = 0; i < load_.listeners; ++i) {
    listener_names_.push_back(context_.name("silent", i));
    context_.allocate(listener_names_.back(), listeners_);
  }
  silent_.resize(listener_names_.size());
}

void Hostile::start(SteadyTime start) {
  start_ = start;
  pacer_.start(start);
}

void Hostile::begin(Offset intended) {
  act(static_cast<Act>(turns_++ % acts));
  append_beside(intended);
}

void Hostile::act(Act what) {
  UniqueFd& asked = asked_[static_cast<std::size_t>(what)];
  asked.reset();
  if (what == Act::lists) {
    const json all{{"instance_id", mailbox_}, {"limit", longest_list}};
    asked = ask(repeated(line_of("list_messages", all), load_.lists));
  } else if (what == Act::digests) {
    asked = ask(repeated(line_of("digest_context", {{"context", book_}}), load_.digests));
  } else {
    subscribe_all();
    broadcaster_ = std::make_unique<ReconnectingSession>(context_.loop, socket_);
    const json message{
        {"from", mailbox_}, {"to", "@" + listeners_}, {"body", std::string(megabyte, 'b')}};
    broadcaster_->request("broadcast", message, [](const AsyncReply&) {});
  }
}

// Those whom the coordinator has closed come back.
void Hostile::subscribe_all() {
  for (std::size_t i = 0; i < silent_.size(); ++i) {
    char next = 0;
    const bool closed =
        !silent_[i] || ::recv(silent_[i].get(), &next, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    if (!closed) continue;
    const json arguments{{"events", {"message"}}, {"instance_id", listener_names_[i]}};
    silent_[i] = ask(line_of("subscribe", arguments));
  }
}

UniqueFd Hostile::ask(const std::string& text) const {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket_.size() >= sizeof address.sun_path) {
    throw Error(ErrorCode::usage, "'" + socket_ + "' is too long for a socket");
  }
  std::memcpy(address.sun_path, socket_.data(), socket_.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto* const place = reinterpret_cast<const sockaddr*>(&address);
  if (!fd || ::connect(fd.get(), place, sizeof address) != 0) return {};
  // What does not fit into the socket is left out: nobody waits for a hostile client.
  [[maybe_unused]] const auto sent =
      ::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return fd;
}

void Hostile::append_beside(Offset intended) {
  const auto sample = log_.begin(intended);
  log_.send(sample);
  ++open_;
  const SteadyTime sent = std::chrono::steady_clock::now();
  const json entry{
      {"context", behaved_}, {"seq", next_seq_++}, {"kind", "note"}, {"data", "one more step"}};
  session_->request_until_answered("append_context", entry,
                                   [this, sample, intended, sent](const AsyncReply& reply) {
                                     --open_;
                                     if (!reply.success) {
                                       ++errors_["beside_hostile_" + reply.code];
                                       return;
                                     }
                                     const SteadyTime now = std::chrono::steady_clock::now();
                                     log_.finish(sample, (now - start_) - intended, now - sent);
                                   });
}

void Hostile::count_errors(ErrorCounts& errors) const {
  for (const auto& [code, count] : errors_) errors[code] += count;
}

}  // namespace yardmaster::loadgen
