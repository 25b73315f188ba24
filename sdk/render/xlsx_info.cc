#include "sdk/render/xlsx_info.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/xml_text.h"
#include "sdk/render/number_text.h"
#include "sdk/render/xlsx_cell.h"

namespace carrel::render {
namespace {

constexpr std::string_view kDeclaration =
    R"(<?xml version="1.0" encoding="UTF-8" standalone="yes"?>)"
    "\n";

constexpr std::string_view kHead =
    R"(<sheetPr><outlinePr summaryBelow="1" summaryRight="1"/><pageSetUpPr/></sheetPr>)"
    R"(<dimension ref="A1:B9"/><sheetViews><sheetView workbookViewId="0">)"
    R"(<selection activeCell="A1" sqref="A1"/></sheetView></sheetViews>)"
    R"(<sheetFormatPr baseColWidth="8" defaultRowHeight="15"/>)"
    R"(<cols><col width="50" customWidth="1" min="1" max="1"/>)"
    R"(<col width="180" customWidth="1" min="2" max="2"/></cols><sheetData>)";

constexpr std::string_view kTail =
    R"(</sheetData><mergeCells count="1"><mergeCell ref="A1:B1"/></mergeCells>)"
    R"(<pageMargins left="0.75" right="0.75" top="1" bottom="1" header="0.5" footer="0.5"/>)"
    R"(</worksheet>)";

std::string PlainTime(std::string_view iso) {
  const auto time = ParseIso(iso);
  return time ? FormatPlain(*time) : std::string(iso);
}

std::string QuotedAscii(const std::string& text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

void AppendIndented(std::string& out, const OrderedJson& value, size_t indent) {
  if (value.is_number_float()) return AppendPythonFloat(out, value.get<double>());
  if (value.is_string()) {
    out += QuotedAscii(value.get_ref<const std::string&>());
    return;
  }
  if (!value.is_structured() || value.empty()) {
    out += value.dump();
    return;
  }
  const std::string line = "\n" + std::string(indent + 4, ' ');
  std::vector<std::pair<std::string, const OrderedJson*>> items;
  for (auto it = value.begin(); it != value.end(); ++it) {
    items.emplace_back(value.is_object() ? it.key() : std::string(), &*it);
  }
  if (value.is_object()) {
    std::ranges::sort(items, {}, &std::pair<std::string, const OrderedJson*>::first);
  }
  out.push_back(value.is_object() ? '{' : '[');
  for (const auto& item : items) {
    if (&item != &items.front()) out.push_back(',');
    out += line;
    if (value.is_object()) out += QuotedAscii(item.first) + ": ";
    AppendIndented(out, *item.second, indent + 4);
  }
  out += "\n" + std::string(indent, ' ');
  out.push_back(value.is_object() ? '}' : ']');
}

}  // namespace

std::string IndentedJson(const OrderedJson& value) {
  std::string out;
  AppendIndented(out, value, 0);
  return out;
}

Result<std::string> InfoSheetXml(const RunInfo& info, std::string_view finish_time,
                                 std::string_view main_namespace, const InfoStyles& styles,
                                 XlsxStyles& sheet_styles) {
  const std::pair<std::string_view, std::string> rows[] = {
      {"Report Start time", PlainTime(info.start_time)},
      {"Report Finish time", PlainTime(finish_time)},
      {"Account ID", info.account_id},
      {"Account Name", info.account_name},
      {"Report ID", info.report_id},
      {"Report Name", info.report_name},
      {"Runtime environment", info.environment},
      {"Report execution parameters", IndentedJson(info.parameters)},
  };
  XlsxCellWriter writer("", XlsxCellWriter::Epoch::k1900, sheet_styles);
  std::string out =
      fmt::format("{}<worksheet xmlns=\"{}\">{}", kDeclaration, main_namespace, kHead);
  const auto put = [&](const std::string& ref, uint32_t style, std::string_view text) -> Status {
    const std::string storable = EscapeForXml(text);
    Cell cell;
    cell.kind = CellKind::kText;
    cell.text = storable;
    return writer.Append(out, ref, style, cell);
  };
  out += "<row r=\"1\">";
  CARREL_TRY(put("A1", styles.title, "Report Execution Information"));
  out += "</row>";
  int number = 2;
  for (const auto& [label, text] : rows) {
    const bool last = number == 9;
    out += fmt::format("<row r=\"{}\">", number);
    CARREL_TRY(put(fmt::format("A{}", number), styles.text, label));
    CARREL_TRY(put(fmt::format("B{}", number), last ? styles.wrapped : styles.text, text));
    out += "</row>";
    ++number;
  }
  out += kTail;
  return out;
}

}  // namespace carrel::render
