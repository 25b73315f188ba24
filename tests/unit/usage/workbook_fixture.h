// Small workbooks written part by part, for tests of how they are read.
#pragma once

#include <gmock/gmock.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/usage/workbook.h"

namespace carrel::usage {

struct SheetXml {
  std::string name, xml;
};

struct BookXml {
  std::vector<SheetXml> sheets = {};
  std::string shared_strings = {};  // the whole part; "": none
  std::string properties = {};      // of workbookPr
  // 0 plain, 1 and 2 days, 3 percent, 4 a currency
  std::string styles =
      "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"yyyy\\-mm\\-dd\"/>"
      "<numFmt numFmtId=\"165\" formatCode=\"[$EUR]\\ #,##0.00\"/></numFmts>"
      "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/>"
      "<xf numFmtId=\"9\"/><xf numFmtId=\"165\"/></cellXfs></styleSheet>";
};

// Into an empty file.
void WriteBook(const BookXml& book, int fd);

class WorkbookTest : public testing::Test {
 protected:
  void SetUp() override;
  std::filesystem::path Write(const BookXml& book);
  std::filesystem::path WriteFile(std::string_view name, std::string_view bytes);
  // The rows of a sheet whose sheetData is `rows`, "A1=text|B1=#12.5" a row; both parsers must
  // agree. "error: ..." when it is refused.
  std::string Rows(const std::string& rows, const std::string& strings = "");
  std::string ReadBook(const BookXml& book, WorkbookOptions options = {});

  std::optional<TempDir> dir_;
};

// <sst> with plain strings.
std::string SharedStringsXml(const std::vector<std::string>& strings);
std::string SheetOf(const std::string& rows);

// "A1=text|B1=#12.5 C2=!#REF!": text, # number, @ day, ? bool, ! error, ~ date text, - no value.
class Describe final : public RowSink {
 public:
  Status OnRow(const Row& row) override;
  std::string text;
};

}  // namespace carrel::usage
