#include "runtime/net/http_client.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <thread>

#include "runtime/base/json.h"
#include "tests/support/eventually.h"
#include "tests/unit/net/servers.h"

namespace carrel::net {
namespace {

using carrel::testing::SharedServer;
using carrel::testing::TestServer;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

HttpRequest Get(const std::string& url) {
  HttpRequest request;
  Result<Url> parsed = ParseUrl(url);
  EXPECT_TRUE(parsed.has_value()) << url;
  if (parsed) request.url = *parsed;
  request.addresses = AddressPolicy::kAllowPrivate;
  request.total_timeout = kLongEnough;
  return request;
}

HttpRequest Here(const std::string& path) { return Get(SharedServer().Url(path)); }

std::string Ask(HttpClient& client, const std::string& path) {
  Result<HttpResponse> response = client.Send(Here(path));
  return response ? response->body : response.error().message;
}

Code CodeOf(const Result<HttpResponse>& response) {
  EXPECT_FALSE(response.has_value()) << "answered " << response->status;
  return response ? Code::kInternal : response.error().code;
}

TEST(HttpClient, SendsMethodTargetHeadersAndBodyAsGiven) {
  HttpClient client;
  HttpRequest request = Here("/echo/%7Ea/b");
  request.url.query = "and(in(id,(a,b)),like(n,*\"x\"|{}^`<>%20))&limit=0";
  request.method = "PATCH";
  request.headers = {{"X-One", "1"}, {"X-Empty", ""}, {"Content-Type", "application/json"}};
  request.body = std::string("a\0b", 3);
  const Result<HttpResponse> response = client.Send(request);
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->address, "127.0.0.1");
  EXPECT_EQ(response->Find("CONTENT-type"), "application/json");
  const Json told = *ParseJson(response->body);
  EXPECT_EQ(told["method"], "PATCH");
  EXPECT_EQ(told["target"], "/echo/%7Ea/b?" + request.url.query);
  EXPECT_EQ(told["headers"]["x-one"], "1");
  EXPECT_EQ(told["headers"]["x-empty"], "");
  EXPECT_EQ(told["headers"]["content-length"], "3");
  EXPECT_TRUE(told["headers"]["user-agent"].get<std::string>().starts_with("carrel/"));
  EXPECT_EQ(told["body"].get<std::string>(), request.body);
}

TEST(HttpClient, ABodyWithoutATypeGetsNone) {
  HttpClient client;
  HttpRequest request = Here("/echo");
  request.method = "POST";
  const Json told = *ParseJson(client.Send(request)->body);
  EXPECT_FALSE(told["headers"].contains("content-type"));
  EXPECT_EQ(told["headers"]["content-length"], "0");
}

TEST(HttpClient, EveryStatusIsAResponse) {
  HttpClient client;
  for (int status : {204, 401, 404, 429, 500, 503}) {
    const auto response = client.Send(Here("/status/" + std::to_string(status)));
    ASSERT_TRUE(response.has_value()) << response.error().message;
    EXPECT_EQ(response->status, status);
  }
}

TEST(HttpClient, RedirectsAreHandedBack) {
  HttpClient client;
  const auto response = client.Send(Here("/redirect/302?http://169.254.169.254/"));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(response->Find("location"), "http://169.254.169.254/");
}

TEST(HttpClient, ConnectionsAreReusedBetweenCallsAndThreads) {
  HttpClient client;
  TestServer server;
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(client.Send(Get(server.Url("/echo")))->status, 200);
    std::thread([&] { EXPECT_EQ(client.Send(Get(server.Url("/echo")))->status, 200); }).join();
  }
  EXPECT_EQ(client.Send(Get(server.Url("/state/connections")))->body, "1");
}

TEST(HttpClient, AConnectionOpenedForPrivateAddressesIsNotLentToOthers) {
  HttpClient client;
  ASSERT_TRUE(client.Send(Here("/echo")).has_value());
  HttpRequest request = Here("/echo");
  request.addresses = AddressPolicy::kPublicOnly;
  EXPECT_EQ(CodeOf(client.Send(request)), Code::kDenied);
}

