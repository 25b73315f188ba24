// The worker's end of the socket: sends calls and progress, hands each reply to the thread that
// waits for it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "sandbox/wire.h"
#include "sdk/worker/language_host.h"

namespace carrel::sdk {

// Thread-safe. There is no reader thread: one of the waiting callers reads for all of them.
class WorkerPort final : public ReportPort {
 public:
  explicit WorkerPort(int socket) : socket_(socket) {}

  Result<ApiReply> Call(const ApiCall& call) override;
  void Progress(double value, double max) override;

  // Called for every row: tells the host now and then that the report is alive.
  void RowWritten(uint64_t rows);
  // Sends a progress update that was held back.
  void FlushProgress();

 private:
  using SteadyClock = std::chrono::steady_clock;
  Status Send(sandbox::FrameType type, std::string_view payload);
  Result<ApiReply> WaitFor(int64_t id);
  void SendProgressLocked(SteadyClock::time_point now);

  const int socket_;

  std::mutex write_mutex_;

  std::mutex reply_mutex_;
  std::condition_variable reply_arrived_;
  // Guarded by reply_mutex_.
  bool reading_ = false;
  Status stream_;  // the error that ended the stream
  int64_t next_id_ = 1;
  std::map<int64_t, std::string> replies_;  // payloads by call id

  std::mutex progress_mutex_;
  // Guarded by progress_mutex_.
  double value_ = 0, max_ = 0;
  bool held_back_ = false;
  SteadyClock::time_point last_sent_;

  // Of the thread that writes rows, which takes the mutex only when it is time to send.
  std::atomic<uint64_t> rows_ = 0;
  std::atomic<SteadyClock::rep> next_send_ = 0;
};

}  // namespace carrel::sdk
