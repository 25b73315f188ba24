#include "sdk/render/workbook_comments.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "runtime/base/files.h"
#include "sdk/render/workbook_text.h"
#include "sdk/render/xlsx_cell.h"

namespace carrel::render {
namespace {

constexpr size_t kSpillBytes = size_t{256} << 10;
constexpr size_t kSinkBytes = size_t{64} << 10;

struct RecordHead {
  uint32_t row = 0;
  uint16_t column = 0;  // from 0
  uint16_t lines = 0;   // how many the box should show
  uint32_t size = 0;    // of the text
};
static_assert(sizeof(RecordHead) == 12 && std::is_trivially_copyable_v<RecordHead>);

constexpr std::string_view kRunOpen =
    "<r><rPr><sz val=\"9\"/><color indexed=\"81\"/><rFont val=\"Tahoma\"/><family val=\"2\"/></rPr>"
    "<t xml:space=\"preserve\">";
constexpr std::string_view kRunClose = "</t></r>";

// Readers decode "_x0041_" within a run: a run ends behind each underscore before an x.
Status AppendRuns(std::string& out, std::string_view text) {
  while (true) {
    const size_t at = text.find("_x");
    const size_t end = at == text.npos ? text.size() : at + 1;
    out += kRunOpen;
    CARREL_TRY(AppendXmlText(out, text.substr(0, end)));
    out += kRunClose;
    text.remove_prefix(end);
    if (at == std::string_view::npos) return {};
  }
}

// A box is about 40 characters wide.
uint16_t ShownLines(std::string_view text) {
  constexpr size_t kWidth = 40;
  constexpr size_t kMostLines = 24;
  size_t lines = 0;
  while (lines < kMostLines) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines += end / kWidth + 1;
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
  }
  return static_cast<uint16_t>(std::min(lines, kMostLines));
}

// Reads a file from its start in large pieces, or when there is none (-1) what `buffer` holds.
class Reader {
 public:
  Reader(int fd, std::string buffer) : fd_(fd), buffer_(std::move(buffer)) {}

  // Exactly `size` bytes, valid until the next call.
  Result<std::string_view> Take(size_t size) {
    while (buffer_.size() - at_ < size) CARREL_TRY(Fill(size));
    const auto taken = std::string_view(buffer_).substr(at_, size);
    at_ += size;
    return taken;
  }

 private:
  Status Fill(size_t wanted) {
    buffer_.erase(0, at_);
    at_ = 0;
    const size_t had = buffer_.size();
    buffer_.resize(had + std::max(kSpillBytes, wanted));
    const ssize_t n = ::pread(fd_, buffer_.data() + had, buffer_.size() - had, offset_);
    const int error = errno;
    buffer_.resize(had + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0 && error != EINTR && fd_ >= 0) return FailErrno("comments of a workbook", error);
    if (n == 0 || fd_ < 0)
      return Fail(Code::kIo, "comments of a workbook: their file was cut short");
    offset_ += std::max<ssize_t>(n, 0);
    return {};
  }

  int fd_;
  off_t offset_ = 0;
  std::string buffer_;
  size_t at_ = 0;
};

// The box stands to the right of its cell; the last columns have it to the left of the edge.
// Columns and rows from 0, each with an offset in pixels.
std::string Anchor(const RecordHead& head) {
  constexpr uint32_t kColumns = 4;
  const uint32_t last_column = kMaxSheetColumns - 1;
  const uint32_t last_row = kMaxSheetRows - 1;
  const uint32_t rows = std::max<uint32_t>(head.lines, 3) + 1U;
  const uint32_t left = std::min<uint32_t>(head.column + 1U, last_column - kColumns);
  const uint32_t above = head.row > 1 ? head.row - 2 : 0;
  const uint32_t top = std::min(above, last_row - rows);
  return fmt::format("{}, 15, {}, 10, {}, 15, {}, 4", left, top, left + kColumns, top + rows);
}

constexpr std::string_view kBoxesOpen =
    R"(<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office")"
    R"( xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">)"
    R"(<o:idmap v:ext="edit" data=")";
