#include "runtime/usage/reconciliation_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "runtime/usage/csv_reader.h"
#include "runtime/usage/usage_tabs.h"

namespace carrel::usage {
namespace {

class BillingSink final : public RowSink {
 public:
  Status OnRow(const carrel::usage::Row& row) override {
    if (!has_header_) return ReadHeader(row);
    BillingRow out{row.number, {}, {}, {}};
    out.record = TextAt(row, kId);
    if (out.record.empty()) out.record = TextAt(row, kRecordId);
    out.billing_id = TextAt(row, kBillingId);
    out.billing_note = TextAt(row, kBillingNote);
    if (out.record.empty() && out.billing_id.empty() && out.billing_note.empty()) return {};
    rows_.push_back(std::move(out));
    return {};
  }

  Result<std::vector<BillingRow>> Finish() {
    if (!has_header_) return Fail(Code::kInvalid, "the reconciliation is empty");
    return std::move(rows_);
  }

 private:
  enum Place : size_t { kId, kRecordId, kBillingId, kBillingNote, kPlaces };
  static constexpr std::array<std::string_view, kPlaces> kNames = {
      "id", "record_id", "external_billing_id", "external_billing_note"};

  Status ReadHeader(const carrel::usage::Row& row) {
    has_header_ = true;
    for (size_t column = 0; column < row.cells.size(); ++column) {
      const auto name = std::ranges::find(kNames, row.cells[column].text);
      if (name == kNames.end()) continue;
      std::optional<size_t>& place = places_[static_cast<size_t>(name - kNames.begin())];
      if (place) return Fail(Code::kInvalid, fmt::format("column {} is there twice", *name));
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

  std::string TextAt(const carrel::usage::Row& row, Place place) const {
    const std::optional<size_t>& column = places_[place];
    return column && *column < row.cells.size() ? std::string(row.cells[*column].text) : "";
  }

  bool has_header_ = false;
  std::array<std::optional<size_t>, kPlaces> places_;
  std::vector<BillingRow> rows_;
};

}  // namespace

Result<std::vector<BillingRow>> ReadReconciliation(const std::filesystem::path& path) {
  BillingSink sink;
  if (!IsWorkbook(path)) {
    CsvOptions options;
    options.limits.max_lines = options.limits.max_rows;  // its rows are held in memory
    CARREL_TRY(ReadCsv(path, options, sink));
    return sink.Finish();
  }
  CARREL_ASSIGN_OR_RETURN(const auto workbook, Workbook::Open(path));
  const auto tabs = FindTabs(*workbook);
  if (!tabs) return Fail(Code::kInvalid, tabs.error().message);
  CARREL_TRY(workbook->Read(*tabs->records, sink));
  return sink.Finish();
}

}  // namespace carrel::usage
