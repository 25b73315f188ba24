// Which network addresses the runtime may connect to on behalf of code it does not trust. The
// question is put at the last moment, to the socket address about to be connected, so that no
// spelling of a host and no change of a DNS answer goes around it.
#pragma once

#include <string>
#include <string_view>

struct sockaddr;

namespace carrel::net {

enum class AddressClass {
  kPublic,
  kLoopback,     // 127/8, ::1
  kLinkLocal,    // 169.254/16, fe80::/10
  kPrivate,      // RFC 1918, fec0::/10
  kUniqueLocal,  // fc00::/7
  kSharedNat,    // 100.64/10
  kMapped,       // ::ffff:a.b.c.d of a public address
  kReserved,     // documentation, benchmarks, tunnels, unassigned
  kMetadata,     // the addresses clouds answer instance credentials on
  kMulticast,
  kUnspecified,  // 0/8, ::
  kUnknown,      // neither IPv4 nor IPv6
};

enum class AddressPolicy {
  kPublicOnly,
  kAllowPrivate,  // all but metadata, multicast, unspecified and unknown ones
};

// "loopback", "private", ...
std::string_view AddressClassName(AddressClass address_class);

// An IPv6 address that carries an IPv4 one (mapped, compatible, 6to4, NAT64) has the class of the
// address inside.
AddressClass ClassifyAddress(const sockaddr& address);
// `literal` in the notation of inet_pton; kUnknown when it is none.
AddressClass ClassifyLiteral(std::string_view literal);

bool IsAllowed(AddressClass address_class, AddressPolicy policy);

// "192.0.2.1", "2001:db8::1"; "" for another family.
std::string AddressText(const sockaddr& address);

}  // namespace carrel::net
