// The only door from a report to the outside. Report code has no socket and no credential: it asks
// the broker, and the broker decides, adds the credential, calls, and hands back what is safe to
// see. Everything in an ApiCall was written by code nobody trusts.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/net/http_client.h"
#include "runtime/report/connection.h"

namespace carrel::report {

// What a report asks for. Either a connection ("" for the default one) and a path below its url, or
// no connection and an absolute url as `path`: how libraries inside a report (requests, urllib)
// arrive. A query may also be written into the path, after '?', when `query` is empty.
struct ApiCall {
  uint64_t id = 0;  // of the caller's choosing; the broker only keeps it
  std::string connection;
  std::string method = "GET";
  std::string path;
  std::string query;  // goes on the wire byte for byte
  std::vector<net::Header> headers;
  std::string body;
};

struct ApiReply {
  int status = 0;
  std::vector<net::Header> headers;  // lower-case names, only those on the broker's list
  std::string body;
};

struct BrokerLimits {
  uint64_t max_calls = 10'000;  // refused ones count
  int max_in_flight = 4;        // further calls wait
  uint64_t max_bytes_in = uint64_t{1} << 30;
  uint64_t max_bytes_out = uint64_t{256} << 20;
  uint64_t max_response_bytes = uint64_t{10} << 20;     // one reply, inflated
  std::chrono::milliseconds per_call_timeout{600'000};  // waits and retries included
};

struct BrokerOptions {
  BrokerLimits limits;
  // The names the report was granted; nullopt: the default connection only.
  std::optional<std::vector<std::string>> permitted;
  // What report code sees as its credential, "ApiKey placeholder:5f3a...": worthless outside this
  // run. In an Authorization header it becomes the real one; anywhere else the call is refused.
  std::string placeholder;
};

struct BrokerStats {
  uint64_t calls = 0;
  uint64_t refused = 0;   // by a rule or a limit, nothing sent
  uint64_t requests = 0;  // on the wire: retries and redirects included
  uint64_t retries = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
};

// One report's broker. Thread-safe; the connections and the client must outlive it.
class Broker {
 public:
  Broker(const ConnectionSet& connections, net::HttpClient& http, BrokerOptions options);

  // Any status of the remote side is a reply. Waits its turn (in flight, rate) and retries 429,
  // 502, 503, 504 and broken connections of idempotent methods with back-off. Errors:
  //   kInvalid      the call cannot be put on the wire as it stands
  //   kDenied       not granted; the text names the setting that would grant it
  //   kNotFound     no connection of that name is permitted
  //   kLimit        one of BrokerLimits, named with its value
  //   kTimeout, kUnreachable, kProtocol, kCancelled   as HttpClient::Send
  // No text ever holds a credential or the placeholder.
  Result<ApiReply> Call(const ApiCall& call, const std::stop_token& stop = {});

  BrokerStats stats() const;

  // `text` with every credential of the connections and the placeholder replaced by "***": for
  // anything a report said that people will read.
  std::string Scrub(std::string_view text) const;

 private:
  struct Attempt;
  using Entry = ConnectionSet::Entry;
  using Deadline = std::chrono::steady_clock::time_point;

  // A server may send back what it was sent: the credential never reaches report code.
  ApiReply Cleaned(ApiReply reply) const;
  Result<ApiReply> Run(const ApiCall& call, const std::stop_token& stop);
  Status Admit();
  Result<Attempt> Prepare(const ApiCall& call) const;
  Result<const Entry*> Choose(std::string_view name) const;
  Result<Attempt> PrepareRelative(const ApiCall& call) const;
  Result<Attempt> PrepareAbsolute(const ApiCall& call) const;
  Status CheckPlaceholder(const ApiCall& call) const;
  Status CheckMethod(const ApiCall& call, const Connection& connection) const;
  Status AddHeaders(const ApiCall& call, Attempt& attempt) const;
  Status AddAuthorization(std::string_view given, Attempt& attempt) const;
  Status ChargeOut(uint64_t bytes);
  Result<uint64_t> RoomIn() const;
  Status ChargeIn(const net::HttpResponse& response);
  Status Enter(Deadline deadline, const std::stop_token& stop);
  void Leave();
  Result<net::HttpResponse> SendOnce(Attempt& attempt, Deadline deadline,
                                     const std::stop_token& stop);
  Result<net::HttpResponse> SendWithRetries(Attempt& attempt, Deadline deadline,
                                            const std::stop_token& stop);
  Result<net::HttpResponse> FollowRedirects(Attempt& attempt, Deadline deadline,
                                            const std::stop_token& stop);
  Status Sleep(std::chrono::milliseconds time, const std::stop_token& stop) const;
  bool IsPermitted(std::string_view name) const;
  std::vector<std::string> PermittedNames() const;

  // Constant after construction.
  const ConnectionSet& connections_;
  net::HttpClient& http_;
  const BrokerOptions options_;
  std::string placeholder_token_;  // the part of the placeholder that is unlike anything else
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable_any slot_free_;
  BrokerStats stats_;
  int in_flight_ = 0;
};

}  // namespace carrel::report
