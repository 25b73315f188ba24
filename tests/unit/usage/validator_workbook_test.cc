// The rules of the validator over a workbook, where cells have types.
#include <map>

#include "tests/unit/usage/validator_fixture.h"

namespace carrel::usage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

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

}  // namespace
}  // namespace carrel::usage
