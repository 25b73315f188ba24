// Records and sums as they are found.
#include <fmt/format.h>

#include "tests/unit/usage/usage_fixture.h"

namespace carrel::usage {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

using UsageListsTest = UsageTest;

TEST_F(UsageListsTest, SumsAreExact) {
  std::vector<TestRecord> rows;
  for (int i = 0; i < 1000; ++i) {
    rows.push_back({.record_id = fmt::format("s-{:05}", i),
                    .asset = i % 2 == 0 ? "AS-1000-2000-0001" : "AS-1000-2000-0002",
                    .quantity = "0.1",
                    .amount = i % 2 == 0 ? "10000000000000000.01" : "-0.00000003"});
  }
  const UsageFile file = Draft();
  ASSERT_EQ(Upload(file.id, rows).status, FileState::kReady);
  EXPECT_THAT(ListAggregates(*database_, vendor_, "")->objects, IsEmpty());
  ASSERT_TRUE(service_->Submit(vendor_, kOrigin, file.id));
  auto sums = ListAggregates(*database_, vendor_, "");
  ASSERT_TRUE(sums) << sums.error().message;
  ASSERT_EQ(sums->total, 2);
  EXPECT_EQ(sums->objects[0]["asset"]["id"], "AS-1000-2000-0001");
  EXPECT_EQ(sums->objects[0]["consumed"], "50");
  EXPECT_EQ(sums->objects[0]["accepted"], "0");
  ASSERT_TRUE(service_->Accept(distributor_, kOrigin, file.id, "yes"));
  sums = ListAggregates(*database_, distributor_, "");
  ASSERT_TRUE(sums);
  EXPECT_EQ(sums->objects[0]["accepted"], "50");
  EXPECT_EQ(sums->objects[0]["amount"], "5000000000000000005");
  EXPECT_EQ(sums->objects[1]["amount"], "-0.000015");
  EXPECT_EQ(ListAggregates(*database_, vendor_, "asset.id=AS-1000-2000-0002&limit=1")->total, 1);
  EXPECT_EQ(Records(vendor_, "amount=10000000000000000.01&limit=1000").size(), 500U);
  EXPECT_EQ(Records(vendor_, "lt(amount,0)&usage=0.1&limit=1000").size(), 500U);
  EXPECT_EQ(ToJson(Reload(file.id))["stats"], (Json{{"uploaded", 1000},
                                                    {"validated", 1000},
                                                    {"pending", 0},
                                                    {"accepted", 1000},
                                                    {"closed", 0},
                                                    {"billed", 0}}));
}

TEST_F(UsageListsTest, RecordsAreFoundByEveryKindOfField) {
  const UsageFile file = InState(FileState::kReady);
  const std::string id = RecordId(file.id, 2);
  for (const std::string& query :
       {"id=" + id, std::string("asset.id=AS-1000-2000-0002"),
        std::string("asset.external_id=7002"), std::string("category.id=c1&ordering(-id)&limit=1"),
        "gt(end_date,2026-11-01T01:00:00.000002Z)&usagefile.id=" + file.id,
        std::string("item.mpn=OC-CPU-H&hub.id=HB-1000-0001")}) {
    const auto found = Records(vendor_, query);
    ASSERT_THAT(found, SizeIs(1)) << query;
    EXPECT_EQ(found[0]["id"], id);
  }
  const auto record = GetRecord(*database_, vendor_, id);
  ASSERT_TRUE(record);
  EXPECT_EQ((*record)["usage"], "1.5");
  EXPECT_EQ((*record)["params"]["v.region"], "north");
  EXPECT_EQ((*record)["category"], (Json{{"id", "c1"}, {"name", "First"}}));
  for (const char* text : {"UR-1", "UR-2026-11-0000-0000-0000-0001", "nonsense", ""}) {
    EXPECT_EQ(GetRecord(*database_, vendor_, text).error().code, Code::kNotFound) << text;
  }
}

}  // namespace
}  // namespace carrel::usage
