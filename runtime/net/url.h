// Urls as the runtime accepts them: one strict reading, so that the place that judges a url and the
// place that connects to it can never disagree about its host.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::net {

// An absolute http or https url. Path and query keep the bytes they were written with.
struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case; a numeric host in canonical notation; IPv6 without brackets
  int port = 0;
  std::string path;   // begins with '/'
  std::string query;  // without '?'

  // "https://example.com", "http://[::1]:8080": what two urls must share to be one site.
  std::string Origin() const;
  // "/path?query": what stands in the request line.
  std::string Target() const;
  std::string Text() const;
};

// kInvalid for: another scheme, no host, user information, a fragment, control characters, space
// or backslash anywhere, a host that is not plain ASCII letters, digits, '-', '_' and '.', a
// trailing dot, a zone id, port 0 and ports that belong to other protocols. Decimal, octal and
// hexadecimal spellings of IPv4 come out as dotted quads.
Result<Url> ParseUrl(std::string_view text);

// `reference` (a Location header) as seen from `base`; its fragment is dropped.
Result<Url> ResolveReference(const Url& base, std::string_view reference);

// kInvalid unless `path` stays below the place it is appended to: no scheme or "//host", no dot
// segments (plain, percent-encoded once or twice, or with ";parameters"), no control characters,
// space, backslash, '?', '#', and every '%' followed by two hexadecimal digits.
Status CheckRelativePath(std::string_view path);

// kInvalid for control characters, space or '#'.
Status CheckQuery(std::string_view query);

// "%41" becomes "A"; a '%' that begins no escape stays.
std::string PercentDecode(std::string_view text);

// ASCII only.
std::string ToLower(std::string_view text);

}  // namespace carrel::net
