#include "runtime/report/call_headers.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/net/url.h"

namespace carrel::report {
namespace {

constexpr size_t kSeparators = 4;  // ": " and the line's end

constexpr std::string_view kDropped[] = {"accept-encoding",
                                         "cf-connecting-ip",
                                         "client-ip",
                                         "connection",
                                         "content-length",
                                         "cookie",
                                         "cookie2",
                                         "expect",
                                         "forwarded",
                                         "host",
                                         "http2-settings",
                                         "keep-alive",
                                         "max-forwards",
                                         "proxy",
                                         "proxy-authorization",
                                         "proxy-connection",
                                         "te",
                                         "trailer",
                                         "transfer-encoding",
                                         "true-client-ip",
                                         "upgrade",
                                         "user-agent",
                                         "via",
                                         "x-client-ip",
                                         "x-real-ip"};

constexpr std::string_view kDroppedPrefixes[] = {"proxy-", "x-forwarded-"};

constexpr std::string_view kRefused[] = {
    "x-http-method",  "x-http-method-override", "x-method",          "x-method-override",
    "x-host",         "x-original-host",        "x-original-method", "x-original-uri",
    "x-original-url", "x-override-url",         "x-rewrite-uri",     "x-rewrite-url"};

constexpr std::string_view kPassed[] = {"age",
                                        "allow",
                                        "cache-control",
                                        "content-disposition",
                                        "content-range",
                                        "content-type",
                                        "content-language",
                                        "content-length",
                                        "date",
                                        "etag",
                                        "expires",
                                        "last-modified",
                                        "link",
                                        "location",
                                        "retry-after",
                                        "vary",
                                        "x-request-id",
                                        "x-total-count",
                                        "x-correlation-id",
                                        "x-ratelimit-limit",
                                        "x-ratelimit-reset",
                                        "x-ratelimit-remaining"};

template <typename Table>
bool Contains(const Table& table, std::string_view word) {
  return std::ranges::find(table, word) != std::end(table);
}

}  // namespace

HeaderFate FateOf(std::string_view name) {
  std::string canonical = net::ToLower(name);
  std::ranges::replace(canonical, '_', '-');
  if (canonical == "authorization") return HeaderFate::kAuthorization;
  if (Contains(kRefused, canonical)) return HeaderFate::kRefuse;
  const bool dropped = Contains(kDropped, canonical) ||
                       std::ranges::any_of(kDroppedPrefixes, [&](std::string_view prefix) {
                         return canonical.starts_with(prefix);
                       });
  return dropped ? HeaderFate::kDrop : HeaderFate::kPass;
}

std::vector<net::Header> PassedHeaders(std::vector<net::Header> received) {
  std::vector<net::Header> passed;
  for (net::Header& header : received) {
    std::string name = net::ToLower(header.name);
    if (Contains(kPassed, name)) passed.push_back({std::move(name), std::move(header.value)});
  }
  return passed;
}

uint64_t HeaderBytes(const std::vector<net::Header>& headers) {
  uint64_t bytes = 0;
  for (const net::Header& header : headers) {
    bytes += header.name.size() + header.value.size() + kSeparators;
  }
  return bytes;
}

}  // namespace carrel::report
