// Threads for work on files, which may block for as long as a file system likes: a network file
// system whose server is away, a FUSE file system whose program hangs. A blocked system call cannot
// be called off, so a thread that has been in one for too long is given up and another one takes
// its place: whoever waits gets an error, and what the thread still does is fenced off.
//
// A work that is long and goes on is not given up: what counts is a time in which its thread did
// not compute at all. Work must own what it uses, since nobody waits for one that was given up.
//
// Used on the broker thread; the work runs on others. The object may be destroyed while coroutines
// wait in it only together with their io_context.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

namespace yardmaster {

// For each single operation on a file, unless the configuration says otherwise.
inline constexpr std::chrono::nanoseconds usual_file_timeout = std::chrono::seconds(30);

class FileWorkers {
 public:
  // Hears what is overdue, and that it came back. Broker thread; must not throw.
  using OnWarning = std::function<void(const std::string& what)>;

  // `threads` work at a time, besides those that were given up; `patience` is how long one of them
  // may stand still.
  FileWorkers(boost::asio::io_context& io, std::size_t threads, std::chrono::nanoseconds patience,
              OnWarning on_warning);
  // Waits for what runs, also for what is overdue: whoever stops has a deadline of its own.
  ~FileWorkers();
  FileWorkers(const FileWorkers&) = delete;
  FileWorkers& operator=(const FileWorkers&) = delete;

  // Others that are as patient and warn the same.
  std::unique_ptr<FileWorkers> others(std::size_t threads) const;

  // Returns what the work returns and throws what it throws; throws unavailable when it is overdue.
  // `concerns` is the path that the work concerns. It is the fence, too: until an overdue work has
  // come back, all other work that concerns the same is refused (unavailable).
  template <class Result>
  boost::asio::awaitable<Result> run(std::function<Result()> work, std::string concerns);
  // Throws unavailable while a work that concerns this is overdue.
  void require_answering(const std::string& concerns) const;
  // Drops what has not begun, and waits for the rest.
  void close();

 private:
  struct Task;
  struct Shared;  // with the threads

  boost::asio::awaitable<void> perform(std::function<void()> work, std::string concerns);
  boost::asio::awaitable<bool> came_back(std::shared_ptr<Task> task);
  bool give_up_if_stuck(Task& task, std::optional<std::chrono::nanoseconds>& before);
  void add_thread_if_needed();

  boost::asio::io_context& io_;
  std::chrono::nanoseconds patience_;
  std::shared_ptr<Shared> shared_;
  std::list<std::jthread> threads_;
};

template <class Result>
boost::asio::awaitable<Result> FileWorkers::run(std::function<Result()> work,
                                                std::string concerns) {
  using Kept = std::conditional_t<std::is_void_v<Result>, std::monostate, std::optional<Result>>;
  const auto kept = std::make_shared<Kept>();
  std::function<void()> keeping = [kept, work = std::move(work)] {
    if constexpr (std::is_void_v<Result>) {
      work();
    } else {
      kept->emplace(work());
    }
  };
  co_await perform(std::move(keeping), std::move(concerns));
  if constexpr (!std::is_void_v<Result>) co_return std::move(**kept);
}

}  // namespace yardmaster
