#include "tests/contract/stepwise_work.h"

#include <algorithm>
#include <array>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/domain/end_notice.h"
#include "coordinator/store/lists.h"

namespace yardmaster::support {
namespace {

constexpr std::array statuses{MessageStatus::pending, MessageStatus::delivered, MessageStatus::read,
                              MessageStatus::acked};

std::vector<Message> inbox(Store& store, const std::string& name, MessageStatus status) {
  MessageFilter filter;
  filter.recipient = name;
  filter.status = status;
  return store.list_messages(filter);
}

std::vector<Message> whole_inbox(Store& store, const std::string& name) {
  std::vector<Message> all;
  for (const MessageStatus status : statuses) {
    for (Message& message : inbox(store, name, status)) all.push_back(std::move(message));
  }
  return all;
}

std::size_t dead_letters_of(Store& store, const std::string& name) {
  DeadLetterFilter filter;
  filter.instance = name;
  return list_dead_letters(store.database(), filter).items.size();
}

void bury_all(Store& store) {
  for (std::optional<std::string> next = ""; next;) {
    next = store.bury_undeliverable(*next, WallTime{}).next;
  }
}

std::string unless(bool holds, const char* problem) { return holds ? "" : problem; }

// A message, from its sender to what its recipient says of it.
class SendWork final : public StepwiseWork {
 public:
  SendWork(std::string prefix, Aftermath aftermath) : StepwiseWork(std::move(prefix), aftermath) {
    steps_ = {[this](Store& store) {
                id_ = store.send_message(name("ada"), name("bob"), "hello", prefix_).id;
              },
              [this](Store& store) { store.confirm_delivery(name("bob"), {id_}); },
              [this](Store& store) { store.read_message(name("bob"), id_); },
              [this](Store& store) { store.ack_message(name("bob"), id_); }};
  }

  void prepare(Store& store) override {
    create(store, name("ada"));
    create(store, name("bob"));
  }

  std::string damage(Store& store, std::size_t done) override {
    const auto all = whole_inbox(store, name("bob"));
    if (all.size() != std::min<std::size_t>(done, 1)) return "lost, doubled or invented";
    if (done > 0) id_ = all.front().id;
    return unless(done == 0 || all.front().status == statuses.at(done - 1), "of another status");
  }

  std::string go_on(Store& store, const Run& run, std::size_t done) override {
    if (aftermath_ == Aftermath::sender_dies) {
      run([&](Store& opened) { end(opened, name("ada")); });
      if (done == 0) return damage(store, 0);
    }
    if (aftermath_ == Aftermath::receiver_dies) return after_another_life(store, run, done);
    if (aftermath_ == Aftermath::receiver_restarts) {
      run([&](Store& opened) { end(opened, name("bob")); });
      run([&](Store& opened) { create(opened, name("bob")); });
    }
    repeat_from(run, done > 0 ? 1 : 0);
    return damage(store, steps_.size());
  }

 private:
  std::string after_another_life(Store& store, const Run& run, std::size_t done) {
    run([&](Store& opened) { end(opened, name("bob")); });
    run([&](Store& opened) { create(opened, name("bob")); });
    run(bury_all);
    run(steps_.front());
    run(bury_all);
    const bool was_unread = done > 0 && done < 3;
    if (dead_letters_of(store, name("bob")) != (was_unread ? 1U : 0U)) return "not dead, once";
    return unless(whole_inbox(store, name("bob")).size() == (done == 0 ? 1U : 0U),
                  "another life has its mail");
  }

  std::uint64_t id_ = 0;
};

// A message to four at once.
class BroadcastWork final : public StepwiseWork {
 public:
  BroadcastWork(std::string prefix, Aftermath aftermath)
      : StepwiseWork(std::move(prefix), aftermath) {
    steps_ = {[this](Store& store) {
                store.broadcast(name("ada"), "@@" + name("group"), "hello", prefix_);
              },
              [this](Store& store) {
                for (const auto& message : whole_inbox(store, name("bob"))) {
                  store.ack_message(name("bob"), message.id);
                }
              }};
  }

  void prepare(Store& store) override {
    create(store, name("ada"));
    for (const char* each : recipients) create(store, name(each), name("group"));
  }

