#include "runtime/query/syntax.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace carrel::query {
namespace {

using testing::HasSubstr;

// The tree in one notation, so that forms which mean the same read the same.
std::string Show(const Term& term) {
  std::string out;
  if (term.kind == Term::Kind::kCompare) {
    out = term.op + ":" + term.property;
    for (const Literal& value : term.values) {
      out += value.kind == Literal::Kind::kNull    ? " null()"
             : value.kind == Literal::Kind::kEmpty ? " empty()"
                                                   : " [" + value.text + "]";
    }
    return "{" + out + "}";
  }
  out = term.kind == Term::Kind::kAnd ? "and" : term.kind == Term::Kind::kOr ? "or" : "not";
  for (const Term& child : term.children) out += " " + Show(child);
  return "(" + out + ")";
}

std::string Shown(std::string_view text) {
  const auto syntax = ParseQuery(text);
  if (!syntax) return "error: " + syntax.error().message;
  std::string out;
  for (const Term& term : syntax->terms) out += (out.empty() ? "" : " ") + Show(term);
  return out;
}

TEST(SyntaxTest, TheThreeFormsOfAComparisonMeanTheSame) {
  EXPECT_EQ(Shown("eq(product.id,PRD-1)"), "{eq:product.id [PRD-1]}");
  EXPECT_EQ(Shown("product.id=eq=PRD-1"), "{eq:product.id [PRD-1]}");
  EXPECT_EQ(Shown("product.id=PRD-1"), "{eq:product.id [PRD-1]}");
  EXPECT_EQ(Shown(" eq( product.id , PRD-1 ) "), "{eq:product.id [PRD-1]}");
}

TEST(SyntaxTest, AValueThatReadsLikeAnOperatorIsAValue) {
  EXPECT_EQ(Shown("name=eq"), "{eq:name [eq]}");
  EXPECT_EQ(Shown("eq(name,in)"), "{eq:name [in]}");
  EXPECT_EQ(Shown("limit_x=5"), "{eq:limit_x [5]}");
}

TEST(SyntaxTest, LogicOfEveryKind) {
  EXPECT_EQ(Shown("a=1&b=2,c=3"), "{eq:a [1]} {eq:b [2]} {eq:c [3]}");
  EXPECT_EQ(Shown("and(a=1,eq(b,2))"), "(and {eq:a [1]} {eq:b [2]})");
  EXPECT_EQ(Shown("or(a=1,b=2,c=3)"), "(or {eq:a [1]} {eq:b [2]} {eq:c [3]})");
  EXPECT_EQ(Shown("(a=1|b=2)"), "(or {eq:a [1]} {eq:b [2]})");
  EXPECT_EQ(Shown("(a=1;b=2)"), "(or {eq:a [1]} {eq:b [2]})");
  EXPECT_EQ(Shown("(a=1&b=2|c=3)"), "(or (and {eq:a [1]} {eq:b [2]}) {eq:c [3]})");
  EXPECT_EQ(Shown("not(a=1)"), "(not {eq:a [1]})");
  EXPECT_EQ(Shown("((a=1))"), "{eq:a [1]}");
}

TEST(SyntaxTest, Lists) {
  EXPECT_EQ(Shown("in(id,(a,b))"), "{in:id [a] [b]}");
  EXPECT_EQ(Shown("id=in=(a,'b c')"), "{in:id [a] [b c]}");
  EXPECT_EQ(Shown("out(id,())"), "{out:id}");
  EXPECT_EQ(Shown("in(id,(null(),a,empty()))"), "{in:id null() [a] empty()}");
}

TEST(SyntaxTest, ValuesKeepWhatStandsInThem) {
  EXPECT_EQ(Shown("eq(name,\"a, b) & c\")"), "{eq:name [a, b) & c]}");
  EXPECT_EQ(Shown("eq(name,'it\\'s')"), "{eq:name [it's]}");
  EXPECT_EQ(Shown("eq(at,2019-02-12T10:02:00+03:00)"), "{eq:at [2019-02-12T10:02:00+03:00]}");
  EXPECT_EQ(Shown("eq(name,Big Company Ltd)"), "{eq:name [Big Company Ltd]}");
  EXPECT_EQ(Shown("eq(name,a=b)"), "{eq:name [a=b]}");
  EXPECT_EQ(Shown("name=''"), "{eq:name []}");
  EXPECT_EQ(Shown("eq(name,O'Brien)"), "{eq:name [O'Brien]}");
}

TEST(SyntaxTest, StarsAreKnownFromEscapedOnes) {
  const auto syntax = ParseQuery("like(name,*a\\*b*)");
  ASSERT_TRUE(syntax);
  const Literal& value = syntax->terms.front().values.front();
  EXPECT_EQ(value.text, "*a*b*");
  EXPECT_THAT(value.stars, testing::ElementsAre(0, 4));
}

TEST(SyntaxTest, PartsThatAreNoFilter) {
  const auto syntax =
      ParseQuery("ordering(+a,-b.c,d)&select(-x,+y)&search=\"two words\"&limit=10&offset(5)&a=1");
  ASSERT_TRUE(syntax) << syntax.error().message;
  ASSERT_EQ(syntax->ordering.size(), 3U);
  EXPECT_EQ(syntax->ordering[1].name, "b.c");
  EXPECT_EQ(syntax->ordering[1].sign, SignedName::Sign::kMinus);
  EXPECT_EQ(syntax->ordering[2].sign, SignedName::Sign::kPlus);
  ASSERT_EQ(syntax->select.size(), 2U);
  EXPECT_EQ(syntax->search, "two words");
  EXPECT_EQ(syntax->limit, "10");
  EXPECT_EQ(syntax->offset, "5");
  EXPECT_EQ(syntax->terms.size(), 1U);
}

TEST(SyntaxTest, TheEmptyQueryHasNoTerms) {
  EXPECT_EQ(Shown(""), "");
  EXPECT_EQ(Shown("  "), "");
  EXPECT_EQ(Shown("&a=1&&"), "{eq:a [1]}");
}

TEST(SyntaxTest, ErrorsNameThePlaceAndTheNearMiss) {
  EXPECT_EQ(Shown("a=1&eqq(b,2)"),
            "error: query: character 5, near 'eqq(b,2)': unknown operator 'eqq'; did you mean "
            "'eq'?");
  EXPECT_THAT(Shown("a=1|b=2"), HasSubstr("character 4, near '|b=2': | and ; need parentheses"));
  EXPECT_THAT(Shown("eq(a,b"), HasSubstr("character 7, at its end: expected ')'"));
  EXPECT_THAT(Shown("eq(a)"), HasSubstr("expected ','"));
  EXPECT_THAT(Shown("eq(a,)"), HasSubstr("expected a value"));
  EXPECT_THAT(Shown("eq(1a,b)"), HasSubstr("expected a property"));
  EXPECT_THAT(Shown("in(a,b)"), HasSubstr("in takes a list"));
  EXPECT_THAT(Shown("eq(a,\"b)"), HasSubstr("the quote is never closed"));
  EXPECT_THAT(Shown("eq(a,now())"), HasSubstr("need quotes"));
  EXPECT_THAT(Shown("a=near=b"), HasSubstr("unknown operator 'near'"));
  EXPECT_THAT(Shown("not(a=1,b=2)"), HasSubstr("expected ')'"));
  EXPECT_THAT(Shown("ordering(a)&ordering(b)"), HasSubstr("a second ordering"));
  EXPECT_THAT(Shown("limit=1&limit=2"), HasSubstr("a second limit"));
  EXPECT_THAT(Shown("justtext"), HasSubstr("expected ( or ="));
  EXPECT_THAT(Shown("eq(a,\xFF)"), HasSubstr("not UTF-8"));
  EXPECT_THAT(Shown(std::string_view("eq(a,b\0c)", 9)), HasSubstr("character 7 is a control"));
}

TEST(SyntaxTest, NestingEndsAtThirtyTwoLevels) {
  const auto nested = [](int levels) {
    std::string text;
    for (int i = 1; i < levels; ++i) text += "not(";
    text += "a=1";
    return text + std::string(static_cast<size_t>(levels - 1), ')');
  };
  EXPECT_TRUE(ParseQuery(nested(kMaxLevels)));
  const auto deeper = ParseQuery(nested(kMaxLevels + 1));
  ASSERT_FALSE(deeper);
  EXPECT_EQ(deeper.error().code, Code::kInvalid);
  EXPECT_THAT(deeper.error().message, HasSubstr("deeper than 32 levels"));
  EXPECT_FALSE(ParseQuery(std::string(60'000, '(')));
}

TEST(SyntaxTest, TextEndsAtSixtyFourKibibytes) {
  const std::string fits = "eq(a," + std::string(kMaxQueryBytes - 6, 'x') + ")";
  EXPECT_TRUE(ParseQuery(fits));
  const auto larger = ParseQuery(fits + " ");
  ASSERT_FALSE(larger);
  EXPECT_EQ(larger.error().code, Code::kInvalid);
}

}  // namespace
}  // namespace carrel::query