TEST(HttpClient, PrivateAddressesAreRefusedInEverySpelling) {
  HttpClient client;
  TestServer six({"--ipv6"});
  const std::string port = std::to_string(SharedServer().port());
  for (const std::string& host :
       {std::string("127.0.0.1:") + port, "localhost:" + port, "2130706433:" + port,
        "0x7f.1:" + port, "0177.0.0.1:" + port, "[::ffff:127.0.0.1]:" + port, "0.0.0.0:" + port,
        "[::1]:" + std::to_string(six.port())}) {
    HttpRequest request = Get("http://" + host + "/count/never");
    request.addresses = AddressPolicy::kPublicOnly;
    const auto response = client.Send(request);
    EXPECT_EQ(CodeOf(response), Code::kDenied) << host;
    EXPECT_TRUE(response.error().message.contains(") may n")) << response.error().message;
  }
  TestServer untouched;
  HttpRequest request = Get(untouched.Url("/"));
  request.addresses = AddressPolicy::kPublicOnly;
  EXPECT_EQ(CodeOf(client.Send(request)), Code::kDenied);
  EXPECT_EQ(client.Send(Get(untouched.Url("/state/connections")))->body, "1");
}

TEST(HttpClient, Ipv6LoopbackAnswersWhenPrivateIsAllowed) {
  HttpClient client;
  TestServer six({"--ipv6"});
  const auto response = client.Send(Get("http://[::1]:" + std::to_string(six.port()) + "/echo"));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->address, "::1");
}

TEST(HttpClient, MetadataAddressesAreRefusedEvenWhenPrivateIsAllowed) {
  HttpClient client;
  for (const char* url : {"http://169.254.169.254/latest/meta-data/", "http://2852039166/",
                          "http://[::ffff:169.254.169.254]/", "http://[fd00:ec2::254]/"}) {
    EXPECT_EQ(CodeOf(client.Send(Get(url))), Code::kDenied) << url;
  }
}

TEST(HttpClient, ANameThatResolvesToALoopbackAddressIsRefusedAtTheSocket) {
  const std::string port = std::to_string(SharedServer().port());
  HttpClientOptions options;
  options.resolver = [](const std::string&) { return std::vector<std::string>{"127.0.0.1"}; };
  HttpClient client(options);
  HttpRequest request = Get("http://rebound.example:" + port + "/echo");
  ASSERT_TRUE(client.Send(request).has_value());
  request.addresses = AddressPolicy::kPublicOnly;
  const auto response = client.Send(request);
  EXPECT_EQ(CodeOf(response), Code::kDenied);
  EXPECT_TRUE(response.error().message.contains("127.0.0.1 (loopback)"))
      << response.error().message;
}

TEST(HttpClient, HeadersAndMethodsThatBreakTheRequestAreRefused) {
  HttpClient client;
  for (const Header& header :
       {Header{"X-A", "1\r\nX-B: 2"}, Header{"X-A", "1\nX-B: 2"}, Header{"X-A\r\nX-B", "1"},
        Header{"X-A", std::string("1\0002", 3)}, Header{"X-A:", "1"}, Header{"", "1"}}) {
    HttpRequest request = Here("/echo");
    request.headers = {header};
    EXPECT_EQ(CodeOf(client.Send(request)), Code::kInvalid) << header.name;
  }
  for (const char* method : {"", "GET /x HTTP/1.1\r\nHost: y\r\n\r\n", "GE T"}) {
    HttpRequest request = Here("/echo");
    request.method = method;
    EXPECT_EQ(CodeOf(client.Send(request)), Code::kInvalid) << method;
  }
}

TEST(HttpClient, GzipArrivesInflatedWithoutTheHeadersThatDescribedIt) {
  HttpClient client;
  const auto response = client.Send(Here("/gzip"));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->body, "plain text");
  EXPECT_EQ(response->Find("content-encoding"), "");
  EXPECT_EQ(response->Find("content-length"), "");
}

