#include "runtime/usage/validator.h"

#include <fmt/format.h>

#include <fstream>
#include <map>
#include <sstream>

#include "runtime/base/text.h"
#include "runtime/usage/time_parser.h"
#include "runtime/usage/usage_file.h"
#include "tests/unit/usage/workbook_fixture.h"

namespace carrel::usage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Values = std::vector<std::pair<std::string, std::string>>;

// A record that is good for every schema without an amount.
Values Good() {
  return {{"record_id", "r-1"},
          {"item_search_criteria", "item.mpn"},
          {"item_search_value", "MPN-INT"},
          {"quantity", "5"},
          {"start_time_utc", "2026-01-01 00:00:00"},
          {"end_time_utc", "2026-01-02 00:00:00"},
          {"asset_search_criteria", "asset.id"},
          {"asset_search_value", "AS-1"}};
}

Values With(Values values, const std::string& column, const std::string& value) {
  for (auto& [name, old] : values) {
    if (name == column) {
      old = value;
      return values;
    }
  }
  values.emplace_back(column, value);
  return values;
}

class Records final : public RecordSink {
 public:
  struct Seen {
    UsageRecord record;
    std::string id, note;
    std::vector<std::string> custom;
    std::vector<RecordError> errors;
  };
  Status OnRecord(const UsageRecord& record, std::span<const RecordError> errors,
                  const Row&) override {
    Seen one{record, std::string(record.record_id), std::string(record.record_note), {}, {}};
    for (const CustomValue& value : record.custom) {
      one.custom.push_back(fmt::format("{}={}", value.name, value.value));
    }
    one.errors.assign(errors.begin(), errors.end());
    seen.push_back(std::move(one));
    return {};
  }
  std::vector<Seen> seen;
};

class ValidatorTest : public WorkbookTest {
 protected:
  void SetUp() override {
    WorkbookTest::SetUp();
    int number = 0;
    for (const auto& [mpn, decimals] : std::initializer_list<std::pair<const char*, int>>{
             {"MPN-INT", 0}, {"MPN-1", 1}, {"MPN-2", 2}, {"MPN-4", 4}, {"MPN-8", 8}}) {
      LookupItem item{mpn,
                      fmt::format("PRD-1-{:04}", ++number),
                      fmt::format("local {}", number),
                      "name",
                      "unit",
                      ItemType::kPpu,
                      static_cast<uint8_t>(decimals)};
      lookup_.AddItem(item);
    }
    lookup_.AddItem({"MPN-R", "PRD-1-0099", "same", "name", "unit", ItemType::kReservation, 0});
    lookup_.AddItem({"MPN-S", "PRD-1-0100", "same", "name", "unit", ItemType::kPpu, 0});
    for (const char* id : {"AS-1", "AS-2", "AS-3"}) lookup_.AddAsset(id);
    lookup_.AddAssetParameter(0, "mail", "a@example.com");
    lookup_.AddAssetParameter(1, "mail", "b@example.com");
    lookup_.AddAssetParameter(2, "mail", "b@example.com");
    lookup_.AddTakenRecordId("taken-1");
    rules_.period_from = *ParseTime("2026-01-01");
    rules_.period_end = *ParseTime("2026-02-01");
  }

  UsageFileResult ReadFile(const std::filesystem::path& path) {
    records_.seen.clear();
    auto result = ReadUsageFile(path, lookup_, rules_, {}, records_);
    EXPECT_TRUE(result) << result.error().message;
    return result ? std::move(*result) : UsageFileResult();
  }

  UsageFileResult ReadCsvText(const std::string& text) {
    return ReadFile(WriteFile("records.csv", text));
  }

  // The codes of the errors of one record, "USG_005 quantity".
  std::vector<std::string> Codes(const Values& values) {
    std::string head, row;
    for (const auto& [name, value] : values) {
      head += (head.empty() ? "" : ",") + name;
      row += (row.empty() ? "\"" : ",\"") + value + "\"";
    }
    result_ = ReadCsvText(head + "\n" + row + "\n");
    if (result_.fault) return {UsageCodeName(result_.fault->code)};
    std::vector<std::string> codes;
    for (const RecordError& error : records_.seen.at(0).errors) {
      codes.push_back(fmt::format("{} {}", UsageCodeName(error.code), error.column));
      EXPECT_FALSE(error.message.empty());
    }
    EXPECT_EQ(result_.valid, codes.empty() ? 1u : 0u);
    EXPECT_EQ(result_.invalid, codes.empty() ? 0u : 1u);
    return codes;
  }
  std::vector<std::string> Codes(const std::string& column, const std::string& value) {
    return Codes(With(Good(), column, value));
  }
  const Records::Seen& seen() const { return records_.seen.at(0); }

