#include "runtime/net/address_policy.h"

#include <gtest/gtest.h>

namespace carrel::net {
namespace {

struct Row {
  const char* literal;
  AddressClass address_class;
};

constexpr Row kRows[] = {
    {"8.8.8.8", AddressClass::kPublic},
    {"9.255.255.255", AddressClass::kPublic},
    {"11.0.0.0", AddressClass::kPublic},
    {"172.15.255.255", AddressClass::kPublic},
    {"172.32.0.0", AddressClass::kPublic},
    {"100.63.255.255", AddressClass::kPublic},
    {"100.128.0.0", AddressClass::kPublic},
    {"2606:4700::1111", AddressClass::kPublic},
    {"64:ff9b::808:808", AddressClass::kPublic},
    {"127.0.0.1", AddressClass::kLoopback},
    {"127.255.255.255", AddressClass::kLoopback},
    {"::1", AddressClass::kLoopback},
    {"::ffff:127.0.0.1", AddressClass::kLoopback},
    {"::127.0.0.1", AddressClass::kLoopback},
    {"64:ff9b::7f00:1", AddressClass::kLoopback},
    {"169.254.1.1", AddressClass::kLinkLocal},
    {"fe80::1", AddressClass::kLinkLocal},
    {"febf::1", AddressClass::kLinkLocal},
    {"10.0.0.1", AddressClass::kPrivate},
    {"172.16.0.1", AddressClass::kPrivate},
    {"172.31.255.255", AddressClass::kPrivate},
    {"192.168.1.1", AddressClass::kPrivate},
    {"fec0::1", AddressClass::kPrivate},
    {"::ffff:10.1.2.3", AddressClass::kPrivate},
    {"2002:a00:1::", AddressClass::kPrivate},
    {"fc00::1", AddressClass::kUniqueLocal},
    {"fdff::1", AddressClass::kUniqueLocal},
    {"100.64.0.1", AddressClass::kSharedNat},
    {"100.127.255.255", AddressClass::kSharedNat},
    {"::ffff:8.8.8.8", AddressClass::kMapped},
    {"192.0.2.1", AddressClass::kReserved},
    {"198.18.0.1", AddressClass::kReserved},
    {"240.0.0.1", AddressClass::kReserved},
    {"2001:db8::1", AddressClass::kReserved},
    {"2001::1", AddressClass::kReserved},
    {"2002:808:808::", AddressClass::kReserved},
    {"4000::1", AddressClass::kReserved},
    {"169.254.169.254", AddressClass::kMetadata},
    {"168.63.129.16", AddressClass::kMetadata},
    {"100.100.100.200", AddressClass::kMetadata},
    {"fd00:ec2::254", AddressClass::kMetadata},
    {"::ffff:169.254.169.254", AddressClass::kMetadata},
    {"64:ff9b::a9fe:a9fe", AddressClass::kMetadata},
    {"64:ff9b:1::a9fe:a9fe", AddressClass::kMetadata},
    {"::ffff:0:169.254.169.254", AddressClass::kMetadata},
    {"2002:a9fe:a9fe::", AddressClass::kMetadata},
    {"224.0.0.1", AddressClass::kMulticast},
    {"255.255.255.255", AddressClass::kMulticast},
    {"ff02::1", AddressClass::kMulticast},
    {"0.0.0.0", AddressClass::kUnspecified},
    {"0.1.2.3", AddressClass::kUnspecified},
    {"::", AddressClass::kUnspecified},
    {"example.com", AddressClass::kUnknown},
    {"", AddressClass::kUnknown},
};

TEST(AddressPolicy, EveryRangeAndItsNeighboursHaveTheirClass) {
  for (const Row& row : kRows) {
    EXPECT_EQ(AddressClassName(ClassifyLiteral(row.literal)), AddressClassName(row.address_class))
        << row.literal;
  }
}

TEST(AddressPolicy, OnlyPublicAddressesAreOpenByDefault) {
  for (const Row& row : kRows) {
    EXPECT_EQ(IsAllowed(row.address_class, AddressPolicy::kPublicOnly),
              row.address_class == AddressClass::kPublic)
        << row.literal;
  }
}

TEST(AddressPolicy, MetadataMulticastAndUnspecifiedStayClosedWhenPrivateIsAllowed) {
  for (const char* literal : {"169.254.169.254", "fd00:ec2::254", "224.0.0.1", "0.0.0.0", "::"}) {
    EXPECT_FALSE(IsAllowed(ClassifyLiteral(literal), AddressPolicy::kAllowPrivate)) << literal;
  }
  for (const char* literal : {"127.0.0.1", "10.0.0.1", "fe80::1", "fd12::1", "100.64.0.1"}) {
    EXPECT_TRUE(IsAllowed(ClassifyLiteral(literal), AddressPolicy::kAllowPrivate)) << literal;
  }
}

}  // namespace
}  // namespace carrel::net
