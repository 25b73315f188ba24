#include "runtime/report/call_policy.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/net/address_policy.h"
#include "runtime/net/url.h"
#include "runtime/report/call_headers.h"

namespace carrel::report {
namespace {

constexpr size_t kMaxTargetBytes = size_t{128} << 10;
constexpr size_t kMaxHeaders = 64;
constexpr size_t kMaxHeaderBytes = size_t{32} << 10;
constexpr size_t kShown = 200;

constexpr std::string_view kReadMethods[] = {"GET", "HEAD", "OPTIONS"};
constexpr std::string_view kWriteMethods[] = {"POST", "PUT", "PATCH", "DELETE"};

template <typename Table>
bool Contains(const Table& table, std::string_view word) {
  return std::ranges::find(table, word) != std::end(table);
}

std::string Shown(std::string_view text) { return EscapeControls(Truncate(ToUtf8(text), kShown)); }

bool IsAbsolute(std::string_view path) {
  const std::string lower = net::ToLower(path.substr(0, 8));
  return lower.starts_with("http://") || lower.starts_with("https://");
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

Status CheckForm(const ApiCall& call) {
  if (call.path.size() + call.query.size() > kMaxTargetBytes) {
    return Fail(Code::kInvalid, fmt::format("path and query are {} bytes (at most {})",
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
  if (call.headers.size() > kMaxHeaders || HeaderBytes(call.headers) > kMaxHeaderBytes) {
    return Fail(Code::kInvalid,
                fmt::format("at most {} headers of {} bytes in all", kMaxHeaders, kMaxHeaderBytes));
  }
  return net::CheckQuery(call.query);
}

Status CheckMethod(const ApiCall& call, const Connection& connection) {
  if (Contains(kReadMethods, call.method) || connection.access == Access::kReadWrite) return {};
  return Fail(
      Code::kDenied,
      fmt::format("{} refused: connection \"{}\" is granted read only; grant it write access "
                  "to let reports change data",
                  call.method, connection.name));
}

// "ApiKey placeholder:0123abcd" is known by its last part.
std::string_view TokenOf(std::string_view placeholder) {
  const std::string_view key = placeholder.substr(placeholder.rfind(' ') + 1);
  return key.substr(key.rfind(':') + 1);
}

void UseConnection(const ConnectionSet::Entry& entry, VettedCall& vetted) {
  vetted.entry = &entry;
  vetted.request.addresses = entry.connection.addresses;
  vetted.request.connect_timeout = entry.connection.connect_timeout;
}

}  // namespace

void VettedCall::DropCredential() {
  std::erase_if(request.headers, [](net::Header& header) {
    if (header.name != "Authorization") return false;
    explicit_bzero(header.value.data(), header.value.size());
    return true;
  });
}

CallPolicy::CallPolicy(const ConnectionSet& connections,
                       std::optional<std::vector<std::string>> permitted,
                       std::string_view placeholder)
    : connections_(connections),
      permitted_(std::move(permitted)),
      placeholder_token_(TokenOf(placeholder)) {}

Result<VettedCall> CallPolicy::Vet(const ApiCall& given) const {
  CARREL_ASSIGN_OR_RETURN(const ApiCall call, SplitQuery(given));
  CARREL_TRY(CheckPlaceholder(call));
  CARREL_TRY(CheckForm(call));
  CARREL_ASSIGN_OR_RETURN(VettedCall vetted, Place(call));
  CARREL_TRY(CheckMethod(call, vetted.entry->connection));
  UseConnection(*vetted.entry, vetted);
  vetted.request.method = call.method;
  vetted.request.url.query = call.query;
  vetted.request.body = call.body;
  CARREL_TRY(AddHeaders(call, vetted));
  return vetted;
}

Status CallPolicy::Redirect(VettedCall& call, std::string_view location) const {
  const net::Url& from = call.request.url;
  if (call.request.method != "GET" && call.request.method != "HEAD") {
    return Fail(Code::kProtocol, fmt::format("{} {}: a redirect is followed only for GET",
                                             call.request.method, from.Origin()));
  }
  Result<net::Url> to = net::ResolveReference(from, location);
  if (!to) {
    return Fail(Code::kProtocol, fmt::format("{}: a redirect is not followed: {}", from.Origin(),
                                             to.error().message));
  }
  if (to->Origin() != from.Origin()) {
    const Entry* entry = FindOrigin(to->Origin());
    if (entry == nullptr) {
      return Wrap(NotPermitted(*to).error(),
                  fmt::format("{}: a redirect is not followed", from.Origin()));
    }
    call.DropCredential();
    UseConnection(*entry, call);
  }
  call.request.url = std::move(*to);
  return {};
}

// The placeholder is worth nothing anywhere but in Authorization; elsewhere a report is mistaken or
// trying what leaks.
Status CallPolicy::CheckPlaceholder(const ApiCall& call) const {
  if (placeholder_token_.empty()) return {};
  const auto holds = [this](std::string_view text) { return text.contains(placeholder_token_); };
  bool found = holds(call.method) || holds(call.connection) || holds(call.body) ||
               holds(net::PercentDecode(call.body)) || holds(net::PercentDecode(call.path)) ||
               holds(net::PercentDecode(call.query));
  for (const net::Header& header : call.headers) {
    const bool authorization = FateOf(header.name) == HeaderFate::kAuthorization;
    found = found || holds(header.name) || (!authorization && holds(header.value));
  }
  if (!found) return {};
  return Fail(
      Code::kDenied,
      "the api key may stand only in the Authorization header: it was found in the url, the "
      "body or another header");
}

bool CallPolicy::IsPermitted(std::string_view name) const {
  if (!permitted_) return name == connections_.default_name();
  return Contains(*permitted_, name);
}

std::vector<std::string> CallPolicy::PermittedNames() const {
  std::vector<std::string> names = connections_.names();
  std::erase_if(names, [this](const std::string& name) { return !IsPermitted(name); });
  return names;
}

Result<const ConnectionSet::Entry*> CallPolicy::Choose(std::string_view name) const {
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

const ConnectionSet::Entry* CallPolicy::FindOrigin(std::string_view origin) const {
  for (const auto& entry : connections_.entries()) {
    if (IsPermitted(entry->connection.name) && Contains(entry->origins, origin)) return entry.get();
  }
  return nullptr;
}

std::unexpected<Error> CallPolicy::NotPermitted(const net::Url& url) const {
  const std::string origin = url.Origin();
  const net::AddressClass literal = net::ClassifyLiteral(url.host);
  if (literal != net::AddressClass::kUnknown &&
      !net::IsAllowed(literal, net::AddressPolicy::kAllowPrivate)) {
    return Fail(Code::kDenied,
                fmt::format("{} is not a permitted origin: a {} address is never called", origin,
                            net::AddressClassName(literal)));
  }
  for (const auto& entry : connections_.entries()) {
    if (!Contains(entry->origins, origin)) continue;
    return Fail(Code::kDenied,
                fmt::format("{} is not a permitted origin: it is connection \"{}\", which "
                            "reports.json must name in permissions.connections of the report",
                            origin, entry->connection.name));
  }
  return Fail(Code::kDenied,
              fmt::format("{} is not a permitted origin: add a connection for it with --connection "
                          "NAME={} and name it in permissions.connections of the report in "
                          "reports.json",
                          origin, origin));
}

Result<VettedCall> CallPolicy::Place(const ApiCall& call) const {
  if (call.connection.empty() && IsAbsolute(call.path)) return PlaceAbsolute(call);
  CARREL_TRY(net::CheckRelativePath(call.path));
  VettedCall vetted;
  CARREL_ASSIGN_OR_RETURN(vetted.entry, Choose(call.connection));
  vetted.request.url = vetted.entry->base;
  std::string& path = vetted.request.url.path;  // without a '/' at its end
  if (!call.path.empty() && call.path.front() != '/') path += '/';
  path += call.path;
  if (path.empty()) path = "/";
  return vetted;
}

Result<VettedCall> CallPolicy::PlaceAbsolute(const ApiCall& call) const {
  VettedCall vetted;
  vetted.redirects = VettedCall::Redirects::kHandBack;
  CARREL_ASSIGN_OR_RETURN(vetted.request.url, net::ParseUrl(call.path));
  CARREL_TRY(net::CheckRelativePath(vetted.request.url.path));
  vetted.entry = FindOrigin(vetted.request.url.Origin());
  if (vetted.entry == nullptr) return NotPermitted(vetted.request.url);
  return vetted;
}

Status CallPolicy::AddHeaders(const ApiCall& call, VettedCall& vetted) const {
  std::string_view authorization;
  for (const net::Header& header : call.headers) {
    CARREL_TRY(net::CheckHeader(header));
    switch (FateOf(header.name)) {
      case HeaderFate::kPass:
        vetted.request.headers.push_back(header);
        break;
      case HeaderFate::kDrop:
        break;
      case HeaderFate::kRefuse:
        return Fail(Code::kDenied,
                    fmt::format("header {} may not be set by a report", header.name));
      case HeaderFate::kAuthorization:
        authorization = header.value;
        break;
    }
  }
  return AddAuthorization(authorization, vetted);
}

Status CallPolicy::AddAuthorization(std::string_view given, VettedCall& vetted) const {
  const Connection& connection = vetted.entry->connection;
  if (connection.local != nullptr) return {};  // it is told who asks, and needs no proof
  const bool placeholder = !placeholder_token_.empty() && given.contains(placeholder_token_);
  const bool absolute = vetted.redirects == VettedCall::Redirects::kHandBack;
  if (connection.credential.empty()) {
    // Nothing of ours to mix it up with: the report may bring its own.
    if (placeholder) {
      return Fail(Code::kDenied,
                  fmt::format("connection \"{}\" has no credential to put in place of the api key",
                              connection.name));
    }
    if (!given.empty()) vetted.request.headers.push_back({"Authorization", std::string(given)});
    return {};
  }
  if (absolute && !given.empty() && !placeholder) {
    return Fail(Code::kDenied,
                fmt::format("the Authorization header for connection \"{}\" must be client.api_key",
                            connection.name));
  }
  if (!absolute || placeholder) {
    vetted.request.headers.push_back(
        {"Authorization", std::string(connection.credential.Reveal())});
  }
  return {};
}

}  // namespace carrel::report