  std::string Fault(const std::string& text) {
    const UsageFileResult result = ReadCsvText(text);
    if (!result.fault) return "";
    return UsageCodeName(result.fault->code) + " " + result.fault->message;
  }

  Lookup lookup_;
  UsageRules rules_;
  Records records_;
  UsageFileResult result_;
};

TEST_F(ValidatorTest, AGoodRecordHasNoErrorsAndAllItsValues) {
  EXPECT_THAT(Codes(With(With(Good(), "record_note", "a note"), "v.region", "eu")), IsEmpty());
  const UsageRecord& record = seen().record;
  EXPECT_EQ(seen().id, "r-1");
  EXPECT_EQ(seen().note, "a note");
  EXPECT_THAT(seen().custom, ElementsAre("v.region=eu"));
  EXPECT_EQ(record.item, 0u);
  EXPECT_EQ(record.asset, 0u);
  EXPECT_EQ(record.category, UsageRecord::kNone);
  EXPECT_EQ(record.quantity, Decimal(5));
  EXPECT_FALSE(record.has_amount);
  EXPECT_EQ(record.start, *ParseTime("2026-01-01"));
  EXPECT_EQ(record.end, *ParseTime("2026-01-02"));
  EXPECT_EQ(record.row, 2u);
}

TEST_F(ValidatorTest, EveryRequiredValueIsAskedFor) {
  for (const auto& [column, value] : Good()) {
    EXPECT_THAT(Codes(column, ""), ElementsAre("USG_001 " + column));
  }
}

TEST_F(ValidatorTest, RecordIdsAreUniqueInTheFileAndTheProduct) {
  EXPECT_THAT(Codes("record_id", "taken-1"), ElementsAre("USG_003 record_id"));
  EXPECT_THAT(Codes("record_id", "taken-2"), IsEmpty());
  EXPECT_THAT(Codes("record_id", std::string(256, 'x')), ElementsAre("USG_004 record_id"));
  std::string umlauts;
  for (int i = 0; i < 255; ++i) umlauts += "ö";
  EXPECT_THAT(Codes("record_id", umlauts), IsEmpty());
  std::string head, row;
  for (const auto& [name, value] : Good()) {
    head += name + ",";
    row += value + ",";
  }
  head.back() = row.back() = '\n';
  const UsageFileResult result = ReadCsvText(head + row + "r-2" + row.substr(3) + row);
  EXPECT_EQ(result.valid, 2u);
  EXPECT_EQ(result.invalid, 1u);
  EXPECT_EQ(records_.seen[2].errors.at(0).message, "record id 'r-1' stands in row 2 too");
  EXPECT_EQ(records_.seen[2].errors.at(0).code, UsageCode::kDuplicateRecordId);
}

TEST_F(ValidatorTest, ItemsAreFoundByEachCriterion) {
  const auto codes = [&](const std::string& criteria, const std::string& value) {
    return Codes(With(With(Good(), "item_search_criteria", criteria), "item_search_value", value));
  };
  EXPECT_THAT(codes("item.mpn", "MPN-1"), IsEmpty());
  EXPECT_EQ(seen().record.item, 1u);
  EXPECT_THAT(codes("item.global_id", "PRD-1-0003"), IsEmpty());
  EXPECT_EQ(seen().record.item, 2u);
  EXPECT_THAT(codes("item.local_id", "local 4"), IsEmpty());
  EXPECT_EQ(seen().record.item, 3u);
  EXPECT_THAT(codes("item.mpn", "PRD-1-0003"), ElementsAre("USG_011 item_search_value"));
  EXPECT_THAT(codes("item.mpn", "mpn-1"), ElementsAre("USG_011 item_search_value"));
  EXPECT_THAT(codes("item.local_id", "same"), ElementsAre("USG_012 item_search_value"));
  EXPECT_THAT(codes("mpn", "MPN-1"), ElementsAre("USG_010 item_search_criteria"));
  EXPECT_THAT(codes("item.mpn", "MPN-R"), ElementsAre("USG_013 item_search_value"));
  rules_.reservation_consumption = true;
  EXPECT_THAT(codes("item.mpn", "MPN-R"), IsEmpty());
}

