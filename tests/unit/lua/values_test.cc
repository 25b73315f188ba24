#include <gmock/gmock.h>

#include "tests/unit/lua/lua_fixture.h"

namespace carrel::lua {
namespace {

using ::testing::HasSubstr;

TEST_F(LuaTest, DatesBecomeDateCells) {
  EXPECT_EQ(Cell("carrel.date('1970-01-02')"), "date:86400000000");
  EXPECT_EQ(Cell("carrel.date{year = 2024, month = 2, day = 29}"), "date:1709164800000000");
  EXPECT_EQ(Cell("carrel.date('2020-10-14T10:21:22+00:00')"), "date:1602633600000000");
  EXPECT_EQ(Cell("carrel.date('0001-01-01')"), "date:-62135596800000000");
  EXPECT_THAT(Cell("carrel.date('2023-02-29')"), HasSubstr("day 29 is not between 1 and 28"));
  EXPECT_THAT(Cell("carrel.date('tomorrow')"), HasSubstr("\"tomorrow\" is not a date"));
}

TEST_F(LuaTest, DatetimesKeepTheirZone) {
  EXPECT_EQ(Cell("carrel.datetime('1970-01-01T00:00:01')"), "dt:1000000");
  EXPECT_EQ(Cell("carrel.datetime('1970-01-01T00:00:01.5Z')"), "dt:1500000+0");
  EXPECT_EQ(Cell("carrel.datetime('1970-01-01T00:00:01-03:30')"), "dt:1000000-210");
  EXPECT_EQ(Cell("carrel.datetime{year = 1970, hour = 1}"), "dt:3600000000");
  EXPECT_THAT(Cell("carrel.datetime('2024-01-01')"), HasSubstr("is not a datetime"));
  EXPECT_THAT(Cell("carrel.datetime('2024-01-01T25:00:00')"), HasSubstr("hour 25"));
}

TEST_F(LuaTest, DatesPrintCompareAndMove) {
  EXPECT_EQ(Cell("tostring(carrel.datetime('2024-01-31T10:20:30.25+02:00'))"),
            "t:2024-01-31T10:20:30.250000+02:00");
  EXPECT_EQ(Cell("tostring(carrel.date('2024-01-31'):add_months(1))"), "t:2024-02-29");
  EXPECT_EQ(Cell("tostring(carrel.date('2024-03-31'):add_months(-13))"), "t:2023-02-28");
  EXPECT_EQ(Cell("tostring(carrel.date('2024-12-31'):add_days(1))"), "t:2025-01-01");
  EXPECT_EQ(Cell("tostring(carrel.datetime('2024-12-31T01:02:03Z'):add_days(1))"),
            "t:2025-01-01T01:02:03+00:00");
  EXPECT_EQ(Cell("carrel.date('2024-01-01'):weekday()"), "i:1");
  EXPECT_EQ(Cell("carrel.date('2024-03-01'):days_since(carrel.date('2024-02-01'))"), "i:29");
  EXPECT_EQ(Cell("carrel.date('2024-03-01') > carrel.date('2024-02-01')"), "true");
  EXPECT_EQ(Cell("carrel.datetime('2024-01-01T02:00:00+02:00') == "
                 "carrel.datetime('2024-01-01T00:00:00Z')"),
            "true");
  EXPECT_EQ(Cell("carrel.date('2024-03-09').year * 10000 + carrel.date('2024-03-09').month * 100 "
                 "+ carrel.date('2024-03-09').day"),
            "i:20240309");
}

TEST_F(LuaTest, DecimalsKeepTheirDigits) {
  EXPECT_EQ(Cell("carrel.decimal('1.10')"), "dec:1.10");
  EXPECT_EQ(Cell("carrel.decimal('-1E+3')"), "dec:-1E+3");
  EXPECT_EQ(Cell("carrel.decimal(7)"), "dec:7");
  EXPECT_THAT(Cell("carrel.decimal('1.2.3')"), HasSubstr("is not a decimal number"));
  EXPECT_THAT(Cell("carrel.decimal(1.5)"), HasSubstr("carrel.decimal takes text"));
}

TEST_F(LuaTest, OtherValuesAreNamedNotPrinted) {
  EXPECT_EQ(Cell("carrel.null, 1"), "none|i:1");
  EXPECT_EQ(Cell("{}, print, coroutine.create(print), client"),
            "other:table|other:function|other:thread|other:table");
}

TEST_F(LuaTest, ACellIsReadAsItIsEvenWhenTheReportTampersWithIt) {
  EXPECT_EQ(Cell("(function() local d = carrel.date('2024-01-01') d[1] = 'x' return d end)()"),
            "other:table");
  EXPECT_EQ(Cell("(function() local d = carrel.decimal('1') d[1] = {} return d end)()"),
            "other:table");
}

TEST_F(LuaTest, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_EQ(Cell("'a\\xffb'"),
            "t:a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(Cell("'\\u{1F600}'"), "t:\xF0\x9F\x98\x80");
  EXPECT_EQ(Cell("carrel.json.encode('a\\xff\"\\n\\1')"), "t:\"a\xEF\xBF\xBD\\\"\\n\\u0001\"");
}

TEST_F(LuaTest, JsonNumbersReadBackEqual) {
  EXPECT_EQ(Cell("carrel.json.encode{1, 1.0, 0.1, -0.0, 1e15, 1e16, 1e-5, 1.5e300, 0/0}"),
            "t:[1,1.0,0.1,-0.0,1000000000000000.0,1e+16,0.00001,1.5e+300,null]");
  EXPECT_EQ(Cell("carrel.json.encode{123456.789, 1e-7, math.mininteger}"),
            "t:[123456.789,1e-7,-9223372036854775808]");
}

TEST_F(LuaTest, ALengthBesidePositionsMakesAnArrayInJson) {
  EXPECT_EQ(Cell("carrel.json.encode{n = 5, nil, 2}"), "t:[null,2,null,null,null]");
  EXPECT_EQ(Cell("carrel.json.encode{n = 1, 'a', 'b'}"), "t:[\"a\"]");
  EXPECT_EQ(Cell("carrel.json.encode(table.pack(1, nil, nil))"), "t:[1,null,null]");
  EXPECT_EQ(Cell("carrel.json.encode(carrel.array{n = 2})"), "t:[null,null]");
  EXPECT_EQ(Cell("carrel.json.encode{n = 5}"), R"(t:{"n":5})");
  EXPECT_EQ(Cell("carrel.json.encode{n = '5', 1}"), R"(t:{"1":1,"n":"5"})");
  EXPECT_EQ(Cell("carrel.json.encode{n = -1, 1}"), R"(t:{"1":1,"n":-1})");
  EXPECT_EQ(Cell("carrel.json.encode{n = 1000000000, 1}"), R"(t:{"1":1,"n":1000000000})");
  EXPECT_THAT(Cell("carrel.json.encode(carrel.array{n = 1000000000})"),
              HasSubstr("too many holes"));
}

TEST_F(LuaTest, JsonGoesThereAndBack) {
  EXPECT_EQ(Cell(R"(carrel.json.encode(carrel.json.decode('{"b":[],"a":[1,null,2.0],"c":{}}')))"),
            R"(t:{"a":[1,null,2.0],"b":[],"c":{}})");
  EXPECT_EQ(Cell(R"(carrel.json.decode('{"a":null}').a)"), "");
  EXPECT_EQ(Cell("carrel.json.decode('18446744073709551615')"), "f:1.8446744073709552e+19");
  EXPECT_THAT(Cell("carrel.json.decode('{')"), HasSubstr("line 1, column 2: not valid JSON"));
  EXPECT_THAT(Cell("carrel.json.decode(('['):rep(1000) .. (']'):rep(1000))"),
              HasSubstr("nested deeper than 200"));
}

}  // namespace
}  // namespace carrel::lua
