#include "sdk/render/chart_xml.h"

#include <fmt/format.h>

#include <algorithm>

#include "sdk/render/workbook_text.h"
#include "sdk/render/xlsx_cell.h"

namespace carrel::render {
namespace {

constexpr std::string_view kChart = "http://schemas.openxmlformats.org/drawingml/2006/chart";
constexpr std::string_view kMain = "http://schemas.openxmlformats.org/drawingml/2006/main";
constexpr std::string_view kSheetDrawing =
    "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing";
constexpr size_t kMaxTitle = 255;             // UTF-16 units
constexpr uint32_t kColumns = 9, kRows = 20;  // that a chart covers
constexpr int kLabelAxis = 50'010'001, kValueAxis = 50'010'002;

Status AppendTitle(std::string& out, std::string_view title) {
  if (title.empty()) {
    out += "<c:autoTitleDeleted val=\"1\"/>";
    return {};
  }
  out += "<c:title><c:tx><c:rich><a:bodyPr/><a:lstStyle/><a:p><a:r><a:rPr lang=\"en-US\"/><a:t>";
  CARREL_TRY(AppendXmlText(out, Utf16Prefix(title, kMaxTitle)));
  out +=
      "</a:t></a:r></a:p></c:rich></c:tx><c:overlay val=\"0\"/></c:title>"
      "<c:autoTitleDeleted val=\"0\"/>";
  return {};
}

enum class Points : uint8_t { kText, kNumbers };

// `format` is that of numbers, one of ours or empty.
Status AppendRange(std::string& out, const ChartRange& range, Points kind,
                   std::string_view format = "") {
  const std::string_view type = kind == Points::kText ? "str" : "num";
  out += fmt::format("<c:{}Ref><c:f>", type);
  CARREL_TRY(AppendXmlText(out, range.reference));
  out += "</c:f>";
  if (!range.points.empty()) {
    out += fmt::format("<c:{}Cache>", type);
    if (kind == Points::kNumbers) {
      out += fmt::format("<c:formatCode>{}</c:formatCode>", format.empty() ? "General" : format);
    }
    out += fmt::format("<c:ptCount val=\"{}\"/>", range.points.size());
    for (size_t i = 0; i < range.points.size(); ++i) {
      if (range.points[i].empty()) continue;
      out += fmt::format("<c:pt idx=\"{}\"><c:v>", i);
      CARREL_TRY(AppendXmlText(out, range.points[i]));
      out += "</c:v></c:pt>";
    }
    out += fmt::format("</c:{}Cache>", type);
  }
  out += fmt::format("</c:{}Ref>", type);
  return {};
}

Status AppendSeries(std::string& out, const ChartParts& chart, size_t index) {
  const ChartParts::Series& series = chart.series[index];
  out += fmt::format("<c:ser><c:idx val=\"{0}\"/><c:order val=\"{0}\"/><c:tx>", index);
  CARREL_TRY(AppendRange(out, series.name, Points::kText));
  out += "</c:tx>";
  if (chart.spec.type == ChartType::kBar) out += "<c:invertIfNegative val=\"0\"/>";
  if (chart.spec.type == ChartType::kLine) out += "<c:marker><c:symbol val=\"none\"/></c:marker>";
  out += "<c:cat>";
  CARREL_TRY(AppendRange(out, chart.labels, chart.number_labels ? Points::kNumbers : Points::kText,
                         chart.label_format));
  out += "</c:cat><c:val>";
  CARREL_TRY(AppendRange(out, series.values, Points::kNumbers));
  out += "</c:val>";
  if (chart.spec.type == ChartType::kLine) out += "<c:smooth val=\"0\"/>";
  out += "</c:ser>";
  return {};
}

Result<std::string> PlotXml(const ChartParts& chart) {
  std::string series;
  for (size_t i = 0; i < chart.series.size(); ++i) CARREL_TRY(AppendSeries(series, chart, i));
  if (chart.spec.type == ChartType::kPie) {
    return "<c:pieChart><c:varyColors val=\"1\"/>" + series +
           "<c:firstSliceAng val=\"0\"/></c:pieChart>";
  }
  const std::string axes =
      fmt::format("<c:axId val=\"{}\"/><c:axId val=\"{}\"/>", kLabelAxis, kValueAxis);
  if (chart.spec.type == ChartType::kBar) {
    return "<c:barChart><c:barDir val=\"col\"/><c:grouping val=\"clustered\"/>"
           "<c:varyColors val=\"0\"/>" +
           series + "<c:gapWidth val=\"80\"/>" + axes + "</c:barChart>";
  }
  return "<c:lineChart><c:grouping val=\"standard\"/><c:varyColors val=\"0\"/>" + series +
         "<c:marker val=\"1\"/>" + axes + "</c:lineChart>";
}

// `format` is one of ours or empty.
std::string AxisCommon(std::string_view format) {
  return fmt::format(
      "<c:numFmt formatCode=\"{}\" sourceLinked=\"{}\"/><c:majorTickMark val=\"out\"/>"
      "<c:minorTickMark val=\"none\"/><c:tickLblPos val=\"low\"/>",
      format.empty() ? "General" : format, format.empty() ? 1 : 0);
}

std::string AxesXml(std::string_view label_format) {
  return fmt::format(
      "<c:catAx><c:axId val=\"{0}\"/><c:scaling><c:orientation val=\"minMax\"/></c:scaling>"
      "<c:delete val=\"0\"/><c:axPos val=\"b\"/>{2}<c:crossAx val=\"{1}\"/>"
      "<c:crosses val=\"autoZero\"/><c:auto val=\"1\"/><c:lblAlgn val=\"ctr\"/>"
      "<c:lblOffset val=\"100\"/><c:noMultiLvlLbl val=\"0\"/></c:catAx>"
      "<c:valAx><c:axId val=\"{1}\"/><c:scaling><c:orientation val=\"minMax\"/></c:scaling>"
      "<c:delete val=\"0\"/><c:axPos val=\"l\"/><c:majorGridlines/>{3}<c:crossAx val=\"{0}\"/>"
      "<c:crosses val=\"autoZero\"/><c:crossBetween val=\"between\"/></c:valAx>",
      kLabelAxis, kValueAxis, AxisCommon(label_format), AxisCommon(""));
}

struct Corner {
  uint32_t column = 0, row = 0;  // from 0
};

// Of "H2", which ParseCharts has checked; charts without an anchor stand below each other.
Corner CornerOf(const ChartSpec& chart, size_t index) {
  Corner corner{1, 1 + static_cast<uint32_t>(index) * (kRows + 1)};
  if (!chart.anchor.empty()) {
    uint32_t column = 0;
    size_t at = 0;
    for (; chart.anchor[at] >= 'A'; ++at) {
      column = column * 26 + static_cast<uint32_t>(chart.anchor[at] - 'A' + 1);
    }
    corner = {column - 1, static_cast<uint32_t>(std::stoul(chart.anchor.substr(at))) - 1};
  }
  return {std::min(corner.column, kMaxSheetColumns - kColumns - 1),
          std::min(corner.row, kMaxSheetRows - kRows - 1)};
}

}  // namespace

Result<std::string> ChartXml(const ChartParts& chart) {
  std::string out = fmt::format(
      "{}<c:chartSpace xmlns:c=\"{}\" xmlns:a=\"{}\" xmlns:r=\"{}\"><c:roundedCorners val=\"0\"/>"
      "<c:chart>",
      kXmlDeclaration, kChart, kMain, kOfficeRelations);
  CARREL_TRY(AppendTitle(out, chart.spec.title));
  CARREL_ASSIGN_OR_RETURN(const std::string plot, PlotXml(chart));
  out += "<c:plotArea><c:layout/>" + plot;
  if (chart.spec.type != ChartType::kPie) out += AxesXml(chart.label_format);
  return out +
         "</c:plotArea><c:legend><c:legendPos val=\"b\"/><c:overlay val=\"0\"/></c:legend>"
         "<c:plotVisOnly val=\"1\"/><c:dispBlanksAs val=\"gap\"/></c:chart></c:chartSpace>";
}

std::string ChartSheetXml() {
  return fmt::format(
      "{}<worksheet xmlns=\"{}\" xmlns:r=\"{}\"><sheetViews><sheetView showGridLines=\"0\" "
      "workbookViewId=\"0\"/></sheetViews><sheetFormatPr defaultRowHeight=\"15\"/><sheetData/>"
      "<pageMargins left=\"0.7\" right=\"0.7\" top=\"0.75\" bottom=\"0.75\" header=\"0.3\" "
      "footer=\"0.3\"/><drawing r:id=\"rId1\"/></worksheet>",
      kXmlDeclaration, kSheetNamespace, kOfficeRelations);
}

std::string ChartDrawingXml(const std::vector<ChartParts>& charts) {
  std::string out = fmt::format("{}<xdr:wsDr xmlns:xdr=\"{}\" xmlns:a=\"{}\">", kXmlDeclaration,
                                kSheetDrawing, kMain);
  for (size_t i = 0; i < charts.size(); ++i) {
    const Corner corner = CornerOf(charts[i].spec, i);
    const auto place = [](Corner at) {
      return fmt::format(
          "<xdr:col>{}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{}</xdr:row>"
          "<xdr:rowOff>0</xdr:rowOff>",
          at.column, at.row);
    };
    out += fmt::format(
        "<xdr:twoCellAnchor><xdr:from>{}</xdr:from><xdr:to>{}</xdr:to>"
        "<xdr:graphicFrame macro=\"\"><xdr:nvGraphicFramePr><xdr:cNvPr id=\"{}\" name=\"Chart "
        "{}\"/>"
        "<xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr><xdr:xfrm><a:off x=\"0\" y=\"0\"/>"
        "<a:ext cx=\"0\" cy=\"0\"/></xdr:xfrm><a:graphic><a:graphicData uri=\"{}\">"
        "<c:chart xmlns:c=\"{}\" xmlns:r=\"{}\" r:id=\"rId{}\"/></a:graphicData></a:graphic>"
        "</xdr:graphicFrame><xdr:clientData/></xdr:twoCellAnchor>",
        place(corner), place({corner.column + kColumns, corner.row + kRows}), i + 2, i + 1, kChart,
        kChart, kOfficeRelations, i + 1);
  }
  return out + "</xdr:wsDr>";
}

}  // namespace carrel::render
