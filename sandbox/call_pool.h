// Answers a worker's calls on a few threads, so that a slow API never holds up the session, and
// writes the replies without ever blocking on a worker that does not read.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"

namespace carrel::sandbox {

class SessionHandler;

// Thread-safe. Threads start with the first calls and end with Stop or the destructor.
class CallPool {
 public:
  // `socket` is non-blocking and outlives the pool.
  CallPool(SessionHandler& handler, int socket, int max_threads);
  ~CallPool();
  CallPool(const CallPool&) = delete;
  CallPool& operator=(const CallPool&) = delete;

  // False when the id is in use or more calls wait than a worker has threads.
  bool Add(int64_t id, Json header, std::string body);

  // False while so many bytes wait that no more should be read from the worker.
  bool has_room() const;

  // Writes a frame whole; false once stopped or the worker is gone.
  bool Write(std::string_view frame);

  // Cancels what runs; no further call begins. Returns at once.
  void RequestStop();
  // The same, and waits for the threads.
  void Stop();

  // When a call last began or ended; now while one runs.
  std::chrono::steady_clock::time_point last_activity() const;

 private:
  struct Call {
    int64_t id;
    Json header;
    std::string body;
  };
  void Work();
  void Answer(const Call& call);
  Result<std::string> ReplyTo(const Call& call);  // as a frame

  // Constant after construction.
  SessionHandler& handler_;
  const int socket_;
  const int max_threads_;
  std::stop_source stop_;

  std::mutex write_mutex_;

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Call> waiting_;
  std::set<int64_t> open_;
  std::vector<std::jthread> threads_;
  int running_ = 0;
  size_t waiting_bytes_ = 0;
  std::chrono::steady_clock::time_point last_activity_;
};

}  // namespace carrel::sandbox
