#include <gmock/gmock.h>

#include "tests/unit/lua/lua_fixture.h"

namespace carrel::lua {
namespace {

using ::testing::HasSubstr;

class InspectTest : public LuaTest {
 protected:
  Json Inspect(std::string_view source, const std::string& function = "generate") {
    Write("r/main.lua", source);
    return MakeLuaHost()->InspectEntrypoint(dir.path(),
                                            {.file = "r/main.lua", .function = function});
  }
  // "function:5", "bound:-1", "missing", "broken"
  std::string Found(std::string_view source) {
    const Json answer = Inspect(source);
    if (!answer["parsed"].get<bool>()) return "broken";
    if (!answer["found"].get<bool>()) return "missing";
    return answer["kind"].get<std::string>() + ":" + std::to_string(answer["declared"].get<int>());
  }
};

TEST_F(InspectTest, AllFormsOfAModuleAreRead) {
  EXPECT_EQ(Found("local M = {}\nfunction M.generate(a, b, c) end\nreturn M"), "function:3");
  EXPECT_EQ(Found("local M = {}\nM.generate = function(a, b) end\nreturn M"), "function:2");
  EXPECT_EQ(Found("local M = {}\nM['generate'] = function(...) end\nreturn M"), "function:-1");
  EXPECT_EQ(Found("local M = {}\nfunction M:generate(a) end\nreturn M"), "function:2");
  EXPECT_EQ(
      Found("local M = {generate = function(a) if a then return {} end end, x = 1}\nreturn M"),
      "function:1");
  EXPECT_EQ(Found("return { x = {generate = 1}, generate = function(a, b, c, d, e) end }"),
            "function:5");
  EXPECT_EQ(Found("return { ['generate'] = function() end }"), "function:0");
  EXPECT_EQ(Found("local function generate(a, b) end\nreturn {generate = generate}"), "function:2");
  EXPECT_EQ(Found("local generate = function(a) end return {other = 1; generate = generate}"),
            "function:1");
  EXPECT_EQ(Found("return setmetatable({generate = function(a) end}, {})"), "function:1");
}

TEST_F(InspectTest, WhatCannotBeKnownIsBound) {
  EXPECT_EQ(Found("local M = {} M.generate = require('x').generate return M"), "bound:-1");
  EXPECT_EQ(Found("return require 'other'"), "bound:-1");
  EXPECT_EQ(Found("local make = require 'x' return {generate = make(1)}"), "bound:-1");
}

TEST_F(InspectTest, AbsentFunctionsAreMissing) {
  const Json answer = Inspect("local M = {}\nfunction M.generat(a) end\nreturn M");
  EXPECT_FALSE(answer["found"].get<bool>());
  EXPECT_EQ(answer["functions"], Json({"generat"}));
  EXPECT_EQ(Found("function generate() end"), "missing");
  EXPECT_EQ(Found("local M = {}\n-- function M.generate() end\n--[==[ M.generate = function() end "
                  "]==]\nlocal s = [[function M.generate()]]\nreturn M"),
            "missing");
  EXPECT_EQ(Found("local M = {}\ndo local M = {} function M.x() function generate() end end end\n"
                  "return M"),
            "missing");
}

TEST_F(InspectTest, AnyNumberOfArgumentsCanBeGiven) {
  const Json answer = Inspect("return {generate = function(client) end}");
  EXPECT_EQ(answer["min_positional"], 0);
  EXPECT_EQ(answer["max_positional"], -1);
}

TEST_F(InspectTest, ASyntaxErrorHasItsPlace) {
  const Json answer = Inspect("local M = {}\nfunction M.generate(a,) end\nreturn M");
  EXPECT_FALSE(answer["parsed"].get<bool>());
  EXPECT_EQ(answer["line"], 2);
  EXPECT_EQ(answer["column"], 23);
  EXPECT_EQ(answer["error"], "<name> or '...' expected near ')'");
  EXPECT_EQ(Found("\x1bLua"), "broken");
}

TEST_F(InspectTest, NothingOfTheModuleRuns) {
  EXPECT_EQ(Found("while true do end\nlocal M = {} function M.generate() end return M"),
            "function:0");
}

TEST_F(InspectTest, AFileThatIsNotThereDoesNotParse) {
  const Json answer =
      MakeLuaHost()->InspectEntrypoint(dir.path(), {.file = "no/such.lua", .function = "generate"});
  EXPECT_FALSE(answer["parsed"].get<bool>());
  EXPECT_THAT(answer["error"].get<std::string>(), HasSubstr("such.lua"));
}

}  // namespace
}  // namespace carrel::lua
