#include "runtime/git/url_policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>

#include "runtime/base/text.h"

namespace carrel::git {
namespace {

constexpr size_t kMaxUrl = 2048;
constexpr std::string_view kAlnum =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool OnlyHolds(std::string_view text, std::string_view extra) {
  return std::ranges::all_of(text, [&](char c) {
    return kAlnum.find(c) != std::string_view::npos || extra.find(c) != std::string_view::npos;
  });
}

std::string AllowedForms(const UrlPolicy& policy) {
  std::string forms = "https://host/path";
  if (policy.http == Permission::kAllowed) forms += ", http://host/path";
  if (policy.ssh == Permission::kAllowed) forms += ", ssh://user@host/path, user@host:path";
  if (policy.local == Permission::kAllowed) forms += ", /path, file:///path";
  return forms;
}

std::unexpected<Error> Refuse(Code code, std::string_view text, std::string_view why,
                              const UrlPolicy& policy) {
  return Fail(code, fmt::format("repository url \"{}\": {}; allowed: {}", RedactUrl(text), why,
                                AllowedForms(policy)));
}

// What no form may hold; empty when there is nothing to object to.
std::string_view CommonFault(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text.size() > kMaxUrl) return "is longer than 2048 bytes";
  if (text.front() == '-') return "begins with '-'";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) return "holds a control character";
  }
  if (!IsUtf8(text)) return "is not UTF-8";
  return {};
}

struct Authority {
  std::string user;
  std::string host;
  int port = 0;
};

// `fault` is set when the authority is not acceptable.
Authority ParseAuthority(std::string_view text, std::string& fault) {
  Authority out;
  if (const size_t at = text.rfind('@'); at != std::string_view::npos) {
    out.user = text.substr(0, at);
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return fault = "has an unclosed '[' in the host", out;
    out.host = Lower(text.substr(1, end - 1));
    text.remove_prefix(end + 1);
    if (!text.empty() && text.front() != ':') return fault = "has text after the host", out;
    if (!text.empty()) port = text.substr(1);
    if (!OnlyHolds(out.host, ":.")) fault = "has an invalid IPv6 address";
  } else {
    const size_t colon = text.find(':');
    out.host = Lower(text.substr(0, colon));
    if (colon != std::string_view::npos) port = text.substr(colon + 1);
    if (!OnlyHolds(out.host, ".-_")) fault = "has an invalid host name";
  }
  if (out.host.empty()) fault = "has an empty host";
  if (out.host.starts_with('-')) fault = "has a host that begins with '-'";
  if (port.empty()) return out;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
  if (error != std::errc{} || end != port.data() + port.size() || out.port < 1 ||
      out.port > 65535) {
    fault = fmt::format("has an invalid port \"{}\"", port);
  }
  return out;
}

// The ssh server hands the path to a shell between single quotes, so it must hold none.
std::string SshFault(std::string_view user, std::string_view path) {
  if (user.find(':') != std::string_view::npos) return "holds a password; give it separately";
  if (user.starts_with('-') || !OnlyHolds(user, "._-+")) return "has an invalid user name";
  if (path.starts_with('-')) return "has a path that begins with '-'";
  for (const char c : {'\'', '"', '`', '$', '\\', '!', ';', '&', '|', '%'}) {
    if (path.find(c) != std::string_view::npos) {
      return fmt::format("has the character {} in the path", c);
    }
  }
  return {};
}

std::string TrimSlashes(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return std::string(path);
}

