#include "sdk/render/xlsx_charts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "runtime/base/text.h"
#include "sdk/render/cell_text.h"
#include "sdk/render/chart_xml.h"
#include "sdk/render/number_text.h"
#include "sdk/render/workbook_text.h"
#include "sdk/render/workbook_writer.h"
#include "sdk/render/xlsx_template.h"
#include "sdk/render/xlsx_xml.h"
#include "sdk/render/xml_scanner.h"

namespace carrel::render {
namespace {

constexpr size_t kMaxHeaderText = size_t{1} << 20;  // of all names together

struct HeaderCell {
  uint32_t column = 0;
  std::string text;
  std::optional<uint64_t> shared;  // index of a shared string, instead of a text
};

// The text of <is>, <si> or a formula's <v>: every <t> that is not a phonetic hint.
std::string TextOf(pugi::xml_node node) {
  std::string text;
  for (const pugi::xml_node child : node.children()) {
    const std::string_view name = XmlLocalName(child);
    if (name == "t") text += child.text().get();
    if (name == "r") text += TextOf(child);
  }
  return text;
}

HeaderCell ReadCell(pugi::xml_node node) {
  HeaderCell cell;
  cell.column = ParseReference(node.attribute("r").value()).value_or(CellPosition()).column;
  const std::string_view type = node.attribute("t").value();
  const pugi::xml_node value = XmlChild(node, "v");
  if (type == "inlineStr") {
    cell.text = TextOf(XmlChild(node, "is"));
  } else if (type == "s") {
    cell.shared = value.text().as_ullong();
  } else {
    cell.text = value.text().get();
  }
  return cell;
}

// The head's rows are those above the report's first one, as they are in the template.
Result<std::vector<HeaderCell>> ReadRow(const SheetHead& head, uint32_t row) {
  pugi::xml_document document;
  CARREL_TRY(XmlParse(head.root_tag + head.rows + "</" + head.prefix + "worksheet>", document));
  std::vector<HeaderCell> cells;
  for (const pugi::xml_node node : document.document_element().children()) {
    if (XmlLocalName(node) != "row" || node.attribute("r").as_uint() != row) continue;
    for (const pugi::xml_node cell : node.children()) {
      if (XmlLocalName(cell) == "c") cells.push_back(ReadCell(cell));
    }
  }
  return cells;
}

// Streams the shared strings, of which there may be many, and keeps those that are wanted.
class SharedStrings {
 public:
  explicit SharedStrings(std::map<uint64_t, std::string>& wanted) : wanted_(wanted) {}

  Status Read(XmlScanner& scanner) {
    while (index_ <= wanted_.rbegin()->first) {
      CARREL_ASSIGN_OR_RETURN(const XmlToken token, scanner.Next());
      if (token == XmlToken::kFinished) return {};
      CARREL_TRY(Take(scanner, token));
    }
    return {};
  }

 private:
  Status Take(XmlScanner& scanner, XmlToken token) {
    const bool item = scanner.local_name() == "si" && token != XmlToken::kText;
    if (item && token == XmlToken::kStart) item_.clear();
    const bool wanted = wanted_.contains(index_);
    if (wanted) item_ += scanner.raw();
    if (item_.size() > kMaxHeaderText) return Fail(Code::kLimit, "a header of more than 1 MiB");
    if (!item || token == XmlToken::kStart) return {};
    if (wanted && token == XmlToken::kEnd) {
      pugi::xml_document document;
      CARREL_TRY(XmlParse(item_, document));
      wanted_[index_] = TextOf(document.document_element());
    }
    ++index_;
    item_.clear();
    return {};
  }

