// What clients have a store do, one transaction after the other, so that a test can stop it at any
// place, open the store again, and ask whether it has what so many whole steps make. Each piece of
// work has actors of its own, so that many fit into one database. One thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/store/store.h"

namespace yardmaster::support {

// What becomes of the clients when the daemon was killed.
enum class Aftermath {
  both_live,         // whoever did not hear the answer repeats the step
  sender_dies,       // nobody repeats anything
  receiver_dies,     // and another takes its name
  receiver_restarts  // as a persistent one
};
inline constexpr Aftermath all_aftermaths[] = {Aftermath::both_live, Aftermath::sender_dies,
                                               Aftermath::receiver_dies,
                                               Aftermath::receiver_restarts};

class StepwiseWork {
 public:
  using Step = std::function<void(Store&)>;
  // Runs something in a transaction of its own.
  using Run = std::function<void(const Step&)>;

  virtual ~StepwiseWork() = default;
  StepwiseWork(const StepwiseWork&) = delete;
  StepwiseWork& operator=(const StepwiseWork&) = delete;

  virtual void prepare(Store& store) = 0;
  const std::vector<Step>& steps() const { return steps_; }
  // What contradicts that so many steps are done, whole; empty when nothing does.
  virtual std::string damage(Store& store, std::size_t done) = 0;
  // Has the clients go on after so many steps were done; what contradicts the promises then.
  virtual std::string go_on(Store& store, const Run& run, std::size_t done) = 0;

 protected:
  StepwiseWork(std::string prefix, Aftermath aftermath)
      : aftermath_(aftermath), prefix_(std::move(prefix)) {}

  std::string name(std::string_view actor) const { return prefix_ + "-" + std::string(actor); }
  // The receiver is persistent where it is to be started again.
  void create(Store& store, const std::string& who, const std::string& role = "worker") const;
  void end(Store& store, const std::string& who) const;
  void repeat_from(const Run& run, std::size_t step) const;

  const Aftermath aftermath_;
  const std::string prefix_;
  std::vector<Step> steps_;
};

inline constexpr std::string_view all_work[] = {"send", "broadcast", "handoff", "offer",
                                                "complete"};

// `prefix` names the actors.
std::unique_ptr<StepwiseWork> make_work(std::string_view kind, std::string prefix,
                                        Aftermath aftermath);

}  // namespace yardmaster::support
