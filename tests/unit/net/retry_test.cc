#include "runtime/net/retry.h"

#include <gtest/gtest.h>

namespace carrel::net {
namespace {

using std::chrono::milliseconds;

TEST(Retry, OnlyStatusesThatSayLaterAreRetried) {
  for (int status : {429, 502, 503, 504}) EXPECT_TRUE(IsRetryableStatus(status)) << status;
  for (int status : {200, 301, 400, 401, 404, 409, 500, 501, 505}) {
    EXPECT_FALSE(IsRetryableStatus(status)) << status;
  }
}

TEST(Retry, PostAndPatchAreNotIdempotent) {
  for (const char* method : {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}) {
    EXPECT_TRUE(IsIdempotent(method)) << method;
  }
  for (const char* method : {"POST", "PATCH", "get", ""}) EXPECT_FALSE(IsIdempotent(method));
}

TEST(Retry, RetryAfterIsSecondsOrADate) {
  const Timestamp now = *ParseIso("2024-05-01T10:00:00Z");
  EXPECT_EQ(ParseRetryAfter("7", now), milliseconds(7000));
  EXPECT_EQ(ParseRetryAfter("Wed, 01 May 2024 10:00:30 GMT", now), milliseconds(30'000));
  EXPECT_EQ(ParseRetryAfter("Wed, 01 May 2024 09:00:00 GMT", now), milliseconds(0));
  EXPECT_EQ(ParseRetryAfter("", now), std::nullopt);
  EXPECT_EQ(ParseRetryAfter("soon", now), std::nullopt);
  EXPECT_EQ(ParseRetryAfter("-3", now), std::nullopt);
}

TEST(Retry, BackOffDoublesWithJitterUpToThirtySeconds) {
  for (int attempt = 0; attempt < 40; ++attempt) {
    const milliseconds wait = BackOff(attempt, milliseconds(100));
    const milliseconds full(std::min<long>(30'000, 100L << std::min(attempt, 20)));
    EXPECT_GE(wait, full / 2) << attempt;
    EXPECT_LE(wait, full) << attempt;
  }
}

}  // namespace
}  // namespace carrel::net
