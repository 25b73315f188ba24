#include "runtime/usage/workbook.h"

#include <fmt/format.h>

#include "runtime/usage/date_style.h"
#include "tests/unit/usage/workbook_fixture.h"

namespace carrel::usage {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string Row1(const std::string& cells) { return "<row r=\"1\">" + cells + "</row>"; }

TEST_F(WorkbookTest, EveryTypeOfCellIsRead) {
  const std::string strings = SharedStringsXml({"zero", "one &lt; two"});
  EXPECT_EQ(
      Rows(Row1(R"(<c r="A1" t="s"><v>1</v></c><c r="B1" t="inlineStr"><is><t>in</t></is></c>)"
                R"(<c r="C1" t="str"><f>A1</f><v>formula</v></c><c r="D1"><v>12.50</v></c>)"
                R"(<c r="E1" t="b"><v>1</v></c><c r="F1" t="e"><v>#REF!</v></c>)"
                R"(<c r="G1" t="d"><v>2026-01-31T00:00:00</v></c><c r="H1" s="1"><v>45000</v></c>)"
                R"(<c r="I1" t="n" s="2"><v>45000.5</v></c>)"),
           strings),
      "A1=one < two|B1=in|C1=formula|D1=#12.50|E1=?1|F1=!#REF!|G1=~2026-01-31T00:00:00|"
      "H1=@45000|I1=@45000.5");
}

TEST_F(WorkbookTest, FormulasGiveTheirStoredResultOrNone) {
  EXPECT_EQ(Rows(Row1(R"(<c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>1+1</f></c>)"
                      R"(<c r="C1"><f>1+1</f><v></v></c><c r="D1"><f>1+1</f><v/></c>)"
                      R"(<c r="E1"><f t="shared" ref="E1:E2" si="0">A1</f><v>4</v></c>)"
                      R"(<c r="F1"><f t="shared" si="0"/><v>5</v></c>)"
                      R"(<c r="G1" t="str"><f>""</f><v></v></c><c r="H1"/><c r="I1"><v/></c>)")),
            "A1=#2|B1=-|C1=-|D1=-|E1=#4|F1=#5");
}

TEST_F(WorkbookTest, RichTextIsJoinedAndPhoneticHintsAreLeftOut) {
  const std::string strings =
      "<sst><si><t>plain</t></si><si><r><rPr><b/></rPr><t xml:space=\"preserve\">ri "
      "</t></r><r><t>ch"
      "</t></r><rPh sb=\"0\" eb=\"1\"><t>hint</t></rPh><phoneticPr fontId=\"1\"/></si>"
      "<si><t>last</t></si><si/><si><t/></si><si><t>end</t></si></sst>";
  EXPECT_EQ(Rows(Row1(R"(<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c>)"
                      R"(<c r="C1" t="s"><v>2</v></c><c r="D1" t="s"><v>3</v></c>)"
                      R"(<c r="E1" t="s"><v>4</v></c><c r="F1" t="s"><v>5</v></c>)"
                      R"(<c r="G1" t="inlineStr"><is><r><t>a</t></r><r><t>b</t></r></is></c>)"),
                 strings),
            "A1=plain|B1=ri ch|C1=last|F1=end|G1=ab");
}

TEST_F(WorkbookTest, RowsAndCellsWithoutReferencesFollowEachOther) {
  EXPECT_EQ(
      Rows("<row><c><v>1</v></c><c><v>2</v></c></row><row/><row><c t=\"str\"><v>x</v></c></row>"
           "<row r=\"9\"><c r=\"C9\"><v>3</v></c><c><v>4</v></c></row><row><c><v>5</v></c></row>"),
      "A1=#1|B1=#2 A3=x C9=#3|D9=#4 A10=#5");
}

TEST_F(WorkbookTest, AnEmptyStyleIsNone) {
  EXPECT_EQ(Rows(Row1(R"(<c r="A1" s=""><v>1</v></c>)")), "A1=#1");
  EXPECT_EQ(Rows(Row1(R"(<c r="A1" s="x"><v>1</v></c>)")),
            "error: records!A1: a style that is no number");
}

TEST_F(WorkbookTest, SparseRowsKeepTheirPlaces) {
  EXPECT_EQ(
      Rows(R"(<row r="3"><c r="B3"><v>1</v></c><c r="ZZ3"><v>2</v></c></row>)"
           R"(<row r="4" spans="1:2" ht="15" x14ac:dyDescent="0.2"><c r="B4"><v>3</v></c></row>)"
           R"(<row r="1048576"><c r="XFD1048576"><v>4</v></c></row>)"),
      "B3=#1|ZZ3=#2 B4=#3 XFD1048576=#4");
}

TEST_F(WorkbookTest, PrefixesCommentsCdataAndOtherQuotesMakeNoDifference) {
  const std::string plain = Rows(Row1(R"(<c r="A1" t="inlineStr"><is><t>a&amp;b</t></is></c>)"
                                      R"(<c r="B1"><v>7</v></c>)"));
  EXPECT_EQ(plain, "A1=a&b|B1=#7");
  EXPECT_EQ(Rows("<!-- <row> --><row r='1'><c t='inlineStr' r='A1'><is><t><![CDATA[a&b]]></t></is>"
                 "</c> <!-- c --><c  r=\"B1\" ><v>&#55;</v></c >\n</row>"),
            plain);
  BookXml prefixed;
  prefixed.sheets = {{"records",
                      "<x:worksheet xmlns:x=\"m\"><x:sheetData><x:row r=\"1\"><x:c r=\"A1\" "
                      "t=\"inlineStr\"><x:is><x:t>a&amp;b</x:t></x:is></x:c><x:c r=\"B1\"><x:v>7"
                      "</x:v></x:c></x:row></x:sheetData></x:worksheet>"}};
  EXPECT_EQ(ReadBook(prefixed), plain);
}

TEST_F(WorkbookTest, TheFastParserGoesOnAfterWhatItLearnsAndHandsOverInTheMiddle) {
  std::string rows, expected;
  for (int i = 1; i <= 3000; ++i) {
    const char* odd = i == 1500 ? "<!-- here -->" : "";
    rows += fmt::format(R"({2}<row r="{0}"><c r="A{0}" t="inlineStr"><is><t>text {0}</t></is></c>)"
                        R"(<c r="B{0}" s="1"><v>{1}</v></c></row>)",
                        i, i * 7, odd);
    expected += fmt::format("{2}A{0}=text {0}|B{0}=@{1}", i, i * 7, i > 1 ? " " : "");
  }
  EXPECT_EQ(Rows(rows), expected);
}

TEST_F(WorkbookTest, RowsLargerThanAPieceOfTheStreamAreRead) {
  std::string cells, expected;
  for (int i = 0; i < 40; ++i) {
    const std::string text(30'000, static_cast<char>('a' + i % 26));
    cells += fmt::format(R"(<c r="{}1" t="str"><v>{}</v></c>)", ColumnName(static_cast<size_t>(i)),
                         text);
    expected += fmt::format("{}{}1={}", i > 0 ? "|" : "", ColumnName(static_cast<size_t>(i)), text);
  }
  EXPECT_EQ(Rows(Row1(cells)), expected);
}

TEST_F(WorkbookTest, EscapedCharactersOfWorkbooksAreRead) {
  EXPECT_EQ(Rows(Row1(R"(<c r="A1" t="inlineStr"><is><t>a_x0009_b_x005F_x0041_</t></is></c>)"
                      R"(<c r="B1" t="str"><v>_x0000_ _xD800_ _x12</v></c>)")),
            "A1=a\tb_x0041_|B1=_x0000_ _xD800_ _x12");
  // Escapes end with their run of text.
  const std::string runs = "<r><t>_x0009_b_</t></r><r><t>x0041_</t></r>";
  EXPECT_EQ(Rows(Row1("<c r=\"A1\" t=\"inlineStr\"><is>" + runs +
                      "</is></c>"
                      "<c r=\"B1\" t=\"s\"><v>0</v></c>"),
                 "<sst><si>" + runs + "</si></sst>"),
            "A1=\tb_x0041_|B1=\tb_x0041_");
  EXPECT_EQ(Rows(Row1("<c r=\"A1\" t=\"str\"><v>a\r\nb\rc&#13;</v></c>")), "A1=a\nb\nc\r");
}

TEST_F(WorkbookTest, FaultsNameTheirPlace) {
  EXPECT_EQ(Rows(Row1(R"(<c r="C1" t="s"><v>7</v></c>)"), SharedStringsXml({"a"})),
            "error: records!C1: a shared string that the workbook does not have");
  EXPECT_EQ(Rows(Row1(R"(<c r="A1" t="s"><v>x</v></c>)"), SharedStringsXml({"a"})),
            "error: records!A1: the number of a shared string is no number");
  EXPECT_EQ(Rows(Row1(R"(<c r="A1" t="b"><v>2</v></c>)")),
            "error: records!A1: a boolean that is neither 0 nor 1");
  EXPECT_EQ(Rows(Row1(R"(<c r="A1" t="zz"><v>2</v></c>)")),
            "error: records!A1: a cell of unknown type");
  EXPECT_EQ(Rows(Row1(R"(<c r="A2"><v>2</v></c>)")), "error: sheet records: cell A2 in row 1");
  EXPECT_EQ(Rows(Row1(R"(<c r="B1"><v>2</v></c><c r="A1"><v>2</v></c>)")),
            "error: records!A1: it stands behind column B");
  EXPECT_EQ(Rows("<row r=\"2\"/><row r=\"2\"/>"), "error: sheet records: row 2 behind row 2");
  EXPECT_EQ(Rows("<row r=\"x\"/>"), "error: sheet records: row number 'x'");
  EXPECT_EQ(Rows(Row1(R"(<c r="1A"><v>2</v></c>)")), "error: records!A1: cell reference '1A'");
}

TEST_F(WorkbookTest, WhatIsNotWellFormedIsRefused) {
  for (const char* rows :
       {"<row r=\"1\"><c r=\"A1\"><v>1</v></row>",
        "<row r=\"1\"><c r=\"A1\"><v>&bad;</v></c></row>", "<row r=\"1\" r=\"1\"/>",
        "<row r=\"1\"><c r=\"A1\" r=\"A1\"/></row>",
        "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>a]]>b</v></c></row>",
        "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>\x01</v></c></row>",
        "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>\xFF</v></c></row>",
        "<row r=\"1\"><c r=\"A1\"><v>\xEF\xBF\xBE</v></c></row>",
        "<row r=\"1\"><c r=\"A1\"><f>\x02</f><v>1</v></c></row>", "</sheetData><x>"}) {
    EXPECT_THAT(Rows(rows), StartsWith("error: sheet records: not well-formed XML")) << rows;
  }
  EXPECT_THAT(ReadBook({.sheets = {{"records", "<!DOCTYPE a []><worksheet/>"}}}),
              HasSubstr("document type declaration"));
  EXPECT_EQ(ReadBook({.sheets = {{"records", "<chartsheet/>"}}}),
            "error: sheet records: it is no worksheet");
  EXPECT_EQ(ReadBook({.sheets = {{"records", "<worksheet><sheetData/></worksheet>"}}}), "");
  EXPECT_EQ(ReadBook({.sheets = {{"records", "<worksheet><sheetData/><sheetData/></worksheet>"}}}),
            "error: sheet records: two elements sheetData");
}

TEST_F(WorkbookTest, EveryBudgetIsHeld) {
  const auto limited = [&](const std::string& rows, const ReaderLimits& limits,
                           const std::string& strings = "") {
    WorkbookOptions options;
    options.limits = limits;
    return ReadBook({.sheets = {{"records", SheetOf(rows)}}, .shared_strings = strings}, options);
  };
  ReaderLimits limits;
  limits.max_rows = 5;
  EXPECT_EQ(limited("<row r=\"6\"><c r=\"A6\"><v>1</v></c></row>", limits),
            "error: sheet records: row 6, at most 5 are read");
  limits = {};
  limits.max_columns = 3;
  EXPECT_EQ(limited(Row1("<c r=\"D1\"><v>1</v></c>"), limits),
            "error: sheet records, row 1: column D, at most 3 are read");
  limits = {};
  limits.max_cell_bytes = 10;
  EXPECT_EQ(limited(Row1("<c r=\"A1\" t=\"str\"><v>12345678901</v></c>"), limits),
            "error: records!A1: more than 10 B");
  EXPECT_THAT(limited(Row1(""), limits, SharedStringsXml({"12345678901"})),
              HasSubstr("shared string 0 has more than 10 B"));
  limits = {};
  limits.max_strings = 2;
  EXPECT_THAT(limited(Row1(""), limits, SharedStringsXml({"a", "b", "c"})),
              HasSubstr("more than 2 shared strings"));
  limits = {};
  limits.max_row_bytes = 1000;
  std::string cells;
  for (int i = 0; i < 200; ++i) {
    cells += fmt::format("<c r=\"{}1\" t=\"str\"><v>123456789</v></c>",
                         ColumnName(static_cast<size_t>(i)));
  }
  EXPECT_EQ(limited(Row1(cells), limits), "error: sheet records, row 1: more than 1000 B");
  limits = {};
  limits.max_inflated = 3000;
  EXPECT_THAT(limited(Row1(cells), limits), HasSubstr("inflates to more than"));
  limits = {};
  limits.max_parts = 3;
  EXPECT_THAT(limited("", limits), HasSubstr("at most 3 are read"));
}

TEST_F(WorkbookTest, SharedStringsBeyondTheirMemoryGoToAFile) {
  std::vector<std::string> strings;
  std::string cells, expected;
  for (int i = 0; i < 5000; ++i) strings.push_back(fmt::format("string number {}", i));
  for (int i = 0; i < 5000; i += 500) {
    const std::string at = ColumnName(static_cast<size_t>(i / 500)) + "1";
    cells += fmt::format(R"(<c r="{}" t="s"><v>{}</v></c>)", at, i);
    expected += fmt::format("{}{}=string number {}", i > 0 ? "|" : "", at, i);
  }
  WorkbookOptions options;
  options.limits.max_string_memory = 20'000;
  EXPECT_EQ(ReadBook({.sheets = {{"records", SheetOf(Row1(cells))}},
                      .shared_strings = SharedStringsXml(strings)},
                     options),
            expected);
  auto source = [text = SharedStringsXml(strings), at = size_t{0}](char* out, size_t size) mutable {
    const size_t n = text.copy(out, size, at);
    at += n;
    return Result<size_t>(n);
  };
  const auto table =
      SharedStrings::Load(source, Threads::kOne, XmlPath::kFast, options.limits, dir_->path());
  ASSERT_TRUE(table);
  EXPECT_TRUE((*table)->spilled());
  EXPECT_EQ((**table)[4999], "string number 4999");
  EXPECT_TRUE(std::filesystem::is_empty(dir_->path()) ||
              !std::filesystem::exists(dir_->path() / "carrel-strings"));
}

TEST_F(WorkbookTest, TabsAreFoundByNameInAnyOrderAndEpochsAreKnown) {
  BookXml book;
  book.sheets = {{"Other &amp; more", SheetOf("")}, {"records", SheetOf("")}};
  book.properties = "date1904=\"1\"";
  const auto opened = Workbook::Open(Write(book));
  ASSERT_TRUE(opened);
  ASSERT_EQ((*opened)->tabs().size(), 2u);
  EXPECT_EQ((*opened)->tabs()[0].name, "Other & more");
  EXPECT_EQ((*opened)->epoch(), Epoch::k1904);
}

TEST_F(WorkbookTest, OtherFilesAreNamedForWhatTheyAre) {
  const auto error = [&](std::string_view bytes) {
    const auto opened = Workbook::Open(WriteFile("x.xlsx", bytes));
    return opened ? std::string() : opened.error().message;
  };
  EXPECT_EQ(error("hello"), "not a zip archive");
  EXPECT_EQ(error(""), "not a zip archive");
  EXPECT_THAT(error("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and more"), HasSubstr("encrypted workbook"));
  EXPECT_THAT(error(std::string("PK\x05\x06", 4) + std::string(18, '\0')),
              HasSubstr("not an Excel workbook: it has no _rels/.rels"));
}

TEST(DateStyleTest, FormatsOfDatesAreKnown) {
  for (const char* date :
       {"yyyy-mm-dd", "[h]:mm", "d/m", "[$-409]mmm", "mm:ss.0", "[Red]dd", "HH"}) {
    EXPECT_TRUE(IsDateFormat(date)) << date;
  }
  for (const char* number :
       {"General", "0.00", "\"day\" 0", "[Red]0", "0\\d", "_d0", "#,##0;[Red]d", "@", "[$EUR]0"}) {
    EXPECT_FALSE(IsDateFormat(number)) << number;
  }
}

}  // namespace
}  // namespace carrel::usage
