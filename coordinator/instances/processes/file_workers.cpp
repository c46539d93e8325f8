#include "coordinator/instances/processes/file_workers.h"

#include <algorithm>
#include <condition_variable>
#include <ctime>
#include <deque>
#include <exception>
#include <mutex>
#include <set>

#include <pthread.h>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "coordinator/base/duration.h"
#include "coordinator/base/error.h"
#include "coordinator/base/stall_detector.h"

namespace yardmaster {

namespace asio = boost::asio;

namespace {

std::chrono::nanoseconds computed_by(clockid_t thread) {
  timespec time{};
  ::clock_gettime(thread, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

Error no_answer_yet(const std::string& concerns) {
  return {ErrorCode::unavailable,
          "'" + concerns + "' does not answer: an earlier operation on it has not come back"};
}

}  // namespace

struct FileWorkers::Task {
  Task(asio::io_context& io, std::function<void()> what, std::string path)
      : work(std::move(what)), concerns(std::move(path)), timer(io) {}

  std::function<void()> work;
  const std::string concerns;
  // Under the mutex.
  bool running = false;
  bool given_up = false;
  clockid_t thread{};  // while it runs
  std::exception_ptr failure;
  // On the broker thread.
  bool done = false;
  asio::steady_timer timer;
};

struct FileWorkers::Shared {
  Shared(asio::io_context& loop, std::size_t most, OnWarning warn)
      : io(loop), most_at_work(most), on_warning(std::move(warn)) {}

  void serve(const std::stop_token& over);
  void perform(Task& task, std::unique_lock<std::mutex>& lock);
  void hand_back(const std::shared_ptr<Task>& task, bool late);

  asio::io_context& io;
  const std::size_t most_at_work;
  const OnWarning on_warning;  // called on the broker thread
  std::mutex mutex;
  std::condition_variable_any changed;
  std::deque<std::shared_ptr<Task>> waiting;
  std::multiset<std::string> overdue;
  std::size_t at_work = 0;  // without what is overdue
};

// Of each thread.
void FileWorkers::Shared::serve(const std::stop_token& over) {
  std::unique_lock lock(mutex);
  const auto may_begin = [this] { return !waiting.empty() && at_work < most_at_work; };
  while (changed.wait(lock, over, may_begin) && !over.stop_requested()) {
    const std::shared_ptr<Task> task = std::move(waiting.front());
    waiting.pop_front();
    perform(*task, lock);
    const bool late = task->given_up;
    if (late) overdue.erase(overdue.find(task->concerns));
    if (!late) --at_work;
    changed.notify_one();
    hand_back(task, late);
  }
}

// Unlocks for the work itself; what it used is destroyed by this thread.
void FileWorkers::Shared::perform(Task& task, std::unique_lock<std::mutex>& lock) {
  ++at_work;
  std::function<void()> work = std::exchange(task.work, nullptr);
  if (overdue.contains(task.concerns)) {
    task.failure = std::make_exception_ptr(no_answer_yet(task.concerns));
    return;
  }
  task.running = true;
  ::pthread_getcpuclockid(::pthread_self(), &task.thread);
  lock.unlock();
  std::exception_ptr failure;
  try {
    work();
  } catch (...) {
    failure = std::current_exception();
  }
  work = nullptr;
  lock.lock();
  task.running = false;
  task.failure = failure;
}

void FileWorkers::Shared::hand_back(const std::shared_ptr<Task>& task, bool late) {
  asio::post(io, [task, late, warn = on_warning] {
    task->done = true;
    task->timer.cancel();
    if (late && warn) warn("'" + task->concerns + "' answers again");
  });
}

FileWorkers::FileWorkers(asio::io_context& io, std::size_t threads,
                         std::chrono::nanoseconds patience, OnWarning on_warning)
    : io_(io),
      patience_(patience),
      shared_(std::make_shared<Shared>(io, threads, std::move(on_warning))) {}

FileWorkers::~FileWorkers() { close(); }

void FileWorkers::close() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->waiting.clear();
  }
  for (std::jthread& thread : threads_) thread.request_stop();
  threads_.clear();
}

std::unique_ptr<FileWorkers> FileWorkers::others(std::size_t threads) const {
  return std::make_unique<FileWorkers>(io_, threads, patience_, shared_->on_warning);
}

void FileWorkers::require_answering(const std::string& concerns) const {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->overdue.contains(concerns)) throw no_answer_yet(concerns);
}

// Those that were given up keep their threads, and serve on when they come back.
void FileWorkers::add_thread_if_needed() {
  const std::lock_guard lock(shared_->mutex);
  const std::size_t wanted =
      std::min(shared_->at_work + shared_->waiting.size(), shared_->most_at_work);
  if (threads_.size() >= wanted + shared_->overdue.size()) return;
  threads_.emplace_back([shared = shared_](const std::stop_token& over) { shared->serve(over); });
}

asio::awaitable<void> FileWorkers::perform(std::function<void()> work, std::string concerns) {
  require_answering(concerns);
  const auto task = std::make_shared<Task>(io_, std::move(work), std::move(concerns));
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->waiting.push_back(task);
  }
  add_thread_if_needed();
  shared_->changed.notify_one();
  const bool back = co_await came_back(task);
  if (back && task->failure) std::rethrow_exception(task->failure);
  if (back) co_return;
  add_thread_if_needed();
  shared_->changed.notify_one();
  const std::string what = "'" + task->concerns + "' has not answered for " +
                           format_duration(patience_) +
                           ": a file system that is away, or a program behind it that hangs?";
  if (shared_->on_warning) shared_->on_warning(what);
  throw Error(ErrorCode::unavailable, what);
}

// False when it is overdue, and is given up.
asio::awaitable<bool> FileWorkers::came_back(std::shared_ptr<Task> task) {
  std::optional<std::chrono::nanoseconds> before;
  bool overdue = false;
  while (!task->done && !overdue) {
    task->timer.expires_after(patience_);
    boost::system::error_code ignored;
    const KeepName keep_name;
    co_await task->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    if (!task->done) overdue = give_up_if_stuck(*task, before);
  }
  co_return !overdue;
}

// `before` is what its thread had computed at the last look.
bool FileWorkers::give_up_if_stuck(Task& task, std::optional<std::chrono::nanoseconds>& before) {
  const std::lock_guard lock(shared_->mutex);
  if (!task.running) return false;
  const std::chrono::nanoseconds now = computed_by(task.thread);
  if (std::exchange(before, now) != now) return false;
  task.given_up = true;
  --shared_->at_work;
  shared_->overdue.insert(task.concerns);
  return true;
}

}  // namespace yardmaster
