// Usage files with the reader and the validator behind them, and the sums of their records.
#include <fmt/format.h>

#include "runtime/usage/sheet_source.h"
#include "tests/unit/usage/usage_fixture.h"

namespace carrel::usage {
namespace {

using testing::SizeIs;

// With the reader and the validator behind it.
class SheetTest : public UsageTest {
 protected:
  UsageFile Process(std::string_view id, std::string_view sheet) {
    SheetSource source;
    UsageService service(*database_, *uploads_, source, clock_,
                         {.host_id = "h", .is_gone = [](std::string_view) { return false; }});
    const UniqueFd fd(OpenText(sheet));
    const auto sent = service.Upload(vendor_, kOrigin, id, {.name = "a.csv", .fd = fd.get()});
    EXPECT_TRUE(sent) << sent.error().message;
    const auto done = service.Process(id);
    EXPECT_TRUE(done) << done.error().message;
    return done.value_or(UsageFile{});
  }
};

TEST_F(SheetTest, ACsvFileIsReadCheckedAndStored) {
  const UsageFile file = Draft();
  const UsageFile done = Process(
      file.id,
      "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
      "asset_search_criteria,asset_search_value,v.color\n"
      "r1,item.mpn,OC-CPU-H,12.25,2026-11-01 00:00:00,2026-11-02 00:00:00,asset.id,"
      "AS-1000-2000-0001,blue\n"
      "r2,item.local_id,ram,0.00000001,2026-11-01,2026-11-02,parameter.tenant_id,tenant-002,\n");
  ASSERT_EQ(done.status, FileState::kReady) << done.error_detail;
  const auto records = Records(vendor_, "ordering(record_id)");
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0]["usage"], "12.25");
  EXPECT_EQ(records[0]["params"]["v.color"], "blue");
  EXPECT_EQ(records[0]["start_date"], "2026-11-01T00:00:00+00:00");
  EXPECT_EQ(records[1]["usage"], "0.00000001");
  EXPECT_EQ(records[1]["item"]["id"], "PRD-100-200-300-0002");
  EXPECT_EQ(records[1]["asset"]["id"], "AS-1000-2000-0002");
}

TEST_F(SheetTest, AllErrorsOfARecordAreKept) {
  const UsageFile file = Draft();
  const UsageFile done = Process(
      file.id,
      "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
      "asset_search_criteria,asset_search_value\n"
      "r1,item.mpn,NONE,1.234,2026-11-01,2026-11-02,asset.id,AS-0\n");
  EXPECT_EQ(done.status, FileState::kInvalid);
  const auto records = Records(vendor_, "");
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0]["status"], "invalid");
  EXPECT_GE(records[0]["errors"].size(), 2U);
  EXPECT_EQ(records[0]["errors"][0]["code"], "USG_011");
  EXPECT_EQ(records[0]["errors"][0]["raw_value"], "NONE");
  EXPECT_TRUE(records[0]["item"].is_null());
}

TEST_F(SheetTest, AWrongHeaderIsTheFilesFault) {
  const UsageFile file = Draft();
  const UsageFile done = Process(file.id, "record_id,what\nr1,2\n");
  EXPECT_EQ(done.status, FileState::kInvalid);
  EXPECT_THAT(done.error_detail, testing::StartsWith("USG_05"));
  EXPECT_EQ(*Count("usage_records"), 0);
}

TEST_F(SheetTest, ItemsThatAFileBringsAreCreatedWhenAllRecordsAreValid) {
  CreateFile request = NewFile("PRD-100-200-301");
  request.currency = "EUR";
  const auto file = service_->Create(vendor_, kOrigin, request);
  ASSERT_TRUE(file);
  const std::string header =
      "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
      "asset_search_criteria,asset_search_value,amount,tier,v.region,item_name,item_unit,item_mpn,"
      "item_precision\n";
  const std::string good =
      "n1,item.mpn,OS-SNAP,2.5,2026-11-01,2026-11-02,asset.id,AS-1000-2000-0003,10.10,0,north,"
      "Snapshots,GB,OS-SNAP,decimal(2)\n";
  const std::string bad =
      "n2,item.mpn,OS-SNAP,2.5,2026-11-01,2026-11-02,asset.id,AS-0,10.10,0,north,Snapshots,GB,"
      "OS-SNAP,decimal(2)\n";
  ASSERT_EQ(Process(file->id, header + good + bad).status, FileState::kInvalid);
  EXPECT_EQ(*Count("items WHERE mpn = 'OS-SNAP'"), 0);
  EXPECT_EQ(*Count("usage_records WHERE item_key < 0"), 0);
  const UsageFile done = Process(file->id, header + good);
  ASSERT_EQ(done.status, FileState::kReady) << done.error_detail << Records(vendor_, "")[0];
  const auto records = Records(vendor_, "");
  EXPECT_EQ(records[0]["item"]["id"], "PRD-100-200-301-0002");
  EXPECT_EQ(records[0]["item"]["mpn"], "OS-SNAP");
  EXPECT_EQ(records[0]["tier"], 0);
  EXPECT_EQ(*Count("usage_totals t JOIN items i ON i.key = t.item_key"), 1);
}

