#include "coordinator/broker/commands/dispatcher.h"

#include <new>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "coordinator/base/stall_detector.h"
#include "coordinator/broker/commands/append_operation.h"

namespace yardmaster {
namespace {

std::vector<std::string> names_of(const std::vector<Command>& commands) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const Command& command : commands) names.emplace_back(command.name);
  return names;
}

std::string_view text_of(const nlohmann::json& arguments, const char* name) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) return {};
  return found->get_ref<const std::string&>();
}

}  // namespace

Dispatcher::Dispatcher(boost::asio::io_context& io, StoreQueue& store, Permission permission,
                       std::vector<Command> commands)
    : io_(io),
      store_(store),
      require_permission_(std::move(permission)),
      commands_(std::move(commands)),
      counters_(names_of(commands_)) {
  for (std::size_t i = 0; i < commands_.size(); ++i) by_name_.emplace(commands_[i].name, i);
  append_command_ = by_name_.at("append_context");
  append_several_command_ = by_name_.at("append_entries");
}

void Dispatcher::handle(Session& session, std::string_view frame, SteadyTime arrived) {
  AppendFrame append_frame;
  // What a token grants is looked at on the other way.
  const bool may_append = !stopping_ && session.access().scope == Scope::manage;
  if (may_append && read_append_frame(frame, append_frame)) {
    append(session, append_frame, arrived);
  } else {
    handle_any(session, frame, arrived);
  }
}

void Dispatcher::append(Session& session, const AppendFrame& frame, SteadyTime arrived) {
  AppendFrame checked = frame;
  const std::size_t command = frame.has_several() ? append_several_command_ : append_command_;
  if (!session.instance().empty()) {
    if (!frame.instance.empty() && frame.instance != session.instance()) {
      return answer(session, command, frame.id, identity_error(session.instance(), frame.instance));
    }
    checked.instance = session.instance();
  }
  const bool closed_loop = session.is_closed_loop(arrived);
  auto operation = AppendOperation::make(&session, checked, counters_, command);
  operation->closed_loop = closed_loop;
  store_.submit(std::move(operation));
}

void Dispatcher::append_from(Session& session, const RequestFrame& request, SteadyTime arrived) {
  const nlohmann::json& arguments = request.arguments;
  AppendFrame frame;
  frame.id = request.id;
  frame.context = text_of(arguments, "context");
  frame.seq = arguments.at("seq").get<std::uint64_t>();
  frame.kind = text_of(arguments, "kind");
  frame.data = text_of(arguments, "data");
  frame.instance = text_of(arguments, "instance_id");
  if (const auto generation = arguments.find("generation"); generation != arguments.end()) {
    frame.generation = generation->get<std::uint64_t>();
  }
  if (text_of(arguments, "durability") == "power") frame.durability = Durability::power;
  append(session, frame, arrived);
}

void Dispatcher::handle_any(Session& session, std::string_view frame, SteadyTime arrived) {
  RequestFrame request;
  std::size_t command = counters_.no_command();
  try {
    parse_request(frame, request);
    const auto found = by_name_.find(request.command);
    if (found == by_name_.end()) {
      throw Error(ErrorCode::unknown_command,
                  "'" + request.command.substr(0, 64) + "' is not a command");
    }
    command = found->second;
    if (stopping_) throw Error(ErrorCode::unavailable, "the daemon is stopping");
    require_arguments(commands_[command].arguments, request.arguments);
    require_permission_(session, commands_[command]);
    if (command == append_command_) return append_from(session, request, arrived);
    const RequestCost cost{frame.size(), commands_[command].longest_reply};
    start(session, std::move(request), command, arrived, cost);
  } catch (const Error& error) {
    answer(session, command, request.id, error);
  }
}

void Dispatcher::refuse(Session& session, std::string_view id, const Error& error) {
  answer(session, counters_.no_command(), id, error);
}

void Dispatcher::answer(Session& session, std::size_t command, std::string_view id,
                        const Error& error) {
  session.request_began({});
  counters_.failed(command, error.code());
  append_failure(session.frame(), id, error);
  session.end_reply({});
}

void Dispatcher::start(Session& session, RequestFrame request, std::size_t command,
                       SteadyTime arrived, const RequestCost& cost) {
  session.request_began(cost);
  Request checked(&session, std::move(request.arguments), arrived, cost);
  boost::asio::co_spawn(io_, serve(command, std::move(request.id), std::move(checked)),
                        boost::asio::detached);
}

boost::asio::awaitable<void> Dispatcher::serve(std::size_t command, std::string id,
                                               Request request) {
  std::optional<Error> failure;
  std::string data;
  now_running(commands_[command].name);
  try {
    data = co_await commands_[command].handler(request);
  } catch (const Error& error) {
    failure.emplace(error);
  } catch (const std::exception& error) {
    failure.emplace(ErrorCode::internal, error.what());
  }
  now_running(commands_[command].name);
  try {
    if (failure) {
      counters_.failed(command, failure->code());
      append_failure(request.session().frame(), id, *failure);
    } else {
      counters_.succeeded(command);
      append_success(request.session().frame(), id, data);
    }
    request.session().end_reply(request.cost());
  } catch (const std::bad_alloc&) {
    request.session().abort();
  }
}

}  // namespace yardmaster