  std::string damage(Store& store, std::size_t done) override {
    for (const char* each : recipients) {
      const auto all = whole_inbox(store, name(each));
      if (all.size() != std::min<std::size_t>(done, 1)) return "not with all or none, once";
      const bool is_acked = done == 2 && each == recipients.front();
      if (done > 0 && (all.front().status == MessageStatus::acked) != is_acked) {
        return "of another status";
      }
    }
    return "";
  }

  std::string go_on(Store& store, const Run& run, std::size_t done) override {
    if (aftermath_ == Aftermath::sender_dies) {
      run([&](Store& opened) { end(opened, name("ada")); });
      return damage(store, done);
    }
    if (aftermath_ == Aftermath::both_live) {
      repeat_from(run, 0);
      return damage(store, 2);
    }
    run([&](Store& opened) { end(opened, name("bob")); });
    run([&](Store& opened) { create(opened, name("bob"), name("group")); });
    run(steps_.front());
    const bool keeps = aftermath_ == Aftermath::receiver_restarts || done == 0;
    if (whole_inbox(store, name("bob")).size() != (keeps ? 1U : 0U)) return "bob has another's";
    const bool others = std::all_of(recipients.begin() + 1, recipients.end(), [&](const char* who) {
      return whole_inbox(store, name(who)).size() == 1;
    });
    return unless(others, "the others have it not once");
  }

 private:
  static constexpr std::array<const char*, 4> recipients{"bob", "cyd", "dan", "eve"};
};

// A context that is handed over, in two steps or, where its digest was kept, in one.
class HandoffWork final : public StepwiseWork {
 public:
  HandoffWork(std::string prefix, Aftermath aftermath, bool at_once)
      : StepwiseWork(std::move(prefix), aftermath), at_once_(at_once) {
    steps_ = {[this](Store& store) { offer(store); },
              [this](Store& store) { store.accept_handoff(id_, name("bob"), digest_, entries); },
              [this](Store& store) { append(store, name("bob"), entries + 1); }};
  }

  void prepare(Store& store) override {
    create(store, name("ada"));
    create(store, name("bob"));
    for (std::uint64_t seq = 1; seq <= entries; ++seq) append(store, name("ada"), seq);
  }

  std::string damage(Store& store, std::size_t done) override {
    const ContextSnapshot context = store.snapshot(name("ada"), 1, 0);
    const bool is_moved = done >= 2;
    if (context.info.owner != name(is_moved ? "bob" : "ada")) return "of another owner";
    if (context.info.last_seq != entries + (done == 3 ? 1 : 0)) return "not whole";
    if (store.is_offered(name("ada"), name("bob")) != (done == 1)) return "offered or not";
    if (done > 0) find_offer(store);
    if (!is_moved) return "";
    return unless(is_refused(store), "the giver still writes");
  }

  std::string go_on(Store& store, const Run& run, std::size_t done) override {
    if (aftermath_ == Aftermath::both_live) {
      repeat_from(run, done >= 2 ? 1 : 0);
      return damage(store, 3);
    }
    const std::string dead = name(aftermath_ == Aftermath::sender_dies ? "ada" : "bob");
    run([&](Store& opened) { end(opened, dead); });
    std::string found = damage(store, done == 1 ? 0 : done);  // an offer ends with either
    if (!found.empty() || aftermath_ != Aftermath::receiver_restarts) return found;
    run([&](Store& opened) { create(opened, name("bob")); });
    if (done >= 2) return damage(store, done);
    ++offers_;
    repeat_from(run, 0);
    return damage(store, 3);
  }

 private:
  static constexpr std::uint64_t entries = 3;

  void append(Store& store, const std::string& who, std::uint64_t seq) const {
    const std::string context = name("ada");
    AppendRequest request;
    request.context = context;
    request.seq = seq;
    request.kind = "note";
    request.data = "an entry";
    request.instance = who;
    request.is_of_several = at_once_;
    store.append(request);
  }

  // The digest is computed elsewhere, and not what this is about.
  void offer(Store& store) {
    const std::string key = prefix_ + "/" + std::to_string(offers_);
    const auto start = store.start_handoff(name("ada"), name("bob"), {}, "go on", key);
    Handoff handoff;
    if (start.earlier) {
      handoff = *start.earlier;
    } else if (start.offered) {
      handoff = *start.offered;
    } else {
      handoff = store.offer_handoff(name("ada"), name("bob"), name("ada"), "go on", key, "digest",
                                    entries);
    }
    id_ = handoff.id;
    digest_ = handoff.digest;
  }

