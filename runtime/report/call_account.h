// What one report has used of the network, and how much it may: calls, calls at once, bytes in both
// directions, the size of one reply. Every limit of the broker is counted and enforced here.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

#include "runtime/base/result.h"
#include "runtime/net/http_client.h"

namespace carrel::report {

struct BrokerLimits {
  // In the errors by the names that users set them by: see sandbox/limits.h.
  uint64_t max_calls = 10'000;  // refused ones count
  int max_in_flight = 4;        // further calls wait
  uint64_t max_bytes_in = uint64_t{1} << 30;
  uint64_t max_bytes_out = uint64_t{256} << 20;
  uint64_t max_response_bytes = uint64_t{10} << 20;     // one reply, inflated
  std::chrono::milliseconds per_call_timeout{600'000};  // waits and retries included
};

struct BrokerStats {
  uint64_t calls = 0;
  uint64_t refused = 0;   // by a rule or a limit, nothing sent
  uint64_t requests = 0;  // on the wire: retries and redirects included
  uint64_t retries = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
};

// Thread-safe. Every kLimit error names the limit and its value.
class CallAccount {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  explicit CallAccount(const BrokerLimits& limits) : limits_(limits) {}

  // One of the calls in flight; gives its place back when it goes.
  class Slot {
   public:
    explicit Slot(CallAccount& account) : account_(&account) {}

   private:
    struct Leave {
      void operator()(CallAccount* account) const { account->LeaveSlot(); }
    };
    std::unique_ptr<CallAccount, Leave> account_;
  };

  // Counts a call; kLimit when there were too many.
  Status Admit();
  // Counts a call of which nothing was sent.
  void Refuse();
  // Waits for a free place: kTimeout at the deadline, kCancelled on `stop`.
  Result<Slot> Enter(Deadline deadline, const std::stop_token& stop);
  // Before each request on the wire: kLimit when it does not fit into max_bytes_out, or when
  // nothing more may come in. The value is the largest body that the answer may have.
  Result<uint64_t> ChargeRequest(const net::HttpRequest& request);
  // After each: what came in. Passes `response` on, kLimit once max_bytes_in is passed.
  Result<net::HttpResponse> ChargeResponse(Result<net::HttpResponse> response, uint64_t room);
  void CountRetry();

  // The limit that a failure of the report goes back to: one of the whole run once it was hit, or
  // max_response_bytes when the latest reply was too large. nullopt when neither is so.
  std::optional<Error> exhausted() const;
  BrokerStats stats() const;
  const BrokerLimits& limits() const { return limits_; }

 private:
  friend class Slot;

  void LeaveSlot();
  std::unexpected<Error> ExhaustLocked(std::string message);
  std::unexpected<Error> ExhaustBytesInLocked();

  const BrokerLimits limits_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::condition_variable_any slot_free_;
  BrokerStats stats_;
  int in_flight_ = 0;
  std::optional<Error> run_limit_;    // the first one hit; stays
  std::optional<Error> reply_limit_;  // of the latest request
};

}  // namespace carrel::report