constexpr std::string_view kShapeType =
    R"("/></o:shapelayout><v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202")"
    R"( path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>)"
    R"(<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>)";
constexpr std::string_view kShapeStyle =
    R"(" type="#_x0000_t202" style="position:absolute;width:192pt;height:60pt;visibility:hidden")"
    R"( fillcolor="#ffffe1" o:insetmode="auto"><v:fill color2="#ffffe1"/>)"
    R"(<v:shadow on="t" color="black" obscured="t"/><v:path o:connecttype="none"/>)"
    R"(<v:textbox style="mso-direction-alt:auto"><div style="text-align:left"></div></v:textbox>)"
    R"(<x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>)";

}  // namespace

struct WorkbookComments::Record {
  RecordHead head;
  std::string_view text;
};

Status WorkbookComments::Add(uint32_t row, uint32_t column, std::string_view text) {
  text = Utf16Prefix(text, kMaxCellText);
  scratch_.clear();
  CARREL_TRY(AppendXmlText(scratch_, text));
  RecordHead head;
  head.row = row;
  head.column = static_cast<uint16_t>(column - 1);
  head.lines = ShownLines(text);
  head.size = static_cast<uint32_t>(text.size());
  pending_.append(reinterpret_cast<const char*>(&head), sizeof head);
  pending_ += text;
  ++count_;
  return pending_.size() < kSpillBytes ? Status() : Spill();
}

Status WorkbookComments::Spill() {
  if (!file_) {
    auto file = OpenUnnamed(directory_);
    if (!file) return Wrap(file.error(), "comments of a workbook");
    file_ = std::move(*file);
  }
  CARREL_TRY(WriteAll(file_.get(), pending_));
  pending_.clear();
  return {};
}

Status WorkbookComments::ForEach(const std::function<Status(const Record&)>& visit) {
  if (file_ && !pending_.empty()) CARREL_TRY(Spill());
  Reader reader(file_.get(), pending_);
  for (uint64_t left = count_; left > 0; --left) {
    Record record;
    CARREL_ASSIGN_OR_RETURN(const std::string_view head, reader.Take(sizeof record.head));
    std::memcpy(&record.head, head.data(), sizeof record.head);
    CARREL_ASSIGN_OR_RETURN(record.text, reader.Take(record.head.size));
    CARREL_TRY(visit(record));
  }
  return {};
}

Status WorkbookComments::WriteTexts(std::string_view author, const Sink& sink) {
  std::string out(kXmlDeclaration);
  out += R"(<comments xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">)"
         "<authors><author>";
  CARREL_TRY(AppendXmlText(out, author));
  out += "</author></authors><commentList>";
  const auto append = [&](const Record& record) -> Status {
    out += fmt::format("<comment ref=\"{}{}\" authorId=\"0\"><text>",
                       ColumnName(record.head.column + 1U), record.head.row);
    CARREL_TRY(AppendRuns(out, record.text));
    out += "</text></comment>";
    if (out.size() < kSinkBytes) return {};
    CARREL_TRY(sink(out));
    out.clear();
    return {};
  };
  CARREL_TRY(ForEach(append));
  out += "</commentList></comments>";
  return sink(out);
}

Status WorkbookComments::WriteBoxes(uint32_t first_cluster, const Sink& sink) {
  std::string out(kBoxesOpen);
  for (uint32_t i = 0; i < clusters(); ++i) {
    out += fmt::format("{}{}", i == 0 ? "" : ",", first_cluster + i);
  }
  out += kShapeType;
  uint64_t shape = uint64_t{1024} * first_cluster;
  const auto append = [&](const Record& record) -> Status {
    out += fmt::format("<v:shape id=\"_x0000_s{}", ++shape);
    out += kShapeStyle;
    out += Anchor(record.head);
    out += fmt::format(
        "</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{}</x:Row><x:Column>{}</x:Column>"
        "</x:ClientData></v:shape>",
        record.head.row - 1, record.head.column);
    if (out.size() < kSinkBytes) return {};
    CARREL_TRY(sink(out));
    out.clear();
    return {};
  };
  CARREL_TRY(ForEach(append));
  out += "</xml>";
  return sink(out);
}

}  // namespace carrel::render
