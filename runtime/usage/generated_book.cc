#include "runtime/usage/generated_book.h"

#include <algorithm>
#include <array>
#include <string>

#include "runtime/base/text.h"
#include "runtime/usage/usage_tabs.h"

namespace carrel::usage {
namespace {

using render::TextCell;
using render::WorkbookCell;

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kTimeFormat = "yyyy\\-mm\\-dd\\ hh:mm:ss";
constexpr uint32_t kHeaderFill = 0xD9E2F3;
constexpr uint32_t kRed = 0xC00000;
constexpr double kFieldWidth = 24;
constexpr double kValueWidth = 60;

bool IsControl(char c) { return c >= 0 && c < 0x20 && c != '\t' && c != '\n' && c != '\r'; }
// U+FFFE and U+FFFF.
bool IsNonCharacter(std::string_view text) {
  return text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF");
}

std::string IdOf(const std::optional<KeyedReference>& party) {
  return party ? party->value.id : std::string();
}
std::string NameOf(const std::optional<KeyedReference>& party) {
  return party ? party->value.name : std::string();
}

}  // namespace

int SignificantDigits(const Decimal& value) {
  __int128 units = value.units();
  if (units == 0) return 0;
  while (units % 10 == 0) units /= 10;
  int digits = 0;
  for (; units != 0; units /= 10) ++digits;
  return digits;
}

std::string_view SheetText(std::string_view text, TextArena& arena) {
  const bool is_plain =
      std::ranges::none_of(text, [](char c) { return IsControl(c) || c == '\xEF'; });
  if (is_plain && IsUtf8(text)) return text;
  std::string out;
  const std::string utf8 = ToUtf8(text);
  for (size_t i = 0; i < utf8.size(); ++i) {
    if (IsControl(utf8[i])) {
      out += kReplacement;
    } else if (IsNonCharacter(std::string_view(utf8).substr(i))) {
      out += kReplacement;
      i += 2;
    } else {
      out += utf8[i];
    }
  }
  return arena.Copy(out);
}

WorkbookCell NumberCell(const Decimal& value, TextArena& arena) {
  const std::string_view digits = arena.Copy(value.ToString());
  return {SignificantDigits(value) <= kSureDigits ? render::DecimalCell(digits) : TextCell(digits)};
}

Result<GeneratedBook> GeneratedBook::Create(int fd, const std::filesystem::path& directory) {
  CARREL_ASSIGN_OR_RETURN(auto sheets,
                          render::WorkbookWriter::Create(fd, {.spill_directory = directory}));
  Looks looks;
  const auto add = [&](render::StyleId& id, const render::CellStyle& style) -> Status {
    CARREL_ASSIGN_OR_RETURN(id, sheets->AddStyle(style));
    return {};
  };
  CARREL_TRY(add(
      looks.header,
      {.bold = true, .fill = kHeaderFill, .vertical = render::VerticalAlign::kTop, .wrap = true}));
  CARREL_TRY(add(looks.text, {.number_format = "@"}));
  CARREL_TRY(add(looks.time, {.number_format = std::string(kTimeFormat)}));
  CARREL_TRY(add(looks.wrapped, {.vertical = render::VerticalAlign::kTop, .wrap = true}));
  const render::CellStyle bad{.border = render::BorderLine::kMedium, .border_color = kRed};
  CARREL_TRY(add(looks.bad, bad));
  render::CellStyle bad_text = bad;
  bad_text.number_format = "@";
  CARREL_TRY(add(looks.bad_text, bad_text));
  render::CellStyle bad_time = bad;
  bad_time.number_format = kTimeFormat;
  CARREL_TRY(add(looks.bad_time, bad_time));
  return GeneratedBook(std::move(sheets), looks);
}

Status GeneratedBook::WriteTitles(std::span<const std::string> titles) {
  std::vector<WorkbookCell> cells;
  for (const std::string& title : titles) cells.push_back({TextCell(title), looks_.header});
  return sheets_->WriteRow(cells);
}

Status GeneratedBook::WriteFacts(std::string_view tab, const Facts& facts) {
  CARREL_TRY(sheets_->BeginSheet({.name = std::string(tab),
                                  .columns = {{kFieldWidth, 0}, {kValueWidth, looks_.wrapped}},
                                  .freeze_rows = 1}));
  const std::array<std::string, 2> titles = {"field", "value"};
  CARREL_TRY(WriteTitles(titles));
  TextArena arena;
  for (const auto& [field, value] : facts) {
    CARREL_TRY(sheets_->WriteRow(
        {{TextCell(field)}, {TextCell(SheetText(value, arena)), looks_.wrapped}}));
  }
  return sheets_->EndSheet();
}

Status GeneratedBook::BeginCategories() {
  const render::SheetColumn text{kFieldWidth, looks_.text};
  CARREL_TRY(sheets_->BeginSheet({.name = std::string(kCategoriesTab),
                                  .columns = {text, text, {kValueWidth, looks_.text}},
                                  .freeze_rows = 1}));
  const std::array<std::string, 3> titles = {"category_id", "category_name",
                                             "category_description"};
  return WriteTitles(titles);
}

Status GeneratedBook::WriteNoCategories() {
  CARREL_TRY(BeginCategories());
  return sheets_->EndSheet();
}

Status GeneratedBook::WriteCategories(store::Transaction& transaction, int64_t load) {
  CARREL_TRY(BeginCategories());
  CARREL_ASSIGN_OR_RETURN(auto rows, store::Query(transaction,
                                                  "SELECT id, name, description FROM "
                                                  "usage_categories WHERE load = ? ORDER BY number",
                                                  load));
  TextArena arena;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return sheets_->EndSheet();
    arena.Clear();
    std::array<WorkbookCell, 3> cells;
    for (int i = 0; i < 3; ++i) {
      const std::string_view value = rows->Text(i);
      if (value.empty()) continue;
      cells[static_cast<size_t>(i)] = {TextCell(SheetText(value, arena)), looks_.text};
    }
    CARREL_TRY(sheets_->WriteRow(cells));
  }
}

Facts GeneralFacts(const UsageFile& file) {
  return {{"id", file.id},
          {"name", file.name},
          {"description", file.description},
          {"external_id", file.external_id},
          {"status", std::string(Name(file.status))},
          {"environment", file.environment},
          {"product_id", file.product.value.id},
          {"product_name", file.product.value.name},
          {"vendor_id", file.vendor.value.id},
          {"vendor_name", file.vendor.value.name},
          {"provider_id", IdOf(file.provider)},
          {"provider_name", NameOf(file.provider)},
          {"reseller_id", IdOf(file.reseller)},
          {"reseller_name", NameOf(file.reseller)},
          {"marketplace_id", file.marketplace.value.id},
          {"marketplace_name", file.marketplace.value.name},
          {"contract_id", IdOf(file.contract)},
          {"contract_name", NameOf(file.contract)},
          {"schema", file.schema},
          {"currency", file.currency},
          {"period_from", FormatPlain(file.period_from)},
          {"period_to", FormatPlain(file.period_to)},
          {"note", file.note},
          {"acceptance_note", file.acceptance_note},
          {"rejection_note", file.rejection_note},
          {"error_detail", file.error_detail}};
}

}  // namespace carrel::usage
