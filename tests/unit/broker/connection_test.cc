#include "runtime/report/connection.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <new>
#include <sstream>
#include <string>

#include "tests/support/eventually.h"

namespace {

// What the watched block of memory held when it was given back.
const void* watched = nullptr;
size_t watched_size = 0;
std::string seen_at_free;

}  // namespace

void* operator new[](size_t size) {
  if (void* block = malloc(size == 0 ? 1 : size)) return block;
  throw std::bad_alloc();
}

void operator delete[](void* block) noexcept {
  if (block != nullptr && block == watched) {
    watched = nullptr;
    seen_at_free.assign(static_cast<const char*>(block), watched_size);
  }
  free(block);
}

void operator delete[](void* block, size_t) noexcept { operator delete[](block); }

namespace carrel::report {
namespace {

using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

Connection Named(std::string name, std::string url) {
  Connection connection;
  connection.name = std::move(name);
  connection.base_url = std::move(url);
  return connection;
}

TEST(Secret, PrintsAsStars) {
  const Secret secret("ApiKey SU-1:abc");
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "***");
  EXPECT_EQ(fmt::format("[{}]", secret), "[***]");
  EXPECT_EQ(secret.Reveal(), "ApiKey SU-1:abc");
}

TEST(Secret, IsOverwrittenBeforeItsMemoryIsFreed) {
  const std::string_view value = "a value long enough to be watched";
  {
    Secret first(value);
    const Secret second(std::move(first));
    watched = second.Reveal().data();
    watched_size = value.size();
    seen_at_free.clear();
  }
  EXPECT_EQ(seen_at_free, std::string(value.size(), '\0'));
  Secret replaced(value);
  watched = replaced.Reveal().data();
  seen_at_free.clear();
  replaced = Secret("another");
  EXPECT_EQ(seen_at_free, std::string(value.size(), '\0'));
}

TEST(Secret, CloneIsEqualAndIndependent) {
  Secret one("value");
  const Secret two = one.Clone();
  one = Secret("other");
  EXPECT_EQ(two.Reveal(), "value");
  EXPECT_EQ(one.Reveal(), "other");
}

TEST(ConnectionSet, TheFirstConnectionIsTheDefaultUntilAnotherIsChosen) {
  ConnectionSet set;
  EXPECT_EQ(set.Find(""), nullptr);
  ASSERT_TRUE(set.Add(Named("api", "https://api.example.com/public/v1/")).has_value());
  ASSERT_TRUE(set.Add(Named("billing", "https://billing.example.com")).has_value());
  EXPECT_EQ(set.Find("")->connection.name, "api");
  EXPECT_EQ(set.Find("api")->base.path, "/public/v1");
  EXPECT_EQ(set.Find("other"), nullptr);
  ASSERT_TRUE(set.SetDefault("billing").has_value());
  EXPECT_EQ(set.Find("")->connection.name, "billing");
  EXPECT_EQ(set.default_name(), "billing");
  EXPECT_EQ(set.SetDefault("other").error().code, Code::kNotFound);
  EXPECT_EQ(set.names(), (std::vector<std::string>{"api", "billing"}));
}

TEST(ConnectionSet, RefusesWhatCouldNotBeCalled) {
  ConnectionSet set;
  ASSERT_TRUE(set.Add(Named("api", "https://api.example.com")).has_value());
  EXPECT_EQ(set.Add(Named("api", "https://api.example.com")).error().code, Code::kConflict);
  EXPECT_EQ(set.Add(Named("", "https://api.example.com")).error().code, Code::kInvalid);
  EXPECT_EQ(set.Add(Named("a b", "https://api.example.com")).error().code, Code::kInvalid);
  EXPECT_EQ(set.Add(Named("x", "ftp://api.example.com")).error().code, Code::kInvalid);
  EXPECT_EQ(set.Add(Named("x", "https://user:pw@api.example.com")).error().code, Code::kInvalid);
  EXPECT_EQ(set.Add(Named("x", "https://api.example.com/?a=b")).error().code, Code::kInvalid);
  Connection bad_extra = Named("x", "https://api.example.com");
  bad_extra.extra_origins = {"example.com"};
  EXPECT_EQ(set.Add(std::move(bad_extra)).error().code, Code::kInvalid);
  Connection bad_key = Named("x", "https://api.example.com");
  bad_key.credential = Secret("a\r\nX: y");
  const Status refused = set.Add(std::move(bad_key));
  EXPECT_EQ(refused.error().code, Code::kInvalid);
  EXPECT_FALSE(refused.error().message.contains("X: y"));
}

TEST(TokenBucket, GivesABurstThenOneTurnAtATime) {
  TokenBucket bucket(20);
  const auto start = Steady::now();
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(bucket.Acquire(Steady::now(), {}).has_value()) << "the burst has no wait";
  }
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(bucket.Acquire(start + kLongEnough, {}).has_value());
  }
  EXPECT_GE(Steady::now() - start, milliseconds(450));
}

TEST(TokenBucket, ATurnAfterTheDeadlineIsATimeoutAtOnce) {
  TokenBucket bucket(0.01);
  const auto start = Steady::now();
  ASSERT_TRUE(bucket.Acquire(start + kLongEnough, {}).has_value());
  const Status late = bucket.Acquire(start + kLongEnough, {});
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().code, Code::kTimeout);
  EXPECT_LT(Steady::now() - start, kAtOnce);
}

}  // namespace
}  // namespace carrel::report
