#include "coordinator/broker/access/access_tokens.h"

#include <algorithm>
#include <utility>

#include "coordinator/base/error.h"
#include "coordinator/base/json.h"
#include "coordinator/base/private_file.h"
#include "coordinator/base/secret_words.h"
#include "coordinator/domain/names.h"
#include "coordinator/instances/processes/run_on.h"

namespace yardmaster {
namespace {

using nlohmann::json;

// So that one is told from other secrets, e.g. where it should not have been left.
constexpr std::string_view secret_prefix = "yardmaster_";
constexpr std::size_t most_tokens = 256;

AccessToken token_from(const json& entry) {
  AccessToken token;
  token.name = entry.at("name").get<std::string>();
  token.hash = entry.at("sha256").get<std::string>();
  token.created_at =
      WallTime(std::chrono::microseconds(entry.at("created_at_us").get<std::int64_t>()));
  const auto scope = scope_from(entry.at("scope").get<std::string>());
  if (!scope || !is_valid_name(token.name) || token.hash.size() != 64) {
    throw Error(ErrorCode::usage, "an entry that is no token");
  }
  token.scope = *scope;
  return token;
}

std::vector<AccessToken> read_tokens(const std::filesystem::path& file) {
  std::vector<AccessToken> tokens;
  if (!std::filesystem::exists(file)) return tokens;
  try {
    const json content = read_json_file(file);
    for (const json& entry : content.at("tokens")) tokens.push_back(token_from(entry));
  } catch (const std::exception& error) {
    throw Error(ErrorCode::usage, file.string() + ": cannot be read (" + error.what() +
                                      "); remove it to have no access tokens, and make new ones");
  }
  return tokens;
}

std::string text_of(const std::vector<AccessToken>& tokens) {
  json list = json::array();
  for (const AccessToken& token : tokens) {
    list.push_back({{"name", token.name},
                    {"scope", to_string(token.scope)},
                    {"sha256", token.hash},
                    {"created_at_us", token.created_at.time_since_epoch().count()}});
  }
  return json{{"tokens", std::move(list)}}.dump(2) + "\n";
}

}  // namespace

AccessTokens::AccessTokens(boost::asio::io_context& io, boost::asio::thread_pool& workers,
                           const Clock& clock, std::filesystem::path file)
    : workers_(workers),
      clock_(clock),
      file_(std::move(file)),
      tokens_(read_tokens(file_)),
      changes_(io, 1) {}

std::optional<Access> AccessTokens::find(std::string_view secret) const {
  const std::string hash = hash_of_secret(secret);
  std::optional<Access> access;
  for (const AccessToken& token : tokens_) {
    if (same_hash(token.hash, hash)) access = Access{token.scope, token.hash};
  }
  return access;
}

std::vector<AccessToken>::iterator AccessTokens::require(const std::string& name) {
  const auto found = std::ranges::find(tokens_, name, &AccessToken::name);
  if (found != tokens_.end()) return found;
  throw Error(ErrorCode::not_found, "there is no access token '" + name + "'");
}

bool AccessTokens::is_there(const std::string& name) const {
  return std::ranges::find(tokens_, name, &AccessToken::name) != tokens_.end();
}

std::string AccessTokens::unused_name() const {
  for (std::size_t number = 1;; ++number) {
    std::string name = "token-" + std::to_string(number);
    if (!is_there(name)) return name;
  }
}

boost::asio::awaitable<void> AccessTokens::save(const std::vector<AccessToken>& tokens) {
  const std::string text = text_of(tokens);
  std::function<int()> write = [file = file_, text] {
    replace_private_file(file, text, Lasting::for_good);
    return 0;
  };
  co_await run_on(workers_, std::move(write));
  unsaved_ = false;
}

AccessTokens::Issued AccessTokens::issue(std::string name, Scope scope) const {
  std::string secret = std::string(secret_prefix) + new_secret();
  AccessToken token{std::move(name), scope, clock_.wall_now(), hash_of_secret(secret)};
  return {std::move(token), std::move(secret)};
}

boost::asio::awaitable<AccessTokens::Issued> AccessTokens::create(std::string name, Scope scope) {
  const Semaphore::Permit turn = co_await changes_.acquire();
  if (name.empty()) name = unused_name();
  if (is_there(name)) {
    throw Error(ErrorCode::already_exists, "there is an access token '" + name + "' already");
  }
  if (tokens_.size() >= most_tokens) {
    throw Error(ErrorCode::conflict,
                "there are " + std::to_string(most_tokens) + " access tokens: remove some first");
  }
  Issued issued = issue(std::move(name), scope);
  std::vector<AccessToken> next = tokens_;
  next.push_back(issued.token);
  co_await save(next);
  tokens_ = std::move(next);
  co_return issued;
}

boost::asio::awaitable<AccessTokens::Issued> AccessTokens::rotate(std::string name) {
  const Semaphore::Permit turn = co_await changes_.acquire();
  const auto token = require(name);
  const std::string old = token->hash;
  Issued issued = issue(token->name, token->scope);
  *token = issued.token;
  revoked_(old);
  co_await save_revoked();
  co_return issued;
}

boost::asio::awaitable<void> AccessTokens::remove(std::string name) {
  const Semaphore::Permit turn = co_await changes_.acquire();
  // What could not be written is tried again by whoever repeats it.
  if (unsaved_ && !is_there(name)) co_return co_await save_revoked();
  const auto token = require(name);
  const std::string old = token->hash;
  tokens_.erase(token);
  revoked_(old);
  co_await save_revoked();
}

boost::asio::awaitable<void> AccessTokens::save_revoked() {
  unsaved_ = true;
  try {
    co_await save(tokens_);
  } catch (const Error& error) {
    throw Error(error.code(),
                std::string("it counts no more, but would again after a restart, until this is "
                            "repeated: ") +
                    error.what());
  }
}

}  // namespace yardmaster
