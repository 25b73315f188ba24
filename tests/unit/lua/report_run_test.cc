#include <gmock/gmock.h>

#include "tests/unit/lua/lua_fixture.h"

namespace carrel::lua {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST_F(LuaTest, AnArrayOfRowsIsWritten) {
  WriteReport("return {{1, 2.5, 'x', true, nil, false}, {2^53, -0.0}}");
  const auto end = Run();
  ASSERT_FALSE(end.failure);
  EXPECT_EQ(end.rows, 2U);
  EXPECT_THAT(renderer->rows,
              ElementsAre("i:1|f:2.5|t:x|true|none|false", "f:9007199254740992|f:-0"));
  EXPECT_THAT(renderer->finish_time, HasSubstr("+00:00"));
}

TEST_F(LuaTest, AnIteratorFunctionIsCalledUntilItGivesNil) {
  WriteReport("local i = 0\nreturn function() i = i + 1; if i <= 3 then return {i} end end");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("i:1", "i:2", "i:3"));
}

TEST_F(LuaTest, ACoroutineYieldsRowsAndItsLastLinesRun) {
  WriteReport(
      "return coroutine.create(function() coroutine.yield{1} coroutine.yield{2} progress(9, 9) "
      "end)");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("i:1", "i:2"));
  EXPECT_THAT(port.progress, ElementsAre(std::pair(9.0, 9.0)));
}

TEST_F(LuaTest, AWrappedCoroutineYieldsRows) {
  WriteReport("return coroutine.wrap(function() for i = 1, 2 do coroutine.yield{i} end end)");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("i:1", "i:2"));
}

TEST_F(LuaTest, RowsMayBeReusedTables) {
  WriteReport(
      "local row = {}\nreturn coroutine.wrap(function() for i = 1, 2 do row[1] = i; "
      "coroutine.yield(row) end end)");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("i:1", "i:2"));
}

TEST_F(LuaTest, ARowEndsAtItsHighestPositionOrAtN) {
  WriteReport("return {{nil, nil, 3}, {1, n = 3}, {1, 2, 3, n = 1}, {}, table.pack(nil, nil)}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows,
              ElementsAre("none|none|i:3", "i:1|none|none", "i:1", "", "none|none"));
}