TEST_F(ValidatorTest, QuantitiesAreExactNumbersThatFitTheItem) {
  for (const char* text : {"abc", "1,5", "٣", "1 000", "1.2.3", "0x1", "NaN"}) {
    EXPECT_THAT(Codes("quantity", text), ElementsAre("USG_005 quantity")) << text;
  }
  EXPECT_THAT(Codes("quantity", "-1"), ElementsAre("USG_006 quantity"));
  EXPECT_THAT(Codes("quantity", "0"), IsEmpty());
  EXPECT_THAT(Codes("quantity", " 7 "), IsEmpty());
  EXPECT_THAT(Codes("quantity", "1.0"), IsEmpty()) << "no decimals but zeros";
  EXPECT_THAT(Codes("quantity", "1e400"), ElementsAre("USG_008 quantity"));
  EXPECT_THAT(Codes("quantity", "10000000000000001"), ElementsAre("USG_008 quantity"));
  EXPECT_THAT(Codes("quantity", "1e-39"), ElementsAre("USG_009 quantity"));
  EXPECT_THAT(
      Codes(With(With(Good(), "item_search_value", "NONE"), "quantity", "1.0000000000000000001")),
      ElementsAre("USG_011 item_search_value", "USG_009 quantity"));
  for (const auto& [mpn, good, bad] :
       std::initializer_list<std::tuple<const char*, const char*, const char*>>{
           {"MPN-INT", "3", "3.1"},
           {"MPN-1", "3.1", "3.11"},
           {"MPN-2", "3.11", "3.111"},
           {"MPN-4", "3.1111", "3.11111"},
           {"MPN-8", "3.11111111", "3.111111111"}}) {
    const Values values = With(Good(), "item_search_value", mpn);
    EXPECT_THAT(Codes(With(values, "quantity", good)), IsEmpty()) << mpn;
    EXPECT_THAT(Codes(With(values, "quantity", bad)), ElementsAre("USG_007 quantity")) << mpn;
  }
}

TEST_F(ValidatorTest, AmountsAreAskedForBySchemasThatHaveThem) {
  EXPECT_THAT(Codes("amount", "1"), ElementsAre("USG_025 amount")) << "QT";
  for (const UsageSchema schema : {UsageSchema::kCr, UsageSchema::kPr}) {
    rules_.schema = schema;
    EXPECT_THAT(Codes(Good()), ElementsAre("USG_055")) << "no such column";
    EXPECT_THAT(Codes("amount", ""), ElementsAre("USG_001 amount"));
    EXPECT_THAT(Codes("amount", "-0.00000001"), IsEmpty());
    EXPECT_EQ(seen().record.amount.ToString(), "-0.00000001");
    EXPECT_THAT(Codes("amount", "10000000000000000"), IsEmpty());
    EXPECT_THAT(Codes("amount", "-10000000000000000"), IsEmpty());
    EXPECT_THAT(Codes("amount", "10000000000000000.01"), ElementsAre("USG_008 amount"));
    EXPECT_THAT(Codes("amount", "-10000000000000000.01"), ElementsAre("USG_008 amount"));
    EXPECT_THAT(Codes("amount", "1,5"), ElementsAre("USG_005 amount"));
    EXPECT_THAT(Codes("amount", "1.000000000000000001"), IsEmpty());
    EXPECT_THAT(Codes("amount", "1.0000000000000000001"), ElementsAre("USG_009 amount"));
    EXPECT_THAT(Codes(With(With(Good(), "amount", "1"), "tier", "1")), ElementsAre("USG_025 tier"));
  }
}

TEST_F(ValidatorTest, TiersBelongToSchemaTr) {
  rules_.schema = UsageSchema::kTr;
  const Values good = With(Good(), "amount", "1");
  EXPECT_THAT(Codes(good), ElementsAre("USG_055"));
  for (const char* tier : {"0", "1", "2"}) {
    EXPECT_THAT(Codes(With(good, "tier", tier)), IsEmpty());
    EXPECT_EQ(seen().record.tier, tier[0] - '0');
  }
  EXPECT_THAT(Codes(With(good, "tier", "3")), ElementsAre("USG_023 tier"));
  EXPECT_THAT(Codes(With(good, "tier", "1.5")), ElementsAre("USG_023 tier"));
  EXPECT_THAT(Codes(With(good, "tier", "")), ElementsAre("USG_001 tier"));
}

