#include "runtime/query/query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/query/sql.h"
#include "tests/unit/query/sample_schema.h"

namespace carrel::query {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string FaultOf(std::string_view text) {
  const auto query = Compile(text, kSample);
  return query ? "none" : query.error().message;
}

TEST(QueryTest, WindowsHaveADefaultAndAMost) {
  const auto plain = Compile("", kSample);
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->limit, 100);
  EXPECT_EQ(plain->offset, 0);
  const auto given = Compile("limit=0&offset=20", kSample);
  ASSERT_TRUE(given);
  EXPECT_EQ(given->limit, 0);
  EXPECT_EQ(given->offset, 20);
  EXPECT_TRUE(Compile("limit=1000", kSample));
  EXPECT_THAT(FaultOf("limit=1001"), HasSubstr("limit: '1001' is no whole number from 0 to 1000"));
  EXPECT_THAT(FaultOf("limit=-1"), HasSubstr("limit: '-1'"));
  EXPECT_THAT(FaultOf("offset=1x"), HasSubstr("offset: '1x'"));
  EXPECT_THAT(FaultOf("limit=999999999999999999999"), HasSubstr("limit:"));
}

TEST(QueryTest, OrderIsOverFieldsAndEndsWithTheKey) {
  const auto query = Compile("ordering(-sum.total,+id)", kSample);
  ASSERT_TRUE(query);
  EXPECT_EQ(OrderSql(*query, kSample, "key"),
            "(total IS NULL), total DESC, total_fraction DESC, id, key");
  EXPECT_THAT(FaultOf("ordering(nane)"), HasSubstr("did you mean 'name'?"));
}

TEST(QueryTest, SelectHidesFieldsAndWhatHoldsThem) {
  const auto query = Compile("select(-sum,-name,+id)", kSample);
  ASSERT_TRUE(query);
  Json object = {{"id", "x"}, {"name", "n"}, {"sum", {{"total", "1"}}}};
  Hide(*query, object);
  EXPECT_EQ(object, (Json{{"id", "x"}}));
  const auto inner = Compile("select(-sum.total)", kSample);
  ASSERT_TRUE(inner);
  object = {{"sum", {{"total", "1"}, {"count", 2}}}};
  Hide(*inner, object);
  EXPECT_EQ(object, (Json{{"sum", {{"count", 2}}}}));
  Json text = {{"sum", "text"}};
  Hide(*inner, text);
  EXPECT_EQ(text, (Json{{"sum", "text"}}));
  EXPECT_THAT(FaultOf("select(-su)"), HasSubstr("select(su): no field of a sample"));
}

TEST(QueryTest, ValuesNeverBecomeSql) {
  const auto query = Compile("eq(id,\"x' OR 1=1 --\")&gt(sum.total,1.5)", kSample);
  ASSERT_TRUE(query);
  const SqlCondition sql = ToSql(query->filter, kSample);
  EXPECT_EQ(sql.text,
            "((id = ?) AND (NOT (total IS NULL) AND NOT (total IS NOT NULL AND (total, "
            "total_fraction) <= (?, ?))))");
  EXPECT_THAT(sql.values, ElementsAre(SqlValue("x' OR 1=1 --"), SqlValue(int64_t{1}),
                                      SqlValue(int64_t{500'000'000'000'000'000})));
}

TEST(QueryTest, FaultsOfAllPartsComeTogether) {
  EXPECT_EQ(FaultOf("eq(rank,x)&ordering(q)&limit=z"),
            "query: character 1, eq(rank, ...): 'x' is no whole number\n"
            "query: ordering(q): no field of a sample\n"
            "query: limit: 'z' is no whole number from 0 to 1000");
}

}  // namespace
}  // namespace carrel::query
