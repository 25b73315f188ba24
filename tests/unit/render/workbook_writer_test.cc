#include "sdk/render/workbook_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <optional>

#include "runtime/base/files.h"
#include "sdk/render/zip_reader.h"

namespace carrel::render {
namespace {

using testing::HasSubstr;
using testing::Not;

class WorkbookWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    auto dir = TempDir::Create(std::filesystem::temp_directory_path(), "book");
    ASSERT_TRUE(dir);
    dir_.emplace(std::move(*dir));
    fd_ = UniqueFd(::open(Path().c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600));
    auto book = WorkbookWriter::Create(fd_.get(), {.spill_directory = dir_->path()});
    ASSERT_TRUE(book);
    book_ = std::move(*book);
  }

  std::filesystem::path Path() const { return dir_->path() / "book.xlsx"; }
  std::string Part(std::string_view name) const {
    auto zip = ZipReader::Open(Path());
    const ZipEntry* entry = zip ? (*zip)->Find(name) : nullptr;
    return entry == nullptr ? "absent" : *(*zip)->Read(*entry, size_t{1} << 26);
  }
  static Code CodeOf(const Status& status) {
    return status ? Code::kCancelled : status.error().code;
  }

  std::optional<TempDir> dir_;
  UniqueFd fd_;
  std::unique_ptr<WorkbookWriter> book_;
};

TEST_F(WorkbookWriterTest, ASheetIsWrittenAsItsRowsCome) {
  ASSERT_TRUE(book_->BeginSheet({.name = "a"}));
  EXPECT_EQ(book_->next_row(), 1U);
  ASSERT_TRUE(book_->WriteRow({{TextCell("x")}, {}, {DecimalCell("+0.10")}}));
  ASSERT_TRUE(book_->WriteRow({}));
  ASSERT_TRUE(book_->WriteRow({{IntegerCell(3)}}));
  EXPECT_EQ(book_->next_row(), 4U);
  ASSERT_TRUE(book_->EndSheet());
  ASSERT_TRUE(book_->Finish());
  EXPECT_THAT(Part("xl/worksheets/sheet1.xml"),
              HasSubstr("<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>x</t></is></c>"
                        "<c r=\"C1\"><v>0.10</v></c></row>"
                        "<row r=\"3\"><c r=\"A3\"><v>3</v></c></row></sheetData>"));
}

TEST_F(WorkbookWriterTest, TheNameOfAnErrorIsATextUnlessTheCellIsAnError) {
  ASSERT_TRUE(book_->BeginSheet({.name = "a"}));
  ASSERT_TRUE(book_->WriteRow({{TextCell("#N/A")},
                               {.value = TextCell("#N/A"), .form = CellForm::kError},
                               {.form = CellForm::kNoResult}}));
  EXPECT_EQ(CodeOf(book_->WriteRow({{.value = TextCell("#OH!"), .form = CellForm::kError}})),
            Code::kInternal);
  ASSERT_TRUE(book_->EndSheet());
  ASSERT_TRUE(book_->Finish());
  EXPECT_THAT(Part("xl/worksheets/sheet1.xml"),
              HasSubstr("<c r=\"A1\" t=\"inlineStr\"><is><t>#N/A</t></is></c>"
                        "<c r=\"B1\" t=\"e\"><v>#N/A</v></c><c r=\"C1\"><f>NA()</f></c></row>"));
}

TEST_F(WorkbookWriterTest, CallsOutOfOrderAreOurBugs) {
  EXPECT_EQ(CodeOf(book_->WriteRow({{TextCell("x")}})), Code::kInternal);
  EXPECT_EQ(CodeOf(book_->EndSheet()), Code::kInternal);
  ASSERT_TRUE(book_->BeginSheet({.name = "a"}));
  EXPECT_EQ(CodeOf(book_->BeginSheet({.name = "b"})), Code::kInternal);
  EXPECT_EQ(CodeOf(book_->Finish()), Code::kInternal);
  EXPECT_EQ(CodeOf(book_->WriteRow({{TextCell("x"), 1}})), Code::kInternal);
}

TEST_F(WorkbookWriterTest, EqualStylesHaveOneIdAndMayComeLate) {
  const auto red = book_->AddStyle({.border = BorderLine::kMedium, .border_color = 0xC00000});
  const auto bold = book_->AddStyle({.bold = true});
  ASSERT_TRUE(red && bold);
  EXPECT_NE(*red, *bold);
  EXPECT_EQ(*book_->AddStyle({.border = BorderLine::kMedium, .border_color = 0xC00000}), *red);
  ASSERT_TRUE(book_->BeginSheet({.name = "a"}));
  const auto late = book_->AddStyle({.number_format = "0.000"});
  ASSERT_TRUE(late);
  // A date in a cell without a date format gets one, and what else the style says stays.
  ASSERT_TRUE(book_->WriteRow({{DecimalCell("1"), *late}, {DateCell(0), *red}}));
  ASSERT_TRUE(book_->EndSheet());
  ASSERT_TRUE(book_->Finish());
  const std::string styles = Part("xl/styles.xml");
  EXPECT_THAT(styles, HasSubstr("formatCode=\"0.000\""));
  EXPECT_THAT(styles, HasSubstr("formatCode=\"yyyy-mm-dd\""));
  EXPECT_THAT(Part("xl/worksheets/sheet1.xml"), HasSubstr("<c r=\"B1\" s=\"4\"><v>25569</v>"));
}