TEST_F(ValidatorTest, TimesAreReadInEveryFormAndHeldToThePeriod) {
  for (const char* time : {"2026-01-01", "2026-01-01 10:00:00", "2026-01-01T10:00:00Z",
                           "2026-01-01T10:00:00.123456+00:00", "2026-01-01 10:00"}) {
    EXPECT_THAT(Codes("start_time_utc", time), IsEmpty()) << time;
  }
  for (const char* time : {"yesterday", "01.01.2026", "2026-1-1", "2026-01-01T10:00:00+02:00",
                           "2026-01-01 24:00:00", "2026-01-01 10:60:00", "45000"}) {
    EXPECT_THAT(Codes("start_time_utc", time), ElementsAre("USG_014 start_time_utc")) << time;
  }
  EXPECT_THAT(Codes("start_time_utc", "2026-02-30"), ElementsAre("USG_015 start_time_utc"));
  EXPECT_THAT(Codes("start_time_utc", "1900-02-29"), ElementsAre("USG_015 start_time_utc"));
  EXPECT_THAT(Codes("start_time_utc", "1899-12-31"), ElementsAre("USG_016 start_time_utc"));
  EXPECT_THAT(Codes("start_time_utc", "2026-01-03"), ElementsAre("USG_017 start_time_utc"));
  EXPECT_THAT(Codes("start_time_utc", "2025-12-31 23:59:59"),
              ElementsAre("USG_018 start_time_utc"));
  EXPECT_THAT(Codes("end_time_utc", "2026-02-01"), ElementsAre("USG_019 end_time_utc"));
  EXPECT_THAT(Codes("end_time_utc", "9999-12-31 23:59:59"), ElementsAre("USG_019 end_time_utc"));
  rules_.late = true;
  rules_.future = true;
  EXPECT_THAT(Codes("start_time_utc", "1900-01-01"), IsEmpty());
  EXPECT_THAT(Codes("end_time_utc", "9999-12-31 23:59:59"), IsEmpty());
}

TEST_F(ValidatorTest, TheLastSecondOfThePeriodCountsWhole) {
  EXPECT_THAT(Codes("end_time_utc", "2026-01-31 23:59:59.999999"), IsEmpty());
  EXPECT_THAT(Codes("end_time_utc", "2026-02-01 00:00:00"), ElementsAre("USG_019 end_time_utc"));
  EXPECT_THAT(seen().errors.at(0).message, HasSubstr("which ends 2026-01-31 23:59:59"));
}

TEST_F(ValidatorTest, BlanksAroundIdsAndNamesSayNothing) {
  EXPECT_THAT(Codes(With(With(With(Good(), "record_id", " r-1\t"), "item_search_value", "MPN-INT "),
                         "asset_search_value", " AS-1 ")),
              IsEmpty());
  EXPECT_EQ(seen().id, "r-1");
  for (const char* column : {"record_id", "item_search_value", "asset_search_value"}) {
    EXPECT_THAT(Codes(column, " "), ElementsAre(fmt::format("USG_001 {}", column)));
  }
  EXPECT_THAT(Codes("record_id", " taken-1"), ElementsAre("USG_003 record_id"));
}

TEST_F(ValidatorTest, ExactlyOneAssetMustFit) {
  const auto codes = [&](const std::string& criteria, const std::string& value) {
    return Codes(
        With(With(Good(), "asset_search_criteria", criteria), "asset_search_value", value));
  };
  EXPECT_THAT(codes("asset.id", "AS-2"), IsEmpty());
  EXPECT_EQ(seen().record.asset, 1u);
  EXPECT_THAT(codes("parameter.mail", "a@example.com"), IsEmpty());
  EXPECT_EQ(seen().record.asset, 0u);
  EXPECT_THAT(codes("asset.id", "AS-9"), ElementsAre("USG_021 asset_search_value"));
  EXPECT_THAT(codes("parameter.mail", "z@example.com"), ElementsAre("USG_021 asset_search_value"));
  EXPECT_THAT(codes("parameter.other", "x"), ElementsAre("USG_021 asset_search_value"));
  EXPECT_THAT(codes("parameter.mail", "b@example.com"), ElementsAre("USG_022 asset_search_value"));
  EXPECT_THAT(codes("id", "AS-1"), ElementsAre("USG_020 asset_search_criteria"));
  EXPECT_THAT(codes("parameter.", "AS-1"), ElementsAre("USG_020 asset_search_criteria"));
}

