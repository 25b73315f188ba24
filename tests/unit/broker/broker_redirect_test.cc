// Where redirects lead, and what goes along.
#include "tests/unit/broker/broker_fixture.h"

namespace carrel::report {
namespace {

using carrel::testing::SharedServer;
using carrel::testing::TestServer;

class BrokerRedirect : public BrokerTest {
 protected:
  // Connections seen by `server`, the one that asks included.
  std::string ConnectionsOf(const TestServer& server) {
    net::HttpRequest request;
    request.url = *net::ParseUrl(server.Url("/state/connections"));
    request.addresses = net::AddressPolicy::kAllowPrivate;
    return http_.Send(request)->body;
  }
};

TEST_F(BrokerRedirect, RedirectsOnTheSameOriginAreFollowedWithTheCredential) {
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  for (const char* status : {"301", "302", "303", "307", "308"}) {
    const Json told = Told(broker.Call(Get(std::string("/redirect/") + status + "?/echo/there")));
    EXPECT_EQ(told["target"], "/echo/there");
    EXPECT_EQ(told["headers"]["authorization"], kEchoedKey);
  }
}

TEST_F(BrokerRedirect, ARedirectLoopEndsAfterFive) {
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  const Error error = ErrorOf(broker.Call(Get("/loop")));
  EXPECT_EQ(error.code, Code::kProtocol);
  EXPECT_TRUE(error.message.contains("more than 5 redirects")) << error.message;
  EXPECT_EQ(broker.stats().requests, 6U);
}

TEST_F(BrokerRedirect, AnotherPermittedOriginIsFollowedWithoutAnyCredential) {
  TestServer files;
  Add(Here("api"));
  Connection target = Here("files");
  target.base_url = files.Url("/echo");
  target.credential = Secret("ApiKey SU-999:another-secret");
  Add(std::move(target));
  BrokerOptions options = Options();
  options.permitted = {"api", "files"};
  Broker broker(connections_, http_, options);
  ApiCall call = Get("/redirect/302?" + files.Url("/echo/file?signature=1"));
  call.headers = {{"Accept", "text/csv"}};
  const Json told = Told(broker.Call(call));
  EXPECT_EQ(told["target"], "/echo/file?signature=1");
  EXPECT_EQ(told["headers"]["accept"], "text/csv");
  EXPECT_FALSE(told["headers"].contains("authorization"));
  // Nor does it come back on the way home.
  const std::string home = SharedServer().Url("/echo/home");
  const Json back = Told(broker.Call(Get("/redirect/302?" + files.Url("/redirect/302?" + home))));
  EXPECT_EQ(back["target"], "/echo/home");
  EXPECT_FALSE(back["headers"].contains("authorization"));
}

TEST_F(BrokerRedirect, AnOriginWithoutAPermittedConnectionIsRefusedAndNeverConnected) {
  TestServer other;
  Add(Here("api"));
  Connection hidden = Here("hidden");
  hidden.base_url = other.Url();
  Add(std::move(hidden));
  Broker broker(connections_, http_, Options());
  for (const std::string& to :
       {other.Url("/echo"), std::string("http://169.254.169.254/latest"),
        "//127.0.0.1:" + std::to_string(other.port()) + "/echo",
        "https://127.0.0.1:" + std::to_string(SharedServer().port()) + "/",
        std::string("http://localhost:80/"), std::string("http://2852039166/")}) {
    const Error error = ErrorOf(broker.Call(Get("/redirect/302?" + to)));
    EXPECT_EQ(error.code, Code::kDenied) << to;
    EXPECT_TRUE(error.message.contains("a redirect is not followed: ")) << error.message;
    EXPECT_TRUE(error.message.contains("is not a permitted origin")) << error.message;
  }
  EXPECT_EQ(ConnectionsOf(other), "1");
}

TEST_F(BrokerRedirect, APlaceThatIsNoneIsAProtocolError) {
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  // The server decodes them: what arrives as the Location has spaces and backslashes as they are.
  for (const char* to : {"ftp://127.0.0.1/", "file:///etc/passwd", "http://user:pw@127.0.0.1/",
                         "gopher://127.0.0.1/_HELO", "%5c%5c127.0.0.1/", "/a%20b",
                         "http://127.0.0.1:25/", "http://[fe80::1%25eth0]/", "http://"}) {
    const Error error = ErrorOf(broker.Call(Get(std::string("/redirect/302?") + to)));
    EXPECT_EQ(error.code, Code::kProtocol) << to;
    EXPECT_TRUE(error.message.contains("a redirect is not followed")) << error.message;
  }
}

TEST_F(BrokerRedirect, AWriteIsNeverRepeatedElsewhere) {
  Connection connection = Here("api");
  connection.access = Access::kReadWrite;
  Add(std::move(connection));
  Broker broker(connections_, http_, Options());
  for (const char* method : {"POST", "PUT", "PATCH", "DELETE"}) {
    const Error error = ErrorOf(broker.Call(Do(method, "/redirect/307?/echo")));
    EXPECT_EQ(error.code, Code::kProtocol) << method;
    EXPECT_TRUE(error.message.contains("followed only for GET")) << error.message;
  }
}

TEST_F(BrokerRedirect, TheLibraryThatWroteAnAbsoluteUrlFollowsItself) {
  TestServer other;
  Add(Here("api"));
  Broker broker(connections_, http_, Options());
  const auto reply = broker.Call(Get(SharedServer().Url("/redirect/302?" + other.Url("/echo"))));
  ASSERT_TRUE(reply.has_value()) << reply.error().message;
  EXPECT_EQ(reply->status, 302);
  EXPECT_EQ(std::ranges::count(reply->headers, net::Header{"location", other.Url("/echo")}), 1);
  EXPECT_EQ(ErrorOf(broker.Call(Get(other.Url("/echo")))).code, Code::kDenied);
  EXPECT_EQ(ConnectionsOf(other), "1");
}

TEST_F(BrokerRedirect, EachHopIsResolvedAndJudgedAnew) {
  const std::string port = std::to_string(SharedServer().port());
  names_.answers["api.example"] = {"127.0.0.1"};
  names_.answers["files.example"] = {"169.254.169.254"};
  Connection api = Here("api");
  api.base_url = "http://api.example:" + port;
  Add(std::move(api));
  Connection files = Here("files");
  files.base_url = "http://files.example:" + port;
  Add(std::move(files));
  BrokerOptions options = Options();
  options.permitted = {"api", "files"};
  Broker broker(connections_, named_http_, options);
  const Error error =
      ErrorOf(broker.Call(Get("/redirect/302?http://files.example:" + port + "/echo")));
  EXPECT_EQ(error.code, Code::kDenied);
  EXPECT_EQ(error.message, "connection \"files\": http://files.example:" + port +
                               ": address 169.254.169.254 (cloud metadata) may never be "
                               "connected to");
}

TEST_F(BrokerRedirect, TheAddressPolicyIsThatOfTheConnectionItLeadsTo) {
  TestServer other;
  Add(Here("api"));
  Connection strict = Here("strict");
  strict.base_url = other.Url();
  strict.addresses = net::AddressPolicy::kPublicOnly;
  Add(std::move(strict));
  BrokerOptions options = Options();
  options.permitted = {"api", "strict"};
  Broker broker(connections_, http_, options);
  EXPECT_EQ(ErrorOf(broker.Call(Get("/redirect/302?" + other.Url("/echo")))).code, Code::kDenied);
  EXPECT_EQ(ConnectionsOf(other), "1");
}

}  // namespace
}  // namespace carrel::report
