#include "runtime/report/call_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/net/retry.h"
#include "runtime/report/local_api.h"

namespace carrel::report {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr int kMaxRedirects = 5;
// What HTTP/1.1 calls a final answer; a few servers go beyond 599.
constexpr int kFirstFinalStatus = 200;
constexpr int kLastStatus = 999;

bool IsRedirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool MayRetry(const net::HttpRequest& request, const Result<net::HttpResponse>& result) {
  if (!net::IsIdempotent(request.method)) return false;
  if (result) return net::IsRetryableStatus(result->status);
  return result.error().code == Code::kUnreachable;
}

milliseconds WaitBefore(int attempt, const Connection& connection,
                        const Result<net::HttpResponse>& result) {
  if (result) {
    const auto asked = net::ParseRetryAfter(result->Find("retry-after"), SystemClock().Now());
    if (asked) return *asked;
  }
  return net::BackOff(attempt, connection.retry_base);
}

milliseconds Until(Steady::time_point deadline) {
  return std::chrono::ceil<milliseconds>(deadline - Steady::now());
}

Status Sleep(milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, time, [] { return false; });
  if (stop.stop_requested()) return Fail(Code::kCancelled, "cancelled between two attempts");
  return {};
}

}  // namespace

Result<net::HttpResponse> CallSender::Send(VettedCall& call, Deadline deadline,
                                           const std::stop_token& stop) {
  for (int hop = 0;; ++hop) {
    Result<net::HttpResponse> response = SendWithRetries(call, deadline, stop);
    if (!response || !IsRedirect(response->status)) return response;
    if (call.redirects == VettedCall::Redirects::kHandBack) return response;
    const std::string_view location = response->Find("location");
    if (location.empty()) return response;
    if (hop == kMaxRedirects) {
      return Fail(Code::kProtocol, fmt::format("{}: more than {} redirects",
                                               call.request.url.Origin(), kMaxRedirects));
    }
    CARREL_TRY(policy_.Redirect(call, location));
  }
}

Result<net::HttpResponse> CallSender::SendWithRetries(VettedCall& call, Deadline deadline,
                                                      const std::stop_token& stop) {
  const Connection& connection = call.entry->connection;
  for (int retry = 0;; ++retry) {
    Result<net::HttpResponse> result = SendOnce(call, deadline, stop);
    if (retry >= connection.max_retries || !MayRetry(call.request, result)) return result;
    const milliseconds wait = WaitBefore(retry, connection, result);
    if (wait >= Until(deadline)) return result;  // the report hears what the server said
    CARREL_TRY(Sleep(wait, stop));
    account_.CountRetry();
  }
}

Result<net::HttpResponse> CallSender::Carry(const VettedCall& call, uint64_t room,
                                            const std::stop_token& stop) {
  LocalApi* local = call.entry->connection.local;
  if (local == nullptr) return http_.Send(call.request, stop);
  net::HttpResponse response = local->Answer(call.request, owner_);
  if (response.body.size() <= room) return response;
  return Fail(Code::kLimit,
              fmt::format("the answer of {} bytes is larger than {} bytes (limit reply_kb)",
                          response.body.size(), room));
}

Result<net::HttpResponse> CallSender::SendOnce(VettedCall& call, Deadline deadline,
                                               const std::stop_token& stop) {
  CARREL_TRY(call.entry->bucket.Acquire(deadline, stop));
  CARREL_ASSIGN_OR_RETURN(const uint64_t room, account_.ChargeRequest(call.request));
  call.request.max_response_bytes = room;
  call.request.response_limit = "reply_kb";
  call.request.total_timeout =
      std::clamp(Until(deadline), milliseconds(1), call.entry->connection.call_timeout);
  Result<net::HttpResponse> response = account_.ChargeResponse(Carry(call, room, stop), room);
  if (response && (response->status < kFirstFinalStatus || response->status > kLastStatus)) {
    return Fail(Code::kProtocol, fmt::format("{}: answered with status {}",
                                             call.request.url.Origin(), response->status));
  }
  return response;
}

}  // namespace carrel::report
