// The only door from a report to the outside. Report code has no socket and no credential: it asks
// the broker, and the broker decides (call_policy.h), counts (call_account.h), calls
// (call_sender.h) and hands back what is safe to see (call_headers.h, secret_scrubber.h).
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/catalog/account.h"
#include "runtime/net/http_client.h"
#include "runtime/report/api_call.h"
#include "runtime/report/call_account.h"
#include "runtime/report/call_policy.h"
#include "runtime/report/call_sender.h"
#include "runtime/report/connection.h"
#include "runtime/report/secret_scrubber.h"

namespace carrel::report {

struct BrokerOptions {
  BrokerLimits limits;
  // The names the report was granted; nullopt: the default connection only.
  std::optional<std::vector<std::string>> permitted;
  // What report code sees as its credential, "ApiKey placeholder:5f3a...": worthless outside this
  // run. In an Authorization header it becomes the real one; anywhere else the call is refused.
  std::string placeholder;
  catalog::Account owner;  // of the report: who local connections answer to
};

// One report's broker. Thread-safe; the connections and the client must outlive it.
class Broker {
 public:
  Broker(const ConnectionSet& connections, net::HttpClient& http, BrokerOptions options);

  // Any status of the remote side is a reply. Waits its turn (in flight, rate) and retries 429,
  // 502, 503, 504 and broken connections of idempotent methods with back-off. Redirects of a call
  // by connection name are followed, to permitted origins and without the credential beyond the
  // first; those of an absolute url are handed back, for the library that wrote it to follow by
  // further calls. Errors:
  //   kInvalid      the call cannot be put on the wire as it stands
  //   kDenied       not granted; the text names the setting that would grant it
  //   kNotFound     no connection of that name is permitted
  //   kLimit        one of BrokerLimits, named with its value
  //   kTimeout, kUnreachable, kProtocol, kCancelled   as HttpClient::Send
  // No text and no reply holds a credential, as far as SecretScrubber promises.
  Result<ApiReply> Call(const ApiCall& call, const std::stop_token& stop = {});

  // The limit that a failure of the report goes back to, if any: see CallAccount::exhausted. A
  // report that fails while this has a value ended by a limit on its calls, not by its own fault.
  std::optional<Error> exhausted() const { return account_.exhausted(); }

  BrokerStats stats() const { return account_.stats(); }

  // `text` with every credential of the connections and the placeholder replaced by "***": for
  // anything a report said that people will read.
  std::string Scrub(std::string_view text) const;

 private:
  Result<ApiReply> Run(const ApiCall& call, const std::stop_token& stop);
  std::unexpected<Error> Explain(const Error& error, const Connection& connection) const;
  ApiReply ToReply(net::HttpResponse response) const;

  // Constant after construction.
  const CallPolicy policy_;
  SecretScrubber credentials_;  // kept from reports
  SecretScrubber all_;          // kept from people: the placeholder as well

  CallAccount account_;
  CallSender sender_;
};

}  // namespace carrel::report
