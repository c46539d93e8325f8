// The access tokens of a yard: who comes over TCP, through a proxy or as a member of the sockets'
// group shows one. They are kept in a file of their own (0600), as hashes; what changes counts at
// once. Broker thread only; the file is written on a worker.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>

#include "coordinator/base/clock.h"
#include "coordinator/broker/access/scope.h"
#include "coordinator/instances/git/semaphore.h"

namespace yardmaster {

struct AccessToken {
  std::string name;
  Scope scope = Scope::read;
  WallTime created_at{};
  std::string hash;
};

class AccessTokens {
 public:
  // Called with the hash of each secret that counts no more.
  using OnRevoked = std::function<void(const std::string& hash)>;

  // Reads the file, if there is one. Throws Error{usage} that names it.
  AccessTokens(boost::asio::io_context& io, boost::asio::thread_pool& workers, const Clock& clock,
               std::filesystem::path file);

  void on_revoked(OnRevoked callback) { revoked_ = std::move(callback); }

  // What the secret grants; takes as long for a wrong one as for a right one.
  std::optional<Access> find(std::string_view secret) const;
  const std::vector<AccessToken>& all() const { return tokens_; }

  // Each gives the secret, which nobody can be told again. A name that is empty is made. Throws
  // already_exists, not_found, and what cannot be written; a new token counts only once it is.
  struct Issued {
    AccessToken token;
    std::string secret;
  };
  boost::asio::awaitable<Issued> create(std::string name, Scope scope);
  // What was there before counts no more, even if that cannot be written.
  boost::asio::awaitable<Issued> rotate(std::string name);
  boost::asio::awaitable<void> remove(std::string name);

 private:
  std::vector<AccessToken>::iterator require(const std::string& name);
  bool is_there(const std::string& name) const;
  std::string unused_name() const;
  Issued issue(std::string name, Scope scope) const;
  boost::asio::awaitable<void> save(const std::vector<AccessToken>& tokens);
  boost::asio::awaitable<void> save_revoked();

  boost::asio::thread_pool& workers_;
  const Clock& clock_;
  std::filesystem::path file_;
  OnRevoked revoked_ = [](const std::string&) {};
  std::vector<AccessToken> tokens_;
  bool unsaved_ = false;  // one that counts no more is still in the file
  Semaphore changes_;     // one at a time
};

}  // namespace yardmaster
