// R prints what connect-openapi-client prints for the same calls.
#include <gmock/gmock.h>

#include "tests/unit/lua/lua_fixture.h"

namespace carrel::lua {
namespace {

using ::testing::HasSubstr;

struct QueryCase {
  const char* expression;
  const char* text;
};

constexpr QueryCase kCases[] = {
    {"R()", ""},
    {"R{a='b'}", "eq(a,b)"},
    {"R{a__b__ge=1}", "ge(a.b,1)"},
    {"R{b='x', a=1}", "and(eq(a,1),eq(b,x))"},
    {"R{a__in={'x','y'}}", "in(a,(x,y))"},
    {"R{a__null=true}", "eq(a,null())"},
    {"R{a__empty=false}", "ne(a,empty())"},
    {"R().a.b:eq('x')", "eq(a.b,x)"},
    {"R().a:oneof{}", "in(a,())"},
    {"R().a:out{'x'}", "out(a,(x))"},
    {"R().a:null(true)", "eq(a,null())"},
    {"R().a:null(false)", "ne(a,null())"},
    {"R().a:like('*x*')", "like(a,*x*)"},
    {"R().a:eq(true)", "eq(a,true)"},
    {"R().a:eq(1.5)", "eq(a,1.5)"},
    {"R():n('a.b'):ne('x')", "ne(a.b,x)"},
    {"R().events.created.at:ge(carrel.date('2024-01-31'))", "ge(events.created.at,2024-01-31)"},
    {"R().a:eq(1) & R().b:eq(2) & R().c:eq(3)", "and(eq(a,1),eq(b,2),eq(c,3))"},
    {"R().a:eq(1) | R().b:eq(2) & R().c:eq(3)", "or(eq(a,1),and(eq(b,2),eq(c,3)))"},
    {"(R().a:eq(1) | R().b:eq(2)) & R().c:eq(3)", "and(or(eq(a,1),eq(b,2)),eq(c,3))"},
    {"(R().a:eq(1) | R().b:eq(2)) | (R().c:eq(3) | R().d:eq(4))",
     "or(eq(a,1),eq(b,2),eq(c,3),eq(d,4))"},
    {"~R().a:eq(1)", "not(eq(a,1))"},
    {"~(R().a:eq(1) & R().b:eq(2))", "not(and(eq(a,1),eq(b,2)))"},
    {"~R().a:eq(1) & R().b:eq(2)", "and(not(eq(a,1)),eq(b,2))"},
    {"R() & R().a:eq(1)", "eq(a,1)"},
    {"R().a:eq(1) & R()", "eq(a,1)"},
    {"R().a:eq(1) & R().a:eq(1)", "eq(a,1)"},
    {"R{a='1',b='2'} & R().c:eq(3)", "and(eq(a,1),eq(b,2),eq(c,3))"},
    {"R().c:eq(3) & R{a='1',b='2'}", "and(eq(c,3),eq(a,1),eq(b,2))"},
    {"~(R().a:eq(1) | R().b:eq(2)) & R().c:eq(3)", "and(not(and(or(eq(a,1),eq(b,2)))),eq(c,3))"},
    {"R().a:eq(1) & R().b:eq(2) & R().a:eq(1)", "and(eq(a,1),eq(b,2))"},
    {"R().c:eq(3) | ~R().a:eq(1)", "or(eq(c,3),not(eq(a,1)))"},
    {"(R().a:eq(1) & R().b:eq(2)) | (R().a:eq(1) & R().b:eq(2))", "and(eq(a,1),eq(b,2))"},
};

TEST_F(LuaTest, QueriesPrintAsTheOpenApiClientDoes) {
  for (const auto& [expression, text] : kCases) {
    EXPECT_EQ(Cell(std::string("tostring(") + expression + ")"), std::string("t:") + text)
        << expression;
  }
}

TEST_F(LuaTest, JoiningAnEmptyQueryKeepsANegation) {
  EXPECT_EQ(Cell("tostring(R() & ~R().a:eq(1))"), "t:not(eq(a,1))");
}

TEST_F(LuaTest, AnEmptyQueryHasLengthZero) {
  EXPECT_EQ(Cell("#R(), #R().a:eq(1), R().a:eq(1) == R().a:eq(1)"), "i:0|i:1|true");
}

TEST_F(LuaTest, WrongUseOfQueriesIsNamed) {
  EXPECT_THAT(Cell("R().a:eq({})"), HasSubstr("the 'eq' operator does not take a table"));
  EXPECT_THAT(Cell("R().a:oneof('x')"), HasSubstr("takes an array, not a string"));
  EXPECT_THAT(Cell("R().a:eq(1).b"), HasSubstr("has an operator already"));
  EXPECT_THAT(Cell("R().a:eq(1) & 'x'"), HasSubstr("joins two R"));
  EXPECT_THAT(Cell("R{1, 2}"), HasSubstr("R takes named filters"));
}

}  // namespace
}  // namespace carrel::lua
