#include "sdk/render/xlsx_template.h"

#include "runtime/base/text.h"
#include "sdk/render/xlsx_tables.h"
#include "sdk/render/xml_scanner.h"

namespace carrel::render {
namespace {

XmlScanner::Source SourceOf(ZipStream& stream) {
  return [&stream](char* out, size_t size) { return stream.Read(out, size); };
}

bool IsXml(std::string_view name) { return name.ends_with(".xml") || name.ends_with(".rels"); }

// Only what stands before the first element, where a declaration would be: the rest of the part is
// none of ours, nor is an encoding that this reader does not know.
Status CheckProlog(ZipReader& zip, const ZipEntry& entry) {
  CARREL_ASSIGN_OR_RETURN(ZipStream stream, zip.Stream(entry));
  XmlScanner scanner(SourceOf(stream));
  for (;;) {
    const auto token = scanner.Next();
    if (!token) {
      const bool hidden = token.error().code == Code::kLimit;
      return scanner.at_doctype() || hidden ? std::unexpected(token.error()) : Status();
    }
    if (scanner.depth() > 0 || *token == XmlToken::kFinished) return {};
  }
}

}  // namespace

Result<XlsxTemplate> OpenXlsxTemplate(const std::filesystem::path& path, const ZipLimits& limits) {
  CARREL_ASSIGN_OR_RETURN(XlsxWorkbook workbook, XlsxWorkbook::Open(path, limits));
  if (workbook.styles_part().empty()) {
    XlsxStyles styles = XlsxStyles::New(workbook.main_namespace());
    return XlsxTemplate{std::move(workbook), std::move(styles)};
  }
  CARREL_ASSIGN_OR_RETURN(const std::string xml, workbook.ReadPart(workbook.styles_part()));
  auto styles = XlsxStyles::Parse(xml);
  if (!styles) return Wrap(styles.error(), workbook.styles_part());
  return XlsxTemplate{std::move(workbook), std::move(*styles)};
}

XlsxCellWriter::Epoch EpochOf(const XlsxWorkbook& workbook) {
  return workbook.uses_1904_dates() ? XlsxCellWriter::Epoch::k1904 : XlsxCellWriter::Epoch::k1900;
}

Status CheckDataSheet(XlsxTemplate& opened) {
  CARREL_ASSIGN_OR_RETURN(const ZipEntry* entry, opened.workbook.FindWorksheet(kDataSheet));
  CARREL_ASSIGN_OR_RETURN(ZipStream stream, opened.workbook.zip().Stream(*entry));
  XlsxSheet sheet(SourceOf(stream), {}, EpochOf(opened.workbook), opened.styles,
                  [](std::string_view) -> Status { return {}; });
  Status status = sheet.Begin();
  if (status) status = sheet.Finish();
  if (!status) return Wrap(status.error(), entry->name);
  // A report's own start is not known here: any table may be written over.
  const auto tables = XlsxTables::Load(opened.workbook, entry->name, {.row = 1, .column = 1});
  if (!tables) return std::unexpected(tables.error());
  return {};
}

Status CheckEntries(ZipReader& zip) {
  for (const ZipEntry& entry : zip.entries()) {
    if (IsXml(entry.name)) {
      if (auto status = CheckProlog(zip, entry); !status) {
        return Wrap(status.error(), EscapeControls(Truncate(ToUtf8(entry.name), 100)));
      }
    }
    CARREL_TRY(zip.Verify(entry));
  }
  return {};
}

}  // namespace carrel::render
