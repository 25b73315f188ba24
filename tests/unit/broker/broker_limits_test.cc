// What a report may use of the network, and how a limit that ended it is known.
#include <atomic>
#include <thread>

#include "tests/unit/broker/broker_fixture.h"

namespace carrel::report {
namespace {

using carrel::testing::TestServer;
using std::chrono::milliseconds;
using BrokerLimitsTest = BrokerTest;

TEST_F(BrokerLimitsTest, TheNumberOfCallsIsLimited) {
  Add(Here("api", "/echo"));
  BrokerOptions options = Options();
  options.limits.max_calls = 3;
  Broker broker(connections_, http_, options);
  EXPECT_TRUE(broker.Call(Get("/x")).has_value());
  EXPECT_FALSE(broker.Call(Get("/../x")).has_value());  // a refused call is a call
  EXPECT_TRUE(broker.Call(Get("/x")).has_value());
  const Error error = ErrorOf(broker.Call(Get("/x")));
  EXPECT_EQ(error.code, Code::kLimit);
  EXPECT_TRUE(error.message.contains("limit calls = 3")) << error.message;
  EXPECT_EQ(broker.stats().calls, 3U);
  EXPECT_EQ(broker.stats().refused, 2U);
}

TEST_F(BrokerLimitsTest, ReceivedBytesAreLimitedOverAllCalls) {
  Add(Here("api"));
  BrokerOptions options = Options();
  options.limits.max_bytes_in = 20'000;
  Broker broker(connections_, http_, options);
  EXPECT_EQ(broker.Call(Get("/sized/9000"))->body.size(), 9000U);
  EXPECT_EQ(broker.Call(Get("/sized/9000"))->body.size(), 9000U);
  for (int i = 0; i < 2; ++i) {
    const Error error = ErrorOf(broker.Call(Get("/sized/9000")));
    EXPECT_EQ(error.code, Code::kLimit);
    EXPECT_TRUE(error.message.contains("limit received_mb = 20000 bytes")) << error.message;
  }
}

TEST_F(BrokerLimitsTest, OneReplyIsLimited) {
  Add(Here("api"));
  BrokerOptions options = Options();
  options.limits.max_response_bytes = 1 << 20;
  Broker broker(connections_, http_, options);
  for (const char* path : {"/huge", "/endless", "/gzip-bomb"}) {
    const Error error = ErrorOf(broker.Call(Get(path)));
    EXPECT_EQ(error.code, Code::kLimit) << path;
    EXPECT_TRUE(error.message.contains("1048576 bytes (limit reply_kb)")) << error.message;
  }
}

TEST_F(BrokerLimitsTest, SentBytesAreLimitedOverAllCalls) {
  Connection connection = Here("api", "/echo");
  connection.access = Access::kReadWrite;
  Add(std::move(connection));
  BrokerOptions options = Options();
  options.limits.max_bytes_out = 2'500;
  Broker broker(connections_, http_, options);
  ApiCall call = Do("POST", "/x");
  call.body = std::string(1000, 'x');
  EXPECT_TRUE(broker.Call(call).has_value());
  EXPECT_TRUE(broker.Call(call).has_value());
  const Error error = ErrorOf(broker.Call(call));
  EXPECT_EQ(error.code, Code::kLimit);
  EXPECT_TRUE(error.message.contains("limit sent_mb = 2500 bytes")) << error.message;
  EXPECT_EQ(broker.stats().requests, 2U);
}

TEST_F(BrokerLimitsTest, NoMoreCallsAreInFlightThanAllowed) {
  TestServer server;
  Connection connection = Here("api");
  connection.base_url = server.Url();
  Add(std::move(connection));
  BrokerOptions options = Options();
  options.limits.max_in_flight = 3;
  Broker broker(connections_, http_, options);
  std::atomic<int> done = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(9);
    for (int i = 0; i < 9; ++i) {
      threads.emplace_back([&] {
        if (broker.Call(Get("/slow/1000")).has_value()) ++done;
      });
    }
  }
  EXPECT_EQ(done, 9);
  EXPECT_EQ(broker.Call(Get("/state/peak"))->body, "3");
}

TEST_F(BrokerLimitsTest, RetriesAndRedirectsCountAsSent) {
  Connection connection = Here("api");
  connection.access = Access::kReadWrite;
  Add(std::move(connection));
  BrokerOptions options = Options();
  options.limits.max_bytes_out = 4'000;
  Broker broker(connections_, http_, options);
  ApiCall call = Do("PUT", "/status/503/" + Fresh("sent"));
  call.body = std::string(1000, 'x');
  const Error error = ErrorOf(broker.Call(call));
  EXPECT_EQ(error.code, Code::kLimit);
  EXPECT_EQ(broker.stats().requests, 3U);
  EXPECT_TRUE(broker.exhausted().has_value());
}

TEST_F(BrokerLimitsTest, AWorkingReportHasExhaustedNothing) {
  Add(Here("api", "/echo"));
  Broker broker(connections_, http_, Options());
  EXPECT_TRUE(broker.Call(Get("/x")).has_value());
  EXPECT_FALSE(broker.Call(Get("/../x")).has_value());
  EXPECT_FALSE(broker.Call(Get("http://evil.example/")).has_value());
  EXPECT_FALSE(broker.exhausted().has_value());
}

TEST_F(BrokerLimitsTest, ALimitOfTheWholeRunStaysKnown) {
  Add(Here("api", "/echo"));
  BrokerOptions options = Options();
  options.limits.max_calls = 1;
  Broker broker(connections_, http_, options);
  EXPECT_TRUE(broker.Call(Get("/x")).has_value());
  EXPECT_FALSE(broker.exhausted().has_value());
  EXPECT_FALSE(broker.Call(Get("/x")).has_value());
  ASSERT_TRUE(broker.exhausted().has_value());
  EXPECT_EQ(broker.exhausted()->code, Code::kLimit);
  EXPECT_EQ(broker.exhausted()->message, "the report made 1 api calls (limit calls = 1)");
}

TEST_F(BrokerLimitsTest, AReplyThatWasTooLargeIsForgottenWithTheNextGoodOne) {
  Add(Here("api"));
  BrokerOptions options = Options();
  options.limits.max_response_bytes = 1000;
  Broker broker(connections_, http_, options);
  EXPECT_FALSE(broker.Call(Get("/sized/1001")).has_value());
  ASSERT_TRUE(broker.exhausted().has_value());
  EXPECT_TRUE(broker.exhausted()->message.contains("limit reply_kb"));
  EXPECT_TRUE(broker.Call(Get("/sized/1000")).has_value());
  EXPECT_FALSE(broker.exhausted().has_value());
}

TEST_F(BrokerLimitsTest, HeadersWithoutEndAreALimit) {
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  for (const char* path : {"/endless-headers", "/endless-interim", "/big-headers"}) {
    EXPECT_EQ(ErrorOf(broker.Call(Get(path))).code, Code::kLimit) << path;
    EXPECT_TRUE(broker.exhausted().has_value()) << path;
  }
}

TEST_F(BrokerLimitsTest, ASlowDripEndsWithTheCallTimeoutOfTheConnection) {
  Connection connection = Here("api");
  connection.call_timeout = milliseconds(400);
  connection.max_retries = 0;
  Add(std::move(connection));
  Broker broker(connections_, http_, Options());
  for (const char* path : {"/drip", "/drip-headers", "/hang"}) {
    const auto start = std::chrono::steady_clock::now();
    const Error error = ErrorOf(broker.Call(Get(path)));
    EXPECT_EQ(error.code, Code::kTimeout) << path;
    EXPECT_TRUE(error.message.contains("0.4 s (call timeout)")) << error.message;
    EXPECT_LT(std::chrono::steady_clock::now() - start, kAtOnce) << path;
  }
}

TEST_F(BrokerLimitsTest, OversizedTargetsAndHeadersAreRefusedUnsent) {
  Add(Here("api", "/echo"));
  Broker broker(connections_, http_, Options());
  ApiCall call = Get("/x");
  call.query = std::string(size_t{200} << 10, 'q');
  EXPECT_EQ(ErrorOf(broker.Call(call)).code, Code::kInvalid);
  call = Get("/x");
  call.headers.assign(65, {"X-A", "1"});
  EXPECT_EQ(ErrorOf(broker.Call(call)).code, Code::kInvalid);
  call.headers = {{"X-A", std::string(size_t{33} << 10, 'h')}};
  EXPECT_EQ(ErrorOf(broker.Call(call)).code, Code::kInvalid);
  EXPECT_EQ(broker.stats().requests, 0U);
}

}  // namespace
}  // namespace carrel::report
