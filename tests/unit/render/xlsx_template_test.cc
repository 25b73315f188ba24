// Hostile workbook templates: what validation and a run say of them, and that both say the same.
#include <gmock/gmock.h>

#include <ctime>
#include <functional>

#include "sdk/render/workbook_inspect.h"
#include "sdk/render/xlsx_styles.h"
#include "sdk/render/xml_scanner.h"
#include "tests/unit/render/xlsx_fixture.h"

namespace carrel::render {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class XlsxTemplateTest : public XlsxTest {
 protected:
  std::string Inspected() {
    WriteTemplate();
    const auto info = InspectWorkbook(dir_->path() / "t.xlsx");
    return info ? "" : info.error().message;
  }
  // What a run of a few rows says, which is what validation says.
  std::string Refusal() {
    const std::string inspected = Inspected();
    const auto rendered = Render({{Integer(1), Text("x")}, {Integer(2)}});
    if (rendered) {
      EXPECT_EQ(inspected, "");
    } else {
      EXPECT_EQ(rendered.error().message, "template t.xlsx: " + inspected);
    }
    return inspected;
  }
  std::string SheetRefusal(std::string_view rows) {
    Sheet("<worksheet><sheetData>" + std::string(rows) + "</sheetData></worksheet>");
    return Refusal();
  }
};

std::string Nested(size_t depth) {
  std::string xml;
  for (size_t i = 0; i < depth; ++i) xml += "<a>";
  for (size_t i = 0; i < depth; ++i) xml += "</a>";
  return xml;
}

std::string Many(std::string_view text, size_t count) {
  std::string all;
  all.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) all += text;
  return all;
}

const char* const kParsedParts[] = {"[Content_Types].xml",     "_rels/.rels",
                                    "xl/workbook.xml",         "xl/_rels/workbook.xml.rels",
                                    "xl/styles.xml",           "docProps/app.xml",
                                    "xl/worksheets/sheet1.xml"};

class EveryPartTest : public XlsxTemplateTest, public testing::WithParamInterface<const char*> {
 protected:
  void SetUp() override {
    XlsxTemplateTest::SetUp();
    Styles(1);
    Part("docProps/app.xml") = "<Properties/>";
    std::string& rels = Part("_rels/.rels");
    rels.insert(rels.find("</Relationships>"),
                "<Relationship Id=\"b\" Type=\"x/extended-properties\" "
                "Target=\"docProps/app.xml\"/>");
  }
  // Puts `text` behind the first tag.
  void Inject(std::string_view text) {
    std::string& xml = Part(GetParam());
    const size_t close = xml.find('>');
    if (xml[close - 1] == '/') {
      const std::string name = xml.substr(1, close - 2);
      xml = "<" + name + "></" + name + ">";
    }
    xml.insert(xml.find('>') + 1, text);
  }
  void ExpectRefused(std::string_view reason) {
    const std::string refusal = Refusal();
    EXPECT_THAT(refusal, StartsWith(std::string(GetParam()) + ": "));
    EXPECT_THAT(refusal, HasSubstr(reason));
  }
};

TEST_P(EveryPartTest, IsGoodAsItIs) { EXPECT_EQ(Refusal(), ""); }

TEST_P(EveryPartTest, BillionLaughsAreRefused) {
  std::string bomb = "<!DOCTYPE l [<!ENTITY l0 \"lol\">";
  for (int i = 1; i < 10; ++i) {
    const std::string inner = "&l" + std::to_string(i - 1) + ";";
    bomb += "<!ENTITY l" + std::to_string(i) + " \"" + Many(inner, 10) + "\">";
  }
  Part(GetParam()).insert(0, bomb + "]>");
  Inject("&l9;");
  ExpectRefused("XML with a document type declaration is not read");
}

