// Reports that try to leave their language. Time limits are the sandbox's, not tested here.
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/lua/lua_fixture.h"

namespace carrel::lua {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST_F(LuaTest, MemoryBeyondTheLimitIsAMemoryFailure) {
  for (const char* body :
       {"return ('x'):rep(1 << 30)", "local t = {} for i = 1, 1e9 do t[i] = {i} end",
        "local s = 'x' while true do s = s .. s end",
        "local t = {} for i = 1, 1000 do t[i] = ('x'):rep(1 << 20) end",
        "local t = {} for i = 1, 400 do t[i] = ('x'):rep(1 << 17) end return table.concat(t)",
        "return coroutine.create(function() local s = 'x' while true do s = s .. s end end)"}) {
    WriteReport(body);
    EXPECT_EQ(FailsWith("memory"), "not enough memory") << body;
  }
}

TEST_F(LuaTest, MemoryIsGivenBackAfterALimit) {
  WriteReport("local ok, why = pcall(string.rep, 'x', 1 << 30) return {{ok, why}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_EQ(renderer->rows.front(), "false|t:not enough memory");
  WriteReport("return {{pcall(string.rep, 'x', 1 << 31)}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_EQ(renderer->rows.front(), "false|t:resulting string too large");
}

TEST_F(LuaTest, BytecodeIsRefused) {
  WriteReport("return {{load('\\27Lua\\x54')}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows.front(), HasSubstr("attempt to load a binary chunk"));
  WriteReport("return {{load(function() return '\\27Lua' end, 'x', 'b')}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows.front(), HasSubstr("attempt to load a binary chunk"));
  Write("r/main.lua", "\x1bLua\x54garbage");
  EXPECT_THAT(FailsWith("load"), HasSubstr("attempt to load a binary chunk"));
}

TEST_F(LuaTest, LoadStillTakesTextAndAnEnvironment) {
  EXPECT_EQ(Cell("load('return x', 'n', 't', {x = 5})()"), "i:5");
  EXPECT_EQ(Cell("load('return 1 + 1')()"), "i:2");
}

TEST_F(LuaTest, WhatReachesTheSystemIsNotThere) {
  EXPECT_EQ(Cell("os.execute, os.getenv, os.remove, os.rename, os.tmpname, os.exit, os.setlocale, "
                 "io, debug, package, dofile, loadfile, string.dump, warn, 0"),
            "none|none|none|none|none|none|none|none|none|none|none|none|none|none|i:0");
  EXPECT_EQ(Cell("type(os.time()), type(os.clock()), os.date('!%Y', 0), os.difftime(3, 1)"),
            "t:number|t:number|t:1970|f:2");
  WriteReport("require 'socket'");
  EXPECT_THAT(FailsWith("error"), HasSubstr("module 'socket' not found"));
}

TEST_F(LuaTest, OnlyCountIsLeftOfTheCollector) {
  EXPECT_EQ(Cell("collectgarbage('count') > 0"), "true");
  EXPECT_THAT(Cell("collectgarbage('stop')"), HasSubstr("only 'count' is"));
  EXPECT_THAT(Cell("collectgarbage()"), HasSubstr("only 'count' is"));
}

TEST_F(LuaTest, TheStringMetatableIsLocked) {
  EXPECT_EQ(Cell("getmetatable('')"), "false");
  WriteReport("getmetatable('').__index = print");
  EXPECT_THAT(FailsWith("error"), HasSubstr("attempt to index a boolean value"));
}

TEST_F(LuaTest, MetatablesOfTheModuleAreLocked) {
  EXPECT_EQ(Cell("getmetatable(client), getmetatable(R()), getmetatable(carrel.array{})"),
            "false|false|false");
}

TEST_F(LuaTest, FinalizersNeverRun) {
  WriteReport(
      "local ran, mt = false, {__gc = function() ran = true end}\n"
      "for i = 1, 1e5 do setmetatable({}, mt) end\n"
      "return {{ran, mt.__gc ~= nil, getmetatable(setmetatable({}, mt)) == mt}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_EQ(renderer->rows.front(), "false|true|true");
}

TEST_F(LuaTest, DeepNestingIsAnErrorNotACrash) {
  limits.memory_bytes = size_t{256} << 20;  // room for the whole Lua stack
  WriteReport("return {{load('return ' .. ('('):rep(1e6) .. '1' .. (')'):rep(1e6))}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows.front(), HasSubstr("C stack overflow"));
  WriteReport("local function f() return 1 + f() end f()");
  EXPECT_THAT(FailsWith("error"), HasSubstr("stack overflow"));
  WriteReport("local function f() return coroutine.wrap(f)() end f()");
  EXPECT_THAT(FailsWith("error"), HasSubstr("C stack overflow"));
  WriteReport("return {{pcall(string.find, ('a'):rep(1e6), ('a?'):rep(3e5) .. 'b')}}");
  ASSERT_FALSE(Run().failure);
  EXPECT_THAT(renderer->rows.front(), HasSubstr("pattern too complex"));
}

TEST_F(LuaTest, NoTextHoldsAnAddress) {
  const std::string values =
      "tostring({}), tostring(print), tostring(coroutine.create(print)), tostring(carrel.null), "
      "string.format('%s', {}), ('%5s|%-9s|'):format(1, {}), tostring(client.x), "
      "tostring(setmetatable({}, {__name = 'thing'}))";
  EXPECT_EQ(Cell(values),
            "t:table|t:function|t:thread|t:null|t:table|t:    1|table    ||t:collection x|t:thing");
  EXPECT_THAT(Cell("string.format('%p', {})"), HasSubstr("invalid conversion '%p'"));
  EXPECT_THAT(Cell("string.format('%d', {})"), HasSubstr("number expected, got table"));
  EXPECT_EQ(Cell("string.format('%s %d%% %q', setmetatable({}, {__tostring = function() "
                 "return 'own' end}), 5, 'x')"),
            "t:own 5% \"x\"");
}

TEST_F(LuaTest, RequireStaysInTheCheckout) {
  TempDir outside = *TempDir::Create("/tmp", "carrel-lua-outside-");
  ASSERT_TRUE(WriteFileAtomic(outside.path() / "secret.lua", "return {1}"));
  ASSERT_EQ(symlink((outside.path() / "secret.lua").c_str(), (dir.path() / "link.lua").c_str()), 0);
  ASSERT_EQ(symlink(outside.path().c_str(), (dir.path() / "linked").c_str()), 0);
  ASSERT_EQ(mkfifo((dir.path() / "pipe.lua").c_str(), 0600), 0);
  for (const char* name :
       {"../../x", "/etc/x", "..", "a..b", ".hidden", "a/b", "a\\0b.c", "", "a."}) {
    WriteReport(std::string("require '") + name + "'");
    EXPECT_THAT(FailsWith("error"), AnyOf(HasSubstr("is not valid"), HasSubstr("not found")))
        << name;
  }
  WriteReport("require 'link'");
  EXPECT_THAT(FailsWith("error"), HasSubstr("link.lua: symbolic links are not followed"));
  WriteReport("require 'linked.secret'");
  EXPECT_THAT(FailsWith("error"), HasSubstr("symbolic links are not followed"));
  WriteReport("require 'pipe'");
  EXPECT_THAT(FailsWith("error"), HasSubstr("pipe.lua: not a regular file"));
}

TEST_F(LuaTest, EntryPointsOutsideTheCheckoutAreRefused) {
  for (const char* entrypoint : {"os.system", "a.b:c()", "../x.generate", "generate", ""}) {
    job.entrypoint = entrypoint;
    EXPECT_NE(FailsWith("load"), "") << entrypoint;
  }
}

TEST_F(LuaTest, AnyErrorObjectFailsTheReportInOrder) {
  WriteReport("error(nil)");
  EXPECT_EQ(FailsWith("error"), "the report raised a nil without a message");
  WriteReport("error({})");
  EXPECT_EQ(FailsWith("error"), "the report raised a table without a message");
  WriteReport("error(carrel.null)");
  EXPECT_EQ(FailsWith("error"), "the report raised a userdata without a message");
  WriteReport("error(print)");
  EXPECT_EQ(FailsWith("error"), "the report raised a function without a message");
  WriteReport("error(42)");
  EXPECT_EQ(FailsWith("error"), "42");
  WriteReport("error({message = 'a\\nb\\27[31m'})");
  EXPECT_EQ(FailsWith("error"), "a b\\x1b[31m");
  WriteReport("error(('x'):rep(1e6))");
  EXPECT_LT(FailsWith("error").size(), 5000U);
}

TEST_F(LuaTest, MetamethodsOfAnErrorObjectAreNotCalled) {
  WriteReport(
      "local function forever() while true do end end\n"
      "error(setmetatable({}, {__tostring = forever, __index = forever, __eq = forever, "
      "__name = 'x', __metatable = false}))");
  EXPECT_EQ(FailsWith("error"), "the report raised a table without a message");
}

TEST_F(LuaTest, YieldingFromTheTopLevelIsAnError) {
  WriteReport("coroutine.yield{1}");
  EXPECT_THAT(FailsWith("error"), HasSubstr("attempt to yield from outside a coroutine"));
  WriteReport("return function() coroutine.yield{1} end");
  EXPECT_THAT(FailsWith("error"), HasSubstr("attempt to yield from outside a coroutine"));
}

TEST_F(LuaTest, ACoroutineThatEndedIsAnError) {
  WriteReport("local c = coroutine.create(function() end) coroutine.resume(c) return c");
  EXPECT_THAT(FailsWith("error"), HasSubstr("already ended"));
  WriteReport("return coroutine.running()");
  EXPECT_NE(FailsWith("error"), "");
}

TEST_F(LuaTest, RandomNumbersDifferBetweenRuns) {
  EXPECT_NE(Cell("math.random(0)"), Cell("math.random(0)"));
}

TEST_F(LuaTest, AReportCannotForgeAnApiError) {
  WriteReport("error{status = 500, message = 'mine', expected = 'yes'}");
  EXPECT_EQ(FailsWith("expected"), "mine");
  WriteReport("error{status = 500, message = 'mine'}");
  EXPECT_EQ(FailsWith("error"), "mine");
}

}  // namespace
}  // namespace carrel::lua
