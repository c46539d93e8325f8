#include "coordinator/base/json.h"
#include "coordinator/broker/commands/handlers.h"
#include "coordinator/broker/commands/protocol.h"

namespace yardmaster::handlers {
namespace {

using nlohmann::json;

Scope wanted_scope(const Request& request) {
  const std::string word = request.text("scope", to_string(Scope::read));
  const auto scope = scope_from(word);
  if (scope) return *scope;
  throw Error(ErrorCode::invalid_request,
              "args.scope: '" + word.substr(0, 64) + "' is not read, talk or manage");
}

json token_json(const AccessToken& token) {
  return {{"name", token.name},
          {"scope", to_string(token.scope)},
          {"created_at", format_time(token.created_at)}};
}

std::string issued_text(const AccessTokens::Issued& issued) {
  json data = token_json(issued.token);
  data["token"] = issued.secret;
  return to_text(data);
}

}  // namespace

Reply create_token(Services& services, const Request& request) {
  std::string name = request.text("name");
  const Scope scope = wanted_scope(request);
  const AccessTokens::Issued issued = co_await services.tokens.create(std::move(name), scope);
  co_return issued_text(issued);
}

Reply list_tokens(Services& services, const Request& /*request*/) {
  json list = json::array();
  for (const AccessToken& token : services.tokens.all()) list.push_back(token_json(token));
  const json data{{"tokens", std::move(list)}};
  co_return to_text(data);
}

Reply rotate_token(Services& services, const Request& request) {
  std::string name = request.text("name");
  const AccessTokens::Issued issued = co_await services.tokens.rotate(std::move(name));
  co_return issued_text(issued);
}

Reply remove_token(Services& services, const Request& request) {
  std::string name = request.text("name");
  const json data{{"name", name}};
  co_await services.tokens.remove(std::move(name));
  co_return to_text(data);
}

Reply invite_browser(Services& services, const Request& /*request*/) {
  const json data{{"url", services.daemon.invite_browser()}};
  co_return to_text(data);
}

}  // namespace yardmaster::handlers
