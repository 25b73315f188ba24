#include <gmock/gmock.h>

#include <vector>

#include "sdk/render/workbook_inspect.h"
#include "sdk/render/xlsx_styles.h"
#include "tests/unit/render/xlsx_fixture.h"

namespace carrel::render {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST_F(XlsxTest, ValuesReplaceCellsKeepStylesAndLeaveOthers) {
  Styles(4);
  Sheet(
      "<worksheet><dimension ref=\"A1\"/><sheetData><row r=\"1\"><c r=\"A1\"><v>9</v></c></row>"
      "<row r=\"2\" spans=\"1:3\" ht=\"30\"><c r=\"A2\" s=\"3\"><v>1</v></c><c "
      "r=\"B2\"><v>2</v></c>"
      "<c r=\"D2\"><v>4</v></c></row><row r=\"9\"/></sheetData><autoFilter "
      "ref=\"A1\"/></worksheet>");
  ASSERT_TRUE(Render({{Integer(7), Cell{}, Text("x")}, {Integer(8)}}));
  EXPECT_EQ(Data(),
            "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><v>9</v></c></row>"
            "<row r=\"2\" ht=\"30\"><c r=\"A2\" s=\"3\"><v>7</v></c><c r=\"B2\"><v>2</v></c>"
            "<c r=\"C2\" t=\"inlineStr\"><is><t>x</t></is></c><c r=\"D2\"><v>4</v></c></row>"
            "<row r=\"3\"><c r=\"A3\"><v>8</v></c></row><row r=\"9\"></row></sheetData>"
            "<autoFilter ref=\"A1\"/></worksheet>");
}

TEST_F(XlsxTest, PrefixesCommentsAndMissingReferencesAreUnderstood) {
  Sheet(
      "<?xml version='1.0'?><x:worksheet xmlns:x=\"m\"><!-- <sheetData> --><x:sheetData><x:row>"
      "<x:c><x:v>1</x:v></x:c><x:c/></x:row></x:sheetData></x:worksheet>");
  ASSERT_TRUE(Render({{Integer(1)}}));
  EXPECT_THAT(Data(),
              HasSubstr("<x:row r=\"1\"><x:c r=\"A1\"><x:v>1</x:v></x:c><x:c r=\"B1\"/></x:row>"
                        "<x:row r=\"2\"><x:c r=\"A2\"><x:v>1</x:v></x:c></x:row>"));
}

TEST_F(XlsxTest, CalcChainGoesOnlyWhenAFormulaWasOverwritten) {
  Sheet(
      "<worksheet><sheetData><row r=\"2\"><c "
      "r=\"B2\"><f>1+1</f></c></row></sheetData></worksheet>");
  ASSERT_TRUE(Render({{Integer(1)}}));
  EXPECT_EQ(Output("xl/calcChain.xml"), "<calcChain/>");
  ASSERT_TRUE(Render({{Integer(1), Integer(2)}}));
  EXPECT_EQ(Output("xl/calcChain.xml"), "absent");
  EXPECT_THAT(Output("[Content_Types].xml"), Not(HasSubstr("calcChain")));
  EXPECT_THAT(Output("xl/_rels/workbook.xml.rels"), Not(HasSubstr("calcChain")));
}

TEST_F(XlsxTest, CellsOfAnOverwrittenSharedFormulaKeepItAsItReadsInTheirPlace) {
  Styles(2);
  Sheet(
      "<x:worksheet xmlns:x=\"m\"><x:sheetData><x:row r=\"2\"><x:c r=\"A2\"><x:f t=\"shared\" "
      "ref=\"A2:B3\" si=\"0\">D2*$E$1&amp;\"D2\"</x:f></x:c><x:c r=\"B2\" s=\"1\"><x:f "
      "t=\"shared\" si=\"0\"/><x:v>4</x:v></x:c></x:row><x:row r=\"3\"><x:c r=\"A3\" "
      "t=\"str\"><x:f t=\"shared\" si=\"0\"/><x:v>5</x:v></x:c></x:row></x:sheetData>"
      "</x:worksheet>");
  ASSERT_TRUE(Render({{Integer(1)}}));
  EXPECT_THAT(Data(), HasSubstr("<x:c r=\"A2\"><x:v>1</x:v></x:c>"
                                "<x:c r=\"B2\" s=\"1\"><x:f>E2*$E$1&amp;\"D2\"</x:f></x:c>"));
  EXPECT_THAT(Data(), HasSubstr("<x:c r=\"A3\"><x:f>D3*$E$1&amp;\"D2\"</x:f></x:c>"));
}

TEST_F(XlsxTest, WhatTheTemplatesFormulasGaveIsForgottenAndComputedAnew) {
  Styles(2);
  Sheet(
      "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" s=\"1\" t=\"str\"><f>B1</f><v>old</v></c>"
      "<c r=\"B1\" t=\"s\"><v>0</v></c></row><row r=\"2\"><c r=\"C2\"><f>SUM(A2:B2)</f><v>0</v>"
      "</c></row></sheetData></worksheet>");
  AddSheet("Summary",
           "<worksheet><sheetData><row r=\"1\"><c t=\"e\" r=\"A1\"><f>Data!C2</f><v>#N/A</v></c>"
           "<c r=\"B1\"><v>7</v></c></row></sheetData></worksheet>");
  ASSERT_TRUE(Render({{Integer(1), Integer(2)}}));
  EXPECT_THAT(Data(), HasSubstr("<c r=\"A1\" s=\"1\"><f>B1</f></c><c r=\"B1\" t=\"s\"><v>0</v>"));
  EXPECT_THAT(Data(), HasSubstr("<c r=\"C2\"><f>SUM(A2:B2)</f></c>"));
  EXPECT_EQ(Output("xl/worksheets/added.xml"),
            "<worksheet><sheetData><row r=\"1\"><c r=\"A1\"><f>Data!C2</f></c>"
            "<c r=\"B1\"><v>7</v></c></row></sheetData></worksheet>");
  EXPECT_THAT(Output("xl/workbook.xml"), HasSubstr("</sheets><calcPr fullCalcOnLoad=\"1\"/>"));
}

TEST_F(XlsxTest, AWorkbookWithoutFormulasIsNotComputed) {
  ASSERT_TRUE(Render({{Integer(1)}}));
  EXPECT_THAT(Output("xl/workbook.xml"), Not(HasSubstr("calcPr")));
}

TEST_F(XlsxTest, AnExtensionOfARowStaysBehindItsCells) {
  Sheet(
      "<worksheet><sheetData><row r=\"2\"><c r=\"A2\"/><extLst><ext uri=\"u\"><x/></ext></extLst>"
      "</row><row r=\"3\"><extLst/></row></sheetData></worksheet>");
  ASSERT_TRUE(Render({{Integer(1), Integer(2)}}));
  EXPECT_THAT(Data(), HasSubstr("<c r=\"B2\"><v>2</v></c><extLst><ext uri=\"u\"><x/></ext></extLst>"
                                "</row><row r=\"3\"><extLst/></row>"));
}

TEST_F(XlsxTest, DecimalsMayHaveASignAndAnyExponent) {
  std::vector<Cell> row;
  const std::string tiny = "0." + std::string(400, '0') + "1";
  for (const std::string_view text : {std::string_view("+5"), std::string_view("+1.10"),
                                      std::string_view("1E-400"), std::string_view(tiny)}) {
    row.push_back(Text(text));
    row.back().kind = CellKind::kDecimal;
  }
  ASSERT_TRUE(Render({row}));
  EXPECT_THAT(Data(), HasSubstr("<c r=\"A2\"><v>5</v></c><c r=\"B2\"><v>1.1</v></c>"
                                "<c r=\"C2\"><v>0</v></c><c r=\"D2\"><v>0</v></c>"));
  const std::string huge = "1" + std::string(400, '0') + "e-5";
  Cell cell = Text(huge);
  cell.kind = CellKind::kDecimal;
  EXPECT_THAT(Render({{cell}}).error().message, HasSubstr("is too large for xlsx"));
}

TEST_F(XlsxTest, ATimeThatIsInTheYear10000InUtcIsRefused) {
  Cell cell;
  cell.kind = CellKind::kDateTime;
  cell.micros = 253'402'300'799'999'999;
  ASSERT_TRUE(Render({{cell}}));
  cell.with_zone = true;
  cell.offset_minutes = -300;
  for (const auto& rows : {std::vector<std::vector<Cell>>{{cell}}, {{Cell{}}, {cell}}}) {
    EXPECT_THAT(Render(rows).error().message, HasSubstr("column 1: a time after the year 9999"));
  }
}

TEST_F(XlsxTest, NoMoreCellFormatsAreMadeThanExcelTakes) {
  Styles(static_cast<int>(kMaxCellFormats));
  Cell day;
  day.kind = CellKind::kDate;
  EXPECT_THAT(Render({{day}}).error().message, HasSubstr("row 1: column 1: more than 65490 cell"));
  Styles(static_cast<int>(kMaxCellFormats) - 2);
  ASSERT_TRUE(Render({{day}}));
  EXPECT_THAT(Output("xl/styles.xml"), HasSubstr("<cellXfs count=\"65489\">"));
}

TEST_F(XlsxTest, ACarriageReturnInAPartThatIsWrittenAnewStaysOne) {
  std::string& book = Part("xl/workbook.xml");
  book.insert(
      book.find("</workbook>"),
      "<definedNames><definedName name=\"n\">\"a&#13;&#10;b\"</definedName></definedNames>");
  ASSERT_TRUE(Render({}));
  EXPECT_THAT(Output("xl/workbook.xml"), HasSubstr("\"a&#13;\nb\""));
}

TEST_F(XlsxTest, TheTypeOfTheWorkbookMayBeThatOfAllXmlParts) {
  const std::string prefix = "application/vnd.openxmlformats-officedocument.spreadsheetml.";
  const auto type = [&](const std::string& text) {
    Part("[Content_Types].xml") =
        "<Types><Default Extension=\"XML\" ContentType=\"" + text + "\"/></Types>";
  };
  type(prefix + "template.main+xml");
  ASSERT_TRUE(Render({}));
  EXPECT_THAT(Output("[Content_Types].xml"),
              HasSubstr("<Override PartName=\"/xl/workbook.xml\" ContentType=\"" + prefix +
                        "sheet.main+xml\"/>"));
  type("application/vnd.ms-excel.sheet.macroEnabled.main+xml");
  EXPECT_THAT(Render({}).error().message, HasSubstr("a workbook with macros (.xlsm)"));
}

TEST_F(XlsxTest, InfoShowsWhatXmlCannotHoldAsEscapes) {
  info_.report_name = "Sales\v2\xEF\xBF\xBE";
  info_.account_name = "A & \xFF";
  ASSERT_TRUE(Render({{Integer(1)}}));
  EXPECT_THAT(Output("xl/worksheets/sheet2.xml"), AllOf(HasSubstr("<t>Sales\\x0b2\\ufffe</t>"),
                                                        HasSubstr("<t>A &amp; \xEF\xBF\xBD</t>")));
}

TEST_F(XlsxTest, InfoTakesTheNextFreeName) {
  Part("xl/workbook.xml")
      .replace(Part("xl/workbook.xml").find("</sheets>"), 0,
               "<sheet name=\"INFO\" sheetId=\"9\" q:id=\"rId1\"/>");
  ASSERT_TRUE(Render({}));
  EXPECT_THAT(Output("xl/workbook.xml"), HasSubstr("name=\"Info1\" sheetId=\"10\" q:id=\"rId3\""));
}

TEST_F(XlsxTest, ACellThatCannotBeStoredIsNamedByRowAndColumn) {
  Cell dict;
  dict.kind = CellKind::kOther;
  dict.type_name = "dict";
  EXPECT_EQ(Render({{Integer(1)}, {Integer(1), dict}}).error().message,
            "row 2: column 2: cannot convert dict to an xlsx cell");
  EXPECT_THAT(Render({{Text("a\x01")}}).error().message,
              HasSubstr("row 1: column 1: control character U+0001"));
  EXPECT_THAT(Render({{Text("\xEF\xBF\xBF")}}).error().message, HasSubstr("U+FFFF"));
  EXPECT_THAT(Render({std::vector<Cell>(16'385)}).error().message, HasSubstr("16384 columns"));
}

TEST_F(XlsxTest, BadTemplatesAreRefusedWithTheReason) {
  for (const auto& [sheet, reason] : std::vector<std::pair<std::string, std::string>>{
           {"", "it has no element"},
           {"<worksheet></worksheet>", "no sheetData"},
           {"<worksheet><sheetData><row", "ends inside of a tag"},
           {"<!DOCTYPE a [<!ENTITY x 'y'>]><worksheet/>", "document type"},
           {"<worksheet><sheetData><row r=\"3\"/><row r=\"2\"/></sheetData></worksheet>",
            "out of order"},
           {"<?xml version=\"1.0\" encoding=\"latin1\"?><worksheet/>", "only UTF-8"},
           {"<chart/>", "expected a worksheet"}}) {
    Sheet(sheet);
    const auto status = Render({});
    ASSERT_FALSE(status) << sheet;
    EXPECT_THAT(status.error().message, HasSubstr("template t.xlsx: ")) << sheet;
    EXPECT_THAT(status.error().message, HasSubstr(reason)) << sheet;
  }
  Part("xl/workbook.xml") = "<workbook><sheets><sheet name=\"data\"/></sheets></workbook>";
  EXPECT_THAT(Render({}).error().message, HasSubstr("no sheet \"Data\""));
  EXPECT_FALSE(InspectWorkbook(dir_->path() / "none.xlsx"));
}

TEST_F(XlsxTest, BadArgumentsAreRefused) {
  EXPECT_THAT(Render({}, {{"start_row", 0}}).error().message, HasSubstr("args.start_row"));
  EXPECT_THAT(Render({}, {{"start_col", "1"}}).error().message, HasSubstr("args.start_col"));
  EXPECT_THAT(Render({}, {{"overflow", "x"}}).error().message, HasSubstr("args.overflow"));
}

TEST_F(XlsxTest, InspectNamesTheSheets) {
  WriteTemplate();
  const auto info = InspectWorkbook(dir_->path() / "t.xlsx");
  ASSERT_TRUE(info) << info.error().message;
  ASSERT_EQ(info->sheets.size(), 1u);
  EXPECT_EQ(info->sheets[0].name, "Data");
  EXPECT_TRUE(info->sheets[0].is_worksheet);
}

TEST(XlsxStylesTest, KnowsDateFormats) {
  for (const char* code : {"yyyy-mm-dd", "[h]:mm", "[$-409]d", "0;d\"x\"h"}) {
    EXPECT_EQ(IsDateFormat(code), std::string_view(code) != "0;d\"x\"h") << code;
  }
  for (const char* code : {"General", "0.00", "\"days\"0", "\\d0", "[Red]0", "_d0"}) {
    EXPECT_FALSE(IsDateFormat(code)) << code;
  }
}

}  // namespace
}  // namespace carrel::render
