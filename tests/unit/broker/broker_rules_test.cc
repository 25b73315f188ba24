// What the broker lets through, changes and refuses.
#include "tests/unit/broker/broker_fixture.h"

namespace carrel::report {
namespace {

using carrel::testing::SharedServer;
using carrel::testing::TestServer;
using BrokerRules = BrokerTest;

TEST_F(BrokerRules, TheHostAddsTheCredentialAndTheBasePath) {
  Add(Here("api", "/echo/v1/"));
  Broker broker(connections_, http_, Options());
  ApiCall call = Get("/requests");
  call.query = "and(in(id,(a,b)),like(n,*\"x\"*))&limit=0";
  const Json told = Told(broker.Call(call));
  EXPECT_EQ(told["target"], "/echo/v1/requests?" + call.query);
  EXPECT_EQ(told["headers"]["authorization"], kEchoedKey);
  EXPECT_EQ(Told(broker.Call(Get("requests?limit=1")))["target"], "/echo/v1/requests?limit=1");
  EXPECT_EQ(Told(broker.Call(Get("")))["target"], "/echo/v1");
  EXPECT_EQ(Told(broker.Call(Get("/x", "api")))["target"], "/echo/v1/x");
}

TEST_F(BrokerRules, WhatAReportPutsIntoAuthorizationOfAConnectionCallIsReplaced) {
  Add(Here("api", "/echo"));
  Broker broker(connections_, http_, Options());
  ApiCall call = Get("/x");
  call.headers = {{"authorization", "ApiKey attacker:key"}};
  EXPECT_EQ(Told(broker.Call(call))["headers"]["authorization"], kEchoedKey);
}

TEST_F(BrokerRules, HopAndIdentityHeadersAreDropped) {
  Add(Here("api", "/echo"));
  Broker broker(connections_, http_, Options());
  ApiCall call = Get("/x");
  call.headers = {{"Host", "evil.example"},       {"Cookie", "a=b"},
                  {"Content-Length", "999"},      {"Transfer-Encoding", "chunked"},
                  {"Connection", "upgrade"},      {"User-Agent", "python-requests/2"},
                  {"X-Forwarded-For", "1.2.3.4"}, {"Proxy-Authorization", "Basic x"},
                  {"X_Forwarded_Host", "evil"},   {"X-Real-IP", "1.2.3.4"},
                  {"Proxy", "http://evil"},       {"TE", "trailers"},
                  {"Accept", "application/json"}, {"X-Mine", "1"}};
  const Json headers = Told(broker.Call(call))["headers"];
  EXPECT_EQ(headers["host"], "127.0.0.1:" + std::to_string(SharedServer().port()));
  for (const char* name :
       {"cookie", "content-length", "transfer-encoding", "connection", "x-forwarded-for",
        "proxy-authorization", "x_forwarded_host", "x-real-ip", "proxy", "te"}) {
    EXPECT_FALSE(headers.contains(name)) << name;
  }
  EXPECT_TRUE(headers["user-agent"].get<std::string>().starts_with("carrel/"));
  EXPECT_EQ(headers["accept"], "application/json");
  EXPECT_EQ(headers["x-mine"], "1");
}

TEST_F(BrokerRules, HeadersThatOverrideMethodOrPathAreRefused) {
  Add(Here("api", "/echo"));
  Broker broker(connections_, http_, Options());
  for (const char* name :
       {"X-HTTP-Method-Override", "x_http_method_override", "X-HTTP-Method", "X-Method-Override",
        "X-Original-URL", "X-Rewrite-URL", "X-Original-Host", "X_Host"}) {
    ApiCall call = Get("/x");
    call.headers = {{name, "DELETE"}};
    EXPECT_EQ(ErrorOf(broker.Call(call)).code, Code::kDenied) << name;
  }
}

TEST_F(BrokerRules, OnlyListedResponseHeadersReachTheReport) {
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  const auto reply = broker.Call(Get("/headers"));
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  const auto has = [&](const net::Header& header) {
    return std::ranges::find(reply->headers, header) != reply->headers.end();
  };
  EXPECT_TRUE(has({"content-range", "items 0-9/10"}));
  EXPECT_TRUE(has({"x-request-id", "r-1"}));
  EXPECT_TRUE(has({"link", "</next>; rel=next"}));
  for (const net::Header& header : reply->headers) {
    EXPECT_NE(header.name, "set-cookie");
    EXPECT_NE(header.name, "x-internal");
    EXPECT_NE(header.name, "server");
  }
}

TEST_F(BrokerRules, ReadConnectionsTakeNoWritingMethod) {
  Add(Here("api", "/echo"));
  Broker broker(connections_, http_, Options());
  for (const char* method : {"GET", "HEAD", "OPTIONS"}) {
    EXPECT_TRUE(broker.Call(Do(method, "/x")).has_value()) << method;
  }
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const Error error = ErrorOf(broker.Call(Do(method, "/x")));
    EXPECT_EQ(error.code, Code::kDenied) << method;
    EXPECT_EQ(error.message,
              std::string(method) +
                  " refused: connection \"api\" is granted read only; grant it write "
                  "access to let reports change data");
  }
  for (const char* method : {"", "get", "TRACE", "CONNECT", "GET /x HTTP/1.1\r\nHost: y"}) {
    EXPECT_EQ(ErrorOf(broker.Call(Do(method, "/x"))).code, Code::kInvalid) << method;
  }
  ApiCall with_body = Get("/x");
  with_body.body = "{}";
  EXPECT_EQ(ErrorOf(broker.Call(with_body)).code, Code::kInvalid);
  EXPECT_EQ(broker.stats().requests, 3U);
  EXPECT_EQ(broker.stats().refused, 10U);
}

TEST_F(BrokerRules, WritableConnectionsCarryTheBody) {
  Connection connection = Here("api", "/echo");
  connection.access = Access::kReadWrite;
  Add(std::move(connection));
  Broker broker(connections_, http_, Options());
  ApiCall call = Do("POST", "/x");
  call.body = R"({"name":"a"})";
  const Json told = Told(broker.Call(call));
  EXPECT_EQ(told["method"], "POST");
  EXPECT_EQ(told["body"], call.body);
}

TEST_F(BrokerRules, PathsMayNotEscapeTheBase) {
  Add(Here("api", "/echo/v1"));
  Broker broker(connections_, http_, Options());
  for (const char* path : {"../admin", "/../admin", "/%2e%2e/admin", "/%252e%252e/admin",
                           "/..%2fadmin", "/..;/admin", "//evil.example/", "\\\\evil.example",
                           "/a\r\nHost: evil", "/a b", "/a#b", "/a%0d%0aX: y", "gopher://x/"}) {
    EXPECT_EQ(ErrorOf(broker.Call(Get(path))).code, Code::kInvalid) << path;
  }
  for (const char* path : {"http://evil.example/", "https://127.0.0.1/", "//127.0.0.1/"}) {
    EXPECT_EQ(ErrorOf(broker.Call(Get(path, "api"))).code, Code::kInvalid) << path;
  }
  ApiCall call = Get("/x");
  call.query = "a=b c";
  EXPECT_EQ(ErrorOf(broker.Call(call)).code, Code::kInvalid);
  call.query = "a\r\nX: y";
  EXPECT_EQ(ErrorOf(broker.Call(call)).code, Code::kInvalid);
  EXPECT_EQ(broker.stats().requests, 0U);
}

TEST_F(BrokerRules, LineBreaksInHeadersAreRefused) {
  Add(Here("api", "/echo"));
  Broker broker(connections_, http_, Options());
  for (const net::Header& header :
       {net::Header{"X-A", "1\r\nX-B: 2"}, net::Header{"X-A\n", "1"}, net::Header{"Host", "a\nb"},
        net::Header{"Authorization", "a\r\nX: y"}, net::Header{"X-A", std::string("a\0b", 3)}}) {
    ApiCall call = Get("/x");
    call.headers = {header};
    EXPECT_EQ(ErrorOf(broker.Call(call)).code, Code::kInvalid) << header.name;
  }
}

TEST_F(BrokerRules, AbsoluteUrlsReachOnlyOriginsOfPermittedConnections) {
  TestServer other;
  TestServer extra;
  Connection connection = Here("api", "/echo");
  connection.extra_origins = {extra.Url()};
  Add(std::move(connection));
  Connection hidden = Here("hidden");
  hidden.base_url = other.Url();
  Add(std::move(hidden));
  Broker broker(connections_, http_, Options());
  EXPECT_EQ(Told(broker.Call(Get(SharedServer().Url("/echo/elsewhere?a=b"))))["target"],
            "/echo/elsewhere?a=b");
  EXPECT_TRUE(broker.Call(Get(extra.Url("/echo"))).has_value());
  const Error error = ErrorOf(broker.Call(Get(other.Url("/echo"))));
  EXPECT_EQ(error.code, Code::kDenied);
  EXPECT_EQ(error.message, other.Url() +
                               " is not a permitted origin: it is connection \"hidden\", which "
                               "reports.json must name in permissions.connections of the report");
  EXPECT_EQ(
      ErrorOf(broker.Call(Get("https://x.example/a?b"))).message,
      "https://x.example is not a permitted origin: add a connection for it with --connection "
      "NAME=https://x.example and name it in permissions.connections of the report in "
      "reports.json");
  EXPECT_EQ(ErrorOf(broker.Call(Get("http://2852039166/latest/meta-data/"))).message,
            "http://169.254.169.254 is not a permitted origin: a cloud metadata address is never "
            "called");
  for (const std::string& url :
       {std::string("http://169.254.169.254/latest/"), std::string("http://localhost/"),
        std::string("http://[::1]/"), std::string("http://0x7f.1/"),
        "https://127.0.0.1:" + std::to_string(SharedServer().port()) + "/echo"}) {
    EXPECT_EQ(ErrorOf(broker.Call(Get(url))).code, Code::kDenied) << url;
  }
  for (const std::string& url :
       {SharedServer().Url("/echo/../x"), "http://a@" + SharedServer().Url().substr(7) + "/echo",
        SharedServer().Url("\\@evil.example/")}) {
    EXPECT_EQ(ErrorOf(broker.Call(Get(url))).code, Code::kInvalid) << url;
  }
}

TEST_F(BrokerRules, APermittedConnectionWithAPrivateAddressNeedsItsOwnConsent) {
  Connection connection = Here("api", "/echo");
  connection.addresses = net::AddressPolicy::kPublicOnly;
  Add(std::move(connection));
  Broker broker(connections_, http_, Options());
  const Error error = ErrorOf(broker.Call(Get("/x")));
  EXPECT_EQ(error.code, Code::kDenied);
  EXPECT_TRUE(error.message.ends_with(
      "address 127.0.0.1 (loopback) may not be connected to: only public ones may (setting "
      "net.private)"))
      << error.message;
}

TEST_F(BrokerRules, ThePlaceholderBecomesTheCredentialTowardItsOrigins) {
  TestServer extra;
  Connection connection = Here("api", "/echo");
  connection.extra_origins = {extra.Url()};
  Add(std::move(connection));
  Broker broker(connections_, http_, Options());
  for (const std::string& url : {SharedServer().Url("/echo"), extra.Url("/echo")}) {
    ApiCall call = Get(url);
    EXPECT_FALSE(Told(broker.Call(call))["headers"].contains("authorization"));
    call.headers = {{"Authorization", kPlaceholder}};
    EXPECT_EQ(Told(broker.Call(call))["headers"]["authorization"], kEchoedKey);
    call.headers = {{"Authorization", "ApiKey somebody:else"}};
    EXPECT_EQ(ErrorOf(broker.Call(call)).code, Code::kDenied);
  }
}

TEST_F(BrokerRules, ThePlaceholderIsRefusedAnywhereElse) {
  TestServer other;
  Connection connection = Here("api", "/echo");
  connection.access = Access::kReadWrite;
  Add(std::move(connection));
  Connection open = Here("open");
  open.base_url = other.Url();
  open.credential = Secret();
  Add(std::move(open));
  BrokerOptions options = Options();
  options.permitted = {"api", "open"};
  Broker broker(connections_, http_, options);
  std::vector<ApiCall> calls(10, Get("/x"));
  calls[0].query = "key=0123456789abcdef";
  calls[1].query = "key=%301%323456789abcdef";
  calls[2].path = "/0123456789abcdef";
  calls[3].headers = {{"X-Key", kPlaceholder}};
  calls[4].method = "POST";
  calls[4].body = std::string("key is ") + kPlaceholder;
  calls[5].path = other.Url("/echo");
  calls[5].headers = {{"Authorization", kPlaceholder}};
  calls[6].path = "http://evil.example/";
  calls[6].headers = {{"Authorization", kPlaceholder}};
  calls[7].headers = {{"X-0123456789abcdef", "1"}};
  calls[8].headers = {{"Proxy-Authorization", kPlaceholder}, {"Cookie", kPlaceholder}};
  calls[9].method = "POST";
  calls[9].body = "key=%301%32345678%39abcdef";
  for (const ApiCall& call : calls) {
    const Error error = ErrorOf(broker.Call(call));
    EXPECT_EQ(error.code, Code::kDenied) << call.path;
    EXPECT_FALSE(error.message.contains("0123456789abcdef")) << error.message;
    EXPECT_FALSE(error.message.contains("real-secret")) << error.message;
  }
  EXPECT_EQ(broker.stats().requests, 0U);
}

TEST_F(BrokerRules, AConnectionWithoutACredentialPassesTheReportsOwn) {
  Connection connection = Here("api", "/echo");
  connection.credential = Secret();
  Add(std::move(connection));
  Broker broker(connections_, http_, Options());
  EXPECT_FALSE(Told(broker.Call(Get("/x")))["headers"].contains("authorization"));
  ApiCall call = Get("/x");
  call.headers = {{"Authorization", "Bearer from-a-parameter"}};
  EXPECT_EQ(Told(broker.Call(call))["headers"]["authorization"], "Bearer from-a-parameter");
}

TEST_F(BrokerRules, ReportsReachOnlyTheConnectionsTheyWereGranted) {
  Add(Here("api", "/echo/api"));
  Add(Here("billing", "/echo/billing"));
  Broker by_default(connections_, http_, Options());
  EXPECT_TRUE(by_default.Call(Get("/x", "api")).has_value());
  const Error denied = ErrorOf(by_default.Call(Get("/x", "billing")));
  EXPECT_EQ(denied.code, Code::kDenied);
  EXPECT_TRUE(denied.message.contains("permissions.connections")) << denied.message;
  BrokerOptions options = Options();
  options.permitted = {"billing"};
  Broker granted(connections_, http_, options);
  EXPECT_EQ(Told(granted.Call(Get("/x", "billing")))["target"], "/echo/billing/x");
  EXPECT_EQ(ErrorOf(granted.Call(Get("/x"))).code, Code::kDenied);
  const Error missing = ErrorOf(granted.Call(Get("/x", "biling")));
  EXPECT_EQ(missing.code, Code::kNotFound);
  EXPECT_TRUE(missing.message.contains("\"billing\"?")) << missing.message;
  const ConnectionSet none;
  Broker empty(none, http_, Options());
  EXPECT_EQ(ErrorOf(empty.Call(Get("/x"))).code, Code::kNotFound);
}

TEST_F(BrokerRules, WhatAServerEchoesOfTheCredentialDoesNotReachTheReport) {
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  for (const char* form : {"plain", "percent", "lower-percent", "base64", "base64-url", "json"}) {
    const auto reply = broker.Call(Get(std::string("/leak/") + form));
    ASSERT_TRUE(reply.has_value()) << reply.error().message;
    EXPECT_TRUE(reply->body.starts_with("you sent ")) << reply->body;
    EXPECT_TRUE(reply->body.contains("***")) << form << ": " << reply->body;
    for (const char* part :
         {"real-secret", "SU-123-456", "cmVhbC1zZWNyZX", "JlYWwtc2VjcmV0", "yZWFsLXNlY3JldC"}) {
      EXPECT_FALSE(reply->body.contains(part)) << form << ": " << reply->body;
      for (const net::Header& header : reply->headers) {
        EXPECT_FALSE(header.value.contains(part)) << form << ": " << header.value;
      }
    }
  }
}

TEST_F(BrokerRules, SecretsAreScrubbedFromTextsAndErrors) {
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  EXPECT_EQ(broker.Scrub(std::string("a ") + kKey + " b SU-123-456:real-secret-value c " +
                         kPlaceholder + " d 0123456789abcdef e SU-123-456%3Areal-secret-value"),
            "a *** b *** c *** d *** e ***");
  const Error error = ErrorOf(broker.Call(Get("/SU-123-456:real-secret-value/..")));
  EXPECT_EQ(error.code, Code::kInvalid);
  EXPECT_FALSE(error.message.contains("real-secret")) << error.message;
}

}  // namespace
}  // namespace carrel::report
