// Which addresses the broker connects to, whatever a name or a spelling says.
#include <fmt/format.h>

#include "tests/unit/broker/broker_fixture.h"

namespace carrel::report {
namespace {

using carrel::testing::SharedServer;
using carrel::testing::TestServer;

class BrokerAddress : public BrokerTest {
 protected:
  // A connection to the server by the name "api.example".
  void AddNamed(net::AddressPolicy addresses) {
    Connection connection = Here("api");
    connection.base_url = "http://api.example:" + std::to_string(SharedServer().port());
    connection.addresses = addresses;
    Add(std::move(connection));
  }

  // Without the kept connections that a reuse would go to.
  net::HttpClient fresh_http_{
      {.resolver = [this](const auto& host) { return names_(host); }, .max_idle_connections = 0}};
};

TEST_F(BrokerAddress, ANameIsLookedUpOnceForEachRequestAndItsAnswerUsed) {
  names_.answers["api.example"] = {"127.0.0.1"};
  AddNamed(net::AddressPolicy::kAllowPrivate);
  Broker broker(connections_, fresh_http_, Options());
  EXPECT_EQ(Told(broker.Call(Get("/echo")))["headers"]["host"],
            "api.example:" + std::to_string(SharedServer().port()));
  EXPECT_EQ(names_.asked["api.example"], 1);
}

TEST_F(BrokerAddress, ANameThatAnswersWithAForbiddenAddressIsRefused) {
  AddNamed(net::AddressPolicy::kPublicOnly);
  Broker broker(connections_, fresh_http_, Options());
  for (const char* address :
       {"127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "0.0.0.0", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1",
        "2002:7f00:1::", "ff02::1"}) {
    names_.answers["api.example"] = {address};
    const Error error = ErrorOf(broker.Call(Get("/count/never")));
    EXPECT_EQ(error.code, Code::kDenied) << address;
    EXPECT_TRUE(error.message.contains(std::string("address ") + address)) << error.message;
  }
}

TEST_F(BrokerAddress, ANameThatChangesItsAnswerBetweenTwoCallsIsJudgedByTheNewOne) {
  names_.answers["api.example"] = {"127.0.0.1", "169.254.169.254", "127.0.0.1"};
  AddNamed(net::AddressPolicy::kAllowPrivate);
  Broker broker(connections_, fresh_http_, Options());
  EXPECT_TRUE(broker.Call(Get("/echo")).has_value());
  EXPECT_EQ(ErrorOf(broker.Call(Get("/echo"))).code, Code::kDenied);
  EXPECT_TRUE(broker.Call(Get("/echo")).has_value());
  EXPECT_EQ(names_.asked["api.example"], 3);
}

TEST_F(BrokerAddress, ANameThatChangesItsAnswerBetweenTwoAttemptsIsRefused) {
  names_.answers["api.example"] = {"127.0.0.1", "127.0.0.1", "169.254.169.254"};
  AddNamed(net::AddressPolicy::kAllowPrivate);
  Broker broker(connections_, fresh_http_, Options());
  const std::string name = Fresh("rebind");
  const Error error = ErrorOf(broker.Call(Get("/reset/" + name + "/1000")));
  EXPECT_EQ(error.code, Code::kDenied);
  EXPECT_TRUE(error.message.contains("169.254.169.254 (cloud metadata)")) << error.message;
  EXPECT_EQ(Server("/count/" + name), "2");
  EXPECT_EQ(broker.stats().requests, 3U);
}

TEST_F(BrokerAddress, AKeptConnectionStaysWithTheAddressThatWasJudged) {
  names_.answers["api.example"] = {"127.0.0.1", "169.254.169.254"};
  AddNamed(net::AddressPolicy::kAllowPrivate);
  Broker broker(connections_, named_http_, Options());
  EXPECT_TRUE(broker.Call(Get("/echo")).has_value());
  EXPECT_TRUE(broker.Call(Get("/echo")).has_value());
}

TEST_F(BrokerAddress, ANameWithoutAnAnswerIsUnreachable) {
  AddNamed(net::AddressPolicy::kAllowPrivate);
  Broker broker(connections_, named_http_, Options());
  const Error error = ErrorOf(broker.Call(Get("/echo")));
  EXPECT_EQ(error.code, Code::kUnreachable);
  EXPECT_TRUE(error.message.ends_with("no such host name")) << error.message;
}

TEST_F(BrokerAddress, SpellingsOfAForbiddenAddressAreOneAddress) {
  TestServer server;
  const std::string port = std::to_string(server.port());
  for (const std::string& host :
       {std::string("127.0.0.1"), std::string("2130706433"), std::string("0x7f000001"),
        std::string("0x7f.1"), std::string("0177.0.0.1"), std::string("017700000001"),
        std::string("127.1"), std::string("localhost"), std::string("LocalHost"),
        std::string("api.localhost"), std::string("[::ffff:127.0.0.1]"),
        std::string("[::ffff:7f00:1]")}) {
    ConnectionSet connections;
    Connection connection;
    connection.name = "api";
    connection.base_url = fmt::format("http://{}:{}", host, port);
    connection.credential = Secret(kKey);
    ASSERT_TRUE(connections.Add(std::move(connection)).has_value()) << host;
    Broker broker(connections, http_, Options());
    EXPECT_EQ(ErrorOf(broker.Call(Get("/echo"))).code, Code::kDenied) << host;
  }
  for (const char* host : {"127.0.0.1.", "localhost.", "[fe80::1%25eth0]", "127.0.0.1%2f", "0x7g",
                           "\xe2\x91\xa0.0.0.1"}) {
    ConnectionSet connections;
    Connection connection;
    connection.name = "api";
    connection.base_url = std::string("http://") + host + "/";
    EXPECT_FALSE(connections.Add(std::move(connection)).has_value()) << host;
  }
  net::HttpRequest request;
  request.url = *net::ParseUrl(server.Url("/state/connections"));
  request.addresses = net::AddressPolicy::kAllowPrivate;
  EXPECT_EQ(http_.Send(request)->body, "1");
}

TEST_F(BrokerAddress, MetadataIsRefusedToAConnectionThatMayReachPrivateAddresses) {
  for (const char* base : {"http://169.254.169.254", "http://2852039166", "http://[fd00:ec2::254]",
                           "http://[::ffff:169.254.169.254]", "http://0251.0376.0251.0376"}) {
    ConnectionSet connections;
    Connection connection = Here("api");
    connection.base_url = base;
    ASSERT_TRUE(connections.Add(std::move(connection)).has_value()) << base;
    Broker broker(connections, http_, Options());
    const Error error = ErrorOf(broker.Call(Get("/latest/meta-data/")));
    EXPECT_EQ(error.code, Code::kDenied) << base;
    EXPECT_TRUE(error.message.contains("may never be connected to")) << error.message;
  }
}

}  // namespace
}  // namespace carrel::report
