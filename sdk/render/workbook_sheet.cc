#include "sdk/render/workbook_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/base/text.h"
#include "sdk/render/fold_case.h"
#include "sdk/render/workbook_text.h"

namespace carrel::render {
namespace {

constexpr size_t kMaxSheetName = 31;
constexpr size_t kMaxTableName = 255;
constexpr size_t kMaxListText = 255;
constexpr size_t kMaxTitle = 32;
constexpr size_t kMaxPrompt = 255;
constexpr double kMaxColumnWidth = 255;
constexpr size_t kMaxValidations = 65'534;

std::string Shown(std::string_view text) {
  return fmt::format("\"{}\"", EscapeControls(Truncate(ToUtf8(text), 60)));
}

std::unexpected<Error> Bad(std::string message) { return Fail(Code::kInvalid, std::move(message)); }

bool IsXmlText(std::string_view text) {
  std::string scratch;
  return AppendXmlText(scratch, text).has_value();
}

Status CheckName(const std::string& name) {
  const bool control = std::ranges::any_of(name, [](char c) { return c >= 0 && c < 0x20; });
  if (!name.empty() && FitsUtf16(name, kMaxSheetName) && !control && IsXmlText(name) &&
      name.find_first_of("[]:*?/\\") == name.npos && name.front() != '\'' && name.back() != '\'' &&
      FoldCase(name) != "history") {
    return {};
  }
  return Bad(
      fmt::format("name: found {}, expected 1 to {} characters without []:*?/\\, no "
                  "apostrophe at an end, not \"History\"",
                  Shown(name), kMaxSheetName));
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "A1" and "R1C1" would be cells.
bool LooksLikeCell(std::string_view name) {
  size_t letters = 0;
  while (letters < name.size() && IsLetter(name[letters])) ++letters;
  const std::string_view rest = name.substr(letters);
  if (letters <= 3 && !rest.empty() && std::ranges::all_of(rest, IsDigit)) return true;
  const std::string lower = FoldCase(name);
  if (lower == "r" || lower == "c") return true;
  return lower[0] == 'r' && (rest.empty() || IsDigit(name[1])) &&
         std::ranges::all_of(lower, [](char c) { return IsDigit(c) || c == 'r' || c == 'c'; });
}

Status CheckTable(const SheetOptions& options) {
  if (options.filter != Filter::kTable) return {};
  const std::string& name = options.table_name;
  const auto allowed = [](char c) { return IsLetter(c) || IsDigit(c) || c == '_' || c == '.'; };
  if (name.empty() || name.size() > kMaxTableName || !(IsLetter(name[0]) || name[0] == '_') ||
      !std::ranges::all_of(name, allowed) || LooksLikeCell(name)) {
    return Bad(
        fmt::format("table_name: found {}, expected a letter or \"_\", then letters, "
                    "digits, \"_\" and \".\", and no name of a cell",
                    Shown(name)));
  }
  if (!IsXmlText(options.table_style)) return Bad("table_style: XML cannot carry it");
  return {};
}

Status CheckRange(const CellRange& range) {
  if (range.first_row >= 1 && range.first_row <= range.last_row &&
      range.last_row <= kMaxSheetRows && range.first_column >= 1 &&
      range.first_column <= range.last_column && range.last_column <= kMaxSheetColumns) {
    return {};
  }
  return Bad(fmt::format("range: found rows {} to {}, columns {} to {}", range.first_row,
                         range.last_row, range.first_column, range.last_column));
}

Status CheckListOf(const Validation::ListOf& list) {
  size_t bytes = list.values.size();
  for (const std::string& value : list.values) {
    bytes += value.size();
    if (value.empty() || value.find(',') != value.npos || value.front() == ' ' ||
        value.back() == ' ' || value.find('\n') != value.npos || !IsXmlText(value)) {
      return Bad(
          fmt::format("list value {}: expected text without commas, line ends and spaces "
                      "at its ends; write such values into a sheet and use its range",
                      Shown(value)));
    }
  }
  if (!list.values.empty() && FitsUtf16(Join(list.values, ","), kMaxListText)) return {};
  return Bad(
      fmt::format("list of {} values, {} bytes with commas: expected at least one value and "
                  "at most {} characters; write longer ones into a sheet and use its range",
                  list.values.size(), bytes, kMaxListText));
}

Status CheckRule(const Validation& validation) {
  if (const auto* list = std::get_if<Validation::ListOf>(&validation.rule)) {
    return CheckListOf(*list);
  }
  if (const auto* list = std::get_if<Validation::ListFrom>(&validation.rule)) {
    return CheckRange(list->range);
  }
  if (const auto* decimal = std::get_if<Validation::DecimalAtLeast>(&validation.rule)) {
    if (IsNumberText(decimal->minimum)) return {};
    return Bad(fmt::format("minimum {}: expected a number", Shown(decimal->minimum)));
  }
  return {};
}

Status CheckValidation(const Validation& validation) {
  CARREL_TRY(CheckRange(validation.range));
  CARREL_TRY(CheckRule(validation));
  const std::pair<std::string_view, size_t> texts[] = {{validation.prompt_title, kMaxTitle},
                                                       {validation.prompt, kMaxPrompt},
                                                       {validation.error_title, kMaxTitle},
                                                       {validation.error, kMaxPrompt}};
  for (const auto& [text, most] : texts) {
    if (FitsUtf16(text, most) && IsXmlText(text)) continue;
    return Bad(fmt::format("text {}: expected at most {} characters, none that XML forbids",
                           Shown(text), most));
  }
  return {};
}

Status CheckColumns(const SheetOptions& options) {
  if (options.columns.size() > kMaxSheetColumns) return Bad("columns: more than a sheet has");
  for (const SheetColumn& column : options.columns) {
    if (column.width >= 0 && column.width <= kMaxColumnWidth) continue;
    return Bad(
        fmt::format("columns: found width {}, expected 0 to {}", column.width, kMaxColumnWidth));
  }
  if (options.freeze_rows >= kMaxSheetRows || options.freeze_columns >= kMaxSheetColumns) {
    return Bad("freeze_rows, freeze_columns: the whole sheet would stand still");
  }
  const bool filtered = options.filter != Filter::kNone;
  if (filtered && (options.header_row < 1 || options.header_row >= kMaxSheetRows)) {
    return Bad(fmt::format("header_row: found {}, expected 1 to {}", options.header_row,
                           kMaxSheetRows - 1));
  }
  return {};
}

std::string ViewXml(const SheetOptions& options, Front front) {
  std::string out = "<sheetViews><sheetView";
  if (front == Front::kYes) out += " tabSelected=\"1\"";
  const uint32_t rows = options.freeze_rows;
  const uint32_t columns = options.freeze_columns;
  if (rows == 0 && columns == 0) return out + " workbookViewId=\"0\"/></sheetViews>";
  out += " workbookViewId=\"0\"><pane";
  if (columns != 0) out += fmt::format(" xSplit=\"{}\"", columns);
  if (rows != 0) out += fmt::format(" ySplit=\"{}\"", rows);
  const std::string_view active =
      rows == 0 ? "topRight" : (columns == 0 ? "bottomLeft" : "bottomRight");
  out += fmt::format(" topLeftCell=\"{}{}\" activePane=\"{}\" state=\"frozen\"/>",
                     ColumnName(columns + 1), rows + 1, active);
  if (rows != 0 && columns != 0) {
    out += "<selection pane=\"topRight\"/><selection pane=\"bottomLeft\"/>";
  }
  out += fmt::format("<selection pane=\"{}\"/>", active);
  return out + "</sheetView></sheetViews>";
}

std::string ColumnsXml(const std::vector<SheetColumn>& columns) {
  std::string out;
  for (size_t i = 0; i < columns.size(); ++i) {
    const SheetColumn& column = columns[i];
    if (column.width == 0 && column.style == 0) continue;
    constexpr double kDefaultWidth = 9.140625;
    out += fmt::format("<col min=\"{0}\" max=\"{0}\" width=\"", i + 1);
    out += fmt::format("{}", column.width == 0 ? kDefaultWidth : column.width);
    out.push_back('"');
    if (column.style != 0) out += fmt::format(" style=\"{}\"", column.style);
    out += column.width == 0 ? "/>" : " customWidth=\"1\"/>";
  }
  return out.empty() ? out : "<cols>" + out + "</cols>";
}

// As a day of the 1900 system.
int64_t DaySerial(int32_t unix_day) {
  const int64_t day = int64_t{unix_day} + 25'569;
  return day > 0 && day <= 60 ? day - 1 : day;
}

struct RuleXml {
  std::string attributes, formulas;
};

RuleXml DateRule(const Validation::Date& date) {
  const int64_t first = date.first_day ? DaySerial(*date.first_day) : 1;
  if (!date.last_day) {
    return {R"(type="date" operator="greaterThanOrEqual")",
            fmt::format("<formula1>{}</formula1>", first)};
  }
  return {R"(type="date")", fmt::format("<formula1>{}</formula1><formula2>{}</formula2>", first,
                                        DaySerial(*date.last_day))};
}

Result<RuleXml> RuleOf(const Validation& validation) {
  std::string formula;
  if (const auto* date = std::get_if<Validation::Date>(&validation.rule)) return DateRule(*date);
  if (const auto* decimal = std::get_if<Validation::DecimalAtLeast>(&validation.rule)) {
    return RuleXml{R"(type="decimal" operator="greaterThanOrEqual")",
                   fmt::format("<formula1>{}</formula1>", decimal->minimum)};
  }
  if (const auto* list = std::get_if<Validation::ListFrom>(&validation.rule)) {
    CARREL_TRY(AppendXmlText(formula, SheetRangeName(list->sheet, list->range)));
  } else {
    std::string text = "\"";
    for (const char c : Join(std::get<Validation::ListOf>(validation.rule).values, ",")) {
      if (c == '"') text.push_back('"');
      text.push_back(c);
    }
    CARREL_TRY(AppendXmlText(formula, text + "\""));
  }
  return RuleXml{R"(type="list")", fmt::format("<formula1>{}</formula1>", formula)};
}

Status AppendValidation(std::string& out, const Validation& validation) {
  CARREL_ASSIGN_OR_RETURN(const RuleXml rule, RuleOf(validation));
  out += fmt::format(
      "<dataValidation {} allowBlank=\"1\" showInputMessage=\"1\" showErrorMessage=\"1\"",
      rule.attributes);
  const std::pair<std::string_view, const std::string&> texts[] = {
      {"errorTitle", validation.error_title},
      {"error", validation.error},
      {"promptTitle", validation.prompt_title},
      {"prompt", validation.prompt}};
  for (const auto& [name, text] : texts) {
    if (!text.empty()) CARREL_TRY(AppendXmlAttribute(out, name, text));
  }
  out +=
      fmt::format(" sqref=\"{}\">{}</dataValidation>", RangeName(validation.range), rule.formulas);
  return {};
}

}  // namespace

Status CheckSheetOptions(const SheetOptions& options) {
  CARREL_TRY(CheckName(options.name));
  CARREL_TRY(CheckColumns(options));
  CARREL_TRY(CheckTable(options));
  if (options.validations.size() > kMaxValidations) return Bad("validations: too many");
  for (size_t i = 0; i < options.validations.size(); ++i) {
    if (auto status = CheckValidation(options.validations[i]); !status) {
      return Wrap(status.error(), fmt::format("validations[{}]", i));
    }
  }
  return {};
}

std::string SheetHeadXml(const SheetOptions& options, Front front) {
  return fmt::format(
      "{}<worksheet xmlns=\"{}\" xmlns:r=\"{}\">{}<sheetFormatPr defaultRowHeight=\"15\"/>{}"
      "<sheetData>",
      kXmlDeclaration, kSheetNamespace, kOfficeRelations, ViewXml(options, front),
      ColumnsXml(options.columns));
}

Result<std::string> SheetTailXml(const SheetOptions& options, const SheetTail& tail) {
  std::string out = "</sheetData>";
  if (!tail.filter_range.empty()) {
    out += fmt::format("<autoFilter ref=\"{}\"/>", tail.filter_range);
  }
  if (!options.validations.empty()) {
    out += fmt::format("<dataValidations count=\"{}\">", options.validations.size());
    for (const Validation& validation : options.validations) {
      CARREL_TRY(AppendValidation(out, validation));
    }
    out += "</dataValidations>";
  }
  out +=
      R"(<pageMargins left="0.7" right="0.7" top="0.75" bottom="0.75" header="0.3" footer="0.3"/>)";
  if (!tail.comments_id.empty()) {
    out += fmt::format("<legacyDrawing r:id=\"{}\"/>", tail.comments_id);
  }
  if (!tail.table_id.empty()) {
    out +=
        fmt::format("<tableParts count=\"1\"><tablePart r:id=\"{}\"/></tableParts>", tail.table_id);
  }
  return out + "</worksheet>";
}

}  // namespace carrel::render
