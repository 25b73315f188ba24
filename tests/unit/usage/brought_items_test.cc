// Items that usage files bring, until they are the catalogue's.
#include <fmt/format.h>

#include "tests/unit/usage/spreadsheet_fixture.h"

namespace carrel::usage {
namespace {

constexpr std::string_view kHeader =
    "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
    "asset_search_criteria,asset_search_value,amount,tier,v.region,item_name,item_unit,item_mpn,"
    "item_precision\n";

// `rest` describes the item: "Snapshots,GB,SNAP,decimal(2)".
std::string Line(std::string_view id, std::string_view item, std::string_view rest,
                 std::string_view quantity = "2.5") {
  return fmt::format(
      "{},item.mpn,{},{},2026-11-01,2026-11-02,asset.id,AS-1000-2000-0003,10.10,0,north,{}\n", id,
      item, quantity, rest);
}

constexpr std::string_view kSnap = "Snapshots,GB,SNAP,decimal(2)";
constexpr std::string_view kNothing = ",,,";

class BroughtItemsTest : public SpreadsheetTest {
 protected:
  UsageFile SendLines(const UsageFile& file, std::string_view lines) {
    return SendText(file, std::string(kHeader) + std::string(lines));
  }
  // Ready, with an item of its own.
  UsageFile Brought() {
    const UsageFile file = SendLines(DraftOfTiers(), Line("r1", "SNAP", kSnap));
    EXPECT_EQ(file.status, FileState::kReady) << file.error_detail;
    EXPECT_EQ(Item("SNAP"), "PRD-100-200-301-0002 Snapshots GB decimal_2");
    return file;
  }
  void Delete(const UsageFile& file) {
    const Status deleted = reading_->Delete(vendor_, kOrigin, file.id);
    EXPECT_TRUE(deleted) << deleted.error().message;
  }
  std::vector<std::string> CodesOf(const UsageFile& file) {
    std::vector<std::string> codes;
    for (const Json& record : Values(file)) {
      for (const Json& error : record["errors"]) {
        codes.push_back(fmt::format("{} {}", error["code"].get<std::string>(),
                                    error["column"].get<std::string>()));
      }
    }
    return codes;
  }
  // As the catalogue has it; "" when it has none.
  std::string Item(std::string_view mpn) {
    const auto item = database_->Read([&](store::Transaction& transaction) -> Result<std::string> {
      CARREL_ASSIGN_OR_RETURN(auto rows,
                              store::Query(transaction,
                                           "SELECT id || ' ' || name || ' ' || unit || ' ' || "
                                           "quantity_precision FROM items WHERE mpn = ?",
                                           mpn));
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      return found ? std::string(rows->Text(0)) : std::string();
    });
    EXPECT_TRUE(item) << item.error().message;
    return item.value_or("");
  }
};

using testing::ElementsAre;
using testing::StartsWith;

TEST_F(BroughtItemsTest, ADeletedDraftTakesItsItemsAlong) {
  const UsageFile file = Brought();
  Delete(file);
  EXPECT_EQ(Item("SNAP"), "");
  EXPECT_THAT(Item("OS-GB"), StartsWith("PRD-100-200-301-0001"));
  Brought();  // the name is free again
}

TEST_F(BroughtItemsTest, AnItemStaysThatAnotherFileHasRecordsOf) {
  const UsageFile file = Brought();
  const UsageFile other = SendLines(DraftOfTiers(), Line("other", "SNAP", kNothing));
  EXPECT_EQ(other.counts.valid, 1);
  Delete(file);
  EXPECT_EQ(Values(other)[0]["item"]["mpn"], "SNAP");
  Delete(other);
  EXPECT_THAT(Item("SNAP"), StartsWith("PRD-100-200-301-0002")) << "it is the catalogue's";
}

TEST_F(BroughtItemsTest, AFileWithErrorsHoldsOnToNoItemOfAnother) {
  UsageFile file = Brought();
  const UsageFile other =
      SendLines(DraftOfTiers(), Line("a", "SNAP", kNothing, "2.555") + Line("b", "SNAP", kNothing));
  EXPECT_EQ(other.counts.valid, 1);
  file = SendLines(file, Line("r1", "SNAP", "Snapshots,TB,SNAP,decimal(4)"));
  EXPECT_EQ(file.status, FileState::kReady) << file.error_detail;
  EXPECT_THAT(Item("SNAP"), StartsWith("PRD-100-200-301-0002 Snapshots TB")) << "still its own";
  Delete(file);
  EXPECT_EQ(Item("SNAP"), "");
  EXPECT_EQ(Values(other).size(), 2U);
}

TEST_F(BroughtItemsTest, AnItemStaysThatAnImportNames) {
  const UsageFile file = Brought();
  const auto report =
      catalog::Import(*database_, R"({"items": [{"id": "PRD-100-200-301-0002", "unit": "GB"}]})",
                      catalog::Format::kJson, nullptr);
  ASSERT_TRUE(report && report->refused.empty());
  EXPECT_EQ(report->counts.unchanged, 1);
  Delete(file);
  EXPECT_THAT(Item("SNAP"), StartsWith("PRD-100-200-301-0002"));
}

TEST_F(BroughtItemsTest, AnImportDoesNotMakeAnotherItemOfOneThatAFileBrought) {
  const UsageFile file = Brought();
  const auto report = catalog::Import(
      *database_,
      R"({"items": [{"id": "PRD-100-200-301-0002", "mpn": "OFFICIAL", "unit": "seat"}]})",
      catalog::Format::kJson, nullptr);
  ASSERT_TRUE(report && report->refused.size() == 1);
  EXPECT_EQ(
      report->refused[0].reason,
      fmt::format("PRD-100-200-301-0002 is the item with mpn \"SNAP\" that usage file {} brought",
                  file.id));
  EXPECT_EQ(Item("SNAP"), "PRD-100-200-301-0002 Snapshots GB decimal_2");
}

TEST_F(BroughtItemsTest, ItemsTakeTheNumbersThatAreFree) {
  ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) {
    return store::Execute(transaction,
                          "UPDATE items SET id = 'PRD-100-200-301-9999' WHERE id = "
                          "'PRD-100-200-301-0001'");
  }));
  const UsageFile file = SendLines(
      DraftOfTiers(), Line("r1", "SNAP", kSnap) + Line("r2", "COPY", "C,TB,COPY,integer", "1"));
  EXPECT_EQ(file.status, FileState::kReady) << file.error_detail;
  EXPECT_THAT(Item("SNAP"), StartsWith("PRD-100-200-301-0001 "));
  EXPECT_THAT(Item("COPY"), StartsWith("PRD-100-200-301-0002 "));
}

