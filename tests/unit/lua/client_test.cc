#include <gmock/gmock.h>

#include "tests/unit/lua/lua_fixture.h"

namespace carrel::lua {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(LuaTest, APagedLoopFetchesPageAfterPage) {
  port.Reply("GET requests?eq(status,approved)&limit=2&offset=0", R"([{"id":"A"},{"id":"B"}])",
             "items 0-1/3");
  port.Reply("GET requests?eq(status,approved)&limit=2&offset=2", R"([{"id":"C"}])", "items 2-2/3");
  WriteReport(
      "local rs, rows = client.requests:filter(R().status:eq('approved')), {}\n"
      "for item in rs:iter() do rows[#rows + 1] = {item.id} end\n"
      "rows[#rows + 1] = {rs:count()}\n"
      "return rows");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("t:A", "t:B", "t:C", "i:3"));
  EXPECT_EQ(port.calls.size(), 2U);
}

TEST_F(LuaTest, ASecondLoopGivesAllItemsAgain) {
  port.Reply("GET x?limit=2&offset=0", "[1,2]", "items 0-1/3");
  port.Reply("GET x?limit=2&offset=2", "[3]", "items 2-2/3");
  WriteReport("local rs = client.x:all()\nreturn {{#rs:list(), #rs:list()}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("i:3|i:3"));
}

TEST_F(LuaTest, SelectFilterAndOrderMakeOneQueryString) {
  WriteReport(
      "pcall(function() client:ns('subscriptions').tier_requests:select('-items', 'id')"
      ":filter('like(a,*)', R{b = 1}):filter{c = 2}:order_by('-created'):search('a & b')"
      ":limit(7):list() end) return {}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(port.requests(),
              ElementsAre("GET subscriptions/tier-requests?select(-items,id)&"
                          "and(like(a,*),eq(b,1),eq(c,2))&ordering(-created)&limit=7&offset=0&"
                          "search=a%20%26%20b"));
}

TEST_F(LuaTest, CountAndFirstAndAtAreSmallRequests) {
  port.Reply("GET assets?limit=0&offset=0", "[]", "items 0-0/41");
  port.Reply("GET assets?limit=1&offset=0", R"([{"id":"AS-1"}])", "items 0-0/41");
  port.Reply("GET assets?limit=1&offset=5", "[]", "items 0-0/41");
  WriteReport(
      "local rs = client.assets:all()\n"
      "return {{rs:count(), rs:count(), rs:first().id, rs:at(6)}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("i:41|i:41|t:AS-1"));
  EXPECT_EQ(port.calls.size(), 3U);
}

TEST_F(LuaTest, ASliceFetchesOnlyItsItems) {
  port.Reply("GET x?limit=2&offset=1", "[2,3]", "items 1-2/9");
  port.Reply("GET x?limit=1&offset=3", "[4]", "items 3-3/9");
  WriteReport("return {client.x:slice(2, 4):list()}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("i:2|i:3|i:4"));
}

TEST_F(LuaTest, ValuesListGivesOnlyTheNamedPaths) {
  port.Reply("GET x?limit=2&offset=0", R"([{"a":{"b":1},"c":2},{"a":null}])", "items 0-1/2");
  WriteReport(
      "local out = {} for v in client.x:values_list('a.b', 'c'):iter() do "
      "out[#out+1] = {v['a.b'], v.c, v.a} end return out");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("i:1|i:2", ""));
}

TEST_F(LuaTest, ResourcesSubCollectionsAndActions) {
  port.Reply("GET assets/AS-1", R"({"id":"AS-1"})");
  port.Reply("GET assets/AS-1/sub-items?limit=2&offset=0", "[7]", "items 0-0/1");
  port.Reply("POST requests/PR-1/approve", R"({"done":true})");
  port.Reply("POST requests", R"({"id":"PR-2"})", "", 201);
  port.Reply("PUT requests/PR-2", R"({"id":"PR-2"})");
  port.Reply("DELETE requests/PR-2", "", "", 204);
  port.Reply("GET a/b?eq(c,1)", "[]");
  WriteReport(
      "return {{client.assets['AS-1']:get().id, client.assets['AS-1'].sub_items:list()[1],\n"
      "  client.requests['PR-1']:action('approve'):post{note = 'ok'}.done,\n"
      "  client.requests:create{type = 'x'}.id, client.requests['PR-2']:update{note = 'y'}.id,\n"
      "  client.requests['PR-2']:delete() == nil, #client:get('/a/b?eq(c,1)'),\n"
      "  client('assets').x:resource('1'):exists()}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("t:AS-1|i:7|true|t:PR-2|t:PR-2|true|i:0|false"));
  EXPECT_EQ(port.calls[2].body, R"({"note":"ok"})");
  EXPECT_EQ(port.calls[2].headers.at("Content-Type"), "application/json");
  EXPECT_EQ(port.calls[0].body, "");
}

TEST_F(LuaTest, CharactersThatAUrlMayNotHoldAreEscapedOnce) {
  WriteReport("pcall(client.get, client, 'x?eq(name,J\\u{f6}rg M#ller%20%)') return {}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(port.requests(), ElementsAre("GET x?eq(name,J%C3%B6rg%20M%23ller%20%25)"));
}

TEST_F(LuaTest, TheConnectionIsNamedInEachCall) {
  job.connection = "main";
  WriteReport(
      "pcall(function() client.x:first() end)\n"
      "pcall(function() carrel.connection('billing').y:first() end)\n"
      "return {{client.endpoint, client.api_key, client.default_limit}}");
  ASSERT_FALSE(Run().failure);
  ASSERT_EQ(port.calls.size(), 2U);
  EXPECT_EQ(port.calls[0].connection, "main");
  EXPECT_EQ(port.calls[1].connection, "billing");
  EXPECT_THAT(renderer->rows, ElementsAre("t:https://api.example.com/public/v1|t:placeholder|i:2"));
}

TEST_F(LuaTest, AnApiErrorCanBeCaught) {
  port.Reply("GET x/1", R"({"error_code":"VAL_001","errors":["bad id","and more"]})", "", 400);
  WriteReport(
      "local ok, e = pcall(function() return client.x['1']:get() end)\n"
      "return {{ok, e.status, e.error_code, e.errors[2], e.message, tostring(e)}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("false|i:400|t:VAL_001|t:and more|t:400 Bad Request|"
                                          "t:400 Bad Request: VAL_001 - bad id,and more"));
}

TEST_F(LuaTest, AnApiErrorThatLeavesTheReportHasItsStatus) {
  WriteReport("local items = client.x:list()\nreturn items");
  const auto end = Run();
  ASSERT_TRUE(end.failure);
  EXPECT_EQ(end.failure->kind, "api");
  EXPECT_EQ(end.failure->status, 404);
  EXPECT_EQ(end.failure->message, "404 Not Found");
  EXPECT_THAT(end.failure->traceback, HasSubstr("r/main.lua:5:"));
}

TEST_F(LuaTest, ARefusedCallIsAnApiErrorWithoutStatus) {
  port.refusal = "connection 'main' does not allow writing";
  WriteReport("client.x:create{a = 1}");
  const auto end = Run();
  ASSERT_TRUE(end.failure);
  EXPECT_EQ(end.failure->kind, "api");
  EXPECT_EQ(end.failure->status, 0);
  EXPECT_EQ(end.failure->message, "connection 'main' does not allow writing");
}

TEST_F(LuaTest, AnswersThatAreNoListAreNamed) {
  port.Reply("GET x?limit=2&offset=0", "<html>", "");
  WriteReport("return client.x:list()");
  EXPECT_EQ(FailsWith("api"), "x did not answer with a list");
}

TEST_F(LuaTest, AListWithoutContentRangeEndsAfterItsPage) {
  port.Reply("GET x?limit=2&offset=0", "[1,2]");
  WriteReport("return {client.x:list()}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("i:1|i:2"));
}

TEST_F(LuaTest, WrongCallsAreNamedWithoutAnyRequest) {
  WriteReport("client.x:limit(0)");
  EXPECT_THAT(FailsWith("error"), HasSubstr("limit must be a positive integer"));
  WriteReport("client.x:filter(7)");
  EXPECT_THAT(FailsWith("error"), HasSubstr("filter takes an R, RQL text or a table"));
  WriteReport("client:ns('')");
  EXPECT_THAT(FailsWith("error"), HasSubstr("the name of a namespace"));
  EXPECT_THAT(port.calls, IsEmpty());
}

}  // namespace
}  // namespace carrel::lua
