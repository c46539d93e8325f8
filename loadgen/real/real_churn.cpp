#include "loadgen/real/real_churn.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/base/own_refs.h"
#include "loadgen/real/captured_program.h"
#include "loadgen/real/real_context.h"

namespace yardmaster::loadgen {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds first_deadline{120};
constexpr std::chrono::milliseconds real_pause_after_refusal{200};

// Returns what an instance of this name would leave, as far as that is known before it is there.
InstanceTraces expected_traces(const YardPlaces& places, const std::string& name) {
  return {.name = name,
          .token = {},
          .worktree = (places.worktrees() / name).string(),
          .branch = instance_branch(name),
          .tmux_session = "yard-" + places.repository_name,
          .tmux_window = name};
}

}  // namespace

RealChurn::RealChurn(RunContext& context, Logs logs)
    : context_(context),
      logs_(logs),
      turns_(context.plan.churn_kinds, context.plan.churn_edited),
      sender_(context.name("teller", 0)),
      pacer_(
          context.loop, context.rate_of("churn", context.plan.churn.per_second),
          [this](Offset intended) { begin(intended); },
          [this](Offset intended, auto lag) { usual_log().note_lag(intended, lag); }) {
  context_.allocate(sender_, context_.prefix + "-teller");
  for (std::uint64_t i = 0; i < context_.plan.churn.instances; ++i) {
    places_.push_back(
        std::make_unique<ChurnPlace>(context_.loop, context_.name("churn", names_++)));
    allocate(*places_.back(), steady_clock::now());
  }
  wait_for_the_first();
}

void RealChurn::wait_for_the_first() {
  const auto deadline = steady_clock::now() + first_deadline;
  while (living_.size() < places_.size()) {
    context_.loop.poll(deadline);
    if (refusal_) throw_failure("allocate_instance", *refusal_);
    if (steady_clock::now() >= deadline) {
      throw Error(ErrorCode::timed_out, "the churning instances were not allocated in two minutes");
    }
  }
}

void RealChurn::start(SteadyTime start) {
  start_ = start;
  started_ = true;
  pacer_.start(start);
}

bool RealChurn::idle() const {
  const bool all_settled = std::all_of(places_.begin(), places_.end(), [](const auto& place) {
    return place->state == PlaceState::living || place->state == PlaceState::free;
  });
  return all_settled && due_.empty();
}

void RealChurn::begin(Offset intended) {
  due_.push_back(intended);
  end_if_due();
}

void RealChurn::allocate(ChurnPlace& place, SteadyTime due) {
  place.state = PlaceState::starting;
  place.turn = turns_.next();
  place.traces = expected_traces(context_.real->places(), place.name);
  std::vector<std::string> words{"--behaviour", std::string(behaviour_for(place.turn.kind))};
  if (!place.turn.edited.empty()) words.insert(words.end(), {"--edit", place.turn.edited});
  const bool is_measured = started_ && place.turn.kind != ChurnKind::stillborn;
  const Offset intended = due - start_;
  const auto sample = is_measured ? logs_.startup->begin(intended) : MeasurementLog::not_measured;
  const auto sent = now();
  logs_.startup->send(sample);
  context_.control.request("allocate_instance",
                           context_.real->request(place.name, std::move(words)),
                           [this, &place, intended, sent, sample](const AsyncReply& reply) {
                             if (reply.success)
                               logs_.startup->finish(sample, now() - intended, now() - sent);
                             on_allocated(place, reply);
                           });
}

void RealChurn::on_allocated(ChurnPlace& place, const AsyncReply& reply) {
  if (!reply.success) return on_refused(place, reply);
  place.traces = RealContext::traces_of(reply);
  place.watch_agent(static_cast<pid_t>(reply.number("pid")));
  place.state = PlaceState::living;
  if (place.turn.kind == ChurnKind::stillborn) {
    ++errors_["churn_stillborn_lived"];
    place.turn.kind = ChurnKind::agent;
  }
  living_.push_back(&place);
  end_if_due();
}

void RealChurn::on_refused(ChurnPlace& place, const AsyncReply& reply) {
  if (place.turn.kind == ChurnKind::stillborn && reply.code == "agent_ended") {
    context_.real->tally().note_ending(place.turn.kind);
    return check(place);
  }
  ++errors_["churn_" + reply.code];
  refusal_ = reply;
  place.state = PlaceState::checking;
  context_.loop.at(steady_clock::now() + real_pause_after_refusal,
                   [this, &place] { check(place); });
}

void RealChurn::end_if_due() {
  while (!due_.empty() && !living_.empty()) {
    ChurnPlace& place = *living_.front();
    living_.pop_front();
    MeasurementLog& log = log_for(place.turn);
    place.ending = {
        .log = &log, .sample = log.begin(due_.front()), .intended = due_.front(), .began = now()};
    due_.pop_front();
    log.send(place.ending.sample);
    place.state = PlaceState::dying;
    end(place);
  }
}

MeasurementLog& RealChurn::log_for(const ChurnTurn& turn) const {
  MeasurementLog* log = turn.edited.empty() ? logs_.cleanup : logs_.rescue;
  if (turn.kind == ChurnKind::stubborn) log = logs_.grace;
  return log != nullptr ? *log : *logs_.startup;
}

