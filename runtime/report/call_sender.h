// Puts a vetted call on the wire: waits for the connection's rate, sends, retries what may be
// retried and follows redirects, all before one deadline. Each request of a call, the first, a
// repeated and a redirected one alike, is charged to the account and resolved, judged and connected
// anew by the client: the address that is checked is the one that is connected to.
#pragma once

#include <chrono>
#include <stop_token>
#include <utility>

#include "runtime/base/result.h"
#include "runtime/catalog/account.h"
#include "runtime/net/http_client.h"
#include "runtime/report/call_account.h"
#include "runtime/report/call_policy.h"

namespace carrel::report {

// Thread-safe; what it is given must outlive it.
class CallSender {
 public:
  using Deadline = CallAccount::Deadline;

  CallSender(net::HttpClient& http, const CallPolicy& policy, CallAccount& account,
             catalog::Account owner)
      : http_(http), policy_(policy), account_(account), owner_(std::move(owner)) {}

  // The last response, whatever its status. `call` ends up at the place that answered. Errors as
  // HttpClient::Send, CallAccount and CallPolicy::Redirect; more than five redirects are kProtocol.
  Result<net::HttpResponse> Send(VettedCall& call, Deadline deadline, const std::stop_token& stop);

 private:
  Result<net::HttpResponse> Carry(const VettedCall& call, uint64_t room,
                                  const std::stop_token& stop);
  Result<net::HttpResponse> SendOnce(VettedCall& call, Deadline deadline,
                                     const std::stop_token& stop);
  Result<net::HttpResponse> SendWithRetries(VettedCall& call, Deadline deadline,
                                            const std::stop_token& stop);

  net::HttpClient& http_;
  const CallPolicy& policy_;
  CallAccount& account_;
  const catalog::Account owner_;  // of the report, for local connections
};

}  // namespace carrel::report
