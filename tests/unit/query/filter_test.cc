#include "runtime/query/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "runtime/query/query.h"
#include "tests/unit/query/sample_schema.h"

namespace carrel::query {
namespace {

using std::chrono::microseconds;
using testing::HasSubstr;

Timestamp At(std::string_view iso) { return *ParseIso(iso); }

SampleRecord Sample() {
  return SampleRecord({std::string("S-1"), std::string("Älpha Beta*"), int64_t{7},
                       *ParseNumber("-1.25"), At("2019-02-12T07:02:00Z"), true, int64_t{3}});
}

SampleRecord Nulls() {
  return SampleRecord({std::string("S-2"), {}, {}, {}, {}, false, int64_t{1}});
}

// nullopt: the query has a fault.
std::optional<bool> Asked(std::string_view text, const Record& record) {
  const auto filter = CompileFilter(text, kSample);
  if (!filter) return std::nullopt;
  return Matches(*filter, record);
}

std::string FaultOf(std::string_view text) {
  const auto filter = CompileFilter(text, kSample);
  return filter ? "none" : filter.error().message;
}

TEST(FilterTest, EveryTypeComparesByItsOwnOrder) {
  const SampleRecord sample = Sample();
  for (const char* text : {"eq(id,S-1)",
                           "ne(id,S-2)",
                           "eq(rank,7)",
                           "gt(rank,-10)",
                           "ge(rank,7)",
                           "lt(rank,+8)",
                           "le(rank,7)",
                           "eq(sum.total,-1.250)",
                           "lt(sum.total,-1.2)",
                           "gt(sum.total,-1.26)",
                           "in(sum.total,(3,-1.25))",
                           "eq(at,2019-02-12T10:02:00+03:00)",
                           "gt(at,2019-02-12)",
                           "lt(at,2019-02-12T07:02:00.000001)",
                           "eq(active,true)",
                           "ne(active,false)",
                           "eq(status,approved)",
                           "eq(status,accepted)",
                           "out(status,(draft,ready))",
                           "ne(status,open)",
                           "ne(name,null())",
                           "ne(name,empty())"}) {
    EXPECT_EQ(Asked(text, sample), true) << text;
    EXPECT_EQ(Asked("not(" + std::string(text) + ")", sample), false) << text;
  }
}

TEST(FilterTest, NullIsUnequalToEveryValueAndHasNoPlaceInAnOrder) {
  const SampleRecord nulls = Nulls();
  for (const char* text :
       {"eq(rank,null())", "ne(rank,7)", "out(rank,(7,8))", "not(rank=7)", "in(name,(null(),x))",
        "eq(status,open)", "not(gt(rank,5))", "ne(name,empty())", "ne(sum.total,0)"}) {
    EXPECT_EQ(Asked(text, nulls), true) << text;
  }
  for (const char* text : {"gt(rank,5)", "le(rank,5)", "lt(at,2030-01-01)", "like(name,*)",
                           "ilike(name,**)", "eq(name,empty())", "ne(rank,null())"}) {
    EXPECT_EQ(Asked(text, nulls), false) << text;
  }
}

TEST(FilterTest, WildcardsStandAtTheEndsOnly) {
  const SampleRecord sample = Sample();
  for (const char* text : {"like(name,Älpha*)", "like(name,*Beta\\*)", "like(name,*pha Be*)",
                           "like(name,*)", "like(name,**)", "like(name,\"Älpha Beta\\*\")",
                           "ilike(name,*BETA*)", "ilike(name,*LPHA bETA\\*)"}) {
    EXPECT_EQ(Asked(text, sample), true) << text;
  }
  for (const char* text : {"like(name,*beta*)", "like(name,lpha*)", "like(name,*Beta)",
                           "ilike(name,älpha*)", "like(name,Älpha)"}) {
    EXPECT_EQ(Asked(text, sample), false) << text;
  }
  EXPECT_THAT(FaultOf("like(name,a*b)"), HasSubstr("only at the start and at the end"));
}

TEST(FilterTest, EmptyListsHoldNothing) {
  EXPECT_EQ(Asked("in(id,())", Sample()), false);
  EXPECT_EQ(Asked("out(id,())", Sample()), true);
}

TEST(FilterTest, FaultsNameTheirPart) {
  EXPECT_EQ(FaultOf("eq(nam,x)"),
            "query: character 1, eq(nam, ...): no field of a sample; did you mean 'name'?");
  EXPECT_THAT(FaultOf("a=1&gt(name,x)"), HasSubstr("'gt' is not for a text field"));
  EXPECT_THAT(FaultOf("like(rank,1*)"), HasSubstr("'like' is not for a whole number field"));
  EXPECT_THAT(FaultOf("gt(active,true)"), HasSubstr("'gt' is not for a boolean field"));
  EXPECT_THAT(FaultOf("in(active,(true))"), HasSubstr("'in' is not for a boolean field"));
  EXPECT_THAT(FaultOf("gt(status,draft)"), HasSubstr("'gt' is not for a choice field"));
  EXPECT_THAT(FaultOf("eq(rank,1.5)"), HasSubstr("'1.5' is no whole number"));
  EXPECT_THAT(FaultOf("eq(rank,+-5)"), HasSubstr("is no whole number"));
  EXPECT_THAT(FaultOf("eq(rank,9223372036854775808)"), HasSubstr("is no whole number"));
  EXPECT_THAT(FaultOf("eq(sum.total,1e5)"), HasSubstr("'1e5' is no number"));
  EXPECT_THAT(FaultOf("eq(sum.total,1234567890123456789)"), HasSubstr("at most 18 digits"));
  EXPECT_THAT(FaultOf("eq(at,2019-02-30)"), HasSubstr("is no time"));
  EXPECT_THAT(FaultOf("eq(active,1)"), HasSubstr("true or false"));
  EXPECT_THAT(FaultOf("eq(status,gone)"), HasSubstr("'gone' is none of draft, ready"));
  EXPECT_THAT(FaultOf("eq(id,null())"), HasSubstr("the field is never null"));
  EXPECT_THAT(FaultOf("eq(rank,empty())"), HasSubstr("empty() is not for"));
  EXPECT_THAT(FaultOf("gt(rank,null())"), HasSubstr("'gt' needs a value"));
}

TEST(FilterTest, EveryFaultIsListed) {
  EXPECT_EQ(FaultOf("eq(rank,x)&eq(nothere,1)&eq(active,2)"),
            "query: character 1, eq(rank, ...): 'x' is no whole number\n"
            "query: character 12, eq(nothere, ...): no field of a sample\n"
            "query: character 26, eq(active, ...): '2' is no boolean: true or false");
}

TEST(FilterTest, TheNumberOfValuesIsLimited) {
  std::string text = "in(id,(a";
  for (size_t i = 1; i < kMaxValues; ++i) text += ",a";
  EXPECT_EQ(FaultOf(text + "))"), "none");
  EXPECT_THAT(FaultOf(text + ",a))"), HasSubstr("more than 10000 values"));
}

TEST(FilterTest, NumbersAreExact) {
  EXPECT_EQ(*ParseNumber("0.1"), (Number{0, 100'000'000'000'000'000}));
  EXPECT_EQ(*ParseNumber("-0.1"), (Number{-1, 900'000'000'000'000'000}));
  EXPECT_EQ(*ParseNumber("-0"), (Number{0, 0}));
  EXPECT_EQ(*ParseNumber("007.5000"), (Number{7, 500'000'000'000'000'000}));
  EXPECT_EQ(*ParseNumber("0.0000000000000000010"), (Number{0, 1}));
  for (const char* text : {"", ".", "1.", ".5", "--1", "1,5", "0.0000000000000000001", " 1"}) {
    EXPECT_FALSE(ParseNumber(text)) << text;
  }
}

TEST(FilterTest, ARuleIsOnlyAFilter) {
  EXPECT_THAT(FaultOf("limit=5"), HasSubstr("a filter has no ordering"));
  EXPECT_EQ(FaultOf(""), "none");
  EXPECT_EQ(Asked("", Nulls()), true);
}

}  // namespace
}  // namespace carrel::query
