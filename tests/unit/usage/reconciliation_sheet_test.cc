#include "runtime/usage/reconciliation_sheet.h"

#include "tests/unit/usage/workbook_fixture.h"

namespace carrel::usage {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

class ReconciliationSheetTest : public WorkbookTest {
 protected:
  // A tab whose first column is record_id and second external_billing_id, with these cells.
  std::vector<BillingRow> Read(const std::string& record, const std::string& billing) {
    const std::string header =
        "<row r=\"2\"><c r=\"A2\" t=\"str\"><v> usage_record_id </v></c>"
        "<c r=\"B2\" t=\"str\"><v>external_billing_id\t</v></c></row>";
    const std::string cells =
        "<row r=\"3\"><c r=\"A3\" " + record + "</c><c r=\"B3\" " + billing + "</c></row>";
    const auto rows = ReadReconciliation(Write({.sheets = {{"Records", SheetOf(header + cells)}}}));
    EXPECT_TRUE(rows) << rows.error().message;
    return rows.value_or(std::vector<BillingRow>());
  }
  std::string BillingId(const std::string& cell) {
    const auto rows = Read("t=\"str\"><v>r-1</v>", cell);
    return rows.empty() ? "" : rows[0].billing_id;
  }
  std::string CsvFault(std::string_view text) {
    const auto rows = ReadReconciliation(WriteFile("r.csv", text));
    return rows ? "none" : rows.error().message;
  }
};

TEST_F(ReconciliationSheetTest, CellsAreWhatAPersonSees) {
  EXPECT_EQ(BillingId("><v>1001</v>"), "1001");
  EXPECT_EQ(BillingId("t=\"b\"><v>1</v>"), "TRUE");
  EXPECT_EQ(BillingId("s=\"1\"><v>46347</v>"), "2026-11-21 00:00:00");
  EXPECT_EQ(BillingId("><v>1e+20</v>"), "100000000000000000000");
  EXPECT_EQ(BillingId("t=\"str\"><v> INV-1 </v>"), "INV-1");
  const auto rows = Read("s=\"1\"><v>46347.5</v>", "t=\"str\"><v>INV-1</v>");
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].record, "2026-11-21 12:00:00");
  EXPECT_EQ(rows[0].row, 3U);
}

TEST_F(ReconciliationSheetTest, ACellWithoutAValueIsTheFaultOfItsRow) {
  auto rows = Read("t=\"str\"><v>r-1</v>", "t=\"e\"><v>#N/A</v>");
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_EQ(rows[0].fault, "external_billing_id: the cell holds #N/A");
  rows = Read("><f>A1</f>", "t=\"str\"><v>INV-1</v>");
  ASSERT_THAT(rows, SizeIs(1));
  EXPECT_THAT(rows[0].fault, HasSubstr("record_id: the cell holds a formula"));
}

TEST_F(ReconciliationSheetTest, BothIdsOfARowAreRead) {
  const auto rows = ReadReconciliation(WriteFile(
      "r.csv", "id,record_id,external_billing_id\nUR-1,k1,B1\n,k2,B2\nUR-3,,B3\n,,\n, ,\n"));
  ASSERT_TRUE(rows) << rows.error().message;
  ASSERT_THAT(*rows, SizeIs(3));
  EXPECT_EQ((*rows)[0].record, "UR-1");
  EXPECT_EQ((*rows)[0].record_id, "k1");
  EXPECT_EQ((*rows)[1].record, "k2");
  EXPECT_EQ((*rows)[1].record_id, "");
  EXPECT_EQ((*rows)[2].record, "UR-3");
}

TEST_F(ReconciliationSheetTest, HeadersThatCannotBeMeantAreRefused) {
  EXPECT_THAT(CsvFault("external_billing_id\nB1\n"), HasSubstr("no column id or record_id"));
  EXPECT_THAT(CsvFault("id\nUR-1\n"), HasSubstr("no column external_billing_id"));
  EXPECT_EQ(CsvFault("record_id,usage_record_id,external_billing_id\na,b,c\n"),
            "column usage_record_id is there twice");
  EXPECT_EQ(CsvFault("\n\n"), "the reconciliation is empty");
}

}  // namespace
}  // namespace carrel::usage