TEST(HttpClient, AGzipBombIsStoppedAtTheLimit) {
  HttpClient client;
  HttpRequest request = Here("/gzip-bomb");
  request.max_response_bytes = 4 << 20;
  const auto response = client.Send(request);
  EXPECT_EQ(CodeOf(response), Code::kLimit);
  EXPECT_TRUE(response.error().message.contains("4194304")) << response.error().message;
}

TEST(HttpClient, TenGigabytesAreRefusedBeforeTheyAreRead) {
  HttpClient client;
  EXPECT_EQ(CodeOf(client.Send(Here("/huge"))), Code::kLimit);
  HttpRequest request = Here("/huge");
  request.method = "HEAD";
  const auto response = client.Send(request);
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(response->Find("content-length"), "10737418240");
}

TEST(HttpClient, ABodyWithoutEndIsStoppedAtTheLimit) {
  HttpClient client;
  EXPECT_EQ(CodeOf(client.Send(Here("/endless"))), Code::kLimit);
}

TEST(HttpClient, ABodyOfExactlyTheLimitIsAccepted) {
  HttpClient client;
  HttpRequest request = Here("/sized/1000");
  request.max_response_bytes = 1000;
  EXPECT_EQ(client.Send(request)->body.size(), 1000U);
  request.max_response_bytes = 999;
  EXPECT_EQ(CodeOf(client.Send(request)), Code::kLimit);
}

TEST(HttpClient, TooManyResponseHeadersAreRefused) {
  HttpClient client;
  for (const char* path : {"/big-headers", "/endless-headers", "/endless-interim"}) {
    EXPECT_EQ(CodeOf(client.Send(Here(path))), Code::kLimit) << path;
  }
}

TEST(HttpClient, HeadersThatDripEndWithTheTotalTimeout) {
  HttpClient client;
  HttpRequest request = Here("/drip-headers");
  request.total_timeout = milliseconds(400);
  EXPECT_EQ(CodeOf(client.Send(request)), Code::kTimeout);
}

TEST(HttpClient, CompressionInSeveralLayersCountsInflated) {
  HttpClient client;
  HttpRequest request = Here("/nested-gzip/3");
  request.max_response_bytes = 1 << 20;
  EXPECT_EQ(CodeOf(client.Send(request)), Code::kLimit);
  EXPECT_EQ(CodeOf(client.Send(Here("/nested-gzip/12"))), Code::kProtocol);
}

TEST(HttpClient, AResolverIsAskedForNamesOnlyAndOnceARequest) {
  const int port = SharedServer().port();
  std::vector<std::string> asked;
  std::vector<std::string> answer = {"127.0.0.1"};
  HttpClient client({.resolver = [&](const std::string& host) {
    asked.push_back(host);
    return answer;
  }});
  EXPECT_EQ(client.Send(Get("http://one.example:" + std::to_string(port) + "/echo"))->address,
            "127.0.0.1");
  EXPECT_EQ(asked, std::vector<std::string>{"one.example"});
  EXPECT_TRUE(client.Send(Here("/echo")).has_value());
  EXPECT_EQ(asked.size(), 1U);
  TestServer six({"--ipv6"});
  answer = {"127.0.0.1", "::1"};
  EXPECT_EQ(client.Send(Get("http://two.example:" + std::to_string(six.port()) + "/echo"))->address,
            "::1");
  answer = {"169.254.169.254", "::1"};
  EXPECT_EQ(client.Send(Get("http://six.example:" + std::to_string(six.port()) + "/echo"))->address,
            "::1");
  answer = {};
  EXPECT_EQ(CodeOf(client.Send(Get("http://none.example/"))), Code::kNotFound);
  answer = {"one.example"};
  EXPECT_EQ(CodeOf(client.Send(Get("http://bad.example/"))), Code::kInternal);
}

TEST(HttpClient, ADripIsATimeout) {
  HttpClient client;
  HttpRequest request = Here("/drip");
  request.drip_window = milliseconds(400);
  request.drip_bytes = 100;
  const auto response = client.Send(request);
  EXPECT_EQ(CodeOf(response), Code::kTimeout);
  EXPECT_TRUE(response.error().message.contains("drip limit")) << response.error().message;
}