  std::map<uint64_t, std::string>& wanted_;
  uint64_t index_ = 0;
  std::string item_;
};

Status ResolveShared(XlsxWorkbook& workbook, std::vector<HeaderCell>& cells) {
  std::map<uint64_t, std::string> wanted;
  for (const HeaderCell& cell : cells) {
    if (cell.shared) wanted[*cell.shared];
  }
  const std::string part = workbook.FindPart("sharedStrings");
  if (wanted.empty() || part.empty()) return {};
  CARREL_ASSIGN_OR_RETURN(ZipStream stream, workbook.zip().Stream(*workbook.zip().Find(part)));
  XmlScanner scanner([&](char* out, size_t size) { return stream.Read(out, size); });
  if (auto status = SharedStrings(wanted).Read(scanner); !status) {
    return Wrap(status.error(), part);
  }
  for (HeaderCell& cell : cells) {
    if (cell.shared) cell.text = wanted[*cell.shared];
  }
  return {};
}

// What a label shows, the beginning of a long one.
std::string LabelOf(const Cell& cell) {
  constexpr size_t kMaxLabel = 255;
  std::string text;
  AppendCellText(text, cell);
  return std::string(Utf16Prefix(text, kMaxLabel));
}

// The number that a cell of the sheet has for the value; empty when it is none.
std::string PointOf(const Cell& cell, XlsxCellWriter::Epoch epoch) {
  const bool time = cell.kind == CellKind::kDate || cell.kind == CellKind::kTime ||
                    cell.kind == CellKind::kDateTime || cell.kind == CellKind::kDuration ||
                    cell.kind == CellKind::kLongDuration;
  const double number = time ? SerialOf(cell, epoch) : NumberOf(cell);
  std::string text;
  if (std::isfinite(number)) AppendShortest(text, number);
  return text;
}

std::string Relations(std::string_view type, const std::vector<std::string>& parts) {
  std::string out = fmt::format(
      "{}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">",
      kXmlDeclaration);
  for (size_t i = 0; i < parts.size(); ++i) {
    out += fmt::format("<Relationship Id=\"rId{}\" Type=\"{}/{}\" Target=\"/{}\"/>", i + 1,
                       kOfficeRelations, type, parts[i]);
  }
  return out + "</Relationships>";
}

}  // namespace

Result<std::vector<std::string>> HeaderNames(XlsxWorkbook& workbook, const SheetHead& head,
                                             uint32_t row, uint32_t first_column) {
  CARREL_ASSIGN_OR_RETURN(std::vector<HeaderCell> cells, ReadRow(head, row));
  CARREL_TRY(ResolveShared(workbook, cells));
  std::vector<std::string> names;
  for (const HeaderCell& cell : cells) {
    if (cell.column < first_column || cell.column > kMaxSheetColumns) continue;
    const size_t index = cell.column - first_column;
    names.resize(std::max(names.size(), index + 1));
    names[index] = cell.text;
  }
  return names;
}

Result<XlsxCharts> XlsxCharts::Prepare(XlsxWorkbook& workbook, const SheetHead& head,
                                       XlsxSheet::Start start, std::vector<ChartSpec> charts) {
  if (start.row < 2) {
    return Fail(Code::kInvalid,
                "args.charts: start_row is 1, expected a row above it that names the columns");
  }
  if (workbook.is_strict()) {
    return Fail(Code::kInvalid,
                "args.charts: the template is a Strict Open XML workbook, expected an Excel "
                "workbook (.xlsx)");
  }
  CARREL_ASSIGN_OR_RETURN(const auto names,
                          HeaderNames(workbook, head, start.row - 1, start.column));
  XlsxCharts made;
  made.start_ = start;
  made.epoch_ = EpochOf(workbook);
  CARREL_ASSIGN_OR_RETURN(made.columns_, FindChartColumns(charts, names));
  for (size_t i = 0; i < charts.size(); ++i) {
    ChartParts& chart = made.charts_.emplace_back();
    for (const std::string& name : charts[i].y) chart.series.push_back({{"", {name}}, {}});
    chart.spec = std::move(charts[i]);
  }
  return made;
}

void XlsxCharts::SettleLabels(ChartParts& chart, CellKind kind) const {
  if (kind == CellKind::kDate) chart.label_format = "yyyy-mm-dd";
  if (kind == CellKind::kDateTime) chart.label_format = "yyyy-mm-dd hh:mm";
  chart.number_labels = IsNumber(kind) || !chart.label_format.empty();
}

void XlsxCharts::NoteRow(Row row) {
  if (noted_ == kMaxPoints) return;
  const bool first = noted_++ == 0;
  const Cell none{};
  const auto cell = [&](size_t index) -> const Cell& {
    return index < row.size() ? row[index] : none;
  };
  for (size_t i = 0; i < charts_.size(); ++i) {
    ChartParts& chart = charts_[i];
    const Cell& label = cell(columns_[i].x);
    if (first) SettleLabels(chart, label.kind);
    chart.labels.points.push_back(chart.number_labels ? PointOf(label, epoch_) : LabelOf(label));
    for (size_t k = 0; k < chart.series.size(); ++k) {
      chart.series[k].values.points.push_back(PointOf(cell(columns_[i].y[k]), epoch_));
    }
  }
}

void XlsxCharts::SettleRanges(uint64_t rows) {
  const uint64_t room = kMaxSheetRows - start_.row + 1;
  const auto last = static_cast<uint32_t>(start_.row + std::clamp<uint64_t>(rows, 1, room) - 1);
  const auto range = [&](size_t index, uint32_t first_row, uint32_t last_row) {
    const auto column = static_cast<uint32_t>(start_.column + index);
    return SheetRangeName(kDataSheet, {first_row, column, last_row, column});
  };
  for (size_t i = 0; i < charts_.size(); ++i) {
    charts_[i].labels.reference = range(columns_[i].x, start_.row, last);
    for (size_t k = 0; k < charts_[i].series.size(); ++k) {
      const size_t y = columns_[i].y[k];
      const std::string name = range(y, start_.row - 1, start_.row - 1);
      charts_[i].series[k].name.reference = name.substr(0, name.rfind(':'));
      charts_[i].series[k].values.reference = range(y, start_.row, last);
    }
  }
}

Status XlsxCharts::Write(XlsxWorkbook& workbook, uint64_t rows, const AddPart& add) {
  constexpr std::string_view kDrawingTypes = "application/vnd.openxmlformats-officedocument.";
  SettleRanges(rows);
  std::vector<std::string> names;
  for (const ChartParts& chart : charts_) {
    names.push_back(
        workbook.AddPart("charts/chart", fmt::format("{}drawingml.chart+xml", kDrawingTypes)));
    CARREL_ASSIGN_OR_RETURN(const std::string xml, ChartXml(chart));
    CARREL_TRY(add(names.back(), xml));
  }
  const std::string drawing =
      workbook.AddPart("drawings/drawing", fmt::format("{}drawing+xml", kDrawingTypes));
  CARREL_TRY(add(drawing, ChartDrawingXml(charts_)));
  CARREL_TRY(add(RelationsPartOf(drawing), Relations("chart", names)));
  const std::string sheet = workbook.AddSheet(workbook.FreeSheetName("Charts"));
  CARREL_TRY(add(sheet, ChartSheetXml()));
  return add(RelationsPartOf(sheet), Relations("drawing", {drawing}));
}

}  // namespace carrel::render
