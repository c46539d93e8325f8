#include "coordinator/cli/control/yard_watch.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/cli/output/display_text.h"
#include "coordinator/cli/output/listings.h"
#include "coordinator/domain/names.h"

namespace yardmaster::cli {
namespace {

using nlohmann::json;
using std::chrono::steady_clock;

constexpr auto time_between_looks = std::chrono::seconds(1);
// Many changes at once are asked for at once.
constexpr auto shortest_between_questions = std::chrono::milliseconds(50);
constexpr auto answer_timeout = std::chrono::seconds(5);
constexpr std::size_t most_details = 150;

// Of what is told, only the start and end of instances, and their states, change the list itself.
bool changes_list(const json& event) {
  const std::string name = text_of(event, "event");
  return name == "instance" || name == "gone" || name == "handoff";
}

}  // namespace

void YardWatch::update(const std::vector<std::string>& shown) {
  try {
    if (!client_ && steady_clock::now() >= next_look_) look();
    if (!client_) return;
    take_events();
    if (lacks_details(shown)) details_are_stale_ = true;
    if (!list_is_stale_ && !details_are_stale_) return;
    if (steady_clock::now() - asked_ < shortest_between_questions) return;
    asked_ = steady_clock::now();
    if (std::exchange(list_is_stale_, false)) list();
    details_are_stale_ = false;
    ask_details(shown);
    take_events();  // that came with a reply
  } catch (const Error& error) {
    client_.reset();
    away_ = one_line(error.what());
  }
}

std::optional<SteadyTime> YardWatch::next_update() const {
  if (!client_) return next_look_;
  if (list_is_stale_ || details_are_stale_) return asked_ + shortest_between_questions;
  return std::nullopt;
}

void YardWatch::look() {
  next_look_ = steady_clock::now() + time_between_looks;
  client_.emplace(connect_());
  call("subscribe", {{"events", {"instance", "gone", "unread", "message_status", "handoff"}}});
  roles_.clear();
  for (const json& role : list_of(call("list_roles", json::object()), "roles")) {
    roles_.push_back(text_of(role, "name"));
  }
  list_is_stale_ = true;
  away_.clear();
}

json YardWatch::call(std::string_view command, const json& arguments) {
  return client_->call(command, arguments, answer_timeout);
}

void YardWatch::take_events() {
  while (const auto event = client_->next_event(std::chrono::nanoseconds(0))) {
    details_are_stale_ = true;
    if (changes_list(*event)) list_is_stale_ = true;
  }
}

// Those that wait come with the first page.
void YardWatch::list() {
  json all = client_->list("list_instances", "instances", json::object(), answer_timeout);
  for (json& each : list_of(call("list_instances", {{"limit", 1}}), "waiting")) {
    all.push_back(std::move(each));
  }
  instances_ = by_name(all, "instance_id");
  names_.clear();
  for (const json& each : instances_) names_.push_back(text_of(each, "instance_id"));
}

bool YardWatch::lacks_details(const std::vector<std::string>& shown) const {
  return std::ranges::any_of(shown | std::views::take(most_details),
                             [this](const auto& name) { return !details_.contains(name); });
}

void YardWatch::ask_details(const std::vector<std::string>& shown) {
  std::vector<std::string> asked{std::string(person_name)};
  details_.clear();
  for (const std::string& name : shown.empty() ? names_ : shown) {
    if (asked.size() > most_details) break;
    asked.push_back(name);
    details_[name] = json::object();
  }
  const json reply = call("instance_details", {{"names", asked}});
  for (const json& each : list_of(reply, "details")) {
    const std::string name = text_of(each, "instance_id");
    if (name == person_name) unread_ = number_of(each, "unread");
    if (name != person_name) details_[name] = each;
  }
  for (json& each : instances_) {
    const auto found = details_.find(text_of(each, "instance_id"));
    if (found != details_.end()) each.update(found->second);
  }
}

}  // namespace yardmaster::cli
