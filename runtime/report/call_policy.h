// The rules of the broker: what an untrusted call may become. A call is either refused with a text
// that names what would permit it, or turned into a request that is safe to send: its origin is one
// of a permitted connection, its method is granted, nothing in it can break out of its place, and
// the credential stands where the connection allows it.
//
// An origin (scheme, host, port) is the unit of a grant: calls by connection name stay below the
// connection's url, absolute urls may name any path of a permitted origin.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/net/http_client.h"
#include "runtime/report/api_call.h"
#include "runtime/report/connection.h"

namespace carrel::report {

// A call that passed the rules. Overwrites the credential it carries when it goes.
struct VettedCall {
  enum class Redirects {
    kFollow,    // by the broker: a call by connection name
    kHandBack,  // the library that wrote an absolute url follows, and each hop is a new call
  };

  VettedCall() = default;
  VettedCall(VettedCall&&) = default;
  VettedCall& operator=(VettedCall&&) = default;
  VettedCall(const VettedCall&) = delete;
  VettedCall& operator=(const VettedCall&) = delete;
  ~VettedCall() { DropCredential(); }

  void DropCredential();

  const ConnectionSet::Entry* entry = nullptr;
  Redirects redirects = Redirects::kFollow;
  net::HttpRequest request;
};

// Thread-safe; the connections must outlive it.
class CallPolicy {
 public:
  // `permitted`: names the report was granted; nullopt: the default connection only.
  CallPolicy(const ConnectionSet& connections, std::optional<std::vector<std::string>> permitted,
             std::string_view placeholder);

  // kInvalid, kDenied, kNotFound and kLimit as Broker::Call says.
  Result<VettedCall> Vet(const ApiCall& call) const;

  // Points `call` at the place a redirect leads to. Another origin must be one of a permitted
  // connection (kDenied otherwise); the credential does not go along, and that connection's address
  // policy holds from then on. kProtocol for a place that is none, or a method that may not be
  // repeated there.
  Status Redirect(VettedCall& call, std::string_view location) const;

  // The part of the placeholder that is unlike anything else; "" without a placeholder.
  const std::string& placeholder_token() const { return placeholder_token_; }

 private:
  using Entry = ConnectionSet::Entry;

  bool IsPermitted(std::string_view name) const;
  std::vector<std::string> PermittedNames() const;
  Result<const Entry*> Choose(std::string_view name) const;
  const Entry* FindOrigin(std::string_view origin) const;
  std::unexpected<Error> NotPermitted(const net::Url& url) const;
  Status CheckPlaceholder(const ApiCall& call) const;
  Result<VettedCall> Place(const ApiCall& call) const;
  Result<VettedCall> PlaceAbsolute(const ApiCall& call) const;
  Status AddHeaders(const ApiCall& call, VettedCall& vetted) const;
  Status AddAuthorization(std::string_view given, VettedCall& vetted) const;

  // Constant after construction.
  const ConnectionSet& connections_;
  const std::optional<std::vector<std::string>> permitted_;
  std::string placeholder_token_;
};

}  // namespace carrel::report
