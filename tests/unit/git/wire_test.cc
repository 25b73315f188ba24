#include "runtime/git/wire.h"

#include <gtest/gtest.h>

#include "runtime/base/json.h"

namespace carrel::git {
namespace {

Request FullRequest() {
  Request request;
  request.operation = Operation::kExport;
  request.parent_pid = 42;
  request.url = {Scheme::kSsh, "ssh://me@h:2222/a", "me", "h", 2222};
  request.mirror = "/m/a.git";
  request.checkouts = "/c";
  request.memory_bytes = 1u << 30;
  request.name = "main";
  request.source.credentials = SshKeyCredentials{"key text", "/key", "pass"};
  request.source.host_keys = HostKeyPolicy::kAcceptNew;
  request.source.known_hosts = "/known";
  request.source.ca_file = "/ca";
  request.sync_limits.max_bytes = 7;
  request.sync_limits.max_objects = 8;
  request.sync_limits.max_object_bytes = 9;
  request.export_limits = {1, 2, 3, 4};
  return request;
}

TEST(Wire, ARequestSurvivesTheJourney) {
  const Json json = ToJson(FullRequest());
  const auto back = RequestFromJson(ParseJson(DumpJson(json)).value());
  ASSERT_TRUE(back);
  EXPECT_EQ(ToJson(*back), json);
  EXPECT_EQ(back->operation, Operation::kExport);
  EXPECT_EQ(back->url.port, 2222);
  EXPECT_EQ(std::get<SshKeyCredentials>(back->source.credentials).passphrase, "pass");
  EXPECT_EQ(back->source.host_keys, HostKeyPolicy::kAcceptNew);
  EXPECT_EQ(back->export_limits.max_depth, 4);
}

TEST(Wire, EachKindOfCredentialsSurvivesTheJourney) {
  Request request;
  request.source.credentials = PasswordCredentials{"u", "p"};
  EXPECT_EQ(
      std::get<PasswordCredentials>(RequestFromJson(ToJson(request))->source.credentials).user,
      "u");
  request.source.credentials = SshAgentCredentials{};
  EXPECT_TRUE(std::holds_alternative<SshAgentCredentials>(
      RequestFromJson(ToJson(request))->source.credentials));
  request.source.credentials = std::monostate{};
  EXPECT_TRUE(
      std::holds_alternative<std::monostate>(RequestFromJson(ToJson(request))->source.credentials));
}

TEST(Wire, EveryErrorCodeSurvivesTheJourney) {
  for (int code = 0; code <= static_cast<int>(Code::kInternal); ++code) {
    const Error error = ErrorFromJson(ToJson(Error{static_cast<Code>(code), "text"}));
    EXPECT_EQ(static_cast<int>(error.code), code);
    EXPECT_EQ(error.message, "text");
  }
}

TEST(Wire, AnUnknownOperationAndOddTypesAreNoCrash) {
  EXPECT_EQ(RequestFromJson(Json::object()).error().code, Code::kProtocol);
  EXPECT_EQ(RequestFromJson(Json{{"operation", "x"}}).error().code, Code::kProtocol);
  EXPECT_TRUE(RequestFromJson(Json{{"operation", "sync"}, {"max_bytes", "many"}, {"url", 3}}));
  EXPECT_EQ(ErrorFromJson(Json{{"code", "nonsense"}}).code, Code::kInternal);
}

TEST(Wire, CommitsKeepTheirTime) {
  Commit commit{std::string(40, 'a'), "v1", RefKind::kTag,
                std::chrono::sys_seconds(std::chrono::seconds(-5)), std::string(40, 'b')};
  const Commit back = CommitFromJson(ToJson(commit));
  EXPECT_EQ(back.time, commit.time);
  EXPECT_EQ(back.kind, RefKind::kTag);
  EXPECT_EQ(back.tree_id, commit.tree_id);
}

}  // namespace
}  // namespace carrel::git