// Submitted and accepted by the distributor, of a product with amounts.
class AggregateTest : public SheetTest {
 protected:
  void Accept(const std::string& product, const std::string& currency, const std::string& text) {
    CreateFile request = NewFile(product);
    request.currency = currency;
    const auto file = service_->Create(vendor_, kOrigin, request);
    ASSERT_TRUE(file) << file.error().message;
    const UsageFile done = Process(file->id, kHeader + text);
    ASSERT_EQ(done.status, FileState::kReady) << done.error_detail;
    ASSERT_TRUE(service_->Submit(vendor_, kOrigin, file->id));
    ASSERT_TRUE(service_->Accept(distributor_, kOrigin, file->id, "yes"));
  }
  static std::string Row(const std::string& id, const std::string& amount,
                         const std::string& tier) {
    return fmt::format(
        "{},item.mpn,OS-GB,10,2026-11-01,2026-11-02,asset.id,AS-1000-2000-0003,{},{},north\n", id,
        amount, tier);
  }

  const std::string kHeader =
      "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
      "asset_search_criteria,asset_search_value,amount,tier,v.region\n";
};

TEST_F(AggregateTest, AQuantityOfSeveralTiersCountsOnce) {
  Accept("PRD-100-200-301", "EUR", Row("t2", "1", "2") + Row("t0", "3", "0") + Row("t1", "2", "1"));
  const auto sums = ListAggregates(*database_, vendor_, "");
  ASSERT_TRUE(sums) << sums.error().message;
  ASSERT_THAT(sums->objects, SizeIs(1));
  const Json& sum = sums->objects[0];
  EXPECT_EQ(sum["consumed"], "10");
  EXPECT_EQ(sum["accepted"], "10");
  EXPECT_TRUE(sum["amount"].is_null());
  EXPECT_EQ(sum["tiers"], Json::parse(R"([{"tier": 0, "amount": "3"}, {"tier": 1, "amount": "2"},
                            {"tier": 2, "amount": "1"}])"));
  EXPECT_EQ(*Count("usage_totals"), 3);
  const auto chunks = ListChunks(*database_, distributor_, "");
  ASSERT_THAT(chunks->objects, SizeIs(1));
  EXPECT_EQ(chunks->objects[0]["records"]["all"], 3);
}

TEST_F(AggregateTest, CurrenciesAreNeverAddedUp) {
  Accept("PRD-100-200-301", "EUR", Row("e0", "100.10", "0"));
  Accept("PRD-100-200-301", "USD", Row("u0", "7.01", "0"));
  Accept("PRD-100-200-301", "EUR", Row("e1", "0.05", "0"));
  const auto sums = ListAggregates(*database_, vendor_, "");
  ASSERT_TRUE(sums) << sums.error().message;
  ASSERT_THAT(sums->objects, SizeIs(2));
  EXPECT_EQ(sums->objects[0]["currency"], "EUR");
  EXPECT_EQ(sums->objects[0]["tiers"][0]["amount"], "100.15");
  EXPECT_EQ(sums->objects[0]["consumed"], "20");
  EXPECT_EQ(sums->objects[1]["currency"], "USD");
  EXPECT_EQ(sums->objects[1]["tiers"][0]["amount"], "7.01");
  EXPECT_EQ(ListAggregates(*database_, vendor_, "currency=USD")->total, 1);
  InState(FileState::kAccepted);  // of schema QT, over two assets
  EXPECT_EQ(ListAggregates(*database_, vendor_, "currency=null()")->total, 2);
}

}  // namespace
}  // namespace carrel::usage
