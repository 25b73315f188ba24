// Outgoing HTTP for the whole runtime: one request in, one response out. It decides nothing about
// who may call what (its callers do), but whatever it is asked, it reads no environment and no
// files of the user, follows no redirect, connects only where the address policy allows, and never
// waits or stores without a bound.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/net/address_policy.h"
#include "runtime/net/url.h"

namespace carrel::net {

struct Header {
  std::string name;
  std::string value;
  bool operator==(const Header&) const = default;
};

struct HttpRequest {
  std::string method = "GET";
  Url url;
  std::vector<Header> headers;
  std::string body;
  AddressPolicy addresses = AddressPolicy::kPublicOnly;
  std::chrono::milliseconds connect_timeout{10'000};  // name, TCP and TLS together
  std::chrono::milliseconds total_timeout{300'000};
  // Once the body flows, fewer than `drip_bytes` in any `drip_window` end the call.
  uint64_t drip_bytes = 1024;
  std::chrono::milliseconds drip_window{20'000};
  uint64_t max_response_bytes = uint64_t{10} << 20;        // of the body, inflated
  std::string_view response_limit = "max_response_bytes";  // its name in errors
};

struct HttpResponse {
  int status = 0;
  // As received, in order. Of a compressed body, which arrives here inflated, Content-Encoding and
  // Content-Length are left out: they describe bytes the caller never sees.
  std::vector<Header> headers;
  std::string body;
  std::string address;  // the address that answered
  // The first value of `name`, in any case; "" when absent.
  std::string_view Find(std::string_view name) const;
};

// The addresses of a host name, in the notation of inet_pton and in the order to try them; none: no
// such name. Asked on the thread of the call, once for each request that is sent. What it answers
// is held against the address policy like any other answer.
using Resolver = std::function<std::vector<std::string>(const std::string& host)>;

struct HttpClientOptions {
  // All outgoing traffic through this proxy (CONNECT). Names are then resolved by the proxy, so
  // only literal addresses can be held against the address policy.
  std::string proxy = {};
  std::string ca_file = {};  // certificates to trust instead of the system's
  Resolver resolver = {};    // instead of the system's; not asked for addresses and behind a proxy
  size_t max_idle_connections = 16;
};

// Keeps connections open between calls: a connection is reused only for the same origin under the
// same address policy. Thread-safe; must outlive its calls.
class HttpClient {
 public:
  explicit HttpClient(HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Any status is a response. Errors:
  //   kInvalid      a header or the method cannot be put on the wire
  //   kDenied       the address policy refuses the address
  //   kNotFound     the host name does not resolve
  //   kUnreachable  no connection, or it broke before the response was whole
  //   kTimeout      a timeout or the drip limit, named with its value
  //   kLimit        max_response_bytes, or 256 KiB of response headers
  //   kProtocol     the certificate is not accepted, or the answer is not HTTP
  //   kCancelled    `stop` was requested; returns at once, wherever the call stands
  Result<HttpResponse> Send(const HttpRequest& request, const std::stop_token& stop = {});

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// kInvalid unless the name is a token and the value holds no CR, LF, NUL or other control
// character but tab.
Status CheckHeader(const Header& header);

}  // namespace carrel::net
