#include "tests/unit/usage/workbook_fixture.h"

#include <fcntl.h>
#include <fmt/format.h>

#include "runtime/base/unique_fd.h"
#include "runtime/base/zip_writer.h"

namespace carrel::usage {
namespace {

constexpr std::string_view kRels =
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

std::string Relationship(std::string_view id, std::string_view type, std::string_view target) {
  return fmt::format(R"(<Relationship Id="{}" Type="{}/{}" Target="{}"/>)", id, kRels, type,
                     target);
}

}  // namespace

std::string SharedStringsXml(const std::vector<std::string>& strings) {
  std::string xml = "<sst>";
  for (const std::string& text : strings) xml += "<si><t>" + text + "</t></si>";
  return xml + "</sst>";
}

std::string SheetOf(const std::string& rows) {
  return "<?xml version=\"1.0\"?><worksheet xmlns=\"m\"><dimension ref=\"A1\"/><sheetData>" + rows +
         "</sheetData><pageMargins left=\"1\"/></worksheet>";
}

Status Describe::OnRow(const Row& row) {
  constexpr std::string_view kMarks[] = {"", "", "#", "?", "!", "~", "-"};
  if (!text.empty()) text += ' ';
  bool first = true;
  for (size_t i = 0; i < row.cells.size(); ++i) {
    const Cell& cell = row.cells[i];
    if (cell.kind == CellKind::kEmpty) continue;
    if (!first) text += '|';
    first = false;
    text += fmt::format("{}{}={}{}", ColumnName(i), row.number,
                        cell.date_style && cell.kind == CellKind::kNumber
                            ? "@"
                            : kMarks[static_cast<size_t>(cell.kind)],
                        cell.text);
  }
  return {};
}

void WorkbookTest::SetUp() {
  auto dir = TempDir::Create(std::filesystem::temp_directory_path(), "usage");
  ASSERT_TRUE(dir);
  dir_.emplace(std::move(*dir));
}

std::filesystem::path WorkbookTest::WriteFile(std::string_view name, std::string_view bytes) {
  const auto path = dir_->path() / name;
  EXPECT_TRUE(WriteFileAtomic(path, bytes));
  return path;
}

void WriteBook(const BookXml& book, int fd) {
  ZipWriter zip(fd);
  std::string sheets;
  std::string rels = Relationship("rs", "styles", "styles.xml") +
                     Relationship("rt", "sharedStrings", "/xl/sharedStrings.xml");
  for (size_t i = 0; i < book.sheets.size(); ++i) {
    sheets +=
        fmt::format(R"(<sheet name="{}" sheetId="{}" r:id="r{}"/>)", book.sheets[i].name, i + 1, i);
    rels += Relationship(fmt::format("r{}", i), "worksheet", fmt::format("worksheets/s{}.xml", i));
    EXPECT_TRUE(zip.Add(fmt::format("xl/worksheets/s{}.xml", i), book.sheets[i].xml, {}));
  }
  EXPECT_TRUE(zip.Add("_rels/.rels",
                      "<Relationships>" + Relationship("a", "officeDocument", "xl/workbook.xml") +
                          "</Relationships>",
                      {}));
  EXPECT_TRUE(
      zip.Add("xl/_rels/workbook.xml.rels", "<Relationships>" + rels + "</Relationships>", {}));
  EXPECT_TRUE(zip.Add("xl/workbook.xml",
                      fmt::format("<workbook xmlns:r=\"r\"><workbookPr {}/><sheets>{}</sheets>"
                                  "</workbook>",
                                  book.properties, sheets),
                      {}));
  EXPECT_TRUE(zip.Add("xl/styles.xml", book.styles, {}));
  if (!book.shared_strings.empty()) {
    EXPECT_TRUE(zip.Add("xl/sharedStrings.xml", book.shared_strings, {}));
  }
  EXPECT_TRUE(zip.Finish());
}

std::filesystem::path WorkbookTest::Write(const BookXml& book) {
  const auto path = dir_->path() / "book.xlsx";
  std::filesystem::remove(path);
  const UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  WriteBook(book, fd.get());
  return path;
}

std::string WorkbookTest::ReadBook(const BookXml& book, WorkbookOptions options) {
  const auto path = Write(book);
  std::vector<std::string> answers;
  for (const XmlPath how : {XmlPath::kFast, XmlPath::kGeneral}) {
    for (const Threads threads : {Threads::kOne, Threads::kTwo}) {
      options.path = how;
      options.threads = threads;
      const auto opened = Workbook::Open(path, options);
      if (!opened) return "error: " + opened.error().message;
      Describe sink;
      const Status read = (*opened)->Read((*opened)->tabs().at(0), sink);
      answers.push_back(read ? sink.text : "error: " + read.error().message);
    }
  }
  for (const std::string& answer : answers) EXPECT_EQ(answer, answers[0]);
  return answers[0];
}

std::string WorkbookTest::Rows(const std::string& rows, const std::string& strings) {
  return ReadBook({.sheets = {{"records", SheetOf(rows)}}, .shared_strings = strings});
}

}  // namespace carrel::usage
