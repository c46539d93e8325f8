// A request whose arguments have been checked, as the handlers of the command table see it. Broker
// thread only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "coordinator/base/error.h"
#include "coordinator/broker/sessions/session.h"
#include "coordinator/domain/durability.h"

namespace yardmaster {

class Request {
 public:
  Request(SessionPtr session, nlohmann::json arguments, SteadyTime arrived, const RequestCost& cost)
      : session_(std::move(session)),
        arguments_(std::move(arguments)),
        arrived_(arrived),
        cost_(cost),
        asked_by_(session_->caller(cost.request)) {}

  // Returns the time at which the request's frame was read.
  SteadyTime arrived() const { return arrived_; }
  Session& session() const { return *session_; }
  const RequestCost& cost() const { return cost_; }
  // As the store knows who asks.
  const Caller& asked_by() const { return asked_by_; }

  bool has(std::string_view name) const { return arguments_.contains(name); }
  std::string text(std::string_view name, std::string_view otherwise = {}) const;
  std::uint64_t number(std::string_view name, std::uint64_t otherwise = 0) const;
  std::optional<std::uint64_t> optional_number(std::string_view name) const;
  bool flag(std::string_view name, bool otherwise = false) const;
  Durability durability(Durability otherwise) const;
  const nlohmann::json& arguments() const { return arguments_; }

  // The instance that the caller speaks for: on an instance's socket that instance, else what the
  // argument says. Throws forbidden when they differ; invalid_request when there is neither. An
  // access token below `manage` speaks for the person alone.
  std::string caller(std::string_view argument) const;
  // The same, but for an instance that may speak about others: it is not refused.
  std::string subject(std::string_view argument) const;
  // Returns the same as caller(), but an empty name when there is neither.
  std::string optional_caller(std::string_view argument) const;

 private:
  SessionPtr session_;
  nlohmann::json arguments_;
  SteadyTime arrived_;
  RequestCost cost_;
  Caller asked_by_;
};

// Returns the error for a caller on `own`'s socket that claims to be another instance.
Error identity_error(std::string_view own, std::string_view claimed);
// The same for an access token that speaks for the person alone.
Error token_error(std::string_view claimed);

}  // namespace yardmaster
