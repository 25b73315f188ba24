#include "runtime/net/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "runtime/base/text.h"

namespace carrel::net {
namespace {

constexpr int kHttpPort = 80;
constexpr int kHttpsPort = 443;
constexpr size_t kMaxHost = 253;
constexpr size_t kShownUrl = 200;

// Ports of well-known services that are not HTTP and could be made to obey text sent to them.
constexpr int kForeignPorts[] = {
    1,    7,    9,    11,   13,   15,   17,   19,   20,   21,   22,    23,   25,   37,   42,
    43,   53,   69,   77,   79,   87,   95,   101,  102,  103,  104,   109,  110,  111,  113,
    115,  117,  119,  123,  135,  137,  138,  139,  143,  161,  179,   389,  427,  465,  512,
    513,  514,  515,  526,  530,  531,  532,  540,  548,  554,  556,   563,  587,  601,  636,
    989,  990,  993,  995,  1719, 1720, 1723, 2049, 3306, 3659, 4045,  4190, 5060, 5061, 5432,
    6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 11211};

struct CurlUrlDeleter {
  void operator()(CURLU* handle) const { curl_url_cleanup(handle); }
};
using CurlUrl = std::unique_ptr<CURLU, CurlUrlDeleter>;

struct CurlTextDeleter {
  void operator()(char* text) const { curl_free(text); }
};
using CurlText = std::unique_ptr<char, CurlTextDeleter>;

std::string Shown(std::string_view text) {
  return EscapeControls(Truncate(ToUtf8(text), kShownUrl));
}

std::unexpected<Error> Refuse(std::string_view url, std::string_view why) {
  return Fail(Code::kInvalid, fmt::format("url \"{}\": {}", Shown(url), why));
}

bool IsControlOrSpace(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte <= 0x20 || byte == 0x7f;
}

bool IsHostChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The host in canonical form, or "" when it is none we accept.
std::string CanonicalHost(const std::string& raw) {
  if (raw.starts_with('[')) {
    if (!raw.ends_with(']')) return "";
    in6_addr address;
    if (inet_pton(AF_INET6, raw.substr(1, raw.size() - 2).c_str(), &address) != 1) return "";
    char text[INET6_ADDRSTRLEN];
    return inet_ntop(AF_INET6, &address, text, sizeof text);
  }
  std::string host = ToLower(raw);
  if (host.empty() || host.size() > kMaxHost || !std::ranges::all_of(host, IsHostChar)) return "";
  if (host.front() == '.' || host.back() == '.' || host.contains("..")) return "";
  const std::string last = host.substr(host.rfind('.') + 1);
  if (last.front() >= '0' && last.front() <= '9') {  // a numeric host is an address or nothing
    in_addr address;
    if (inet_pton(AF_INET, host.c_str(), &address) != 1) return "";
  }
  return host;
}

Result<int> PortOf(CURLU* handle, std::string_view scheme, std::string_view text) {
  char* raw = nullptr;
  if (curl_url_get(handle, CURLUPART_PORT, &raw, 0) != CURLUE_OK) {
    return scheme == "https" ? kHttpsPort : kHttpPort;
  }
  const CurlText port_text(raw);
  const std::string_view digits(raw);
  int port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535) {
    return Refuse(text, "port out of range");
  }
  if (std::ranges::find(kForeignPorts, port) != std::end(kForeignPorts)) {
    return Refuse(text, fmt::format("port {} belongs to another protocol", port));
  }
  return port;
}

Status CheckAuthority(std::string_view authority, std::string_view text) {
  if (authority.empty()) return Refuse(text, "no host");
  if (authority.contains('@')) {
    return Refuse(text, "a user name or password may not be part of it");
  }
  const bool plain = std::ranges::all_of(
      authority, [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '%'; });
  if (!plain) return Refuse(text, "the host may hold only plain ASCII (write IDN as xn--...)");
  return {};
}

bool HasDotSegment(std::string_view path) {
  size_t begin = 0;
  while (begin <= path.size()) {
    const size_t end = std::min(path.find_first_of("/\\", begin), path.size());
    std::string_view segment = path.substr(begin, end - begin);
    segment = segment.substr(0, segment.find(';'));
    if (segment == "." || segment == "..") return true;
    begin = end + 1;
  }
  return false;
}

bool HasScheme(std::string_view path) {
  const size_t colon = path.find("://");
  return colon != std::string_view::npos && path.substr(0, colon).find('/') == path.npos;
}

}  // namespace

