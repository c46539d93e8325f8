// What all sessions together may hold in memory: input, requests in flight, replies and events.
// Whoever holds most is hung up on when it is more. Broker thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>

#include <boost/asio/io_context.hpp>

namespace yardmaster {

// A text that several sessions have in their output, held once.
using SharedText = std::shared_ptr<const std::string>;

class MemoryBudget {
 public:
  // Called with what the heaviest held, before it is hung up on.
  using OnShed = std::function<void(std::size_t bytes, const std::string& instance)>;

  MemoryBudget(boost::asio::io_context& io, std::size_t limit, OnShed on_shed)
      : io_(io), limit_(limit), on_shed_(std::move(on_shed)) {}
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  // What one session holds. Its owner has to outlive it.
  class Account {
   public:
    class Owner {
     public:
      // Hangs up at once and lets go of everything.
      virtual void shed() noexcept = 0;
      virtual const std::string& whose() const = 0;

     protected:
      ~Owner() = default;
    };

    Account(MemoryBudget& budget, Owner& owner) : budget_(budget), owner_(owner) {}
    ~Account() { set(0, 0); }
    Account(const Account&) = delete;
    Account& operator=(const Account&) = delete;

    // `own`: bytes that nobody else holds; `shared`: of texts that others may hold, too.
    void set(std::size_t own, std::size_t shared);

   private:
    friend class MemoryBudget;

    MemoryBudget& budget_;
    Owner& owner_;
    std::size_t own_ = 0;
    std::size_t weight_ = 0;
  };

  SharedText share(std::string text);
  // Bytes now, and sessions that were hung up on.
  std::size_t used() const { return own_ + *shared_; }
  std::size_t shed_count() const { return shed_count_; }
  // Hangs up on the heaviest, if there is one that holds anything to speak of.
  bool shed_heaviest();

 private:
  void look_soon();
  void look();

  boost::asio::io_context& io_;
  std::size_t limit_;
  OnShed on_shed_;
  std::unordered_set<Account*> heavy_;
  std::size_t own_ = 0;
  std::shared_ptr<std::size_t> shared_ = std::make_shared<std::size_t>(0);  // texts may outlive it
  std::size_t shed_count_ = 0;
  bool looks_soon_ = false;
};

}  // namespace yardmaster