TEST_F(WorkbookWriterTest, ASheetHasRoomForAMillionRowsAndNoMore) {
  ASSERT_TRUE(book_->BeginSheet({.name = "a"}));
  for (uint32_t i = 0; i < kMaxSheetRows; ++i) {
    ASSERT_TRUE(book_->HasRoom());
    ASSERT_TRUE(book_->WriteRow({}));
  }
  EXPECT_FALSE(book_->HasRoom());
  const Status status = book_->WriteRow({{TextCell("x")}});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kLimit);
  EXPECT_EQ(status.error().message, "sheet \"a\", row 1048577: a sheet has no more rows");
}

TEST_F(WorkbookWriterTest, CommentsAtTheEdgesOfASheetKeepTheirBoxesInside) {
  ASSERT_TRUE(book_->BeginSheet({.name = "a"}));
  std::vector<WorkbookCell> wide(kMaxSheetColumns);
  wide.back().comment = "right";
  ASSERT_TRUE(book_->WriteRow(wide));
  while (book_->next_row() < kMaxSheetRows) ASSERT_TRUE(book_->WriteRow({}));
  ASSERT_TRUE(book_->WriteRow({{TextCell("x"), 0, "bottom"}}));
  ASSERT_TRUE(book_->EndSheet());
  ASSERT_TRUE(book_->Finish());
  const std::string boxes = Part("xl/drawings/vmlDrawing1.vml");
  EXPECT_THAT(boxes, HasSubstr("<x:Anchor>16379, 15, 0, 10, 16383, 15, 4, 4</x:Anchor>"));
  EXPECT_THAT(boxes, HasSubstr("<x:Anchor>1, 15, 1048571, 10, 5, 15, 1048575, 4</x:Anchor>"));
  EXPECT_THAT(Part("xl/comments1.xml"), HasSubstr("<comment ref=\"XFD1\" authorId=\"0\">"));
}

TEST_F(WorkbookWriterTest, ALongCommentIsCutAtACharacter) {
  ASSERT_TRUE(book_->BeginSheet({.name = "a"}));
  std::string text(kMaxCellText - 1, 'x');
  text += "\xF0\x9F\x98\x80";  // two units of UTF-16
  ASSERT_TRUE(book_->WriteRow({{TextCell("x"), 0, text}}));
  ASSERT_TRUE(book_->EndSheet());
  ASSERT_TRUE(book_->Finish());
  const std::string xml = Part("xl/comments1.xml");
  EXPECT_THAT(xml, HasSubstr(std::string(kMaxCellText - 1, 'x') + "</t>"));
  EXPECT_THAT(xml, Not(HasSubstr("\xF0")));
}

TEST_F(WorkbookWriterTest, AMissingSpillDirectoryIsNamed) {
  auto book = WorkbookWriter::Create(fd_.get(), {.spill_directory = dir_->path() / "gone"});
  ASSERT_TRUE(book);
  ASSERT_TRUE((*book)->BeginSheet({.name = "a"}));
  const std::string text(30'000, 'x');
  Status status;
  for (int i = 0; i < 20 && status; ++i) {
    status = (*book)->WriteRow({{TextCell("x"), 0, text}});
  }
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kNotFound);
  EXPECT_THAT(status.error().message,
              HasSubstr("comments of a workbook: " + (dir_->path() / "gone").string()));
}

TEST_F(WorkbookWriterTest, NumbersThatNoWorkbookHoldsAreRefused) {
  for (const std::string_view digits :
       {"1e400", "0x10", "1.2.3", "", "-", "1,5", "1 ", ".", "1."}) {
    auto book = WorkbookWriter::Create(fd_.get(), {});
    ASSERT_TRUE(book);
    ASSERT_TRUE((*book)->BeginSheet({.name = "a"}));
    EXPECT_EQ(CodeOf((*book)->WriteRow({{DecimalCell(digits)}})), Code::kInvalid) << digits;
  }
  ASSERT_TRUE(book_->BeginSheet({.name = "a"}));
  EXPECT_TRUE(book_->WriteRow({{DecimalCell("1E-400")}, {DecimalCell("-Infinity")}}));
}

}  // namespace
}  // namespace carrel::render