void RealChurn::end(ChurnPlace& place) {
  switch (place.turn.kind) {
    case ChurnKind::agent:
    case ChurnKind::children:
    case ChurnKind::stillborn:
      return place.kill_agent();
    case ChurnKind::window:
      return kill_window(place);
    case ChurnKind::exit:
    case ChurnKind::crash:
      return message_agent(place, std::string(to_string(place.turn.kind)));
    case ChurnKind::release:
    case ChurnKind::hang:
    case ChurnKind::stubborn:
      return ask_to_release(place);
  }
}

void RealChurn::kill_window(const ChurnPlace& place) {
  ProgramCall call;
  call.arguments = {
      "tmux",        "-S", context_.real->places().tmux_socket().string(),
      "kill-window", "-t", "=" + place.traces.tmux_session + ":=" + place.traces.tmux_window};
  call.dropped_prefixes = {"TMUX"};
  windows_.run([this, call] {
    bool done = false;
    try {
      done = run_program(call).succeeded();
    } catch (const Error&) {
      done = false;
    }
    if (!done) context_.loop.post([this] { ++errors_["churn_kill_window"]; });
  });
}

void RealChurn::message_agent(ChurnPlace& place, const std::string& what) {
  context_.control.request("send_message", {{"from", sender_}, {"to", place.name}, {"body", what}},
                           [this, &place, token = place.traces.token](const AsyncReply& reply) {
                             if (reply.success || place.traces.token != token) return;
                             ++errors_["churn_message_" + reply.code];
                             place.kill_agent();
                           });
}

void RealChurn::ask_to_release(ChurnPlace& place) {
  context_.control.request("release_instance", {{"instance_id", place.name}},
                           [this, &place, token = place.traces.token](const AsyncReply& reply) {
                             if (reply.success || place.traces.token != token) return;
                             ++errors_["churn_release_" + reply.code];
                             place.kill_agent();
                           });
}

void RealChurn::on_gone(const std::string& instance) {
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [&](const auto& place) { return place->name == instance; });
  if (found == places_.end()) return;
  ChurnPlace& place = **found;
  if (place.state == PlaceState::living) return on_gone_alive(place);
  if (place.state != PlaceState::dying) return;
  const Offset time = now();
  const auto& ending = place.ending;
  const auto ended_at = place.agent_ended_at();
  const bool is_seen = ended_at && !is_request(place.turn.kind);
  const Offset began = is_seen ? *ended_at - start_ : ending.began;
  ending.log->finish(ending.sample, time - ending.intended, time - began);
  context_.real->tally().note_ending(place.turn.kind);
  check(place);
}

// Nobody ended it: the coordinator took it for dead, or its agent ended by itself.
void RealChurn::on_gone_alive(ChurnPlace& place) {
  ++errors_["churn_gone_alive"];
  std::erase(living_, &place);
  check(place);
}

void RealChurn::check(ChurnPlace& place) {
  place.state = PlaceState::checking;
  place.forget_agent();
  if (!place.turn.edited.empty() && !place.traces.token.empty()) {
    context_.real->tally().edited.push_back({.instance = place.name, .path = place.turn.edited});
  }
  looks_.run([this, &place, traces = place.traces, places = context_.real->places()] {
    std::vector<std::string> left;
    std::string failure;
    try {
      left = leftovers_of(places, traces);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    const auto when = steady_clock::now();
    context_.loop.post([this, &place, left, failure, when] {
      if (!failure.empty()) ++errors_["churn_look_failed"];
      on_checked(place, left, when);
    });
  });
}

void RealChurn::on_checked(ChurnPlace& place, const std::vector<std::string>& left,
                           SteadyTime when) {
  context_.real->tally().note_left(left);
  // The leftovers may be in the way of another instance of that name.
  if (!left.empty()) place.name = context_.name("churn", names_++);
  if (pacer_.is_stopped() && due_.empty()) {
    place.state = PlaceState::free;
  } else {
    allocate(place, when);
  }
}

std::vector<std::string> RealChurn::living() const {
  std::vector<std::string> names;
  for (const auto& place : places_) {
    const bool is_there = place->state == PlaceState::living ||
                          place->state == PlaceState::starting || place->state == PlaceState::dying;
    if (is_there) names.push_back(place->name);
  }
  return names;
}

void RealChurn::look_up_dying() {
  std::vector<std::string> names;
  for (const auto& place : places_) {
    if (place->state == PlaceState::dying) names.push_back(place->name);
  }
  context_.look_up(names, [this](const std::string& name) { on_gone(name); });
}

void RealChurn::give_up() {
  for (const Offset intended : std::exchange(due_, {})) usual_log().begin(intended);
}

void RealChurn::count_errors(ErrorCounts& errors) const {
  for (const auto& [code, count] : errors_) errors[code] += count;
  const auto never_gone = std::count_if(places_.begin(), places_.end(), [](const auto& place) {
    return place->state == PlaceState::dying;
  });
  if (never_gone > 0) errors["never_gone"] += static_cast<std::uint64_t>(never_gone);
}

}  // namespace yardmaster::loadgen
