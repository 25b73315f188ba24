// How the broker calls: retries, waiting and cancelling.
#include <atomic>
#include <thread>

#include "tests/unit/broker/broker_fixture.h"

namespace carrel::report {
namespace {

using carrel::testing::TestServer;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;
using BrokerWire = BrokerTest;

TEST_F(BrokerWire, ErrorStatusesAreRepliesAndAreNotRetried) {
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  for (int status : {400, 401, 404, 409, 500}) {
    const std::string name = Fresh("pass");
    const auto reply = broker.Call(Get("/status/" + std::to_string(status) + "/" + name));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
    EXPECT_EQ(reply->status, status);
    EXPECT_EQ(reply->body, R"({"error_code": "VAL_001"})");
    EXPECT_EQ(Server("/count/" + name), "1");
  }
}

TEST_F(BrokerWire, LaterStatusesAreRetriedUntilTheyPass) {
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  for (int status : {429, 502, 503, 504}) {
    const std::string name = Fresh("flaky");
    const auto reply = broker.Call(Get("/flaky/" + name + "/2/" + std::to_string(status)));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
    EXPECT_EQ(reply->status, 200);
    EXPECT_EQ(reply->body, "3");
  }
  EXPECT_EQ(broker.stats().retries, 8U);
  EXPECT_EQ(broker.stats().calls, 4U);
  EXPECT_EQ(broker.stats().requests, 12U);
}

TEST_F(BrokerWire, WhenRetriesAreUsedUpTheLastAnswerIsTheReply) {
  const std::string used_up = Fresh("used-up");
  Connection connection = Here("api");
  connection.max_retries = 3;
  Add(std::move(connection));
  Broker broker(connections_, http_, Options());
  const auto reply = broker.Call(Get("/status/503/" + used_up));
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(Server("/count/" + used_up), "4");
}

TEST_F(BrokerWire, PostIsNeverRetried) {
  const std::string delete_503 = Fresh("delete-503");
  const std::string post_reset = Fresh("post-reset");
  const std::string post_503 = Fresh("post-503");
  Connection connection = Here("api");
  connection.access = Access::kReadWrite;
  Add(std::move(connection));
  Broker broker(connections_, http_, Options());
  EXPECT_EQ(broker.Call(Do("POST", "/status/503/" + post_503))->status, 503);
  EXPECT_EQ(Server("/count/" + post_503), "1");
  EXPECT_EQ(ErrorOf(broker.Call(Do("POST", "/reset/" + post_reset + "/1"))).code,
            Code::kUnreachable);
  EXPECT_EQ(Server("/count/" + post_reset), "1");
  EXPECT_EQ(broker.Call(Do("DELETE", "/flaky/" + delete_503 + "/1/503"))->status, 200);
}

TEST_F(BrokerWire, BrokenConnectionsAreRetried) {
  const std::string broken = Fresh("broken");
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  const auto reply = broker.Call(Get("/reset/" + broken + "/2"));
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->body, "at last");
  EXPECT_EQ(broker.stats().retries, 2U);
}

TEST_F(BrokerWire, AHostThatDoesNotResolveIsUnreachableAtOnce) {
  Connection connection = Here("api");
  connection.base_url = "http://no-such-host.invalid";
  Add(std::move(connection));
  Broker broker(connections_, http_, Options());
  const Error error = ErrorOf(broker.Call(Get("/x")));
  EXPECT_EQ(error.code, Code::kUnreachable);
  EXPECT_TRUE(error.message.starts_with("connection \"api\": http://no-such-host.invalid"));
  EXPECT_EQ(broker.stats().requests, 1U);
}

TEST_F(BrokerWire, RetryAfterIsWaitedFor) {
  const std::string patient = Fresh("patient");
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  EXPECT_EQ(broker.Call(Get("/flaky/" + patient + "/1/429/1"))->status, 200);
  EXPECT_GE(std::stoi(Server("/span/" + patient)), 1000);
}

TEST_F(BrokerWire, ARetryAfterBeyondTheCallTimeoutIsHandedBack) {
  const std::string never = Fresh("never");
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  const auto reply = broker.Call(Get("/flaky/" + never + "/1/429/3600"));
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status, 429);
  EXPECT_EQ(Server("/count/" + never), "1");
}