TEST_P(EveryPartTest, ExternalEntitiesAndQuadraticBlowUpAreRefused) {
  const std::string before = Part(GetParam());
  for (const std::string& dtd :
       {std::string("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"),
        std::string("<!DOCTYPE a SYSTEM \"http://127.0.0.1:9/a.dtd\">"),
        std::string("<!DOCTYPE a>"),
        "<!DOCTYPE a [<!ENTITY x \"" + std::string(100'000, 'x') + "\">]>"}) {
    Part(GetParam()) = dtd + before;
    ExpectRefused("XML with a document type declaration is not read");
  }
}

TEST_P(EveryPartTest, AbsurdNestingIsRefused) {
  Inject(Nested(1'000'000));
  ExpectRefused("XML elements nested more than 128 deep");
}

TEST_P(EveryPartTest, OtherEncodingsAreRefusedByName) {
  const std::string before = Part(GetParam());
  std::string wide = "\xFF\xFE";
  for (const char c : before) wide += {c, '\0'};
  Part(GetParam()) = wide;
  ExpectRefused("XML encoding UTF-16 or UTF-32: only UTF-8 is read");
  Part(GetParam()) = "<?xml version=\"1.0\" encoding=\"windows-1252\"?>" + before;
  ExpectRefused("XML encoding \"windows-1252\": only UTF-8 is read");
  Part(GetParam()) = before;
  Inject("\xE9");
  ExpectRefused("it is not UTF-8");
}

TEST_P(EveryPartTest, GiganticAttributesAndTooManyOfThemAreRefused) {
  const std::string before = Part(GetParam());
  Inject("<a b=\"" + std::string(20 << 20, 'x') + "\"/>");
  ExpectRefused("an XML tag or comment of more than 1 MiB");
  Part(GetParam()) = before;
  std::string tag = "<a";
  for (int i = 0; i < 60'000; ++i) tag += " a" + std::to_string(i) + "=\"\"";
  Inject(tag + "/>");
  ExpectRefused("an XML tag with more than 128 attributes");
}

TEST_P(EveryPartTest, CutXmlIsRefused) {
  std::string& xml = Part(GetParam());
  Inject(" ");
  xml.resize(xml.size() - 4);
  const std::string refusal = Refusal();
  EXPECT_THAT(refusal, HasSubstr("not well-formed XML: it ends inside of a tag"));
}

INSTANTIATE_TEST_SUITE_P(Parts, EveryPartTest, testing::ValuesIn(kParsedParts),
                         [](const auto& part) { return "Part" + std::to_string(part.index); });

TEST_F(XlsxTemplateTest, TenMillionTinyElementsAreRefusedWhereATreeIsMade) {
  Styles(1);
  std::string& styles = Part("xl/styles.xml");
  styles.insert(styles.find("</styleSheet>"), Many("<a/>", 7'000'000));
  EXPECT_EQ(Refusal(), "xl/styles.xml: XML of more than 1000000 nodes");
  Styles(1);
  Part("xl/styles.xml").append(40 << 20, ' ');
  EXPECT_THAT(Refusal(), HasSubstr("at most 32.0 MiB are read"));
}

TEST_F(XlsxTemplateTest, StylesThatTheWorkbookDoesNotHaveAreRefused) {
  Styles(3);
  EXPECT_EQ(SheetRefusal("<row r=\"1\" s=\"2\"><c r=\"A1\" s=\"2\"/></row>"), "");
  const std::string part = "xl/worksheets/sheet1.xml: ";
  const std::string range = ", the workbook has styles 0 to 2";
  for (const std::string style : {"3", "4294967295", "4294967296", "-1", "x", "", " 1", "1e0"}) {
    EXPECT_EQ(SheetRefusal("<row r=\"7\"><c r=\"C7\" s=\"" + style + "\"/></row>"),
              part + "cell C7 has style " + style + range);
    EXPECT_EQ(SheetRefusal("<row r=\"7\" s=\"" + style + "\" customFormat=\"1\"/>"),
              part + "row 7 has style " + style + range);
    Sheet("<worksheet><cols><col min=\"1\" max=\"2\" style=\"" + style +
          "\"/></cols><sheetData/></worksheet>");
    EXPECT_EQ(Refusal(), part + "a column has style " + style + range);
  }
}

TEST_F(XlsxTemplateTest, AWorkbookWithoutStylesHasOne) {
  EXPECT_EQ(SheetRefusal("<row r=\"2\"><c r=\"A2\" s=\"0\"/></row>"), "");
  EXPECT_THAT(SheetRefusal("<row r=\"2\"><c r=\"A2\" s=\"1\"/></row>"),
              HasSubstr("cell A2 has style 1, the workbook has styles 0 to 0"));
}

TEST_F(XlsxTemplateTest, MoreCellFormatsThanAWorkbookHoldsAreRefused) {
  Styles(kMaxCellFormats);
  EXPECT_EQ(Inspected(), "");
  Styles(kMaxCellFormats + 1);
  EXPECT_EQ(Refusal(), "xl/styles.xml: 65491 cell formats: a workbook has at most 65490");
}

TEST_F(XlsxTemplateTest, RowsAndCellsOutOfPlaceAreRefusedWhereverTheyAre) {
  const std::string part = "xl/worksheets/sheet1.xml: ";
  for (const auto& [rows, reason] : std::vector<std::pair<std::string, std::string>>{
           {"<row r=\"9\"/><row r=\"8\"/>", "its rows are out of order after row 9"},
           {"<row r=\"9\"/><row r=\"9\"/>", "its rows are out of order after row 9"},
           {"<row r=\"0\"/>", "its rows are out of order after row 0"},
           {"<row r=\"1048577\"/>", "its rows are out of order after row 0"},
           {"<row r=\"5\"><c r=\"B5\"/><c r=\"A5\"/></row>", "row 5: its cells are out of order"},
           {"<row r=\"5\"><c r=\"XFD5\"/><c/></row>", "row 5: its cells are out of order"},
           {"<row r=\"5\"><c r=\"A6\"/></row>", "row 5: it has a cell A6"},
           {"<row r=\"5\"><c r=\"XFE5\"/></row>", "row 5: it has a cell XFE5"},
           {"<row r=\"5\"><c r=\"5\"/></row>", "row 5: it has a cell 5"},
           {"<row r=\"5\"><d r=\"A5\"/></row>", "row 5: expected a cell, found d"},
           {"<line/>", "expected a row, found line"},
           {"<row r=\"5\"><c r=\"A5\"><v>1</c></row>",
            "not well-formed XML: </c> where </v> is expected"},
           {"</sheetData><sheetData>", "it has two sheetData"}}) {
    EXPECT_EQ(SheetRefusal(rows), part + reason);
  }
}

TEST_F(XlsxTemplateTest, ARowOfGiganticCellsIsRefused) {
  const std::string attribute = " x=\"" + std::string(1 << 19, 'x') + "\"";
  EXPECT_EQ(SheetRefusal("<row r=\"3\">" + Many("<c" + attribute + "/>", 64) + "</row>"),
            "xl/worksheets/sheet1.xml: row 3 has more than 16 MiB");
  EXPECT_THAT(
      SheetRefusal("<row r=\"3\"><c r=\"A3\"><v>" + std::string(20 << 20, '1') + "</v></c></row>"),
      HasSubstr("row 3 has more than 16 MiB"));
}

TEST_F(XlsxTemplateTest, APartHasOnePurpose) {
  for (const char* target : {"worksheets/sheet1.xml", "/_rels/.rels", "/[Content_Types].xml",
                             "/xl/workbook.xml", "/xl/_rels/workbook.xml.rels", "styles.xml"}) {
    Styles(1);
    std::string& rels = Part("xl/_rels/workbook.xml.rels");
    const std::string before = rels;
    const std::string chain = "Target=\"calcChain.xml\"";
    rels.replace(rels.find(chain), chain.size(), "Target=\"" + std::string(target) + "\"");
    EXPECT_THAT(Refusal(), HasSubstr(": one part for two purposes")) << target;
    rels = before;
  }
}

TEST_F(XlsxTemplateTest, DeclarationsInPartsThatAreOnlyCopiedAreRefusedToo) {
  Part("xl/sharedStrings.xml") =
      "<?xml version=\"1.0\"?><!-- c --><!DOCTYPE sst [<!ENTITY a \"aaaa\">]><sst/>";
  EXPECT_EQ(Inspected(), "xl/sharedStrings.xml: XML with a document type declaration is not read");
  Part("xl/sharedStrings.xml") = "<sst><not closed";
  EXPECT_EQ(Inspected(), "");
}

TEST_F(XlsxTemplateTest, AnImageIsCopiedByteForByteAndNeverDecoded) {
  // Says that it is 50,000 x 50,000 pixels.
  using namespace std::string_literals;
  const std::string png = "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\xC3\x50\0\0\xC3\x50\x08\x06\0\0\0"s;
  Part("xl/media/image1.png") = png + std::string(1 << 20, '\0');
  EXPECT_EQ(Refusal(), "");
  EXPECT_EQ(Output("xl/media/image1.png"), Part("xl/media/image1.png"));
}

TEST_F(XlsxTemplateTest, SheetsAndRelationshipsInNumbersTakeLinearTime) {
  std::string sheets, rels;
  for (int i = 0; i < 9'000; ++i) {
    const std::string n = std::to_string(i);
    sheets += "<sheet name=\"Info" + (i == 0 ? "" : n) + "\" sheetId=\"" + std::to_string(i + 10) +
              "\" q:id=\"rId" + std::to_string(i + 100) + "\"/>";
  }
  for (int i = 100; i < 200'000; ++i) {
    rels += "<Relationship Id=\"rId" + std::to_string(i) + "\"/>";
  }
  std::string& workbook = Part("xl/workbook.xml");
  workbook.insert(workbook.find("</sheets>"), sheets);
  std::string& parts = Part("xl/_rels/workbook.xml.rels");
  parts.insert(parts.find("</Relationships>"), rels);
  const std::clock_t start = std::clock();  // of this process, whatever else runs
  EXPECT_EQ(Refusal(), "");
  EXPECT_LT(std::clock() - start, 30 * CLOCKS_PER_SEC);
  EXPECT_THAT(Output("xl/workbook.xml"), HasSubstr("name=\"Info9000\" sheetId=\"9010\""));
  workbook.insert(workbook.find("</sheets>"), Many("<sheet name=\"x\"/>", 1001));
  EXPECT_EQ(Refusal(), "xl/workbook.xml: more than 10000 sheets");
}

TEST_F(XlsxTemplateTest, SheetIdsAtTheirLimitAreNotWrappedAround) {
  std::string& workbook = Part("xl/workbook.xml");
  workbook.insert(workbook.find("</sheets>"),
                  "<sheet name=\"x\" sheetId=\"4294967295\" q:id=\"rId1\"/>");
  EXPECT_EQ(Refusal(), "");
  EXPECT_THAT(Output("xl/workbook.xml"), HasSubstr("name=\"Info\" sheetId=\"1\""));
}

TEST_F(XlsxTemplateTest, CountsInTheDocumentPropertiesCannotOverflow) {
  Part("docProps/app.xml") =
      "<Properties><HeadingPairs><vector><variant><lpstr>a</lpstr></variant><variant>"
      "<i4>2147483647</i4></variant><variant><i4>2147483647</i4></variant></vector>"
      "</HeadingPairs><TitlesOfParts><vector><lpstr>Data</lpstr></vector></TitlesOfParts>"
      "</Properties>";
  std::string& rels = Part("_rels/.rels");
  rels.insert(rels.find("</Relationships>"),
              "<Relationship Type=\"x/extended-properties\" Target=\"docProps/app.xml\"/>");
  EXPECT_EQ(Refusal(), "");
}

TEST_F(XlsxTemplateTest, OnlySoManySheetsAreToldButTheOneForRowsIs) {
  std::string sheets = "<sheets>";
  for (int i = 0; i < 500; ++i) {
    sheets += "<sheet name=\"" + std::string(500, 'n') + std::to_string(i) + "\" q:id=\"rId1\"/>";
  }
  std::string& workbook = Part("xl/workbook.xml");
  workbook.replace(workbook.find("<sheets>"), 8, sheets);
  WriteTemplate();
  const auto info = InspectWorkbook(dir_->path() / "t.xlsx");
  ASSERT_TRUE(info) << info.error().message;
  EXPECT_EQ(info->sheets.size(), 65u);
  EXPECT_EQ(info->sheets.back().name, "Data");
  EXPECT_LE(info->sheets[0].name.size(), 110u);
}

}  // namespace
}  // namespace carrel::render
