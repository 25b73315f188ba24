#include "runtime/usage/reconciliation_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "runtime/usage/cell_text.h"
#include "runtime/usage/csv_reader.h"
#include "runtime/usage/usage_tabs.h"

namespace carrel::usage {
namespace {

class BillingSink final : public RowSink {
 public:
  explicit BillingSink(Epoch epoch) : epoch_(epoch) {}

  Status OnRow(const carrel::usage::Row& row) override {
    arena_.Clear();
    if (!has_header_) return ReadHeader(row);
    BillingRow out{.row = row.number, .record = {}, .billing_id = {}, .billing_note = {}};
    out.record = TextAt(row, kId, out.fault);
    out.record_id = TextAt(row, kRecordId, out.fault);
    out.billing_id = TextAt(row, kBillingId, out.fault);
    out.billing_note = TextAt(row, kBillingNote, out.fault);
    if (out.record.empty()) out.record = std::exchange(out.record_id, {});
    const bool is_blank = out.record.empty() && out.billing_id.empty() && out.billing_note.empty();
    if (is_blank && out.fault.empty()) return {};
    rows_.push_back(std::move(out));
    return {};
  }

  Result<std::vector<BillingRow>> Finish() {
    if (!has_header_) return Fail(Code::kInvalid, "the reconciliation is empty");
    return std::move(rows_);
  }

 private:
  enum Place : size_t { kId, kRecordId, kBillingId, kBillingNote, kPlaces };
  struct Name {
    std::string_view name;
    Place place;
  };
  static constexpr std::array kNames = {
      Name{"id", kId}, Name{"record_id", kRecordId}, Name{"usage_record_id", kRecordId},
      Name{"external_billing_id", kBillingId}, Name{"external_billing_note", kBillingNote}};

  Status ReadHeader(const carrel::usage::Row& row) {
    const auto is_empty = [](const Cell& cell) { return cell.kind == CellKind::kEmpty; };
    if (std::ranges::all_of(row.cells, is_empty)) return {};
    has_header_ = true;
    for (size_t column = 0; column < row.cells.size(); ++column) {
      const std::string_view text = Trim(CellText(row.cells[column], epoch_, arena_));
      const auto known = std::ranges::find(kNames, text, &Name::name);
      if (known == kNames.end()) continue;
      std::optional<size_t>& place = places_[known->place];
      if (place) return Fail(Code::kInvalid, fmt::format("column {} is there twice", text));
      place = column;
    }
    if (!places_[kId] && !places_[kRecordId]) {
      return Fail(Code::kInvalid, "the reconciliation has no column id or record_id");
    }
    if (!places_[kBillingId]) {
      return Fail(Code::kInvalid, "the reconciliation has no column external_billing_id");
    }
    return {};
  }

  // What a person reads in the cell; "" and a fault for one without a value.
  std::string TextAt(const carrel::usage::Row& row, Place place, std::string& fault) {
    const std::optional<size_t>& column = places_[place];
    if (!column || *column >= row.cells.size()) return "";
    const Cell& cell = row.cells[*column];
    if (const auto cell_fault = FaultOf(cell); cell_fault && fault.empty()) {
      const auto name = std::ranges::find(kNames, place, &Name::place);
      fault = fmt::format("{}: {}", name->name, cell_fault->message);
    }
    return std::string(Trim(CellText(cell, epoch_, arena_)));
  }

  const Epoch epoch_;
  bool has_header_ = false;
  std::array<std::optional<size_t>, kPlaces> places_;
  TextArena arena_;
  std::vector<BillingRow> rows_;
};

}  // namespace

Result<std::vector<BillingRow>> ReadReconciliation(const std::filesystem::path& path) {
  if (!IsWorkbook(path)) {
    BillingSink sink(Epoch::k1900);
    CsvOptions options;
    options.limits.max_lines = options.limits.max_rows;  // its rows are held in memory
    CARREL_TRY(ReadCsv(path, options, sink));
    return sink.Finish();
  }
  CARREL_ASSIGN_OR_RETURN(const auto workbook, Workbook::Open(path));
  const auto tabs = FindTabs(*workbook);
  if (!tabs) return Fail(Code::kInvalid, tabs.error().message);
  BillingSink sink(workbook->epoch());
  CARREL_TRY(workbook->Read(*tabs->records, sink));
  return sink.Finish();
}

}  // namespace carrel::usage
