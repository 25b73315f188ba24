#include "runtime/usage/sheet_reader.h"

#include <fmt/format.h>

#include <array>

#include "runtime/usage/fast_rows.h"
#include "runtime/usage/general_rows.h"
#include "runtime/usage/xml_section.h"

namespace carrel::usage {
namespace {

constexpr std::array<std::string_view, 2> kPath = {"worksheet", "sheetData"};

class SheetReader {
 public:
  SheetReader(ByteSource source, Threads threads, const SheetContext& context, RowSink& sink)
      : window_(std::move(source), threads, Checked::kNo),
        context_(context),
        sink_(sink),
        fast_(context) {}

  Status Run(XmlPath path) {
    auto section = FindXmlSection(window_, kPath);
    if (!section) return Wrap(section.error(), fmt::format("sheet {}", context_.tab));
    if (!section->found) {
      return Fail(Code::kInvalid, fmt::format("sheet {}: it is no worksheet", context_.tab));
    }
    const char* at = window_.begin() + section->offset;
    if (section->empty) {
      section->opener.insert(section->opener.size() - 1, "/");
    } else if (path == XmlPath::kFast && !section->prefixed) {
      CARREL_TRY(RunFast(at));
    }
    render::XmlScanner scanner(ContinueXml(std::move(section->opener), window_, at));
    return GeneralRows(context_, scanner, last_row_).Run(sink_);
  }

 private:
  // As far as it goes; `at` is left where the general parser goes on.
  Status RunFast(const char*& at) {
    for (;;) {
      switch (fast_.Next(at, window_.end())) {
        case FastRows::Step::kRow:
          last_row_ = fast_.row().number;
          if (!fast_.row().cells.empty()) CARREL_TRY(sink_.OnRow(fast_.row()));
          break;
        case FastRows::Step::kMore: {
          if (static_cast<size_t>(window_.end() - at) > context_.limits.max_row_bytes) return {};
          CARREL_ASSIGN_OR_RETURN(const bool more, window_.More(at));
          at = window_.begin();
          if (!more) return {};
          break;
        }
        case FastRows::Step::kEnd:
        case FastRows::Step::kUnusual:
          return {};
      }
    }
  }

  ByteWindow window_;
  const SheetContext& context_;
  RowSink& sink_;
  FastRows fast_;
  uint32_t last_row_ = 0;
};

}  // namespace

Status ReadSheet(ByteSource source, Threads threads, XmlPath path, const SheetContext& context,
                 RowSink& sink) {
  return SheetReader(std::move(source), threads, context, sink).Run(path);
}

}  // namespace carrel::usage
