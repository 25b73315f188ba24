#include "runtime/report/broker.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/text.h"
#include "runtime/net/retry.h"
#include "runtime/net/url.h"

namespace carrel::report {

using Steady = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A call that passed the rules, ready for the wire.
struct Broker::Attempt {
  const ConnectionSet::Entry* entry = nullptr;
  enum class Form { kRelative, kAbsolute } form = Form::kRelative;
  net::HttpRequest request;

  // The credential does not stay behind in freed memory.
  ~Attempt() {
    for (net::Header& header : request.headers) {
      if (header.name == "Authorization") explicit_bzero(header.value.data(), header.value.size());
    }
  }
  Attempt() = default;
  Attempt(Attempt&&) = default;
  Attempt& operator=(Attempt&&) = default;
};

namespace {

constexpr int kMaxRedirects = 5;
constexpr size_t kMaxTargetBytes = size_t{128} << 10;
constexpr size_t kMaxHeaders = 64;
constexpr size_t kMaxHeaderBytes = size_t{32} << 10;
constexpr size_t kShown = 200;
constexpr size_t kShortestSecret = 6;  // shorter ones would blot out ordinary text

constexpr std::string_view kReadMethods[] = {"GET", "HEAD", "OPTIONS"};
constexpr std::string_view kWriteMethods[] = {"POST", "PUT", "PATCH", "DELETE"};

// The broker or curl sets these, or they belong to one hop: dropped without a word, because common
// client libraries add them to every request.
constexpr std::string_view kDroppedHeaders[] = {"accept-encoding",
                                                "connection",
                                                "content-length",
                                                "cookie",
                                                "expect",
                                                "forwarded",
                                                "host",
                                                "http2-settings",
                                                "keep-alive",
                                                "proxy-authorization",
                                                "proxy-connection",
                                                "te",
                                                "trailer",
                                                "transfer-encoding",
                                                "upgrade",
                                                "user-agent",
                                                "via"};

// Some servers let these replace the method or the path that was checked.
constexpr std::string_view kRefusedHeaders[] = {"x-http-method", "x-http-method-override",
                                                "x-method-override", "x-original-url",
                                                "x-rewrite-url"};

constexpr std::string_view kPassedHeaders[] = {"age",
                                               "allow",
                                               "cache-control",
                                               "content-disposition",
                                               "content-language",
                                               "content-length",
                                               "content-range",
                                               "content-type",
                                               "date",
                                               "etag",
                                               "expires",
                                               "last-modified",
                                               "link",
                                               "location",
                                               "retry-after",
                                               "vary",
                                               "x-request-id",
                                               "x-correlation-id",
                                               "x-total-count",
                                               "x-ratelimit-limit",
                                               "x-ratelimit-remaining",
                                               "x-ratelimit-reset"};

template <typename Table>
bool Contains(const Table& table, std::string_view word) {
  return std::ranges::find(table, word) != std::end(table);
}

bool IsAbsolute(std::string_view path) {
  const std::string lower = net::ToLower(path.substr(0, 8));
  return lower.starts_with("http://") || lower.starts_with("https://");
}

std::string Shown(std::string_view text) { return EscapeControls(Truncate(ToUtf8(text), kShown)); }

void ReplaceAll(std::string& text, std::string_view what) {
  if (what.size() < kShortestSecret) return;
  size_t at = text.find(what);
  if (at == text.npos) return;
  std::string out;
  size_t done = 0;
  for (; at != text.npos; at = text.find(what, done)) {
    out.append(text, done, at - done).append("***");
    done = at + what.size();
  }
  text = out.append(text, done);
}

// "ApiKey SU-1:abc" is also secret without its scheme.
std::string_view WithoutScheme(std::string_view credential) {
  return credential.substr(credential.rfind(' ') + 1);
}

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

uint64_t HeaderBytes(const std::vector<net::Header>& headers) {
  uint64_t bytes = 0;
  for (const net::Header& header : headers) bytes += header.name.size() + header.value.size() + 4;
  return bytes;
}

ApiReply ToReply(net::HttpResponse response) {
  ApiReply reply{.status = response.status, .headers = {}, .body = std::move(response.body)};
  for (net::Header& header : response.headers) {
    std::string name = net::ToLower(header.name);
    if (Contains(kPassedHeaders, name)) {
      reply.headers.push_back({std::move(name), std::move(header.value)});
    }
  }
  return reply;
}

// Moves a query that was written into the path to where it belongs.
Result<ApiCall> SplitQuery(ApiCall call) {
  const size_t mark = call.path.find('?');
  if (mark == std::string::npos) return call;
  if (!call.query.empty()) {
    return Fail(Code::kInvalid, fmt::format("path \"{}\": holds a query, and another one was given",
                                            Shown(call.path)));
  }
  call.query = call.path.substr(mark + 1);
  call.path.resize(mark);
  return call;
}

}  // namespace

Broker::Broker(const ConnectionSet& connections, net::HttpClient& http, BrokerOptions options)
    : connections_(connections), http_(http), options_(std::move(options)) {
  const std::string_view key = WithoutScheme(options_.placeholder);
  placeholder_token_ = key.substr(key.rfind(':') + 1);
}

Result<ApiReply> Broker::Call(const ApiCall& call, const std::stop_token& stop) {
  Result<ApiReply> reply = Run(call, stop);
  if (!reply) reply.error().message = Scrub(reply.error().message);
  return reply;
}

Result<ApiReply> Broker::Run(const ApiCall& call, const std::stop_token& stop) {
  const Deadline deadline = Steady::now() + options_.limits.per_call_timeout;
  CARREL_TRY(Admit());
  Result<Attempt> attempt = Prepare(call);
  Status charged =
      attempt ? ChargeOut(attempt->request.body.size() + attempt->request.url.Target().size() +
                          HeaderBytes(attempt->request.headers))
              : Status(std::unexpected(attempt.error()));
  if (!charged) {
    const std::lock_guard lock(mutex_);
    ++stats_.refused;
    return std::unexpected(std::move(charged).error());
  }
  CARREL_TRY(Enter(deadline, stop));
  Result<net::HttpResponse> response = FollowRedirects(*attempt, deadline, stop);
  Leave();
  if (response) return Cleaned(ToReply(std::move(*response)));
  const Error& error = response.error();
  const std::string context = fmt::format("connection \"{}\"", attempt->entry->connection.name);
  if (error.code == Code::kNotFound) {  // of a host name; to a report it is one more outage
    return Fail(Code::kUnreachable, context + ": " + error.message);
  }
  if (error.code == Code::kDenied &&
      attempt->entry->connection.addresses == net::AddressPolicy::kPublicOnly) {
    return Fail(Code::kDenied, context + ": " + error.message +
                                   " unless the connection is set to allow private addresses");
  }
  return Wrap(error, context);
}

Status Broker::Admit() {
  const std::lock_guard lock(mutex_);
  if (stats_.calls >= options_.limits.max_calls) {
    ++stats_.refused;
    return Fail(Code::kLimit, fmt::format("the report made {} api calls (limit max_calls {})",
                                          stats_.calls, options_.limits.max_calls));
  }
  ++stats_.calls;
  return {};
}

// ---- the rules ----

Result<Broker::Attempt> Broker::Prepare(const ApiCall& given) const {
  CARREL_ASSIGN_OR_RETURN(const ApiCall call, SplitQuery(given));
  CARREL_TRY(CheckPlaceholder(call));
  if (call.path.size() + call.query.size() > kMaxTargetBytes) {
    return Fail(Code::kLimit, fmt::format("path and query are {} bytes (at most {})",
                                          call.path.size() + call.query.size(), kMaxTargetBytes));
  }
  if (!Contains(kReadMethods, call.method) && !Contains(kWriteMethods, call.method)) {
    return Fail(
        Code::kInvalid,
        fmt::format("method \"{}\": expected GET, HEAD, OPTIONS, POST, PUT, PATCH or DELETE",
                    Shown(call.method)));
  }
  if (!call.body.empty() && Contains(kReadMethods, call.method)) {
    return Fail(Code::kInvalid, fmt::format("{} may not have a body", call.method));
  }
  CARREL_TRY(net::CheckQuery(call.query));
  const bool absolute = call.connection.empty() && IsAbsolute(call.path);
  Result<Attempt> attempt = absolute ? PrepareAbsolute(call) : PrepareRelative(call);
  if (!attempt) return attempt;
  const Connection& connection = attempt->entry->connection;
  CARREL_TRY(CheckMethod(call, connection));
  attempt->request.method = call.method;
  attempt->request.url.query = call.query;
  attempt->request.body = call.body;
  attempt->request.addresses = connection.addresses;
  attempt->request.connect_timeout = connection.connect_timeout;
  CARREL_TRY(AddHeaders(call, *attempt));
  return attempt;
}

// The placeholder is worth nothing anywhere but in Authorization; elsewhere a report is mistaken or
// trying what leaks.
Status Broker::CheckPlaceholder(const ApiCall& call) const {
  if (placeholder_token_.empty()) return {};
  const auto holds = [this](std::string_view text) { return text.contains(placeholder_token_); };
  bool found = holds(call.method) || holds(call.connection) || holds(call.body) ||
               holds(net::PercentDecode(call.path)) || holds(net::PercentDecode(call.query));
  for (const net::Header& header : call.headers) {
    const bool authorization = net::ToLower(header.name) == "authorization";
    found = found || holds(header.name) || (!authorization && holds(header.value));
  }
  if (!found) return {};
  return Fail(
      Code::kDenied,
      "the api key may stand only in the Authorization header: it was found in the url, the "
      "body or another header");
}

bool Broker::IsPermitted(std::string_view name) const {
  if (!options_.permitted) return name == connections_.default_name();
  return Contains(*options_.permitted, name);
}

std::vector<std::string> Broker::PermittedNames() const {
  std::vector<std::string> names = connections_.names();
  std::erase_if(names, [this](const std::string& name) { return !IsPermitted(name); });
  return names;
}

Result<const ConnectionSet::Entry*> Broker::Choose(std::string_view name) const {
  const Entry* entry = connections_.Find(name);
  if (entry != nullptr && IsPermitted(entry->connection.name)) return entry;
  if (entry != nullptr) {
    return Fail(
        Code::kDenied,
        fmt::format("the report may not call connection \"{}\": reports.json must name it in "
                    "permissions.connections of the report",
                    entry->connection.name));
  }
  if (name.empty()) {
    return Fail(Code::kNotFound,
                "there is no connection: add one with --connection NAME=URL, or "
                "--endpoint URL for the default one");
  }
  const std::vector<std::string> known = PermittedNames();
  const std::string near = NearMiss(name, known);
  return Fail(
      Code::kNotFound,
      fmt::format("no connection named \"{}\"{}: add it with --connection {}=URL", Shown(name),
                  near.empty() ? "" : fmt::format(" (\"{}\"?)", near), Shown(name)));
}

Result<Broker::Attempt> Broker::PrepareRelative(const ApiCall& call) const {
  CARREL_TRY(net::CheckRelativePath(call.path));
  Attempt attempt;
  CARREL_ASSIGN_OR_RETURN(attempt.entry, Choose(call.connection));
  attempt.request.url = attempt.entry->base;
  std::string& path = attempt.request.url.path;  // without a '/' at its end
  if (!call.path.empty() && call.path.front() != '/') path += '/';
  path += call.path;
  if (path.empty()) path = "/";
  return attempt;
}

Result<Broker::Attempt> Broker::PrepareAbsolute(const ApiCall& call) const {
  Attempt attempt;
  attempt.form = Attempt::Form::kAbsolute;
  CARREL_ASSIGN_OR_RETURN(attempt.request.url, net::ParseUrl(call.path));
  CARREL_TRY(net::CheckRelativePath(attempt.request.url.path));
  const std::string origin = attempt.request.url.Origin();
  for (const auto& entry : connections_.entries()) {
    if (!IsPermitted(entry->connection.name) || !Contains(entry->origins, origin)) continue;
    attempt.entry = entry.get();
    return attempt;
  }
  return Fail(Code::kDenied,
              fmt::format("{} is not reachable from this report: it needs a connection to that "
                          "address (--connection NAME={}) that reports.json names in "
                          "permissions.connections of the report",
                          origin, origin));
}

Status Broker::CheckMethod(const ApiCall& call, const Connection& connection) const {
  if (Contains(kReadMethods, call.method) || connection.access == Access::kReadWrite) return {};
  return Fail(
      Code::kDenied,
      fmt::format("{} refused: connection \"{}\" is granted read only; grant it write access "
                  "to let reports change data",
                  call.method, connection.name));
}

Status Broker::AddHeaders(const ApiCall& call, Attempt& attempt) const {
  if (call.headers.size() > kMaxHeaders || HeaderBytes(call.headers) > kMaxHeaderBytes) {
    return Fail(Code::kLimit,
                fmt::format("at most {} headers of {} bytes in all", kMaxHeaders, kMaxHeaderBytes));
  }
  std::string_view authorization;
  for (const net::Header& header : call.headers) {
    CARREL_TRY(net::CheckHeader(header));
    std::string name = net::ToLower(header.name);
    std::ranges::replace(name, '_', '-');  // some servers see no difference
    if (Contains(kRefusedHeaders, name)) {
      return Fail(Code::kDenied, fmt::format("header {} may not be set by a report", header.name));
    }
    if (name == "authorization") {
      authorization = header.value;
    } else if (!Contains(kDroppedHeaders, name) && !name.starts_with("x-forwarded-")) {
      attempt.request.headers.push_back(header);
    }
  }
  return AddAuthorization(authorization, attempt);
}

Status Broker::AddAuthorization(std::string_view given, Attempt& attempt) const {
  const Connection& connection = attempt.entry->connection;
  const bool placeholder = !placeholder_token_.empty() && given.contains(placeholder_token_);
  const bool absolute = attempt.form == Attempt::Form::kAbsolute;
  if (connection.credential.empty()) {
    // Nothing of ours to mix it up with: the report may bring its own.
    if (placeholder) {
      return Fail(Code::kDenied,
                  fmt::format("connection \"{}\" has no credential to put in place of the api key",
                              connection.name));
    }
    if (!given.empty()) attempt.request.headers.push_back({"Authorization", std::string(given)});
    return {};
  }
  if (absolute && !given.empty() && !placeholder) {
    return Fail(Code::kDenied,
                fmt::format("the Authorization header for connection \"{}\" must be client.api_key",
                            connection.name));
  }
  if (!absolute || placeholder) {
    attempt.request.headers.push_back(
        {"Authorization", std::string(connection.credential.Reveal())});
  }
  return {};
}

// ---- the accounts ----

Status Broker::ChargeOut(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const uint64_t limit = options_.limits.max_bytes_out;
  if (bytes > limit - std::min(limit, stats_.bytes_out)) {
    return Fail(Code::kLimit,
                fmt::format("the report sent {} bytes and wants to send {} more (limit "
                            "max_bytes_out {})",
                            stats_.bytes_out, bytes, limit));
  }
  stats_.bytes_out += bytes;
  return {};
}

Result<uint64_t> Broker::RoomIn() const {
  const std::lock_guard lock(mutex_);
  const uint64_t limit = options_.limits.max_bytes_in;
  if (stats_.bytes_in >= limit) {
    return Fail(Code::kLimit, fmt::format("the report received {} bytes (limit max_bytes_in {})",
                                          stats_.bytes_in, limit));
  }
  return limit - stats_.bytes_in;
}

Status Broker::ChargeIn(const net::HttpResponse& response) {
  const std::lock_guard lock(mutex_);
  stats_.bytes_in += response.body.size() + HeaderBytes(response.headers);
  if (stats_.bytes_in <= options_.limits.max_bytes_in) return {};
  return Fail(Code::kLimit, fmt::format("the report received {} bytes (limit max_bytes_in {})",
                                        stats_.bytes_in, options_.limits.max_bytes_in));
}

Status Broker::Enter(Deadline deadline, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const bool entered = slot_free_.wait_until(
      lock, stop, deadline, [this] { return in_flight_ < options_.limits.max_in_flight; });
  if (stop.stop_requested()) return Fail(Code::kCancelled, "cancelled while waiting for a turn");
  if (!entered) {
    return Fail(
        Code::kTimeout,
        fmt::format("{} calls were in flight for {} s (limits max_in_flight, "
                    "per_call_timeout)",
                    in_flight_,
                    std::chrono::duration<double>(options_.limits.per_call_timeout).count()));
  }
  ++in_flight_;
  return {};
}

void Broker::Leave() {
  {
    const std::lock_guard lock(mutex_);
    --in_flight_;
  }
  slot_free_.notify_one();
}

BrokerStats Broker::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::string Broker::Scrub(std::string_view text) const {
  std::string out(text);
  for (const auto& entry : connections_.entries()) {
    const std::string_view credential = entry->connection.credential.Reveal();
    ReplaceAll(out, credential);
    ReplaceAll(out, WithoutScheme(credential));
  }
  ReplaceAll(out, options_.placeholder);
  ReplaceAll(out, placeholder_token_);
  return out;
}

ApiReply Broker::Cleaned(ApiReply reply) const {
  for (const auto& entry : connections_.entries()) {
    const std::string_view key = WithoutScheme(entry->connection.credential.Reveal());
    ReplaceAll(reply.body, key);
    for (net::Header& header : reply.headers) ReplaceAll(header.value, key);
  }
  return reply;
}

// ---- the wire ----

Result<net::HttpResponse> Broker::SendOnce(Attempt& attempt, Deadline deadline,
                                           const std::stop_token& stop) {
  CARREL_TRY(attempt.entry->bucket.Acquire(deadline, stop));
  CARREL_ASSIGN_OR_RETURN(const uint64_t room, RoomIn());
  const uint64_t largest = options_.limits.max_response_bytes;
  attempt.request.max_response_bytes = std::min(largest, room);
  attempt.request.total_timeout =
      std::clamp(Until(deadline), milliseconds(1), attempt.entry->connection.call_timeout);
  {
    const std::lock_guard lock(mutex_);
    ++stats_.requests;
  }
  Result<net::HttpResponse> response = http_.Send(attempt.request, stop);
  if (response) {
    CARREL_TRY(ChargeIn(*response));
  } else if (response.error().code == Code::kLimit) {
    const std::lock_guard lock(mutex_);  // it was received, if not kept
    stats_.bytes_in += attempt.request.max_response_bytes;
    if (room < largest) {
      return Fail(Code::kLimit, fmt::format("the report received {} bytes (limit max_bytes_in {})",
                                            stats_.bytes_in, options_.limits.max_bytes_in));
    }
  }
  return response;
}

Result<net::HttpResponse> Broker::SendWithRetries(Attempt& attempt, Deadline deadline,
                                                  const std::stop_token& stop) {
  const Connection& connection = attempt.entry->connection;
  for (int retry = 0;; ++retry) {
    Result<net::HttpResponse> result = SendOnce(attempt, deadline, stop);
    if (retry >= connection.max_retries || !MayRetry(attempt.request, result)) return result;
    const milliseconds wait = WaitBefore(retry, connection, result);
    if (wait >= Until(deadline)) return result;  // the report hears what the server said
    CARREL_TRY(Sleep(wait, stop));
    const std::lock_guard lock(mutex_);
    ++stats_.retries;
  }
}

Result<net::HttpResponse> Broker::FollowRedirects(Attempt& attempt, Deadline deadline,
                                                  const std::stop_token& stop) {
  for (int hop = 0;; ++hop) {
    Result<net::HttpResponse> response = SendWithRetries(attempt, deadline, stop);
    if (!response || !IsRedirect(response->status)) return response;
    const std::string_view location = response->Find("location");
    if (location.empty()) return response;
    const net::Url& from = attempt.request.url;
    if (attempt.request.method != "GET" && attempt.request.method != "HEAD") {
      return Fail(Code::kProtocol,
                  fmt::format("{} {}: redirect {} is followed only for GET", attempt.request.method,
                              from.Origin(), response->status));
    }
    if (hop == kMaxRedirects) {
      return Fail(Code::kProtocol,
                  fmt::format("{}: more than {} redirects", from.Origin(), kMaxRedirects));
    }
    CARREL_ASSIGN_OR_RETURN(net::Url to, net::ResolveReference(from, location));
    if (to.Origin() != from.Origin()) {
      return Fail(Code::kProtocol,
                  fmt::format("{}: a redirect to {} is not followed: only the same "
                              "origin is",
                              from.Origin(), to.Origin()));
    }
    attempt.request.url = std::move(to);
  }
}

Status Broker::Sleep(milliseconds time, const std::stop_token& stop) const {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stop, time, [] { return false; });
  if (stop.stop_requested()) return Fail(Code::kCancelled, "cancelled between two attempts");
  return {};
}

}  // namespace carrel::report
