#include "runtime/usage/workbook_template.h"

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "runtime/usage/time_parser.h"
#include "runtime/usage/usage_tabs.h"
#include "sdk/render/xlsx_cell.h"

namespace carrel::usage {
namespace {

using render::TextCell;
using render::WorkbookCell;

constexpr std::string_view kListsTab = "lists";
constexpr double kWidth = 22;
constexpr uint32_t kMostCategories = 1000;  // that can be chosen from

enum class Kind : uint8_t { kText, kNumber, kTime };

Kind KindOf(const std::optional<Column>& column) {
  if (column == Column::kQuantity || column == Column::kAmount || column == Column::kTier) {
    return Kind::kNumber;
  }
  return column == Column::kStart || column == Column::kEnd ? Kind::kTime : Kind::kText;
}

// In the order in which they are read.
std::vector<std::string> Advice(const UsageTemplate& sheet) {
  const catalog::Product& product = sheet.product;
  std::vector<std::string> out = {fmt::format("Usage of {} {}, schema {}", product.product.id,
                                              product.product.name, product.schema),
                                  "Fill in the tab records: one row a record, below the names of "
                                  "the columns. Columns may stand "
                                  "in any order, and those that are not required may be left out."};
  if (sheet.no_example.empty()) {
    out.emplace_back(
        "The first row is an example with an item and an asset that exist, and the quantity 0. "
        "Replace it.");
  } else {
    out.push_back(fmt::format("There is no example row: {}.", sheet.no_example));
  }
  out.push_back(fmt::format("Times lie inside the period of the file{}{}.",
                            product.late ? ", or before it" : "",
                            product.future ? ", or after it" : ""));
  out.emplace_back(
      "Spreadsheet programs keep 15 digits of a number. Write a longer one into a cell that is "
      "formatted as text.");
  if (product.dynamic) {
    out.emplace_back(
        "An item that the catalogue does not have is created when its row describes it: item_name, "
        "item_unit, item_mpn, item_precision.");
  }
  return out;
}

Status WriteInstructions(const UsageTemplate& sheet, GeneratedBook& book) {
  render::WorkbookWriter& sheets = book.sheets();
  const render::StyleId wrapped = book.looks().wrapped;
  CARREL_TRY(sheets.BeginSheet({.name = "instructions", .columns = {{26, 0}, {12, 0}, {90, 0}}}));
  for (const std::string& line : Advice(sheet)) {
    TextArena arena;
    CARREL_TRY(sheets.WriteRow({{TextCell(SheetText(line, arena))}}));
  }
  CARREL_TRY(sheets.WriteRow({}));
  const std::vector<std::string> titles = {"column", "required", "takes"};
  CARREL_TRY(book.WriteTitles(titles));
  for (const TemplateColumn& column : sheet.columns) {
    CARREL_TRY(sheets.WriteRow({{TextCell(column.title), wrapped},
                                {TextCell(column.is_required ? "yes" : "no"), wrapped},
                                {TextCell(column.takes), wrapped}}));
  }
  return sheets.EndSheet();
}

using Rule = decltype(render::Validation::rule);

std::optional<Rule> RuleOf(Column column, const UsageTemplate& sheet) {
  using render::Validation;
  switch (column) {
    case Column::kItemCriteria:
      return Validation::ListOf{{"item.mpn", "item.global_id", "item.local_id"}};
    case Column::kAssetCriteria:
      return Validation::ListFrom{std::string(kListsTab),
                                  {.last_row = static_cast<uint32_t>(sheet.asset_criteria.size())}};
    case Column::kQuantity:
      return Validation::DecimalAtLeast{"0"};
    case Column::kTier:
      return Validation::ListOf{{"0", "1", "2"}};
    case Column::kCategoryId:
      return Validation::ListFrom{std::string(kCategoriesTab),
                                  {.first_row = 2, .last_row = kMostCategories + 1}};
    case Column::kItemPrecision:
      return Validation::ListOf{
          {"integer", "decimal(1)", "decimal(2)", "decimal(4)", "decimal(8)"}};
    default:
      return std::nullopt;
  }
}

void AddValidation(const UsageTemplate& sheet, size_t index, render::SheetOptions& options) {
  const TemplateColumn& column = sheet.columns[index];
  if (!column.column) return;
  auto rule = RuleOf(*column.column, sheet);
  if (!rule) return;
  const auto place = static_cast<uint32_t>(index + 1);
  options.validations.push_back({.range = {.first_row = 2,
                                           .first_column = place,
                                           .last_row = render::kMaxSheetRows,
                                           .last_column = place},
                                 .rule = std::move(*rule),
                                 .error_title = column.title,
                                 .error = std::string(column.takes)});
}

WorkbookCell ExampleCell(const TemplateColumn& column, const GeneratedBook::Looks& looks,
                         TextArena& arena) {
  if (column.example.empty()) return {};
  switch (KindOf(column.column)) {
    case Kind::kNumber:
      return {render::DecimalCell(column.example)};
    case Kind::kTime:
      if (const auto time = ParseTime(column.example)) {
        return {render::DateTimeCell(*time), looks.time};
      }
      break;
    case Kind::kText:
      break;
  }
  return {TextCell(SheetText(column.example, arena)), looks.text};
}

Status WriteRecordsTab(const UsageTemplate& sheet, GeneratedBook& book) {
  const GeneratedBook::Looks& looks = book.looks();
  render::SheetOptions options{.name = std::string(kRecordsTab), .freeze_rows = 1};
  TextArena arena;
  std::vector<WorkbookCell> titles;
  std::vector<WorkbookCell> example;
  for (size_t i = 0; i < sheet.columns.size(); ++i) {
    const TemplateColumn& column = sheet.columns[i];
    const Kind kind = KindOf(column.column);
    const render::StyleId time_or_number = kind == Kind::kTime ? looks.time : 0;
    options.columns.push_back({kWidth, kind == Kind::kText ? looks.text : time_or_number});
    AddValidation(sheet, i, options);
    titles.push_back({TextCell(column.title), looks.header, column.takes});
    example.push_back(ExampleCell(column, looks, arena));
  }
  CARREL_TRY(book.sheets().BeginSheet(std::move(options)));
  CARREL_TRY(book.sheets().WriteRow(titles));
  if (sheet.no_example.empty()) CARREL_TRY(book.sheets().WriteRow(example));
  return book.sheets().EndSheet();
}

Status WriteLists(const UsageTemplate& sheet, GeneratedBook& book) {
  CARREL_TRY(book.sheets().BeginSheet(
      {.name = std::string(kListsTab), .visibility = render::Visibility::kHidden}));
  for (const std::string& criteria : sheet.asset_criteria) {
    TextArena arena;
    CARREL_TRY(book.sheets().WriteRow({{TextCell(SheetText(criteria, arena))}}));
  }
  return book.sheets().EndSheet();
}

}  // namespace

Status WriteTemplate(const UsageTemplate& sheet, GeneratedBook& book) {
  CARREL_TRY(WriteInstructions(sheet, book));
  CARREL_TRY(book.WriteNoCategories());
  CARREL_TRY(WriteRecordsTab(sheet, book));
  CARREL_TRY(WriteLists(sheet, book));
  return book.Finish();
}

}  // namespace carrel::usage
