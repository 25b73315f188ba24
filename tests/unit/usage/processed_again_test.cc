// Whatever stands in a cell: a processed file that is sent again says the same of every record.
#include <fmt/format.h>

#include <set>

#include "tests/unit/usage/spreadsheet_fixture.h"

namespace carrel::usage {
namespace {

constexpr std::string_view kDate = "2026-11-02";

struct ColumnOf {
  std::string_view name;
  std::string_view good;  // a text; empty: the cell is left out
};

// Of PRD-100-200-301: schema TR, dynamic, with a custom column that is required.
constexpr ColumnOf kColumnsOfFile[] = {{"record_id", "good"},
                                       {"item_search_criteria", "item.mpn"},
                                       {"item_search_value", "OS-GB"},
                                       {"quantity", "1.5"},
                                       {"start_time_utc", kDate},
                                       {"end_time_utc", "2026-11-03 10:00:00"},
                                       {"asset_search_criteria", "asset.id"},
                                       {"asset_search_value", "AS-1000-2000-0003"},
                                       {"amount", "12.25"},
                                       {"tier", "1"},
                                       {"category_id", ""},
                                       {"item_name", ""},
                                       {"item_unit", ""},
                                       {"item_mpn", ""},
                                       {"item_precision", ""},
                                       {"record_note", "a note"},
                                       {"asset_recon_id", ""},
                                       {"v.region", "north"},
                                       {"p.odd", ""}};

// Whether the code stays when the cell is at fault: what no spreadsheet program writes may become
// another fault of the same column.
enum class Fault : uint8_t { kSame, kAny };

struct OddCell {
  std::string xml;
  Fault fault = Fault::kSame;
};

std::string TextXml(std::string_view text) {
  return fmt::format("<c t=\"inlineStr\"><is><t xml:space=\"preserve\">{}</t></is></c>", text);
}

// A cell of type `type` and style `style`.
std::string Typed(std::string_view type, std::string_view value, int style = 0) {
  return fmt::format("<c t=\"{}\" s=\"{}\"><v>{}</v></c>", type, style, value);
}

const std::vector<std::string>& OddTexts() {
  static const std::vector<std::string> texts = {"#REF!",
                                                 "#N/A",
                                                 "#DIV/0!",
                                                 "#SPILL!",
                                                 "5",
                                                 " 5 ",
                                                 "1.50",
                                                 "1e3",
                                                 "+5",
                                                 "-5",
                                                 "5,5",
                                                 "1 000",
                                                 "   ",
                                                 "2026-11-02",
                                                 " 2026-11-02 10:00:00 ",
                                                 "2026-11-31",
                                                 "46327",
                                                 "46327.25",
                                                 "TRUE",
                                                 "_x0041_",
                                                 "=1+1",
                                                 "'5",
                                                 "12345678901234567890.12345678",
                                                 "1e40",
                                                 "0.0000000000000000001",
                                                 std::string(300, 'a'),
                                                 std::string(33'000, '7'),
                                                 "-" + std::string(33'000, '7'),
                                                 " 0." + std::string(33'000, '7'),
                                                 std::string(33'000, 'a'),
                                                 std::string(40'000, ' ') + "a",
                                                 std::string(40'000, '0') + "5",
                                                 std::string(40'000, ' ') + "2026-11-02"};
  return texts;
}

std::vector<OddCell> OddCells() {
  std::vector<OddCell> cells;
  for (const std::string& text : OddTexts()) cells.push_back({TextXml(text)});
  cells.push_back({TextXml("a\nb")});
  cells.push_back({TextXml("a&#13;\nb&#9;")});
  cells.push_back({TextXml(std::string(40'000, '0') + "x")});
  cells.push_back({TextXml("0." + std::string(40'000, '0') + "1"), Fault::kAny});
  for (const int style : {0, 1, 2, 3, 4}) {
    for (const char* number : {"5",
                               "1.5",
                               "46327",
                               "46327.25",
                               "46327.123456789012",
                               "0.1",
                               "0.5",
                               "0",
                               "60",
                               "-3",
                               "-0",
                               "00012",
                               "0.30000000000000004",
                               "3.3000000000000003",
                               "0.57999999999999996",
                               "0.12345678901234568",
                               "1E+1",
                               "1E+21",
                               "1e-7",
                               "12345678901234567890",
                               "9007199254740993",
                               "1e10",
                               "1e300",
                               "1e-300",
                               "2958465",
                               "2958466",
                               "2957004",
                               "3000001"}) {
      cells.push_back({Typed("n", number, style)});
    }
    cells.push_back({Typed("n", "abc", style), Fault::kAny});
    cells.push_back({Typed("n", "1e999", style), Fault::kAny});
    cells.push_back({Typed("b", "1", style)});
    cells.push_back({Typed("b", "0", style)});
    cells.push_back({fmt::format("<c s=\"{}\"><f>1+1</f></c>", style)});
    cells.push_back({fmt::format("<c s=\"{}\"><f>1+1</f><v>2</v></c>", style)});
  }
  for (const char* error : {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A",
                            "#SPILL!", "#GETTING_DATA", "5"}) {
    cells.push_back({Typed("e", error)});
  }
  cells.push_back({Typed("str", "5")});
  cells.push_back({Typed("str", "")});
  for (const char* day : {"2026-11-02", "2026-11-02T10:00:00", "2026-11-02T10:00:00.123456Z"}) {
    cells.push_back({Typed("d", day)});
  }
  for (const char* no_day : {"2026-13-45", "5", "abc"}) {
    cells.push_back({Typed("d", no_day), Fault::kAny});
  }
  return cells;
}

std::string HeaderXml() {
  std::string out;
  for (const ColumnOf& column : kColumnsOfFile) out += TextXml(column.name);
  return "<row>" + out + "</row>";
}

// A good record but for one cell.
std::string RecordXml(size_t number, size_t odd_column, const std::string& odd) {
  std::string out;
  for (size_t i = 0; i < std::size(kColumnsOfFile); ++i) {
    const std::string_view good = kColumnsOfFile[i].good;
    if (i == odd_column) {
      out += odd;
    } else if (i == 0) {
      out += TextXml(fmt::format("r{}", number));
    } else {
      out += good.empty() ? std::string("<c/>") : TextXml(good);
    }
  }
  return "<row>" + out + "</row>";
}

using Codes = std::multiset<std::pair<std::string, std::string>>;

Codes CodesOf(const Json& record, Fault fault) {
  Codes out;
  for (const Json& error : record["errors"]) {
    out.emplace(error["column"], fault == Fault::kSame ? error["code"] : Json("any"));
  }
  return out;
}

Json WithoutErrors(Json record) {
  record.erase("errors");
  return record;
}

class ProcessedAgainTest : public SpreadsheetTest {
 protected:
  // `name` tells of record `index`; `fault` of its cell.
  void ExpectTheSameAgain(const UsageFile& file, const auto& name, const auto& fault) {
    const auto before = Values(file);
    const UsageFile again = SendProcessed(file);
    EXPECT_EQ(again.counts.all, file.counts.all);
    EXPECT_EQ(again.counts.valid, file.counts.valid);
    const auto after = Values(again);
    ASSERT_EQ(after.size(), before.size()) << again.error_detail;
    for (size_t i = 0; i < before.size(); ++i) {
      EXPECT_EQ(CodesOf(after[i], fault(i)), CodesOf(before[i], fault(i)))
          << name(i) << "\n"
          << before[i]["errors"] << "\n"
          << after[i]["errors"];
      EXPECT_EQ(WithoutErrors(after[i]), WithoutErrors(before[i])) << name(i);
    }
  }

  void ExpectOddCellsStay(const std::string& properties) {
    const std::vector<OddCell> cells = OddCells();
    std::string rows = HeaderXml();
    size_t number = 0;
    for (size_t column = 0; column < std::size(kColumnsOfFile); ++column) {
      for (const OddCell& cell : cells) rows += RecordXml(number++, column, cell.xml);
    }
    rows += "<row><c/><c><f>1+1</f></c></row>";  // all that the row has
    const UsageFile file = SendRows(DraftOfTiers(), rows, properties);
    ASSERT_EQ(file.counts.all, static_cast<int64_t>(number) + 1) << file.error_detail;
    // Both kinds are there, or this says little.
    EXPECT_GT(file.counts.valid, 500);
    EXPECT_GT(file.counts.all - file.counts.valid, 500);
    const auto name = [&](size_t i) {
      const std::string xml = i < number ? cells[i % cells.size()].xml : "formula alone";
      return fmt::format("{} {}", i < number ? kColumnsOfFile[i / cells.size()].name : "",
                         xml.size() < 300 ? xml : xml.substr(0, 60) + "...");
    };
    const auto fault = [&](size_t i) {
      return i < number ? cells[i % cells.size()].fault : Fault::kSame;
    };
    ExpectTheSameAgain(file, name, fault);
  }
};

TEST_F(ProcessedAgainTest, OddCellsOfAWorkbookStayWhatTheyAre) { ExpectOddCellsStay(""); }

TEST_F(ProcessedAgainTest, OddCellsOfAWorkbookOf1904StayWhatTheyAre) {
  ExpectOddCellsStay(" date1904=\"1\"");
}

TEST_F(ProcessedAgainTest, OddTextsOfACsvFileStayWhatTheyAre) {
  std::string text;
  for (const ColumnOf& column : kColumnsOfFile)
    fmt::format_to(std::back_inserter(text), "{}\t", column.name);
  text.back() = '\n';
  const std::vector<std::string>& texts = OddTexts();
  for (size_t number = 0; number < texts.size() * std::size(kColumnsOfFile); ++number) {
    for (size_t i = 0; i < std::size(kColumnsOfFile); ++i) {
      const std::string_view good = kColumnsOfFile[i].good;
      const std::string id = fmt::format("r{}", number);
      const bool is_odd = i == number / texts.size();
      text += is_odd ? std::string_view(texts[number % texts.size()]) : i == 0 ? id : good;
      text += i + 1 == std::size(kColumnsOfFile) ? '\n' : '\t';
    }
  }
  const UsageFile file = SendText(DraftOfTiers(), text);
  ASSERT_GT(file.counts.valid, 100) << file.error_detail;
  ExpectTheSameAgain(
      file,
      [&](size_t i) {
        return fmt::format("{} '{:.60}'", kColumnsOfFile[i / texts.size()].name,
                           texts[i % texts.size()]);
      },
      [](size_t) { return Fault::kSame; });
}

}  // namespace
}  // namespace carrel::usage