TEST_F(ValidatorTest, NewItemsAreDescribedByTheFileWhereTheProductIsDynamic) {
  Values values = With(Good(), "item_search_value", "NEW");
  for (const auto& [column, value] : Values{{"item_mpn", "NEW"},
                                            {"item_name", "New thing"},
                                            {"item_unit", "GB"},
                                            {"item_precision", "decimal(2)"}}) {
    values = With(values, column, value);
  }
  EXPECT_THAT(Codes(values), ElementsAre("USG_011 item_search_value")) << "not dynamic";
  rules_.dynamic = true;
  EXPECT_THAT(Codes(With(values, "quantity", "1.25")), IsEmpty());
  ASSERT_EQ(result_.new_items.size(), 1u);
  EXPECT_EQ(result_.new_items[0].name, "New thing");
  EXPECT_EQ(result_.new_items[0].decimals, 2);
  EXPECT_EQ(seen().record.item, lookup_.item_count());
  EXPECT_THAT(Codes(With(values, "quantity", "1.255")), ElementsAre("USG_007 quantity"));
  EXPECT_THAT(Codes(With(values, "item_precision", "decimal(3)")),
              ElementsAre("USG_026 item_precision"));
  EXPECT_THAT(Codes(With(values, "item_mpn", "OTHER")), ElementsAre("USG_027 item_mpn"));
  EXPECT_THAT(Codes(With(With(values, "item_unit", ""), "item_name", "")),
              ElementsAre("USG_001 item_name", "USG_001 item_unit"));
  EXPECT_THAT(Codes(With(values, "item_mpn", "")), ElementsAre("USG_011 item_search_value"));
  std::string head, row;
  for (const auto& [name, value] : values) {
    head += name + ",";
    row += value + ",";
  }
  head.back() = row.back() = '\n';
  std::string other = "r-2" + row.substr(3);
  other.replace(other.find("GB"), 2, "TB");
  const UsageFileResult result = ReadCsvText(head + row + other);
  EXPECT_EQ(records_.seen.at(1).errors.at(0).code, UsageCode::kItemDefinedTwice);
  EXPECT_EQ(result.new_items.size(), 1u);
}

TEST_F(ValidatorTest, CustomColumnsAreBoundedAndMayBeRequired) {
  EXPECT_THAT(Codes("v.note", std::string(255, 'x')), IsEmpty());
  EXPECT_THAT(Codes("p.note", std::string(256, 'x')), ElementsAre("USG_004 p.note"));
  rules_.required_custom = {"v.region"};
  EXPECT_THAT(Codes(Good()), ElementsAre("USG_060"));
  EXPECT_THAT(Codes("v.region", ""), ElementsAre("USG_001 v.region"));
  EXPECT_THAT(Codes("v.region", "eu"), IsEmpty());
}

TEST_F(ValidatorTest, TextsHaveTheirLimits) {
  EXPECT_THAT(Codes("record_note", std::string(2000, 'x')), IsEmpty());
  EXPECT_THAT(Codes("record_note", std::string(2001, 'x')), ElementsAre("USG_004 record_note"));
  EXPECT_THAT(Codes("asset_recon_id", std::string(256, 'x')),
              ElementsAre("USG_004 asset_recon_id"));
}

TEST_F(ValidatorTest, ARecordHasAllItsErrors) {
  rules_.schema = UsageSchema::kTr;
  Values values;
  for (const auto& [column, value] : Good()) values.emplace_back(column, "?");
  values = With(With(With(values, "amount", "x"), "tier", "9"), "category_id", "none");
  EXPECT_THAT(Codes(values), ElementsAre("USG_010 item_search_criteria", "USG_005 quantity",
                                         "USG_014 start_time_utc", "USG_014 end_time_utc",
                                         "USG_020 asset_search_criteria", "USG_005 amount",
                                         "USG_023 tier", "USG_024 category_id"));
  EXPECT_EQ(seen().errors.at(1).raw_value, "?");
  EXPECT_EQ(seen().errors.at(1).position, 3u);
  EXPECT_EQ(seen().errors.at(1).message, "quantity '?' is not a number");
}

