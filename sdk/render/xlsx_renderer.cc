#include "sdk/render/xlsx_renderer.h"

#include <fmt/format.h>

#include <filesystem>
#include <optional>

#include "runtime/base/zip_writer.h"
#include "sdk/render/chart_spec.h"
#include "sdk/render/xlsx_cell.h"
#include "sdk/render/xlsx_charts.h"
#include "sdk/render/xlsx_info.h"
#include "sdk/render/xlsx_results.h"
#include "sdk/render/xlsx_sheet.h"
#include "sdk/render/xlsx_tables.h"
#include "sdk/render/xlsx_template.h"

namespace carrel::render {
namespace {

constexpr ZipWriter::EntryOptions kPartOptions = {};
// A run reads worksheets up to three times where validation reads them once.
constexpr ZipLimits kRunLimits = {.max_inflated = ZipLimits().max_inflated * 3};
constexpr size_t kBlockBytes = size_t{64} << 10;

enum class Overflow : uint8_t { kContinue, kFail };

struct XlsxArgs {
  XlsxSheet::Start start;
  Overflow overflow = Overflow::kContinue;
  std::vector<ChartSpec> charts;
  Compression compression = Compression::kFast;
};

Result<uint32_t> Position(const Json& args, std::string_view name, uint32_t fallback,
                          uint32_t maximum) {
  if (!args.is_object() || !args.contains(name)) return fallback;
  const Json& value = args[std::string(name)];
  if (value.is_number_unsigned()) {
    const auto number = value.get<uint64_t>();
    if (number >= 1 && number <= maximum) return static_cast<uint32_t>(number);
  }
  return Fail(Code::kInvalid, fmt::format("args.{}: expected an integer from 1 to {}, found {}",
                                          name, maximum, DumpJson(value)));
}

Result<Compression> CompressionOf(const Json& args) {
  if (!args.is_object() || !args.contains("compression")) return Compression::kFast;
  const std::string text = JsonString(args, "compression");
  if (text == "fast") return Compression::kFast;
  if (text == "small") return Compression::kSmall;
  return Fail(Code::kInvalid,
              fmt::format("args.compression: expected \"fast\" or \"small\", found {}",
                          DumpJson(args["compression"])));
}

Result<XlsxArgs> ParseArgs(const Json& args) {
  XlsxArgs parsed;
  CARREL_ASSIGN_OR_RETURN(parsed.charts, ParseCharts(args));
  CARREL_ASSIGN_OR_RETURN(parsed.start.row, Position(args, "start_row", 2, kMaxSheetRows));
  CARREL_ASSIGN_OR_RETURN(parsed.start.column, Position(args, "start_col", 1, kMaxSheetColumns));
  CARREL_ASSIGN_OR_RETURN(parsed.compression, CompressionOf(args));
  if (!args.is_object() || !args.contains("overflow")) return parsed;
  const std::string overflow = JsonString(args, "overflow");
  if (overflow != "continue" && overflow != "fail") {
    return Fail(Code::kInvalid,
                fmt::format("args.overflow: expected \"continue\" or \"fail\", found {}",
                            DumpJson(args["overflow"])));
  }
  parsed.overflow = overflow == "fail" ? Overflow::kFail : Overflow::kContinue;
  return parsed;
}

// Parts that keep their bytes go into the output first, then the sheets as the rows come, and at
// the end the parts that tell of them.
class XlsxRenderer final : public Renderer {
 public:
  XlsxRenderer(const RendererOptions& options, const XlsxArgs& args, XlsxTemplate opened)
      : template_(options.template_path),
        info_(options.info),
        args_(args),
        workbook_(std::move(opened.workbook)),
        styles_(std::move(opened.styles)),
        zip_(options.output_fd, options.threading) {}

  Shape shape() const override { return Shape::kCells; }

  Status Begin() {
    CARREL_ASSIGN_OR_RETURN(const ZipEntry* entry, workbook_.FindWorksheet(kDataSheet));
    data_part_ = entry->name;
    CARREL_ASSIGN_OR_RETURN(tables_, XlsxTables::Load(workbook_, data_part_, args_.start));
    CARREL_TRY(CopyParts());
    CARREL_ASSIGN_OR_RETURN(stream_, workbook_.zip().Stream(*entry));
    results_.emplace([this](char* out, size_t size) { return stream_->Read(out, size); });
    auto status = StartSheet(data_part_,
                             [this](char* out, size_t size) { return results_->Read(out, size); });
    if (!status) return Wrap(status.error(), data_part_);
    return args_.charts.empty() ? Status() : PrepareCharts(*entry);
  }