TEST_F(BrokerWire, TheRateLimitIsSharedByTheReportsOfAConnection) {
  Connection connection = Here("api");
  connection.requests_per_second = 10;
  Add(std::move(connection));
  Broker first(connections_, http_, Options());
  Broker second(connections_, http_, Options());
  const auto start = Steady::now();
  for (int i = 0; i < 8; ++i) {  // ten at once, then one each 100 ms
    EXPECT_TRUE(first.Call(Get("/echo")).has_value());
    EXPECT_TRUE(second.Call(Get("/echo")).has_value());
  }
  EXPECT_GE(Steady::now() - start, milliseconds(500));
  EXPECT_LT(Steady::now() - start, kAtOnce);
}

TEST_F(BrokerWire, TheCallTimeoutCoversRetriesAndWaits) {
  Connection connection = Here("api");
  connection.max_retries = 1'000'000;
  Add(std::move(connection));
  BrokerOptions options = Options();
  options.limits.per_call_timeout = milliseconds(5000);
  Broker patient(connections_, http_, options);
  const std::string overtime = Fresh("overtime");
  const auto reply = patient.Call(Get("/flaky/" + overtime + "/1000000/503/3"));
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status, 503);
  EXPECT_EQ(Server("/count/" + overtime), "2") << "there was time for one wait of 3 s";
  options.limits.per_call_timeout = milliseconds(600);
  Broker hasty(connections_, http_, options);
  const auto start = Steady::now();
  EXPECT_EQ(ErrorOf(hasty.Call(Get("/hang"))).code, Code::kTimeout);
  EXPECT_LT(Steady::now() - start, kAtOnce);
}

TEST_F(BrokerWire, CancellingEndsEveryKindOfWait) {
  Connection connection = Here("api");
  connection.requests_per_second = 0.001;
  Add(std::move(connection));
  Connection slow = Here("slow");
  slow.retry_base = milliseconds(60'000);
  Add(std::move(slow));
  BrokerOptions options = Options();
  options.limits.max_in_flight = 3;
  options.limits.per_call_timeout = std::chrono::hours(1);
  options.permitted = {"api", "slow"};
  Broker broker(connections_, http_, options);
  ASSERT_TRUE(broker.Call(Get("/echo")).has_value());  // takes the only turn of api
  std::stop_source stop;
  std::atomic<int> cancelled = 0;
  const auto expect_cancelled = [&](const ApiCall& call) {
    if (ErrorOf(broker.Call(call, stop.get_token())).code == Code::kCancelled) ++cancelled;
  };
  Steady::time_point start;
  {
    std::vector<std::jthread> threads;
    threads.emplace_back([&] { expect_cancelled(Get("/hang", "slow")); });
    threads.emplace_back([&] { expect_cancelled(Get("/status/503", "slow")); });
    threads.emplace_back([&] { expect_cancelled(Get("/echo", "api")); });
    std::this_thread::sleep_for(milliseconds(300));
    threads.emplace_back([&] { expect_cancelled(Get("/echo", "slow")); });  // no slot left
    std::this_thread::sleep_for(milliseconds(100));
    start = Steady::now();
    stop.request_stop();
  }
  EXPECT_LT(Steady::now() - start, kAtOnce);
  EXPECT_EQ(cancelled, 4);
}

TEST_F(BrokerWire, StatisticsCountWhatWentOverTheWire) {
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  EXPECT_TRUE(broker.Call(Get("/sized/5000")).has_value());
  const BrokerStats stats = broker.stats();
  EXPECT_EQ(stats.calls, 1U);
  EXPECT_EQ(stats.requests, 1U);
  EXPECT_EQ(stats.retries, 0U);
  EXPECT_GE(stats.bytes_in, 5000U);
  EXPECT_LT(stats.bytes_in, 6000U);
  EXPECT_GT(stats.bytes_out, 10U);
}

}  // namespace
}  // namespace carrel::report