TEST_F(ValidatorTest, HeadersDecideOverTheWholeFile) {
  std::string head;
  for (const auto& [name, value] : Good()) head += name + ",";
  const std::string row = "r,item.mpn,MPN-1,1,2026-01-01,2026-01-02,asset.id,AS-1,";
  EXPECT_EQ(Fault(""), "USG_054 tab records is empty");
  EXPECT_EQ(Fault(head), "USG_058 tab records has no records");
  EXPECT_EQ(Fault("record_id,quantity\n1,2\n"),
            "USG_055 required columns missing (schema QT): item_search_criteria, "
            "item_search_value, start_time_utc, end_time_utc, asset_search_criteria, "
            "asset_search_value");
  EXPECT_EQ(Fault(head + "quantitiy\n" + row + "1\n"),
            "USG_056 unknown column 'quantitiy' (I); did you mean 'quantity'?");
  EXPECT_EQ(Fault(head + "quantity\n" + row + "1\n"), "USG_057 column 'quantity' twice");
  EXPECT_EQ(Fault(head + "v.a,v.a\n" + row + "1,2\n"), "USG_057 column 'v.a' twice");
  EXPECT_EQ(Fault(head + "usage_record_id\n" + row + "1\n"),
            "USG_057 column 'usage_record_id' twice");
  EXPECT_EQ(Fault(head + "\n" + row + "\n"), "");
  EXPECT_EQ(Fault(head + "\n" + row + "lost\n"),
            "USG_056 records!I2: a value in a column without a name");
  EXPECT_EQ(Fault(head + "\n" + row + ",,lost\n"),
            "USG_056 records!K2: a value in a column without a name");
  std::string old = head;
  old.replace(0, 9, "usage_record_id");
  EXPECT_EQ(Fault(old + "\n" + row + "\n"), "");
  EXPECT_EQ(records_.seen.at(0).id, "r");
  EXPECT_THAT(Fault("\"open"), HasSubstr("USG_051 line 1: a quote that is never closed"));
}

TEST_F(ValidatorTest, TotalsAreExactAndOfValidRecordsOnly) {
  rules_.schema = UsageSchema::kCr;
  std::string text =
      "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
      "asset_search_criteria,asset_search_value,amount\n";
  for (int i = 0; i < 1000; ++i) {
    text += fmt::format("r{},item.mpn,{},0.1,2026-01-01,2026-01-0{},asset.id,{},{}\n", i,
                        i % 2 == 0 ? "MPN-1" : "MPN-2", i % 5 + 2, i < 500 ? "AS-1" : "AS-2",
                        i == 999 ? "bad" : "0.7");
  }
  const UsageFileResult result = ReadCsvText(text);
  EXPECT_EQ(result.valid, 999u);
  EXPECT_EQ(result.invalid, 1u);
  EXPECT_EQ(result.quantity.ToString(), "99.9");
  EXPECT_EQ(result.amount.ToString(), "699.3");
  ASSERT_EQ(result.totals.size(), 4u);
  uint64_t records = 0;
  DecimalSum amount;
  for (const UsageTotal& total : result.totals) {
    records += total.records;
    amount.Add(total.amount);
    EXPECT_EQ(total.last_end, *ParseTime("2026-01-06"));
  }
  EXPECT_EQ(records, 999u);
  EXPECT_EQ(amount.ToString(), "699.3");
}

// The same rules over a workbook, where cells have types.
class ValidatorWorkbookTest : public ValidatorTest {
 protected:
  static std::string TextCell(const std::string& at, const std::string& text) {
    return fmt::format(R"(<c r="{}" t="inlineStr"><is><t>{}</t></is></c>)", at, text);
  }
  static std::string Header() {
    std::string cells;
    size_t column = 0;
    for (const auto& [name, value] : Good()) cells += TextCell(ColumnName(column++) + "1", name);
    return "<row r=\"1\">" + cells + "</row>";
  }
  // A good record with some cells replaced by XML.
  static std::string Record(const std::map<std::string, std::string>& replaced) {
    std::string cells;
    size_t column = 0;
    for (const auto& [name, value] : Good()) {
      const std::string at = ColumnName(column++) + "2";
      const auto other = replaced.find(name);
      cells += other == replaced.end() ? TextCell(at, value)
                                       : fmt::format(R"(<c r="{}" {})", at, other->second);
    }
    return "<row r=\"2\">" + cells + "</row>";
  }
  std::vector<std::string> CellCodes(const std::map<std::string, std::string>& replaced,
                                     const std::string& properties = "") {
    result_ = ReadFile(Write(
        {.sheets = {{"records", SheetOf(Header() + Record(replaced))}}, .properties = properties}));
    std::vector<std::string> codes;
    if (result_.fault) return {result_.fault->message};
    for (const RecordError& error : records_.seen.at(0).errors) {
      codes.push_back(fmt::format("{} {}", UsageCodeName(error.code), error.column));
    }
    return codes;
  }
};