TEST_F(BroughtItemsTest, AnItemStaysThatWasAccepted) {
  const UsageFile file = Brought();
  ASSERT_TRUE(reading_->Submit(vendor_, kOrigin, file.id));
  ASSERT_TRUE(reading_->Accept(distributor_, kOrigin, file.id, "yes"));
  EXPECT_EQ(*Count("items WHERE usage_file_key IS NOT NULL"), 0);
}

TEST_F(BroughtItemsTest, AFileMayDescribeItsItemsAnewUntilItIsAccepted) {
  UsageFile file = Brought();
  ASSERT_TRUE(reading_->Submit(vendor_, kOrigin, file.id));
  ASSERT_TRUE(reading_->Reject(distributor_, kOrigin, file.id, "wrong unit"));
  file = SendLines(file, Line("r1", "SNAP", "Snapshots,TB,SNAP,decimal(4)", "2.5555") +
                             Line("r2", "COPY", "Copies,TB,COPY,integer", "1"));
  EXPECT_EQ(file.status, FileState::kReady) << file.error_detail;
  EXPECT_EQ(Item("SNAP"), "PRD-100-200-301-0002 Snapshots TB decimal_4");
  EXPECT_EQ(Item("COPY"), "PRD-100-200-301-0003 Copies TB integer");
  // A reading that ends badly leaves them, one that does without them does not.
  EXPECT_EQ(SendLines(file, Line("r1", "NONE", kNothing)).status, FileState::kInvalid);
  EXPECT_EQ(Item("SNAP"), "PRD-100-200-301-0002 Snapshots TB decimal_4");
  file = SendLines(file, Line("r1", "SNAP", kNothing, "2.5555"));
  EXPECT_EQ(file.status, FileState::kReady) << file.error_detail;
  EXPECT_EQ(Item("SNAP"), "PRD-100-200-301-0002 Snapshots TB decimal_4");
  EXPECT_EQ(Item("COPY"), "");
  EXPECT_EQ(Values(file)[0]["item"]["id"], "PRD-100-200-301-0002");
  EXPECT_EQ(*Count("usage_totals t JOIN items i ON i.key = t.item_key WHERE i.mpn = 'SNAP'"), 1);
}