  Status WriteRow(Row row) override {
    if (!sheet_->HasRoom()) CARREL_TRY(ContinueInNextSheet());
    ++rows_;
    Status status = sheet_->WriteRow(row);
    if (status && data_sheets_ == 1) status = NoteRow(row);
    if (status) return {};
    return Wrap(status.error(), fmt::format("row {}", rows_));
  }

  Status Finish(std::string_view finish_time) override {
    CARREL_TRY(FinishSheet());
    if (has_formulas_ || results_->found() != StoredResults::kNoFormula) workbook_.ComputeOnLoad();
    CARREL_TRY(WriteTables());
    CARREL_TRY(WriteCharts());
    CARREL_TRY(WriteInfo(finish_time));
    CARREL_TRY(WriteStyles());
    const std::string& calc_chain = workbook_.calc_chain_part();
    if (!calc_chain.empty()) {
      if (lost_formulas_) {
        workbook_.DropCalcChain();
      } else {
        CARREL_TRY(CopyPart(*workbook_.zip().Find(calc_chain)));
      }
    }
    for (const NewPart& part : workbook_.Parts()) {
      CARREL_TRY(zip_.Add(part.name, part.xml, kPartOptions));
    }
    return zip_.Finish();
  }

 private:
  // A header may be the result of a formula.
  Status PrepareCharts(const ZipEntry& data) {
    CARREL_ASSIGN_OR_RETURN(ZipStream stream, workbook_.zip().Stream(data));
    XlsxSheet headers([&stream](char* out, size_t size) { return stream.Read(out, size); },
                      args_.start, EpochOf(workbook_), styles_,
                      [](std::string_view) -> Status { return {}; });
    CARREL_TRY(headers.Begin());
    CARREL_ASSIGN_OR_RETURN(
        charts_, XlsxCharts::Prepare(workbook_, headers.head(), args_.start, args_.charts));
    return {};
  }

  // A row that was written into the sheet Data.
  Status NoteRow(Row row) {
    if (charts_) charts_->NoteRow(row);
    const uint64_t number = args_.start.row + rows_ - 1;
    return tables_.NoteRow(workbook_, static_cast<uint32_t>(number), row);
  }

  Status CopyPart(const ZipEntry& entry) {
    CARREL_TRY(zip_.BeginRaw({.name = entry.name,
                              .method = entry.method,
                              .flags = entry.flags,
                              .crc = entry.crc,
                              .compressed_size = entry.compressed_size,
                              .size = entry.size}));
    CARREL_TRY(workbook_.zip().CopyRaw(
        entry, [this](std::string_view bytes) { return zip_.Write(bytes); }));
    return zip_.End();
  }

  // A worksheet other than Data.
  Status CopySheet(const ZipEntry& entry) {
    ZipReader& zip = workbook_.zip();
    CARREL_ASSIGN_OR_RETURN(ZipStream read, zip.Stream(entry));
    const auto results = FindResults([&read](char* out, size_t n) { return read.Read(out, n); });
    has_formulas_ |= results != StoredResults::kNoFormula;
    if (results != StoredResults::kSome) return CopyPart(entry);
    CARREL_ASSIGN_OR_RETURN(ZipStream stream, zip.Stream(entry));
    ResultFilter filter([&stream](char* out, size_t n) { return stream.Read(out, n); });
    CARREL_TRY(zip_.Begin(entry.name, {.growth = ZipWriter::Growth::kAny}));
    std::string block(kBlockBytes, '\0');
    for (;;) {
      CARREL_ASSIGN_OR_RETURN(const size_t n, filter.Read(block.data(), block.size()));
      if (n == 0) return zip_.End();
      CARREL_TRY(zip_.Write(std::string_view(block).substr(0, n)));
    }
  }

  // _rels/.rels is first: programs that tell file types by the first entry look for it.
  Status CopyParts() {
    const ZipEntry* first = workbook_.zip().Find("_rels/.rels");
    CARREL_TRY(CopyPart(*first));
    for (const ZipEntry& entry : workbook_.zip().entries()) {
      const bool written_later = &entry == first || entry.name == data_part_ ||
                                 entry.name == workbook_.styles_part() ||
                                 entry.name == workbook_.calc_chain_part() ||
                                 tables_.Holds(entry.name) || workbook_.Rewrites(entry.name);
      if (written_later || entry.name.ends_with('/')) continue;
      CARREL_TRY(workbook_.IsWorksheet(entry.name) ? CopySheet(entry) : CopyPart(entry));
    }
    return {};
  }