TEST_F(ValidatorWorkbookTest, NumbersAndDaysAreRead) {
  EXPECT_THAT(CellCodes({{"quantity", "><v>3</v></c>"},
                         {"record_id", "><v>1001</v></c>"},
                         {"start_time_utc", "s=\"1\"><v>46023.5</v></c>"},
                         {"end_time_utc", "t=\"d\"><v>2026-01-02T00:00:00Z</v></c>"}}),
              IsEmpty());
  EXPECT_EQ(seen().id, "1001");
  EXPECT_EQ(FormatTime(seen().record.start), "2026-01-01 12:00:00");
  EXPECT_THAT(CellCodes({{"start_time_utc", "s=\"1\"><v>44561.5</v></c>"}}, "date1904=\"1\""),
              IsEmpty());
  EXPECT_EQ(FormatTime(seen().record.start), "2026-01-01 12:00:00");
  EXPECT_THAT(CellCodes({{"quantity", "><v>2.9999999999999</v></c>"}}),
              ElementsAre("USG_007 quantity"));
  EXPECT_THAT(CellCodes({{"item_search_value", "t=\"str\"><v>MPN-2</v></c>"},
                         {"quantity", "><v>0.57999999999999996</v></c>"}}),
              IsEmpty());
  EXPECT_EQ(seen().record.quantity.ToString(), "0.58");
}

TEST_F(ValidatorWorkbookTest, CellsOfTheWrongTypeAreNamed) {
  EXPECT_THAT(CellCodes({{"quantity", "t=\"b\"><v>1</v></c>"}}), ElementsAre("USG_031 quantity"));
  EXPECT_THAT(CellCodes({{"quantity", "s=\"1\"><v>46023</v></c>"}}),
              ElementsAre("USG_031 quantity"));
  EXPECT_EQ(seen().errors.at(0).raw_value, "2026-01-01 00:00:00");
  EXPECT_THAT(CellCodes({{"start_time_utc", "><v>46023</v></c>"}}),
              ElementsAre("USG_031 start_time_utc"));
  EXPECT_THAT(CellCodes({{"start_time_utc", "s=\"1\"><v>60</v></c>"}}),
              ElementsAre("USG_015 start_time_utc"));
  EXPECT_THAT(CellCodes({{"start_time_utc", "s=\"1\"><v>-1</v></c>"}}),
              ElementsAre("USG_016 start_time_utc"));
  EXPECT_THAT(CellCodes({{"start_time_utc", "s=\"1\"><v>3000000</v></c>"}}),
              ElementsAre("USG_016 start_time_utc"));
}

TEST_F(ValidatorWorkbookTest, ErrorCellsAndFormulasWithoutResultAreOfTheFileToo) {
  EXPECT_THAT(
      CellCodes({{"quantity", "t=\"e\"><v>#REF!</v></c>"}, {"record_id", "><f>A1</f></c>"}}),
      ElementsAre("USG_030 record_id", "USG_029 quantity"));
  EXPECT_EQ(result_.cell_fault, "records!A2: the cell holds a formula without a stored result");
  EXPECT_EQ(result_.cell_faults, 2u);
}

TEST_F(ValidatorWorkbookTest, TabsAreFoundByName) {
  const SheetXml records{"records", SheetOf(Header() + Record({}))};
  const auto fault = [&](const std::vector<SheetXml>& sheets) {
    const UsageFileResult result = ReadFile(Write({.sheets = sheets}));
    return result.fault ? UsageCodeName(result.fault->code) + " " + result.fault->message : "";
  };
  EXPECT_EQ(fault({{"general", SheetOf("")}, records}), "");
  EXPECT_EQ(fault({{"usage_records", records.xml}}), "");
  EXPECT_EQ(fault({{"general", SheetOf("")}, {"other", SheetOf("")}}),
            "USG_052 no tab 'records'; the workbook has: general, other");
  EXPECT_EQ(fault({records, {"Records", records.xml}}),
            "USG_053 two tabs of records: 'records' and 'Records'");
  EXPECT_EQ(fault({records, {"usage_records", records.xml}}),
            "USG_053 two tabs of records: 'records' and 'usage_records'");
  EXPECT_EQ(fault({{"records", SheetOf("")}}), "USG_054 tab records is empty");
  EXPECT_THAT(fault({{"records", SheetOf("<row><bad>")}}), HasSubstr("USG_051 sheet records"));
}

