// The Lua reports that ship as examples and as built-in templates, run against a small API.
#include <gmock/gmock.h>

#include "tests/unit/lua/lua_fixture.h"

namespace carrel::lua {
namespace {

using ::testing::ElementsAre;
using ::testing::Gt;
using ::testing::SizeIs;

class ExamplesTest : public LuaTest {
 protected:
  void Use(const char* root, const std::string& entrypoint, std::string_view parameters) {
    job.root = root;
    job.entrypoint = entrypoint;
    job.parameters = OrderedJson::parse(parameters);
  }
  void Succeeds(const std::string& type) {
    job.renderer_type = type;
    const auto end = Run(type == "json" ? render::Shape::kValues : render::Shape::kCells);
    ASSERT_FALSE(end.failure) << end.failure->message << "\n" << end.failure->traceback;
  }
};

constexpr char kRequests[] =
    R"([{"id":"PR-1","type":"purchase","status":"approved","created":"2024-05-02T08:00:00+00:00",)"
    R"("asset":{"id":"AS-1","external_id":"E1","product":{"id":"PRD-1","name":"Mail"},)"
    R"("tiers":{"customer":{"name":"Ann"}},"connection":{"hub":{"name":"Hub"}}},)"
    R"("marketplace":{"name":"EU"}},)"
    R"({"id":"PR-2","type":"purchase","status":"approved","created":"2024-05-01T08:00:00+00:00",)"
    R"("asset":{"id":"AS-2","product":{"id":"PRD-1","name":"Mail"}}}])";

TEST_F(ExamplesTest, WorkingDaysListsEveryDayOfThePeriod) {
  Use(CARREL_EXAMPLES "/lua-reports", "reports.working_days.entrypoint.generate",
      R"({"period":{"after":"2024-12-24T00:00:00+00:00","before":"2024-12-28T00:00:00+00:00"},)"
      R"("rows":"all","holidays":"{\"2024-12-25\":\"Christmas Day\"}"})");
  Succeeds("xlsx");
  EXPECT_THAT(renderer->rows,
              ElementsAre("date:1734998400000000|t:Tuesday|true|i:1|none",
                          "date:1735084800000000|t:Wednesday|false|none|t:Christmas Day",
                          "date:1735171200000000|t:Thursday|true|i:2|none",
                          "date:1735257600000000|t:Friday|true|i:3|none",
                          "date:1735344000000000|t:Saturday|false|none|none"));
  EXPECT_EQ(port.progress.back(), std::pair(5.0, 5.0));
  Succeeds("json");
  EXPECT_EQ(renderer->rows.front(),
            R"({"date":"2024-12-24","number":1,"weekday":"Tuesday","working":true})");
}

TEST_F(ExamplesTest, WorkingDaysCanLeaveTheOthersOut) {
  Use(CARREL_EXAMPLES "/lua-reports", "reports.working_days.entrypoint.generate",
      R"({"period":{"after":"2024-12-30T00:00:00+00:00","before":"2025-01-01T00:00:00+00:00"},)"
      R"("rows":"working","weekend":{"all":false,"choices":["2"]}})");
  Succeeds("csv");
  EXPECT_THAT(renderer->rows,
              ElementsAre("t:Date|t:Weekday|t:Working day|t:Working day of the month|t:Holiday",
                          "date:1735516800000000|t:Monday|true|i:1|none",
                          "date:1735689600000000|t:Wednesday|true|i:1|none"));
}

TEST_F(ExamplesTest, WorkingDaysRefusesHolidaysOfAnotherShape) {
  Use(CARREL_EXAMPLES "/lua-reports", "reports.working_days.entrypoint.generate",
      R"({"period":{"after":"2024-12-30","before":"2025-01-01"},"rows":"all","holidays":"7"})");
  EXPECT_EQ(FailsWith("expected"), R"(holidays: expected {"YYYY-MM-DD": "name", ...})");
}

TEST_F(ExamplesTest, RequestsFiltersByEveryParameter) {
  const std::string query =
      "GET requests?select(-asset.items,-asset.params,-asset.configuration)&"
      "and(ge(created,2024-05-01T00:00:00),like(asset.external_id,E*),"
      "in(asset.connection.hub.id,(HB-1)),in(asset.product.id,(PRD-1,PRD-2)))&ordering(created)";
  port.Reply(query + "&limit=0&offset=0", "[]", "items 0-0/2");
  port.Reply(query + "&limit=2&offset=0", kRequests, "items 0-1/2");
  Use(CARREL_EXAMPLES "/lua-reports", "reports.requests.entrypoint.generate",
      R"({"since":"2024-05-01","reference":"E*","product":{"all":false,)"
      R"("choices":["PRD-1","PRD-2"]},)"
      R"("hub":{"all":false,"choices":["HB-1"]},"marketplace":{"all":true,"choices":[]}})");
  Succeeds("csv");
  EXPECT_THAT(renderer->rows, SizeIs(3));
  EXPECT_EQ(renderer->rows[1],
            "t:PR-1|t:purchase|t:approved|dt:1714636800000000+0|t:AS-1|t:E1|t:Mail|t:Ann|t:EU|"
            "t:Hub");
  EXPECT_EQ(port.progress.back(), std::pair(2.0, 2.0));
  Succeeds("json");
  EXPECT_THAT(renderer->rows, SizeIs(2));
}

TEST_F(ExamplesTest, RequestsByStatusCountsEachCombination) {
  const std::string query =
      "GET requests?select(-asset.items,-asset.params,-asset.configuration,-asset.tiers)&"
      "and(ge(created,2024-05-01T00:00:00+00:00),le(created,2024-06-01T00:00:00+00:00))";
  port.Reply(query + "&limit=0&offset=0", "[]", "items 0-0/2");
  port.Reply(query + "&limit=2&offset=0", kRequests, "items 0-1/2");
  Use(CARREL_PLUGINS, "reports.requests_by_status.entrypoint.generate",
      R"({"period":{"after":"2024-05-01T00:00:00+00:00","before":"2024-06-01T00:00:00+00:00"}})");
  Succeeds("xlsx");
  EXPECT_THAT(renderer->rows, ElementsAre("t:PRD-1|t:Mail|t:purchase|t:approved|i:2|"
                                          "dt:1714550400000000+0|dt:1714636800000000+0"));
  Succeeds("json");
  EXPECT_THAT(renderer->rows, SizeIs(1));
}

TEST_F(ExamplesTest, EveryShippedEntryPointIsFound) {
  size_t inspected = 0;
  for (const std::string root : {CARREL_EXAMPLES "/lua-reports", CARREL_PLUGINS}) {
    const auto descriptor = ReadFile(root + "/reports.json");
    ASSERT_TRUE(descriptor);
    const auto parsed = ParseJson(*descriptor);
    ASSERT_TRUE(parsed);
    for (const Json& report : (*parsed)["reports"]) {
      if (report.value("language", std::string("lua")) != "lua") continue;
      std::string module = report["entrypoint"];
      module.resize(module.rfind('.'));
      std::replace(module.begin(), module.end(), '.', '/');
      const Json answer =
          MakeLuaHost()->InspectEntrypoint(root, {.file = module + ".lua", .function = "generate"});
      EXPECT_EQ(answer["kind"], "function") << module;
      EXPECT_EQ(answer["declared"], 5) << module;
      ++inspected;
    }
  }
  EXPECT_THAT(inspected, Gt(2U));
}

}  // namespace
}  // namespace carrel::lua
