// What the validator says of records, whatever they are written in.
#include "tests/unit/usage/validator_fixture.h"

namespace carrel::usage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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
  EXPECT_EQ(records_.seen.at(1).errors.at(0).message,
            "item 'NEW': row 2 describes it as 'New thing', 'GB', decimal(2), this row "
            "describes it as 'New thing', 'TB', decimal(2); write the same name, unit and "
            "precision in all rows of the item");
  EXPECT_EQ(result.new_items.size(), 1u);
}

TEST_F(ValidatorTest, ADescriptionMayNotContradictTheCatalogue) {
  Values values = Good();
  for (const auto& [column, value] : Values{{"item_mpn", " MPN-INT"},
                                            {"item_name", "another name"},
                                            {"item_unit", "unit "},
                                            {"item_precision", "integer"}}) {
    values = With(values, column, value);
  }
  for (const bool is_dynamic : {false, true}) {
    rules_.dynamic = is_dynamic;
    EXPECT_THAT(Codes(values), IsEmpty());
    EXPECT_EQ(seen().record.item, 0u);
    EXPECT_THAT(Codes(With(values, "item_mpn", "MPN-1")), ElementsAre("USG_027 item_mpn"));
    EXPECT_THAT(Codes(With(values, "item_unit", "GB")), ElementsAre("USG_032 item_unit"));
    EXPECT_THAT(Codes(With(values, "item_precision", "decimal(1)")),
                ElementsAre("USG_032 item_precision"));
    EXPECT_THAT(Codes(With(values, "item_precision", "decimal(3)")),
                ElementsAre("USG_026 item_precision"));
    for (const char* column : {"item_mpn", "item_name", "item_unit", "item_precision"}) {
      EXPECT_THAT(Codes(With(values, column, "")), IsEmpty());
      EXPECT_THAT(Codes(With(values, column, std::string(256, 'x'))),
                  ElementsAre(fmt::format("USG_004 {}", column)));
    }
  }
  values =
      With(With(values, "item_search_criteria", "item.local_id"), "item_search_value", "local 2");
  EXPECT_THAT(Codes(values), ElementsAre("USG_027 item_mpn", "USG_032 item_precision"));
}

TEST_F(ValidatorTest, AFileMayDescribeItsOwnItemAnew) {
  rules_.dynamic = true;
  lookup_.AddItem({.mpn = "OWN",
                   .global_id = "PRD-1-0200",
                   .local_id = {},
                   .name = "Mine",
                   .unit = "GB",
                   .decimals = 1,
                   .is_own = true});
  const Values plain = With(With(Good(), "item_search_value", "OWN"), "quantity", "1.5");
  EXPECT_THAT(Codes(plain), IsEmpty());
  EXPECT_EQ(seen().record.item, lookup_.item_count());
  ASSERT_EQ(result_.new_items.size(), 1u);
  EXPECT_EQ(result_.new_items[0].unit, "GB");
  Values anew = plain;
  for (const auto& [column, value] : Values{{"item_mpn", "OWN"},
                                            {"item_name", "Mine"},
                                            {"item_unit", "TB"},
                                            {"item_precision", "decimal(2)"}}) {
    anew = With(anew, column, value);
  }
  EXPECT_THAT(Codes(With(anew, "quantity", "1.25")), IsEmpty());
  ASSERT_EQ(result_.new_items.size(), 1u);
  EXPECT_EQ(result_.new_items[0].unit, "TB");
  // By its id it is what it was.
  EXPECT_THAT(Codes(With(With(anew, "item_search_criteria", "item.global_id"), "item_search_value",
                         "PRD-1-0200")),
              ElementsAre("USG_032 item_unit", "USG_032 item_precision"));
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

TEST_F(ValidatorTest, FilesThatCannotBeReadAreFaultsAndFilesThatAreNotThereAreErrors) {
  const UsageFileResult result = ReadFile(WriteFile("x.xlsx", "PK\x03\x04 broken"));
  EXPECT_EQ(result.fault->code, UsageCode::kUnreadable);
  const auto missing = ReadUsageFile(dir_->path() / "none", lookup_, rules_, {}, records_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
}

}  // namespace
}  // namespace carrel::usage
