// The handlers that the command table names, by family. Each is a coroutine on the broker thread
// that gives the reply's data as JSON text, or throws an Error.
#pragma once

#include <string>

#include <boost/asio/awaitable.hpp>

#include "coordinator/broker/commands/request.h"
#include "coordinator/broker/commands/services.h"

namespace yardmaster::handlers {

using Reply = boost::asio::awaitable<std::string>;

// daemon_handlers.cpp
Reply ping(Services& services, const Request& request);
Reply status(Services& services, const Request& request);
Reply stop(Services& services, const Request& request);
Reply subscribe(Services& services, const Request& request);
Reply histograms(Services& services, const Request& request);
Reply backup(Services& services, const Request& request);
Reply open_control_pane(Services& services, const Request& request);

// context_handlers.cpp
Reply append_entries(Services& services, const Request& request);
Reply read_context(Services& services, const Request& request);
Reply digest_context(Services& services, const Request& request);

// message_handlers.cpp
Reply send_message(Services& services, const Request& request);
Reply broadcast(Services& services, const Request& request);
Reply list_messages(Services& services, const Request& request);
Reply unread_messages(Services& services, const Request& request);
Reply confirm_delivery(Services& services, const Request& request);
Reply list_dead_letters(Services& services, const Request& request);
Reply read_message(Services& services, const Request& request);
Reply ack_message(Services& services, const Request& request);

// handoff_handlers.cpp
Reply context_handoff(Services& services, const Request& request);
Reply accept_handoff(Services& services, const Request& request);
Reply cancel_handoff(Services& services, const Request& request);
Reply list_handoffs(Services& services, const Request& request);

// instance_handlers.cpp
Reply allocate_instance(Services& services, const Request& request);
Reply release_instance(Services& services, const Request& request);
Reply list_instances(Services& services, const Request& request);
Reply add_agent(Services& services, const Request& request);
Reply remove_agent(Services& services, const Request& request);
Reply list_agents(Services& services, const Request& request);
Reply complete_agent(Services& services, const Request& request);
Reply report_state(Services& services, const Request& request);
Reply list_roles(Services& services, const Request& request);

// detail_handlers.cpp
Reply instance_details(Services& services, const Request& request);

// repository_handlers.cpp
Reply add_repo(Services& services, const Request& request);
Reply list_repos(Services& services, const Request& request);
Reply remove_repo(Services& services, const Request& request);

// upkeep_handlers.cpp
Reply trigger_cleanup(Services& services, const Request& request);
Reply repair_state(Services& services, const Request& request);
Reply list_rescues(Services& services, const Request& request);
Reply restore_rescue(Services& services, const Request& request);

// token_handlers.cpp
Reply create_token(Services& services, const Request& request);
Reply list_tokens(Services& services, const Request& request);
Reply rotate_token(Services& services, const Request& request);
Reply remove_token(Services& services, const Request& request);
Reply invite_browser(Services& services, const Request& request);

}  // namespace yardmaster::handlers