TEST_F(BroughtItemsTest, ARowThatLeavesOutWhatAnotherDescribesAnewIsToldOfTheUploadBefore) {
  const std::string anew = Line("anew", "SNAP", "Snapshots,TB,SNAP,decimal(4)");
  const std::string plain = Line("plain", "SNAP", kNothing);
  UsageFile file = SendLines(Brought(), anew + plain);
  EXPECT_THAT(CodesOf(file), ElementsAre("USG_028 item_mpn"));
  constexpr std::string_view kEnd =
      "; write the same name, unit and precision in all rows of the item";
  EXPECT_EQ(Values(file)[1]["errors"][0]["message"],
            fmt::format("item 'SNAP': row 2 describes it as 'Snapshots', 'TB', decimal(4), "
                        "this row does not describe it, which leaves 'Snapshots', 'GB', "
                        "decimal(2) of the upload before{}",
                        kEnd));
  file = SendLines(file, plain + anew);
  EXPECT_EQ(Values(file)[1]["errors"][0]["message"],
            fmt::format("item 'SNAP': row 2 does not describe it, which leaves 'Snapshots', "
                        "'GB', decimal(2) of the upload before, this row describes it as "
                        "'Snapshots', 'TB', decimal(4){}",
                        kEnd));
}

TEST_F(BroughtItemsTest, TheItemsOfAnotherFileAreNotDescribedAnew) {
  Brought();
  const UsageFile other =
      SendLines(DraftOfTiers(), Line("other", "SNAP", "Snapshots,TB,SNAP,decimal(4)"));
  EXPECT_THAT(CodesOf(other), ElementsAre("USG_032 item_unit", "USG_032 item_precision"));
  EXPECT_EQ(Item("SNAP"), "PRD-100-200-301-0002 Snapshots GB decimal_2");
}

// Does `meanwhile` between the first reading and its end.
class Interrupted final : public RecordSource {
 public:
  Interrupted(RecordSource& source, std::function<void()> meanwhile)
      : source_(source), meanwhile_(std::move(meanwhile)) {}

  Result<std::string> Read(const SourceRequest& request, SourceSink& sink) override {
    auto read = source_.Read(request, sink);
    if (reads++ == 0) meanwhile_();
    return read;
  }

  int reads = 0;

 private:
  RecordSource& source_;
  const std::function<void()> meanwhile_;
};

TEST_F(BroughtItemsTest, AnItemThatChangesWhileAnotherFileIsReadIsReadAgain) {
  const std::string own = Line("r1", "SNAP", "Snapshots,GB,SNAP,integer", "2");
  for (const bool is_deleted : {true, false}) {
    const UsageFile file = Brought();
    const UsageFile other = DraftOfTiers();
    const UniqueFd fd(OpenText(std::string(kHeader) + Line("other", "SNAP", kNothing)));
    ASSERT_TRUE(
        reading_->Upload(vendor_, kOrigin, other.id, {.name = "other.csv", .fd = fd.get()}));
    Interrupted source(sheets_, [&] { is_deleted ? Delete(file) : void(SendLines(file, own)); });
    UsageService service(*database_, *uploads_, source, clock_,
                         UsageServiceOptions{.host_id = "this host",
                                             .is_gone = [](std::string_view) { return false; }});
    const auto done = service.Process(other.id);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(source.reads, 2);
    EXPECT_THAT(CodesOf(*done),
                ElementsAre(is_deleted ? "USG_011 item_search_value" : "USG_007 quantity"));
  }
}

}  // namespace
}  // namespace carrel::usage
