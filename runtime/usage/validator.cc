#include "runtime/usage/validator.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/usage/cell_text.h"
#include "runtime/usage/fault_text.h"
#include "runtime/usage/time_parser.h"

namespace carrel::usage {
namespace {

constexpr std::string_view kParameter = "parameter.";
constexpr size_t kShortText = 255;  // bytes, which every column takes
constexpr size_t kMaxRaw = 200;     // bytes of a cell that an error repeats
constexpr int64_t kSecond = 1'000'000;
const Decimal kMaxAmount(10'000'000'000'000'000);

// Characters of UTF-8 text.
size_t Length(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

}  // namespace

Validator::Validator(const Lookup& lookup, const UsageRules& rules, Source source,
                     std::vector<UsageCategory> categories, RecordSink& sink)
    : lookup_(lookup), rules_(rules), source_(std::move(source)), sink_(sink) {
  for (size_t i = 0; i < categories.size(); ++i) {
    category_index_.Add(categories[i].id, static_cast<uint32_t>(i));
  }
  result_.categories = std::move(categories);
}

Status Validator::Refuse(FileFault fault) {
  result_.fault = std::move(fault);
  return Fail(Code::kCancelled, result_.fault->message);
}

void Validator::Report(UsageCode code, size_t position, std::string_view column,
                       std::string message, std::string_view raw) {
  errors_.push_back(
      {code, position, std::string(column), std::move(message), Truncate(raw, kMaxRaw)});
}

void Validator::Report(UsageCode code, Column column, std::string message, std::string_view raw) {
  Report(code, columns_.position(column), ColumnTitle(column), std::move(message), raw);
}

void Validator::ReportMissing(Column column) {
  Report(UsageCode::kMissingValue, column, fmt::format("{} is missing", ColumnTitle(column)), "");
}

void Validator::NoteCellFault(size_t position, std::string_view what) {
  if (result_.cell_faults++ > 0) return;
  result_.cell_fault = fmt::format("{}: {}", CellAddress(source_.tab, row_number_, position), what);
}

const Cell* Validator::CellAt(const Row& row, Column column) const {
  const size_t position = columns_.position(column);
  return position < row.cells.size() ? &row.cells[position] : nullptr;
}

// Reports a cell that has no value to read.
bool Validator::CheckCell(const Cell& cell, size_t position, std::string_view column) {
  auto fault = FaultOf(cell);
  if (!fault) return true;
  NoteCellFault(position, fault->message);
  Report(fault->code, position, column, std::move(fault->message), cell.text);
  return false;
}

std::string_view Validator::TextOf(const Cell& cell) {
  return CellText(cell, source_.epoch, arena_);
}

std::string_view Validator::OddText(const Cell& cell, size_t position, std::string_view column) {
  text_faulty_ = !CheckCell(cell, position, column);
  return text_faulty_ ? std::string_view() : TextOf(cell);
}

std::string_view Validator::TooLong(Column column, std::string_view text) {
  const size_t limit = UsageColumns()[static_cast<size_t>(column)].max_length;
  const size_t length = Length(text);
  if (length <= limit) return text;
  Report(UsageCode::kTooLong, column,
         fmt::format("{} has {} characters, at most {} are allowed", ColumnTitle(column), length,
                     limit),
         text);
  text_faulty_ = true;
  return {};
}

inline std::string_view Validator::TextOf(const Row& row, Column column) {
  text_faulty_ = false;
  const Cell* cell = CellAt(row, column);
  if (cell == nullptr || cell->kind == CellKind::kEmpty) return {};
  std::string_view text = cell->text;
  if (cell->kind != CellKind::kText) {
    text = OddText(*cell, columns_.position(column), ColumnTitle(column));
  }
  return text.size() <= kShortText ? text : TooLong(column, text);
}

Status Validator::ReadHeader(const Row& row) {
  std::vector<std::string> header;
  for (const Cell& cell : row.cells) header.emplace_back(Trim(TextOf(cell)));
  has_header_ = true;
  if (auto fault = columns_.Read(header, rules_.schema, rules_.required_custom)) {
    return Refuse(std::move(*fault));
  }
  return {};
}

// A value in a column without a name would be lost.
Status Validator::CheckUnnamed(const Row& row) {
  const auto check = [&](size_t position) -> Status {
    if (row.cells[position].kind == CellKind::kEmpty) return {};
    return Refuse(
        {UsageCode::kUnknownHeader, fmt::format("{}: a value in a column without a name",
                                                CellAddress(source_.tab, row_number_, position))});
  };
  for (const size_t position : columns_.unnamed()) {
    if (position < row.cells.size()) CARREL_TRY(check(position));
  }
  for (size_t i = columns_.width(); i < row.cells.size(); ++i) CARREL_TRY(check(i));
  return {};
}

Status Validator::OnRow(const Row& row) {
  row_number_ = row.number;
  arena_.Clear();
  const auto empty = [](const Cell& cell) { return cell.kind == CellKind::kEmpty; };
  if (std::ranges::all_of(row.cells, empty)) return {};
  if (!has_header_) return ReadHeader(row);
  CARREL_TRY(CheckUnnamed(row));
  ++rows_;
  errors_.clear();
  custom_.clear();
  record_ = {};
  record_.row = row.number;
  CheckRecordId(row);
  CheckItem(row);
  CheckQuantity(row);
  CheckTimes(row);
  CheckAsset(row);
  CheckAmount(row);
  CheckTier(row);
  CheckCategory(row);
  CheckTexts(row);
  CheckCustom(row);
  ++(errors_.empty() ? result_.valid : result_.invalid);
  return sink_.OnRecord(record_, errors_, row);
}

void Validator::CheckRecordId(const Row& row) {
  const std::string_view id = Trim(TextOf(row, Column::kRecordId));
  record_.record_id = id;
  if (id.empty()) {
    if (!text_faulty_) ReportMissing(Column::kRecordId);
    return;
  }
  const uint32_t before = record_ids_.Insert(id, row.number);
  if (before != 0) {
    Report(UsageCode::kDuplicateRecordId, Column::kRecordId,
           fmt::format("record id {} stands in row {} too", Shown(id), before), id);
  }
  if (lookup_.IsTaken(id)) {
    Report(UsageCode::kTakenRecordId, Column::kRecordId,
           fmt::format("record id {} was reported in another file of the product", Shown(id)), id);
  }
}

std::string_view Validator::TrimmedText(const Row& row, Column column) {
  return Trim(TextOf(row, column));
}

std::string_view Validator::RequiredText(const Row& row, Column column) {
  const std::string_view text = TrimmedText(row, column);
  if (text.empty() && !text_faulty_) ReportMissing(column);
  return text;
}

// False when there is no number to go on with; why was reported.
bool Validator::ReadNumber(const Row& row, Column column, Decimal& number) {
  const Cell* cell = CellAt(row, column);
  if (cell == nullptr || cell->kind == CellKind::kEmpty) {
    if (IsRequired(column, rules_.schema)) ReportMissing(column);
    return false;
  }
  if (!CheckCell(*cell, columns_.position(column), ColumnTitle(column))) return false;
  const bool stored = cell->kind == CellKind::kNumber && source_.numbers == NumberText::kWorkbook;
  if (cell->kind == CellKind::kBool || cell->kind == CellKind::kDate ||
      (stored && cell->date_style)) {
    Report(UsageCode::kWrongCellType, column,
           fmt::format("{}: expected a number, the cell holds {}", ColumnTitle(column),
                       cell->kind == CellKind::kBool ? "a truth value" : "a date"),
           TextOf(*cell));
    return false;
  }
  const std::string_view text = stored ? cell->text : Trim(cell->text);
  const auto fault =
      stored ? Decimal::ParseSpreadsheet(text, number) : Decimal::Parse(text, number);
  if (fault == DecimalFault::kNone) return true;
  UsageCode code = UsageCode::kNotANumber;
  std::string_view what = "is not a number";
  if (fault == DecimalFault::kTooLarge) {
    code = UsageCode::kAmountOutOfRange;
    what = "is out of range";
  } else if (fault == DecimalFault::kTooManyDigits) {
    code = UsageCode::kTooManyDigits;
    what = "has more than 38 digits";
  }
  Report(code, column, fmt::format("{} {} {}", ColumnTitle(column), Shown(cell->text), what),
         cell->text);
  return false;
}

void Validator::CheckQuantity(const Row& row) {
  if (!ReadNumber(row, Column::kQuantity, record_.quantity)) return;
  const auto raw = [&] { return CellAt(row, Column::kQuantity)->text; };
  if (record_.quantity.is_negative()) {
    Report(UsageCode::kNegativeQuantity, Column::kQuantity,
           fmt::format("quantity {} is less than zero", record_.quantity.ToString()), raw());
  }
  if (record_.quantity > kMaxAmount) {
    Report(UsageCode::kAmountOutOfRange, Column::kQuantity,
           fmt::format("quantity {} is more than 10^16", record_.quantity.ToString()), raw());
  }
  if (record_.item == UsageRecord::kNone) {
    return CheckDecimals(Column::kQuantity, record_.quantity, raw());
  }
  const uint32_t known = lookup_.item_count();
  const uint8_t decimals = record_.item < known ? lookup_.item(record_.item).decimals
                                                : result_.new_items[record_.item - known].decimals;
  if (record_.quantity.scale() > decimals) {
    Report(
        UsageCode::kTooManyDecimals, Column::kQuantity,
        fmt::format("quantity {} has {} decimals, the item's precision is {}",
                    record_.quantity.ToString(), record_.quantity.scale(), PrecisionName(decimals)),
        raw());
  }
}

void Validator::CheckDecimals(Column column, const Decimal& number, std::string_view raw) {
  if (number.scale() <= kStoredDecimals) return;
  Report(UsageCode::kTooManyDigits, column,
         fmt::format("{} {} has {} decimals, at most {} are kept", ColumnTitle(column), Shown(raw),
                     number.scale(), kStoredDecimals),
         raw);
}

void Validator::CheckAmount(const Row& row) {
  if (!ReadNumber(row, Column::kAmount, record_.amount)) return;
  record_.has_amount = true;
  const std::string_view raw = CellAt(row, Column::kAmount)->text;
  if (rules_.schema == UsageSchema::kQt) {
    Report(UsageCode::kNotInSchema, Column::kAmount, "schema QT has no amount", raw);
  }
  CheckDecimals(Column::kAmount, record_.amount, raw);
  if (record_.amount > kMaxAmount ||
      Decimal::Make(-record_.amount.units(), record_.amount.scale()) > kMaxAmount) {
    Report(UsageCode::kAmountOutOfRange, Column::kAmount,
           fmt::format("amount {} is beyond 10^16", record_.amount.ToString()), raw);
  }
}

bool Validator::ReadTime(const Row& row, Column column, int64_t& micros) {
  const Cell* cell = CellAt(row, column);
  if (cell == nullptr || cell->kind == CellKind::kEmpty) {
    ReportMissing(column);
    return false;
  }
  if (!CheckCell(*cell, columns_.position(column), ColumnTitle(column))) return false;
  const bool number = cell->kind == CellKind::kNumber;
  if (cell->kind == CellKind::kBool || (number && !cell->date_style)) {
    Report(UsageCode::kWrongCellType, column,
           fmt::format("{}: expected a time, the cell holds a {}", ColumnTitle(column),
                       number ? "plain number" : "truth value"),
           TextOf(*cell));
    return false;
  }
  const auto time =
      number ? ParseDayNumber(cell->text, source_.epoch) : ParseTime(Trim(cell->text));
  if (time) [[likely]] {
    micros = *time;
    return true;
  }
  UsageCode code = UsageCode::kNotATime;
  std::string_view what = "is not a time such as 2026-01-31 23:59:59 (UTC)";
  if (time.error() == TimeFault::kNoSuchDay) {
    code = UsageCode::kNoSuchDay;
    what = "is a day that the calendar does not have";
  } else if (time.error() == TimeFault::kOutOfRange) {
    code = UsageCode::kTimeOutOfRange;
    what = "lies before 1900 or after 9999";
  }
  Report(code, column, fmt::format("{} {} {}", ColumnTitle(column), Shown(cell->text), what),
         cell->text);
  return false;
}

void Validator::CheckTimes(const Row& row) {
  const bool has_start = ReadTime(row, Column::kStart, record_.start);
  const bool has_end = ReadTime(row, Column::kEnd, record_.end);
  const auto raw = [&](Column column) { return TextOf(*CellAt(row, column)); };
  if (has_start && has_end && record_.start > record_.end) {
    Report(UsageCode::kStartBehindEnd, Column::kStart,
           fmt::format("start {} lies behind end {}", FormatTime(record_.start),
                       FormatTime(record_.end)),
           raw(Column::kStart));
  }
  for (const Column column : {Column::kStart, Column::kEnd}) {
    if (column == Column::kStart ? !has_start : !has_end) continue;
    const int64_t time = column == Column::kStart ? record_.start : record_.end;
    if (time < rules_.period_from && !rules_.late) {
      Report(UsageCode::kBeforePeriod, column,
             fmt::format("{} {} lies before the file's period, which begins {}",
                         ColumnTitle(column), FormatTime(time), FormatTime(rules_.period_from)),
             raw(column));
    }
    if (time >= rules_.period_end && !rules_.future) {
      Report(UsageCode::kBehindPeriod, column,
             fmt::format("{} {} lies behind the file's period, which ends {}", ColumnTitle(column),
                         FormatTime(time), FormatTime(rules_.period_end - kSecond)),
             raw(column));
    }
  }
}

void Validator::CheckAsset(const Row& row) {
  const std::string_view by = RequiredText(row, Column::kAssetCriteria);
  const std::string_view value = RequiredText(row, Column::kAssetValue);
  if (by.empty()) return;
  const bool is_parameter = by.starts_with(kParameter) && by.size() > kParameter.size();
  if (by != "asset.id" && !is_parameter) {
    Report(UsageCode::kUnknownAssetCriteria, Column::kAssetCriteria,
           fmt::format("{} is neither asset.id nor parameter.<id>", Shown(by)), by);
    return;
  }
  if (value.empty()) return;
  const uint32_t found = is_parameter
                             ? lookup_.FindAssetByParameter(by.substr(kParameter.size()), value)
                             : lookup_.FindAsset(value);
  if (found == Lookup::kNone) {
    Report(UsageCode::kUnknownAsset, Column::kAssetValue,
           fmt::format("no asset with {} {} fits the file", by, Shown(value)), value);
  } else if (found == Lookup::kMany) {
    Report(UsageCode::kAmbiguousAsset, Column::kAssetValue,
           fmt::format("more than one asset with {} {}", by, Shown(value)), value);
  } else {
    record_.asset = found;
  }
}

void Validator::CheckTier(const Row& row) {
  const std::string_view tier = Trim(TextOf(row, Column::kTier));
  const bool required = IsRequired(Column::kTier, rules_.schema);
  if (tier.empty()) {
    if (required && !text_faulty_) ReportMissing(Column::kTier);
    return;
  }
  if (!required) {
    Report(UsageCode::kNotInSchema, Column::kTier, "only schema TR has tiers", tier);
  } else if (tier.size() == 1 && tier[0] >= '0' && tier[0] <= '2') {
    record_.tier = static_cast<uint8_t>(tier[0] - '0');
  } else {
    Report(UsageCode::kNotATier, Column::kTier,
           fmt::format("tier {}: expected 0, 1 or 2", Shown(tier)), tier);
  }
}

void Validator::CheckCategory(const Row& row) {
  const std::string_view id = TextOf(row, Column::kCategoryId);
  if (id.empty()) return;
  const uint32_t found = category_index_.Find(id);
  if (found != TextIndex::kNone) {
    record_.category = found;
    return;
  }
  Report(UsageCode::kUnknownCategory, Column::kCategoryId,
         fmt::format("the categories tab has no category {}", Shown(id)), id);
}

void Validator::CheckTexts(const Row& row) {
  record_.record_note = TextOf(row, Column::kRecordNote);
  record_.asset_recon_id = TextOf(row, Column::kAssetReconId);
}

void Validator::CheckCustom(const Row& row) {
  for (const ColumnMap::Custom& column : columns_.custom()) {
    if (column.position >= row.cells.size()) continue;
    const Cell& cell = row.cells[column.position];
    if (cell.kind == CellKind::kEmpty) continue;
    const std::string_view text =
        cell.kind == CellKind::kText ? cell.text : OddText(cell, column.position, column.name);
    if (text.size() > kMaxCustomValue && Length(text) > kMaxCustomValue) {
      Report(UsageCode::kTooLong, column.position, column.name,
             fmt::format("{} has {} characters, at most {} are allowed", column.name, Length(text),
                         kMaxCustomValue),
             text);
    } else if (!text.empty()) {
      custom_.push_back({column.name, text});
    }
  }
  for (const std::string& name : rules_.required_custom) {
    const auto same = [&](const auto& value) { return value.name == name; };
    const auto failed = [&](const RecordError& error) { return error.column == name; };
    if (std::ranges::any_of(custom_, same) || std::ranges::any_of(errors_, failed)) continue;
    const auto column = std::ranges::find(columns_.custom(), name, &ColumnMap::Custom::name);
    Report(UsageCode::kMissingValue, column->position, name, fmt::format("{} is missing", name),
           "");
  }
  record_.custom = custom_;
}

UsageFileResult Validator::Finish() {
  if (!result_.fault && !has_header_) {
    result_.fault = {UsageCode::kNoHeader, fmt::format("tab {} is empty", source_.tab)};
  } else if (!result_.fault && rows_ == 0) {
    result_.fault = {UsageCode::kNoRows, fmt::format("tab {} has no records", source_.tab)};
  }
  return std::move(result_);
}

}  // namespace carrel::usage