TEST_F(ValidatorWorkbookTest, CategoriesAreReadBeforeTheRecords) {
  std::string header = Header(), record = Record({});
  header.replace(header.rfind("</row>"), 6, TextCell("I1", "category_id") + "</row>");
  const auto with = [&](const std::string& id, const std::string& categories) {
    std::string row = record;
    row.replace(row.rfind("</row>"), 6, TextCell("I2", id) + "</row>");
    const UsageFileResult result = ReadFile(Write(
        {.sheets = {{"records", SheetOf(header + row)}, {"categories", SheetOf(categories)}}}));
    if (result.fault) return UsageCodeName(result.fault->code) + " " + result.fault->message;
    const auto& errors = records_.seen.at(0).errors;
    return errors.empty() ? "category " + std::to_string(seen().record.category)
                          : UsageCodeName(errors[0].code);
  };
  const std::string head =
      "<row>" + TextCell("A1", "category_name") + TextCell("B1", "category_id") + "</row>";
  const std::string row = "<row>" + TextCell("A2", "Name") + TextCell("B2", "c1") + "</row>";
  EXPECT_EQ(with("c1", head + row), "category 0");
  EXPECT_EQ(with("c2", head + row), "USG_024");
  EXPECT_EQ(
      with("c1", head + row + "<row>" + TextCell("A3", "x") + TextCell("B3", "c1") + "</row>"),
      "USG_059 tab categories, row 3: category_id 'c1' twice");
  EXPECT_EQ(with("c1", head + "<row>" + TextCell("A2", "x") + "</row>"),
            "USG_059 tab categories, row 2: category_id is missing");
  EXPECT_EQ(with("c1", "<row>" + TextCell("A1", "name") + "</row>"),
            "USG_059 tab categories, unknown column 'name'");
}

TEST_F(ValidatorTest, FilesThatCannotBeReadAreFaultsAndFilesThatAreNotThereAreErrors) {
  const UsageFileResult result = ReadFile(WriteFile("x.xlsx", "PK\x03\x04 broken"));
  EXPECT_EQ(result.fault->code, UsageCode::kUnreadable);
  const auto missing = ReadUsageFile(dir_->path() / "none", lookup_, rules_, {}, records_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
}

TEST(TimeParserTest, DaysOfBothEpochsAreExact) {
  const auto day = [](std::string_view text, Epoch epoch) {
    const auto time = ParseDayNumber(text, epoch);
    return time ? FormatTime(*time) : "fault " + std::to_string(static_cast<int>(time.error()));
  };
  EXPECT_EQ(day("1", Epoch::k1900), "1900-01-01 00:00:00");
  EXPECT_EQ(day("59", Epoch::k1900), "1900-02-28 00:00:00");
  EXPECT_EQ(day("60", Epoch::k1900), "fault 1");
  EXPECT_EQ(day("60.5", Epoch::k1900), "fault 1");
  EXPECT_EQ(day("61", Epoch::k1900), "1900-03-01 00:00:00");
  EXPECT_EQ(day("0", Epoch::k1900), "fault 2");
  EXPECT_EQ(day("45292.520833333336", Epoch::k1900), "2024-01-01 12:30:00");
  EXPECT_EQ(day("45292.999988425923", Epoch::k1900), "2024-01-01 23:59:59");
  EXPECT_EQ(day("2958465.9999999884", Epoch::k1900), "9999-12-31 23:59:59.999000");
  EXPECT_EQ(day("2958466", Epoch::k1900), "fault 2");
  EXPECT_EQ(day("0", Epoch::k1904), "1904-01-01 00:00:00");
  EXPECT_EQ(day("43830", Epoch::k1904), "2024-01-01 00:00:00");
  EXPECT_EQ(day("-1", Epoch::k1904), "fault 2");
  EXPECT_EQ(day("abc", Epoch::k1904), "fault 0");
  EXPECT_EQ(day("4.5292E4", Epoch::k1900), "2024-01-01 00:00:00");
}

TEST(UsageCodesTest, ThePageListsEveryCodeWithItsMeaning) {
  std::ifstream file(CARREL_USAGE_CODES_PAGE);
  std::stringstream page;
  page << file.rdbuf();
  uint32_t last = 0;
  std::string rows;
  for (const UsageCodeRow& row : UsageCodes()) {
    EXPECT_GT(static_cast<uint32_t>(row.code), last)
        << "codes are in order and none is there twice";
    last = static_cast<uint32_t>(row.code);
    rows += fmt::format("| {} | {} | {} |\n", UsageCodeName(row.code),
                        row.scope == UsageScope::kFile ? "file" : "record", row.meaning);
  }
  EXPECT_THAT(page.str(), HasSubstr(rows)) << "runtime/docs/usage-codes.md should hold\n" << rows;
  EXPECT_EQ(UsageCodeName(UsageCode::kUnknownItem), "USG_011");
}

}  // namespace
}  // namespace carrel::usage
