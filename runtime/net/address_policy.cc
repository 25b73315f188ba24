#include "runtime/net/address_policy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace carrel::net {
namespace {

using V4 = uint32_t;
using V6 = std::array<uint8_t, 16>;

struct V4Range {
  V4 prefix;
  int bits;
  AddressClass address_class;
};

constexpr V4 Quad(uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

// First match wins. What is in no row is public.
constexpr V4Range kV4Ranges[] = {
    {Quad(169, 254, 169, 254), 32, AddressClass::kMetadata},  // AWS, Azure, Google, OpenStack
    {Quad(169, 254, 170, 2), 32, AddressClass::kMetadata},    // AWS ECS
    {Quad(169, 254, 170, 23), 32, AddressClass::kMetadata},   // AWS EKS
    {Quad(100, 100, 100, 200), 32, AddressClass::kMetadata},  // Alibaba
    {Quad(168, 63, 129, 16), 32, AddressClass::kMetadata},    // Azure wire server
    {Quad(192, 0, 0, 192), 32, AddressClass::kMetadata},      // Oracle
    {Quad(0, 0, 0, 0), 8, AddressClass::kUnspecified},
    {Quad(10, 0, 0, 0), 8, AddressClass::kPrivate},
    {Quad(100, 64, 0, 0), 10, AddressClass::kSharedNat},
    {Quad(127, 0, 0, 0), 8, AddressClass::kLoopback},
    {Quad(169, 254, 0, 0), 16, AddressClass::kLinkLocal},
    {Quad(172, 16, 0, 0), 12, AddressClass::kPrivate},
    {Quad(192, 0, 0, 0), 24, AddressClass::kReserved},
    {Quad(192, 0, 2, 0), 24, AddressClass::kReserved},
    {Quad(192, 88, 99, 0), 24, AddressClass::kReserved},
    {Quad(192, 168, 0, 0), 16, AddressClass::kPrivate},
    {Quad(198, 18, 0, 0), 15, AddressClass::kReserved},
    {Quad(198, 51, 100, 0), 24, AddressClass::kReserved},
    {Quad(203, 0, 113, 0), 24, AddressClass::kReserved},
    {Quad(224, 0, 0, 0), 4, AddressClass::kMulticast},
    {Quad(255, 255, 255, 255), 32, AddressClass::kMulticast},  // broadcast
    {Quad(240, 0, 0, 0), 4, AddressClass::kReserved},
};

struct V6Range {
  V6 prefix;
  int bits;
  AddressClass address_class;
};

// First match wins. What is in no row is public only inside 2000::/3.
constexpr V6Range kV6Ranges[] = {
    {{}, 128, AddressClass::kUnspecified},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, AddressClass::kLoopback},
    // fd00:ec2::254 (AWS), fd20:ce::254 (Google)
    {{0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54}, 128, AddressClass::kMetadata},
    {{0xfd, 0x20, 0, 0xce, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54}, 128, AddressClass::kMetadata},
    {{0xfe, 0x80}, 10, AddressClass::kLinkLocal},
    {{0xfe, 0xc0}, 10, AddressClass::kPrivate},
    {{0xfc}, 7, AddressClass::kUniqueLocal},
    {{0xff}, 8, AddressClass::kMulticast},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, AddressClass::kReserved},
    {{0x20, 0x01, 0x00}, 23, AddressClass::kReserved},  // Teredo, ORCHID, benchmarks
    {{0x3f, 0xff}, 20, AddressClass::kReserved},
};

// Where an IPv6 range carries an IPv4 address: the offset of its first byte.
struct Embedding {
  V6 prefix;
  int bits;
  size_t offset;
  AddressClass when_public;  // the class when the address inside is public
};

constexpr Embedding kEmbeddings[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12, AddressClass::kMapped},
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12, AddressClass::kReserved},  // translated
    {{}, 96, 12, AddressClass::kReserved},                                    // IPv4-compatible
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12, AddressClass::kPublic},                // NAT64
    {{0x00, 0x64, 0xff, 0x9b, 0, 1}, 48, 12, AddressClass::kReserved},        // local NAT64
    {{0x20, 0x02}, 16, 2, AddressClass::kReserved},                           // 6to4
};

bool InPrefix(const V6& address, const V6& prefix, int bits) {
  const auto whole = static_cast<size_t>(bits / 8);
  if (std::memcmp(address.data(), prefix.data(), whole) != 0) return false;
  const int rest = bits % 8;
  if (rest == 0) return true;
  const int mask = 0xff << (8 - rest) & 0xff;
  return (address[whole] & mask) == (prefix[whole] & mask);
}

AddressClass ClassifyV4(V4 address) {
  for (const V4Range& range : kV4Ranges) {
    const V4 mask = range.bits == 32 ? ~V4{0} : ~(~V4{0} >> range.bits);
    if ((address & mask) == range.prefix) return range.address_class;
  }
  return AddressClass::kPublic;
}

AddressClass ClassifyV6(const V6& address) {
  for (const V6Range& range : kV6Ranges) {
    if (InPrefix(address, range.prefix, range.bits)) return range.address_class;
  }
  for (const Embedding& embedding : kEmbeddings) {
    if (!InPrefix(address, embedding.prefix, embedding.bits)) continue;
    const uint8_t* b = address.data() + embedding.offset;
    const AddressClass inside = ClassifyV4(Quad(b[0], b[1], b[2], b[3]));
    return inside == AddressClass::kPublic ? embedding.when_public : inside;
  }
  return InPrefix(address, {0x20}, 3) ? AddressClass::kPublic : AddressClass::kReserved;
}

V6 ToBytes(const in6_addr& address) {
  V6 bytes;
  std::memcpy(bytes.data(), address.s6_addr, bytes.size());
  return bytes;
}

}  // namespace

std::string_view AddressClassName(AddressClass address_class) {
  switch (address_class) {
    case AddressClass::kPublic:
      return "public";
    case AddressClass::kLoopback:
      return "loopback";
    case AddressClass::kLinkLocal:
      return "link-local";
    case AddressClass::kPrivate:
      return "private";
    case AddressClass::kUniqueLocal:
      return "unique-local";
    case AddressClass::kSharedNat:
      return "carrier NAT";
    case AddressClass::kMapped:
      return "IPv4-mapped";
    case AddressClass::kReserved:
      return "reserved";
    case AddressClass::kMetadata:
      return "cloud metadata";
    case AddressClass::kMulticast:
      return "multicast";
    case AddressClass::kUnspecified:
      return "unspecified";
    case AddressClass::kUnknown:
      return "unknown";
  }
  return "unknown";
}

AddressClass ClassifyAddress(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    return ClassifyV4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    return ClassifyV6(ToBytes(v6.sin6_addr));
  }
  return AddressClass::kUnknown;
}

AddressClass ClassifyLiteral(std::string_view literal) {
  const std::string text(literal);
  in_addr v4;
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return ClassifyV4(ntohl(v4.s_addr));
  in6_addr v6;
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) return ClassifyV6(ToBytes(v6));
  return AddressClass::kUnknown;
}

bool IsAllowed(AddressClass address_class, AddressPolicy policy) {
  switch (address_class) {
    case AddressClass::kPublic:
      return true;
    case AddressClass::kMetadata:
    case AddressClass::kMulticast:
    case AddressClass::kUnspecified:
    case AddressClass::kUnknown:
      return false;
    default:
      return policy == AddressPolicy::kAllowPrivate;
  }
}

std::string AddressText(const sockaddr& address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address.sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, &address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  } else if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, &address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return text;
}

}  // namespace carrel::net