  Status StartSheet(const std::string& part, XmlScanner::Source source) {
    sheet_part_ = part;
    CARREL_TRY(
        zip_.Begin(part, {.compression = args_.compression, .growth = ZipWriter::Growth::kAny}));
    sheet_.emplace(std::move(source), args_.start, EpochOf(workbook_), styles_,
                   [this](std::string_view bytes) { return zip_.Write(bytes); });
    return sheet_->Begin();
  }

  Status FinishSheet() {
    if (auto status = sheet_->Finish(); !status) {
      return Wrap(status.error(), fmt::format("template {}: {}", template_, sheet_part_));
    }
    lost_formulas_ |= sheet_->lost_formulas();
    return zip_.End();
  }

  Status ContinueInNextSheet() {
    if (args_.overflow == Overflow::kFail) {
      return Fail(Code::kLimit, fmt::format("row {}: sheet \"Data\" is full, it has {} rows",
                                            rows_ + 1, kMaxSheetRows));
    }
    if (data_sheets_ == 1) continuation_ = ContinuationHead(sheet_->head());
    CARREL_TRY(FinishSheet());
    ++data_sheets_;
    const std::string name =
        workbook_.FreeSheetName(fmt::format("{} ({})", kDataSheet, data_sheets_));
    return StartSheet(workbook_.AddSheet(name),
                      [this, at = size_t{0}](char* out, size_t size) mutable -> Result<size_t> {
                        const size_t n = continuation_.copy(out, size, at);
                        at += n;
                        return n;
                      });
  }

  Status WriteTables() {
    for (const XlsxTables::Part& part : tables_.Parts()) {
      CARREL_TRY(part.xml.empty() ? CopyPart(*workbook_.zip().Find(part.name))
                                  : zip_.Add(part.name, part.xml, kPartOptions));
    }
    return {};
  }

  Status WriteCharts() {
    if (!charts_) return {};
    return charts_->Write(workbook_, rows_, [this](std::string_view part, std::string_view xml) {
      return zip_.Add(part, xml, kPartOptions);
    });
  }

  Status WriteInfo(std::string_view finish_time) {
    const InfoStyles styles = styles_.AddInfoStyles();
    CARREL_ASSIGN_OR_RETURN(
        const std::string xml,
        InfoSheetXml(info_, finish_time, workbook_.main_namespace(), styles, styles_));
    const std::string part = workbook_.AddSheet(workbook_.FreeSheetName("Info"));
    return zip_.Add(part, xml, kPartOptions);
  }

  Status WriteStyles() {
    const std::string part =
        workbook_.styles_part().empty() ? workbook_.AddStylesPart() : workbook_.styles_part();
    return zip_.Add(part, styles_.Serialize(), kPartOptions);
  }

  const std::string template_;
  const RunInfo info_;
  const XlsxArgs args_;
  XlsxWorkbook workbook_;
  XlsxStyles styles_;
  ZipWriter zip_;
  std::string data_part_;
  std::optional<ZipStream> stream_;  // of the template's Data sheet
  std::optional<ResultFilter> results_;
  std::optional<XlsxSheet> sheet_;  // the one that rows go to
  std::string sheet_part_;
  XlsxTables tables_;  // of that sheet
  std::optional<XlsxCharts> charts_;
  std::string continuation_;
  int data_sheets_ = 1;
  bool lost_formulas_ = false;
  bool has_formulas_ = false;  // on a sheet other than Data
};

Result<std::unique_ptr<Renderer>> OpenTemplate(const RendererOptions& options,
                                               const XlsxArgs& args) {
  const auto path = std::filesystem::path(options.root) / options.template_path;
  CARREL_ASSIGN_OR_RETURN(XlsxTemplate opened, OpenXlsxTemplate(path, kRunLimits));
  auto renderer = std::make_unique<XlsxRenderer>(options, args, std::move(opened));
  CARREL_TRY(renderer->Begin());
  return renderer;
}

}  // namespace

Result<std::unique_ptr<Renderer>> MakeXlsxRenderer(const RendererOptions& options) {
  CARREL_ASSIGN_OR_RETURN(const XlsxArgs args, ParseArgs(options.args));
  if (options.template_path.empty()) {
    return Fail(Code::kInvalid, "an xlsx renderer needs a template");
  }
  auto renderer = OpenTemplate(options, args);
  if (renderer) return renderer;
  return Wrap(renderer.error(), fmt::format("template {}", options.template_path));
}

}  // namespace carrel::render