TEST_F(LuaTest, SpecTwoGetsFiveArguments) {
  job.parameters = OrderedJson::parse(R"({"date": {"after": "x"}, "all": true, "none": null})");
  WriteReport(
      "extra{a = 1}\nreturn {{client ~= nil, parameters.date.after, parameters.all, "
      "parameters.none == nil, renderer_type, type(extra)}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("true|t:x|true|true|t:csv|t:function"));
}

TEST_F(LuaTest, SpecOneGetsThreeArguments) {
  job.spec = "1";
  Write("r/main.lua",
        "return {generate = function(...) return {{select('#', ...), type((...))}} end}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("i:3|t:table"));
}

TEST_F(LuaTest, ProgressReachesThePort) {
  WriteReport("progress(1, 10) progress(2.5, 10) progress(0/0, 1) return {}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(port.progress, ElementsAre(std::pair(1.0, 10.0), std::pair(2.5, 10.0)));
}

TEST_F(LuaTest, ModulesOfTheRepositoryAreFoundAndRunOnce) {
  Write("lib/counter.lua", "local n = 0 return {next = function() n = n + 1 return n end}");
  Write("lib/init.lua", "return {name = ...}");
  WriteReport(
      "local a, b = require 'lib.counter', require 'lib.counter'\n"
      "return {{a.next(), b.next(), require('lib').name, require('string') == string}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("i:1|i:2|t:lib|true"));
}

TEST_F(LuaTest, AModuleThatRequiresItselfIsNamed) {
  Write("a.lua", "return require 'b'");
  Write("b.lua", "return require 'a'");
  WriteReport("require 'a'");
  EXPECT_THAT(FailsWith("error"), HasSubstr("module 'a' requires itself"));
}

TEST_F(LuaTest, AModuleThatFailedCanBeRequiredAgain) {
  Write("a.lua", "if not flag then error('no flag') end return {1}");
  WriteReport("local first = pcall(require, 'a') flag = true return {{first, require('a')[1]}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows, ElementsAre("false|i:1"));
}

TEST_F(LuaTest, AMissingModuleIsALoadFailureWhenItIsTheEntryPoint) {
  EXPECT_THAT(FailsWith("load"), HasSubstr("no file 'r/main.lua' and no file 'r/main/init.lua'"));
}

TEST_F(LuaTest, ASyntaxErrorIsALoadFailureWithItsLine) {
  Write("r/main.lua", "local M = {}\nfunction M.generate( return\nend\n");
  EXPECT_THAT(FailsWith("load"), HasSubstr("r/main.lua:2:"));
}

TEST_F(LuaTest, AMissingFunctionIsALoadFailure) {
  Write("r/main.lua", "return {other = function() end}");
  EXPECT_EQ(FailsWith("load"),
            "module 'r.main' has no function 'generate' in the table it returns");
  Write("r/main.lua", "local x = 1");
  EXPECT_THAT(FailsWith("load"), HasSubstr("expected a table with function 'generate'"));
}

TEST_F(LuaTest, AnErrorHasMessageAndTraceback) {
  WriteReport("local function inner() error('boom') end\ninner()");
  const auto end = Run();
  ASSERT_TRUE(end.failure);
  EXPECT_EQ(end.failure->kind, "error");
  EXPECT_EQ(end.failure->message, "r/main.lua:5: boom");
  EXPECT_THAT(end.failure->traceback, HasSubstr("r/main.lua:6: in function 'r.main.generate'"));
  EXPECT_EQ(end.failure->traceback.find("0x"), std::string::npos);
}

TEST_F(LuaTest, AnErrorInACoroutineHasTheTracebackOfTheCoroutine) {
  WriteReport("return coroutine.create(function() coroutine.yield{1} error('late') end)");
  const auto end = Run();
  ASSERT_TRUE(end.failure);
  EXPECT_EQ(end.failure->message, "r/main.lua:5: late");
  EXPECT_THAT(end.failure->traceback, HasSubstr("r/main.lua:5: in function"));
  EXPECT_EQ(end.rows, 1U);
}

TEST_F(LuaTest, AnExpectedFailureSaysSo) {
  WriteReport("error{expected = true, message = 'no data in this period'}");
  EXPECT_EQ(FailsWith("expected"), "no data in this period");
}

TEST_F(LuaTest, WrongResultsAreNamed) {
  WriteReport("return nil");
  EXPECT_THAT(FailsWith("error"), HasSubstr("returned a nil value, expected an array of rows"));
  WriteReport("return 'text'");
  EXPECT_THAT(FailsWith("error"), HasSubstr("returned a string value"));
  WriteReport("return {{1}, 'two'}");
  EXPECT_EQ(FailsWith("error"), "row 2 is a string, expected a table of cells");
  WriteReport("return {{1}, {id = 2}}");
  EXPECT_THAT(FailsWith("error"), HasSubstr("row 2 has named fields only"));
  WriteReport("return {id = 2}");
  EXPECT_THAT(FailsWith("error"), HasSubstr("a table with named fields"));
  WriteReport("return client.requests:all()");
  EXPECT_THAT(FailsWith("error"), HasSubstr("rs:iter()"));
  WriteReport("return {{[2^40 | 0] = 1}}");
  EXPECT_THAT(FailsWith("error"), HasSubstr("at most 1000000"));
}

TEST_F(LuaTest, NoRowBehindAHoleIsLost) {
  const std::string odd = "local t = {} for i = 1, 9, 2 do t[i] = {i} end return t";
  WriteReport(odd);
  EXPECT_EQ(FailsWith("error"), "row 2 is a nil, expected a table of cells");
  ASSERT_FALSE(Run(render::Shape::kValues).failure);
  EXPECT_THAT(renderer->rows,
              ElementsAre("[1]", "null", "[3]", "null", "[5]", "null", "[7]", "null", "[9]"));
  WriteReport("local t = {} for i = 2, 10 do t[i] = {i} end return t");
  EXPECT_EQ(FailsWith("error"), "row 1 is a nil, expected a table of cells");
  WriteReport("local t = {{1}} t[1000000000] = {2} return t");
  for (const auto shape : {render::Shape::kCells, render::Shape::kValues}) {
    EXPECT_EQ(FailsWith("error", shape),
              "the report returned 2 rows in an array that ends at position 1000000000: it has too "
              "many holes");
  }
  WriteReport("return {[0] = {0}, {1}}");
  EXPECT_THAT(FailsWith("error"), HasSubstr("a table with named fields"));
  ASSERT_FALSE(Run(render::Shape::kValues).failure);
  EXPECT_EQ(renderer->document, R"({"0":[0],"1":[1]})");
}

TEST_F(LuaTest, RowsMayHaveHolesFurtherKeysAndALengthOfTheirOwn) {
  WriteReport(
      "local grown = {} for i = 5, 1, -1 do grown[i] = i end "
      "local long = {} for i = 1, 1200 do long[i] = i end "
      "local removed = {1, 2, 3} removed[2] = nil "
      "return {{1, nil, 3}, {1, 2, name = 'x'}, {1, 2, [5] = 5}, {1, 2, n = 4}, {1, 2, 3, n = 2}, "
      "grown, removed, {nil, nil, 3}, long, {[1] = 1, [2] = 2}, {}}");
  ASSERT_FALSE(Run(render::Shape::kCells).failure);
  const auto& rows = renderer->rows;
  ASSERT_EQ(rows.size(), 11u);
  EXPECT_EQ(rows[0], "i:1|none|i:3");
  EXPECT_EQ(rows[1], "i:1|i:2");
  EXPECT_EQ(rows[2], "i:1|i:2|none|none|i:5");
  EXPECT_EQ(rows[3], "i:1|i:2|none|none");
  EXPECT_EQ(rows[4], "i:1|i:2");
  EXPECT_EQ(rows[5], "i:1|i:2|i:3|i:4|i:5");
  EXPECT_EQ(rows[6], "i:1|none|i:3");
  EXPECT_EQ(rows[7], "none|none|i:3");
  EXPECT_TRUE(rows[8].starts_with("i:1|i:2|")) << rows[8];
  EXPECT_TRUE(rows[8].ends_with("|i:1199|i:1200")) << rows[8];
  EXPECT_EQ(rows[9], "i:1|i:2");
  EXPECT_EQ(rows[10], "");
}

TEST_F(LuaTest, JsonRowsAreSerialisedWithSortedKeys) {
  WriteReport(
      "return {{b = 1, a = {x = 1.5, y = carrel.null}}, {1, 'two', nil, 4}, {}, "
      "carrel.array{}, {d = carrel.date('2024-02-29'), e = carrel.decimal('1.10')}}");
  ASSERT_FALSE(Run(render::Shape::kValues).failure);
  EXPECT_THAT(renderer->rows,
              ElementsAre(R"({"a":{"x":1.5,"y":null},"b":1})", R"([1,"two",null,4])", "{}", "[]",
                          R"({"d":"2024-02-29","e":"1.10"})"));
}

TEST_F(LuaTest, ATableWithNamedFieldsIsTheWholeJsonDocument) {
  WriteReport("return {total = 2, items = {1, 2}}");
  ASSERT_FALSE(Run(render::Shape::kValues).failure);
  EXPECT_EQ(renderer->document, R"({"items":[1,2],"total":2})");
}

TEST_F(LuaTest, WhatJsonCannotHoldIsNamedWithItsRowAndColumn) {
  WriteReport("return {{1, {2}}, {1, {{2}, print}}}");
  EXPECT_EQ(FailsWith("error", render::Shape::kValues),
            "row 2: column 2: a function has no form in JSON");
  WriteReport("return {{a = 1}, {f = print}}");
  EXPECT_EQ(FailsWith("error", render::Shape::kValues), "row 2: a function has no form in JSON");
  WriteReport("local t = {} t.t = t return {t}");
  EXPECT_THAT(FailsWith("error", render::Shape::kValues), HasSubstr("deeper than 200"));
  WriteReport("return {{[{}] = 1}}");
  EXPECT_THAT(FailsWith("error", render::Shape::kValues), HasSubstr("cannot be a key"));
}

TEST_F(LuaTest, ReportsShareNothing) {
  WriteReport("seen = (seen or 0) + 1 string.mark = seen return {{seen}}");
  auto host = MakeLuaHost(limits);
  ASSERT_TRUE(host->Warm());
  for (int i = 0; i < 2; ++i) {
    RecordingRenderer rows(render::Shape::kCells);
    ASSERT_FALSE(host->Run(job, port, &rows).failure);
    EXPECT_THAT(rows.rows, ElementsAre("i:1"));
  }
}

TEST_F(LuaTest, PrintGoesToStandardOutput) {
  WriteReport("print('hello', 1, {}, print, nil) return {}");
  ::testing::internal::CaptureStdout();
  ASSERT_FALSE(Run().failure);
  EXPECT_EQ(::testing::internal::GetCapturedStdout(), "hello\t1\ttable\tfunction\tnil\n");
}

TEST_F(LuaTest, WithoutARendererTheReportFails) {
  auto host = MakeLuaHost(limits);
  ASSERT_TRUE(host->Warm());
  job.renderer_type = "pdf";
  const auto end = host->Run(job, port, nullptr);
  ASSERT_TRUE(end.failure);
  EXPECT_THAT(end.failure->message, HasSubstr("pdf"));
  EXPECT_FALSE(host->RendersItself("pdf"));
}

}  // namespace
}  // namespace carrel::lua
