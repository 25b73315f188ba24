// What the broker's tests share: a real server, an "api" connection to it and a way to build
// brokers over it.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/report/broker.h"
#include "tests/support/eventually.h"
#include "tests/unit/net/servers.h"

namespace carrel::report {

inline constexpr char kKey[] = "ApiKey SU-123-456:real-secret-value";
// How an echo of it reads to a report: the server had the key, the report does not get it.
inline constexpr char kEchoedKey[] = "***";
inline constexpr char kPlaceholder[] = "ApiKey placeholder:0123456789abcdef";

class BrokerTest : public ::testing::Test {
 protected:
  static Connection Here(std::string name, std::string base = "") {
    Connection connection;
    connection.name = std::move(name);
    connection.base_url = carrel::testing::SharedServer().Url(base);
    connection.credential = Secret(kKey);
    connection.addresses = net::AddressPolicy::kAllowPrivate;
    connection.retry_base = std::chrono::milliseconds(2);
    return connection;
  }

  void Add(Connection connection) {
    const Status added = connections_.Add(std::move(connection));
    ASSERT_TRUE(added.has_value()) << added.error().message;
  }

  static BrokerOptions Options() {
    BrokerOptions options;
    options.placeholder = kPlaceholder;
    options.limits.per_call_timeout = kLongEnough;
    return options;
  }

  static ApiCall Get(std::string path, std::string connection = "") {
    ApiCall call;
    call.connection = std::move(connection);
    call.path = std::move(path);
    return call;
  }

  static ApiCall Do(std::string method, std::string path) {
    ApiCall call = Get(std::move(path));
    call.method = std::move(method);
    return call;
  }

  static Error ErrorOf(const Result<ApiReply>& reply) {
    EXPECT_FALSE(reply.has_value()) << "answered " << reply->status << " " << reply->body;
    return reply ? Error{} : reply.error();
  }

  static Json Told(const Result<ApiReply>& reply) {
    EXPECT_TRUE(reply.has_value()) << reply.error().message;
    return reply ? ParseJson(reply->body).value_or(Json()) : Json();
  }

  // `name`, but unlike that of any other test or repetition: the server counts by name.
  static std::string Fresh(const std::string& name) {
    static int drawn = 0;
    return name + "-" + std::to_string(++drawn);
  }

  // What the server counted under `name`, asked past the broker.
  std::string Server(const std::string& path) {
    net::HttpRequest request;
    request.url = *net::ParseUrl(carrel::testing::SharedServer().Url(path));
    request.addresses = net::AddressPolicy::kAllowPrivate;
    return http_.Send(request)->body;
  }

  // What stands in for DNS: the answers to each name in turn, the last one for ever.
  struct Names {
    std::map<std::string, std::deque<std::string>> answers;
    std::map<std::string, int> asked;
    std::vector<std::string> operator()(const std::string& host) {
      ++asked[host];
      std::deque<std::string>& left = answers[host];
      if (left.empty()) return {};
      std::vector<std::string> found = {left.front()};
      if (left.size() > 1) left.pop_front();
      return found;
    }
  };

  ConnectionSet connections_;
  Names names_;  // used by one thread at a time
  net::HttpClient http_;
  net::HttpClient named_http_{{.resolver = [this](const auto& host) { return names_(host); }}};
};

}  // namespace carrel::report