TEST(HttpClient, ASlowButSteadyAnswerIsNoDrip) {
  HttpClient client;
  HttpRequest request = Here("/slow/1200");  // thinking is not dripping
  request.drip_window = milliseconds(200);
  EXPECT_EQ(client.Send(request)->body, "done");
}

TEST(HttpClient, AnAnswerThatNeverComesIsATimeout) {
  HttpClient client;
  HttpRequest request = Here("/hang");
  request.total_timeout = milliseconds(300);
  const auto response = client.Send(request);
  EXPECT_EQ(CodeOf(response), Code::kTimeout);
  EXPECT_TRUE(response.error().message.contains("0.3 s (call timeout)"))
      << response.error().message;
}

TEST(HttpClient, CancellingDoesNotWaitForTheNetwork) {
  HttpClient client;
  std::stop_source stop;
  std::jthread canceller([&] {
    std::this_thread::sleep_for(milliseconds(200));
    stop.request_stop();
  });
  const auto start = Steady::now();
  EXPECT_EQ(CodeOf(client.Send(Here("/hang"), stop.get_token())), Code::kCancelled);
  EXPECT_LT(Steady::now() - start, kAtOnce);
  EXPECT_EQ(CodeOf(client.Send(Here("/echo"), stop.get_token())), Code::kCancelled);
}

TEST(HttpClient, BrokenConnectionsAreUnreachable) {
  HttpClient client;
  EXPECT_EQ(CodeOf(client.Send(Here("/reset/client-reset/1000"))), Code::kUnreachable);
  EXPECT_EQ(CodeOf(client.Send(Here("/short"))), Code::kUnreachable);
  EXPECT_EQ(CodeOf(client.Send(Get("http://127.0.0.1:2/"))), Code::kUnreachable);
}

TEST(HttpClient, ANameThatDoesNotExistIsNotFound) {
  HttpClient client;
  EXPECT_EQ(CodeOf(client.Send(Get("http://no-such-host.invalid/"))), Code::kNotFound);
}

TEST(HttpClient, WhatIsNotHttpIsAProtocolError) {
  HttpClient client;
  EXPECT_EQ(CodeOf(client.Send(Here("/garbage"))), Code::kProtocol);
}

TEST(HttpClient, ACertificateMustBeTrustedAndNameTheHost) {
  TestServer server({"--tls"});
  const std::string port = std::to_string(server.port());
  HttpClient stranger;
  EXPECT_EQ(CodeOf(stranger.Send(Get("https://localhost:" + port + "/echo"))), Code::kProtocol);
  HttpClientOptions options;
  options.ca_file = server.certificate();
  HttpClient client(options);
  const auto response = client.Send(Get("https://localhost:" + port + "/echo"));
  ASSERT_TRUE(response.has_value()) << response.error().message;
  EXPECT_EQ(CodeOf(client.Send(Get("https://127.0.0.1:" + port + "/echo"))), Code::kProtocol);
}

TEST(HttpClient, TheEnvironmentChoosesNoProxy) {
  setenv("http_proxy", "http://127.0.0.1:2", 1);
  setenv("all_proxy", "http://127.0.0.1:2", 1);
  HttpClient client;
  const auto response = client.Send(Here("/echo"));
  unsetenv("http_proxy");
  unsetenv("all_proxy");
  EXPECT_TRUE(response.has_value()) << response.error().message;
}

TEST(HttpClient, AProxyIsNoWayAroundTheAddressPolicy) {
  HttpClientOptions options;
  options.proxy = SharedServer().Url();
  HttpClient client(options);
  HttpRequest request = Get("http://10.0.0.1/");
  request.addresses = AddressPolicy::kPublicOnly;
  EXPECT_EQ(CodeOf(client.Send(request)), Code::kDenied);
}

TEST(HttpClient, ManyThreadsShareOneClient) {
  HttpClient client;
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20; ++i) {
        const std::string size = std::to_string(100 * t + i);
        if (Ask(client, "/sized/" + size).size() == static_cast<size_t>(100 * t + i)) ++good;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(good, 160);
}

}  // namespace
}  // namespace carrel::net