std::string ToLower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
        HexValue(text[i + 2]) >= 0) {
      out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string Url::Origin() const {
  const std::string shown = host.contains(':') ? "[" + host + "]" : host;
  const bool usual = port == (scheme == "https" ? kHttpsPort : kHttpPort);
  return usual ? fmt::format("{}://{}", scheme, shown)
               : fmt::format("{}://{}:{}", scheme, shown, port);
}

std::string Url::Target() const { return query.empty() ? path : path + "?" + query; }

std::string Url::Text() const { return Origin() + Target(); }

Result<Url> ParseUrl(std::string_view text) {
  if (std::ranges::any_of(text, IsControlOrSpace)) {
    return Refuse(text, "control characters and spaces are not allowed");
  }
  if (text.contains('\\')) return Refuse(text, "a backslash is not allowed");
  if (text.contains('#')) return Refuse(text, "a fragment is not allowed");
  Url url;
  const size_t colon = text.find("://");
  url.scheme = ToLower(text.substr(0, colon == text.npos ? 0 : colon));
  if (url.scheme != "http" && url.scheme != "https") {
    return Refuse(text, "expected http:// or https://");
  }
  const size_t begin = colon + 3;
  const size_t end = std::min(text.find_first_of("/?", begin), text.size());
  CARREL_TRY(CheckAuthority(text.substr(begin, end - begin), text));

  const CurlUrl handle(curl_url());
  const std::string site = url.scheme + "://" + std::string(text.substr(begin, end - begin)) + "/";
  const CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, site.c_str(),
                                      CURLU_DISALLOW_USER | CURLU_PATH_AS_IS);
  if (code != CURLUE_OK) return Refuse(text, ToLower(curl_url_strerror(code)));
  char* raw = nullptr;
  if (curl_url_get(handle.get(), CURLUPART_HOST, &raw, 0) != CURLUE_OK) {
    return Refuse(text, "no host");
  }
  url.host = CanonicalHost(CurlText(raw).get());
  if (url.host.empty()) return Refuse(text, "not a valid host name or address");
  CARREL_ASSIGN_OR_RETURN(url.port, PortOf(handle.get(), url.scheme, text));

  const std::string_view rest = text.substr(end);
  const size_t mark = std::min(rest.find('?'), rest.size());
  url.path = mark == 0 ? "/" : std::string(rest.substr(0, mark));
  if (mark < rest.size()) url.query = rest.substr(mark + 1);
  return url;
}

Result<Url> ResolveReference(const Url& base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  if (std::ranges::any_of(reference, IsControlOrSpace) || reference.contains('\\')) {
    return Refuse(reference, "control characters, spaces and backslashes are not allowed");
  }
  if (reference.empty()) return base;
  const CurlUrl handle(curl_url());
  const std::string text(reference);
  // Without the query, which no reference keeps and curl reads less broadly.
  const std::string place = base.Origin() + base.path;
  CURLUcode code = curl_url_set(handle.get(), CURLUPART_URL, place.c_str(), 0);
  if (code == CURLUE_OK) code = curl_url_set(handle.get(), CURLUPART_URL, text.c_str(), 0);
  char* raw = nullptr;
  if (code == CURLUE_OK) code = curl_url_get(handle.get(), CURLUPART_URL, &raw, 0);
  if (code != CURLUE_OK) return Refuse(reference, ToLower(curl_url_strerror(code)));
  return ParseUrl(CurlText(raw).get());
}

Status CheckRelativePath(std::string_view path) {
  const auto refuse = [path](std::string_view why) {
    return Fail(Code::kInvalid, fmt::format("path \"{}\": {}", Shown(path), why));
  };
  if (std::ranges::any_of(path, IsControlOrSpace)) {
    return refuse("control characters and spaces are not allowed");
  }
  if (path.find_first_of("\\?#") != path.npos) return refuse("'\\', '?' and '#' are not allowed");
  if (path.starts_with("//") || HasScheme(path)) {
    return refuse("expected a path below the connection's url, not another address");
  }
  for (size_t i = path.find('%'); i != path.npos; i = path.find('%', i + 1)) {
    if (i + 2 >= path.size() || HexValue(path[i + 1]) < 0 || HexValue(path[i + 2]) < 0) {
      return refuse("'%' must be followed by two hexadecimal digits");
    }
  }
  const std::string once = PercentDecode(path);
  const std::string twice = PercentDecode(once);
  if (HasDotSegment(path) || HasDotSegment(once) || HasDotSegment(twice)) {
    return refuse("'.' and '..' segments are not allowed");
  }
  const auto is_control = [](char c) { return c != ' ' && IsControlOrSpace(c); };
  if (std::ranges::any_of(twice, is_control)) {
    return refuse("encoded control characters are not allowed");
  }
  return {};
}

Status CheckQuery(std::string_view query) {
  if (std::ranges::any_of(query, IsControlOrSpace) || query.contains('#')) {
    return Fail(Code::kInvalid,
                fmt::format("query \"{}\": control characters, spaces and '#' must be "
                            "percent-encoded",
                            Shown(query)));
  }
  return {};
}

}  // namespace carrel::net