std::string HostForUrl(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string PathFault(std::string_view path) {
  if (path.find_first_not_of('/') == std::string_view::npos) return "has no path";
  if (path.find_first_of("?#") != std::string_view::npos) return "has a query or a fragment";
  if (path.find(' ') != std::string_view::npos) return "has a space in the path";
  if (path.find('\\') != std::string_view::npos) return "has a backslash in the path";
  for (const std::string_view escape : {"%0", "%1", "%7f", "%7F"}) {
    if (path.find(escape) != std::string_view::npos) return "has an escaped control character";
  }
  return {};
}

Result<RepositoryUrl> ParseRemote(std::string_view text, Scheme scheme, std::string_view name,
                                  std::string_view rest, const UrlPolicy& policy) {
  const size_t slash = rest.find('/');
  const std::string path(slash == std::string_view::npos ? "" : rest.substr(slash));
  std::string fault;
  Authority authority = ParseAuthority(rest.substr(0, slash), fault);
  if (fault.empty()) fault = PathFault(path);
  if (fault.empty() && scheme != Scheme::kSsh && !authority.user.empty()) {
    fault = "holds credentials; give them separately";
  }
  if (fault.empty() && scheme == Scheme::kSsh) fault = SshFault(authority.user, path);
  if (!fault.empty()) return Refuse(Code::kInvalid, text, fault, policy);

  const int default_port = scheme == Scheme::kHttps ? 443 : scheme == Scheme::kHttp ? 80 : 22;
  RepositoryUrl url{scheme, "", "", authority.host, authority.port ? authority.port : default_port};
  if (scheme == Scheme::kSsh) url.user = authority.user.empty() ? "git" : authority.user;
  url.text = fmt::format(
      "{}://{}{}{}{}{}", name, url.user, url.user.empty() ? "" : "@", HostForUrl(url.host),
      url.port == default_port ? "" : fmt::format(":{}", url.port), TrimSlashes(path));
  return url;
}

Result<RepositoryUrl> ParseScp(std::string_view text, size_t colon, const UrlPolicy& policy) {
  const std::string path = TrimSlashes(text.substr(colon + 1));
  std::string fault;
  Authority authority = ParseAuthority(text.substr(0, colon), fault);
  if (fault.empty()) fault = PathFault(path);
  if (fault.empty()) fault = SshFault(authority.user, path);
  if (!fault.empty()) return Refuse(Code::kInvalid, text, fault, policy);
  if (policy.ssh == Permission::kRefused) {
    return Refuse(Code::kDenied, text, "ssh is switched off", policy);
  }
  const std::string user = authority.user.empty() ? "git" : authority.user;
  return RepositoryUrl{Scheme::kSsh,
                       fmt::format("{}@{}:{}", user, HostForUrl(authority.host), path), user,
                       authority.host, 22};
}

Result<RepositoryUrl> ParseLocal(std::string_view text, std::string_view path,
                                 const UrlPolicy& policy) {
  if (policy.local == Permission::kRefused) {
    return Refuse(Code::kDenied, text, "is a local path, and local paths are switched off", policy);
  }
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) return Refuse(Code::kInvalid, text, "is not a usable path", policy);
  return RepositoryUrl{Scheme::kLocal, TrimSlashes(absolute.lexically_normal().string()), "", "",
                       0};
}

Result<RepositoryUrl> ParseFileUrl(std::string_view text, std::string_view rest,
                                   const UrlPolicy& policy) {
  if (rest.starts_with("localhost/")) rest.remove_prefix(std::string_view("localhost").size());
  if (!rest.starts_with('/')) {
    return Refuse(Code::kInvalid, text, "names a host in a file url", policy);
  }
  if (rest.find('%') != std::string_view::npos) {
    return Refuse(Code::kInvalid, text, "has an escaped character; give the path itself", policy);
  }
  return ParseLocal(text, rest, policy);
}

}  // namespace

Result<RepositoryUrl> ParseUrl(std::string_view text, const UrlPolicy& policy) {
  if (const std::string_view fault = CommonFault(text); !fault.empty()) {
    return Refuse(Code::kInvalid, text, fault, policy);
  }
  const size_t helper = text.find("::");
  if (helper != std::string_view::npos && OnlyHolds(text.substr(0, helper), "-_+.")) {
    return Refuse(Code::kInvalid, text,
                  fmt::format("asks for the transport helper \"{}\"", text.substr(0, helper)),
                  policy);
  }
  if (const size_t end = text.find("://"); end != std::string_view::npos) {
    const std::string scheme = Lower(text.substr(0, end));
    const std::string_view rest = text.substr(end + 3);
    if (scheme == "https") return ParseRemote(text, Scheme::kHttps, scheme, rest, policy);
    if (scheme == "file") return ParseFileUrl(text, rest, policy);
    const bool http = scheme == "http";
    if (!http && scheme != "ssh") {
      return Refuse(Code::kInvalid, text, fmt::format("has the scheme \"{}\"", scheme), policy);
    }
    if ((http ? policy.http : policy.ssh) == Permission::kRefused) {
      return Refuse(Code::kDenied, text, scheme + " is switched off", policy);
    }
    return ParseRemote(text, http ? Scheme::kHttp : Scheme::kSsh, scheme, rest, policy);
  }
  if (text.front() == '/' || text.front() == '.') return ParseLocal(text, text, policy);
  const size_t colon =
      text.find(':', text.find(']') == std::string_view::npos ? 0 : text.find(']'));
  const size_t slash = text.find('/');
  if (colon != std::string_view::npos && (slash == std::string_view::npos || colon < slash)) {
    return ParseScp(text, colon, policy);
  }
  return Refuse(Code::kInvalid, text, "has no scheme", policy);
}

std::string RedactUrl(std::string_view text) {
  std::string out(text);
  const size_t scheme = out.find("://");
  const size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  const size_t slash = std::min(out.find('/', start), out.size());
  const size_t at = out.rfind('@', slash);
  if (at != std::string::npos && at >= start) {
    // the user of an ssh address is no secret, a password always is
    const bool plain =
        out.find(':', start) >= at && (scheme == std::string::npos || out.starts_with("ssh://"));
    if (!plain) out.replace(start, at - start, "***");
  }
  if (const size_t query = out.find('?'); query != std::string::npos) {
    out.replace(query, std::string::npos, "?***");
  }
  out = EscapeControls(ToUtf8(out));
  std::string single_line;
  for (const char c : out)
    single_line += c == '\n' ? "\\x0a" : c == '\t' ? "\\x09" : std::string(1, c);
  return Truncate(single_line, 200);
}

}  // namespace carrel::git
