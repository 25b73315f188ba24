#include "runtime/usage/total_table.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace carrel::usage {
namespace {

TEST(TotalTable, KeepsOneTotalForEachKeyHoweverManyThereAre) {
  std::mt19937_64 random(7);
  TotalTable table;
  struct Expected {
    int64_t records = 0, tenths = 0;
  };
  std::map<TotalKey, Expected> expected;
  for (int i = 0; i < 50'000; ++i) {
    const TotalKey key{static_cast<int64_t>(random() % 3'000),
                       static_cast<int64_t>(random() % 7) - 3,
                       static_cast<int64_t>(random() % 3) - 1};
    Total& total = table.At(key);
    ++total.records;
    total.amount.Add(Decimal::Make(i, 1));
    ++expected[key].records;
    expected[key].tenths += i;
  }
  ASSERT_EQ(table.rows().size(), expected.size());
  for (const Total& total : table.rows()) {
    ASSERT_TRUE(expected.contains(total.key));
    EXPECT_EQ(total.records, expected[total.key].records);
    EXPECT_EQ(total.amount.Total(), Decimal::Make(expected[total.key].tenths, 1));
  }
}

TEST(TotalTable, TellsKeysApartThatDifferInOneFieldOnly) {
  TotalTable table;
  table.At({1, 2, 3}).records = 1;
  EXPECT_EQ(table.At({2, 2, 3}).records, 0);
  EXPECT_EQ(table.At({1, 1, 3}).records, 0);
  EXPECT_EQ(table.At({1, 2, kNoTier}).records, 0);
  EXPECT_EQ(table.At({1, 2, 3}).records, 1);
  EXPECT_EQ(table.rows().size(), 4U);
}

}  // namespace
}  // namespace carrel::usage
