#include "runtime/report/call_account.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/report/call_headers.h"

namespace carrel::report {

Status CallAccount::Admit() {
  const std::lock_guard lock(mutex_);
  if (stats_.calls >= limits_.max_calls) {
    ++stats_.refused;
    return ExhaustLocked(fmt::format("the report made {} api calls (limit calls = {})",
                                     stats_.calls, limits_.max_calls));
  }
  ++stats_.calls;
  return {};
}

void CallAccount::Refuse() {
  const std::lock_guard lock(mutex_);
  ++stats_.refused;
}

Result<CallAccount::Slot> CallAccount::Enter(Deadline deadline, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const bool entered = slot_free_.wait_until(lock, stop, deadline,
                                             [this] { return in_flight_ < limits_.max_in_flight; });
  if (stop.stop_requested()) return Fail(Code::kCancelled, "cancelled while waiting for a turn");
  if (!entered) {
    return Fail(
        Code::kTimeout,
        fmt::format("{} calls were in flight for {} s (limit "
                    "call_s)",
                    in_flight_, std::chrono::duration<double>(limits_.per_call_timeout).count()));
  }
  ++in_flight_;
  return Slot(*this);
}

void CallAccount::LeaveSlot() {
  {
    const std::lock_guard lock(mutex_);
    --in_flight_;
  }
  slot_free_.notify_one();
}

Result<uint64_t> CallAccount::ChargeRequest(const net::HttpRequest& request) {
  const uint64_t bytes =
      request.body.size() + request.url.Target().size() + HeaderBytes(request.headers);
  const std::lock_guard lock(mutex_);
  if (bytes > limits_.max_bytes_out - std::min(limits_.max_bytes_out, stats_.bytes_out)) {
    return ExhaustLocked(
        fmt::format("the report sent {} bytes and wants to send {} more (limit "
                    "sent_mb = {} bytes)",
                    stats_.bytes_out, bytes, limits_.max_bytes_out));
  }
  if (stats_.bytes_in >= limits_.max_bytes_in) return ExhaustBytesInLocked();
  stats_.bytes_out += bytes;
  ++stats_.requests;
  return std::min(limits_.max_response_bytes, limits_.max_bytes_in - stats_.bytes_in);
}

Result<net::HttpResponse> CallAccount::ChargeResponse(Result<net::HttpResponse> response,
                                                      uint64_t room) {
  const std::lock_guard lock(mutex_);
  reply_limit_.reset();
  if (response) {
    stats_.bytes_in += response->body.size() + HeaderBytes(response->headers);
    if (stats_.bytes_in > limits_.max_bytes_in) return ExhaustBytesInLocked();
  } else if (response.error().code == Code::kLimit) {
    stats_.bytes_in += room;  // it was received, if not kept
    if (room < limits_.max_response_bytes) return ExhaustBytesInLocked();
    reply_limit_ = response.error();
  }
  return response;
}

void CallAccount::CountRetry() {
  const std::lock_guard lock(mutex_);
  ++stats_.retries;
}

std::optional<Error> CallAccount::exhausted() const {
  const std::lock_guard lock(mutex_);
  return run_limit_ ? run_limit_ : reply_limit_;
}

BrokerStats CallAccount::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::unexpected<Error> CallAccount::ExhaustLocked(std::string message) {
  std::unexpected<Error> error = Fail(Code::kLimit, std::move(message));
  if (!run_limit_) run_limit_ = error.error();
  return error;
}

std::unexpected<Error> CallAccount::ExhaustBytesInLocked() {
  return ExhaustLocked(fmt::format("the report received {} bytes (limit received_mb = {} bytes)",
                                   stats_.bytes_in, limits_.max_bytes_in));
}

}  // namespace carrel::report