  void find_offer(Store& store) {
    HandoffFilter filter;
    filter.instance = name("ada");
    for (const Handoff& handoff : store.list_handoffs(filter)) {
      id_ = handoff.id;
      digest_ = handoff.digest;
    }
  }

  bool is_refused(Store& store) const {
    try {
      append(store, name("ada"), entries + 2);
    } catch (const Error& error) {
      return true;
    }
    return false;
  }

  const bool at_once_;
  std::size_t offers_ = 1;
  std::uint64_t id_ = 0;
  std::string digest_;
};

// A worker's completion, which reaches its supervisor.
class CompleteWork final : public StepwiseWork {
 public:
  CompleteWork(std::string prefix, Aftermath aftermath)
      : StepwiseWork(std::move(prefix), aftermath) {
    steps_ = {[this](Store& store) {
                if (store.is_ending_known(name("ada"), completed, "done", prefix_)) return;
                store.note_instance_ending(name("ada"), completed, "done", prefix_);
              },
              [this](Store& store) { end_and_tell(store, std::string(completed)); }};
  }

  void prepare(Store& store) override {
    Repository repository;
    repository.name = name("repo");
    store.add_repository(repository);
    create(store, name("ada"));
    create(store, name("bob"), "supervisor");
  }

  std::string damage(Store& store, std::size_t done) override {
    const bool is_gone = done == 2;
    if (whole_inbox(store, name("bob")).size() != (is_gone ? 1U : 0U)) return "not told, once";
    if (store.list_tombstones(5, name("ada")).size() != (is_gone ? 1U : 0U)) return "no tombstone";
    if (is_gone) return "";
    const bool is_stopping = store.find_instance(name("ada")).state == InstanceState::stopping;
    return unless(is_stopping == (done == 1), "its end is noted or not");
  }

  std::string go_on(Store& store, const Run& run, std::size_t done) override {
    if (aftermath_ == Aftermath::receiver_restarts) {
      run([&](Store& opened) { end(opened, name("bob")); });
    }
    if (aftermath_ == Aftermath::sender_dies) {
      // Whoever reconciles finds that it is dead, or was about to end.
      if (done < 2) run([&](Store& opened) { end_and_tell(opened, "process died"); });
    } else if (done < 2) {
      repeat_from(run, 0);
    }
    std::string found = damage(store, 2);
    if (aftermath_ == Aftermath::receiver_restarts) {
      run([&](Store& opened) { create(opened, name("bob"), "supervisor"); });
      found += damage(store, 2);
    }
    if (aftermath_ == Aftermath::receiver_dies) {
      run([&](Store& opened) { end(opened, name("bob")); });
      run(bury_all);
      found += unless(dead_letters_of(store, name("bob")) == 1, "its notice is not dead, once");
    }
    return found;
  }

 private:
  void end_and_tell(Store& store, const std::string& reason) const {
    EndRecord record;
    record.reason = reason;
    const Instance ended = store.end_instance(name("ada"), record);
    store.tell_supervisors(ended, end_notice(ended));
  }
};

}  // namespace

void StepwiseWork::create(Store& store, const std::string& who, const std::string& role) const {
  InstanceRequest request;
  request.name = who;
  request.role = role;
  if (role == "supervisor" || who == name("ada")) request.repo = name("repo");
  request.wanted = aftermath_ == Aftermath::receiver_restarts && who == name("bob");
  store.create_instance(request, "");
}

void StepwiseWork::end(Store& store, const std::string& who) const {
  EndRecord record;
  record.reason = "killed by SIGKILL";
  record.keeps_wanted = aftermath_ == Aftermath::receiver_restarts && who == name("bob");
  store.end_instance(who, record);
}

void StepwiseWork::repeat_from(const Run& run, std::size_t step) const {
  for (; step < steps_.size(); ++step) run(steps_[step]);
}

std::unique_ptr<StepwiseWork> make_work(std::string_view kind, std::string prefix,
                                        Aftermath aftermath) {
  if (kind == "send") return std::make_unique<SendWork>(std::move(prefix), aftermath);
  if (kind == "broadcast") return std::make_unique<BroadcastWork>(std::move(prefix), aftermath);
  if (kind == "complete") return std::make_unique<CompleteWork>(std::move(prefix), aftermath);
  return std::make_unique<HandoffWork>(std::move(prefix), aftermath, kind == "offer");
}

}  // namespace yardmaster::support
