// Checks every record of a usage file against every rule and hands it on with all its errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/usage/fingerprint_set.h"
#include "runtime/usage/record.h"
#include "runtime/usage/text_arena.h"

namespace carrel::usage {

// How the numbers of a file are to be read: as a workbook stores them or as they stand.
enum class NumberText : uint8_t { kWorkbook, kExact };

// Takes the rows of the records tab, the header first. `lookup`, `rules` and `sink` outlive it. Not
// thread-safe.
class Validator final : public RowSink {
 public:
  struct Source {
    std::string tab;  // for addresses
    NumberText numbers = NumberText::kExact;
    Epoch epoch = Epoch::k1900;
  };

  Validator(const Lookup& lookup, const UsageRules& rules, Source source,
            std::vector<UsageCategory> categories, RecordSink& sink);

  // kCancelled when the file as a whole is invalid: Finish() then says why.
  Status OnRow(const Row& row) override;
  UsageFileResult Finish();

 private:
  Status ReadHeader(const Row& row);
  Status CheckUnnamed(const Row& row);
  const Cell* CellAt(const Row& row, Column column) const;
  // "" when the cell is empty or has a fault that was reported, which sets text_faulty_.
  std::string_view TextOf(const Row& row, Column column);
  // The same without the blanks around it.
  std::string_view TrimmedText(const Row& row, Column column);
  // The same of what must be there.
  std::string_view RequiredText(const Row& row, Column column);
  std::string_view OddText(const Cell& cell, size_t position, std::string_view column);
  std::string_view TooLong(Column column, std::string_view text);
  std::string_view TextOf(const Cell& cell);
  bool CheckCell(const Cell& cell, size_t position, std::string_view column);

  void CheckRecordId(const Row& row);
  void CheckItem(const Row& row);
  uint32_t FindItem(const Row& row, std::string_view criteria, std::string_view value);
  uint32_t KnownItem(const Row& row, uint32_t number);
  uint32_t NewItemFor(const Row& row, std::string_view mpn);
  uint32_t AddNewItem(NewItem item);
  bool ParsePrecision(std::string_view name, uint8_t& decimals);
  void CheckQuantity(const Row& row);
  void CheckDecimals(Column column, const Decimal& number, std::string_view raw);
  void CheckAmount(const Row& row);
  bool ReadNumber(const Row& row, Column column, Decimal& number);
  void CheckTimes(const Row& row);
  bool ReadTime(const Row& row, Column column, int64_t& micros);
  void CheckAsset(const Row& row);
  void CheckTier(const Row& row);
  void CheckCategory(const Row& row);
  void CheckTexts(const Row& row);
  void CheckCustom(const Row& row);

  void Report(UsageCode code, size_t position, std::string_view column, std::string message,
              std::string_view raw);
  void Report(UsageCode code, Column column, std::string message, std::string_view raw);
  void ReportMissing(Column column);
  void NoteCellFault(size_t position, std::string_view what);
  Status Refuse(FileFault fault);

  const Lookup& lookup_;
  const UsageRules& rules_;
  const Source source_;
  RecordSink& sink_;

  ColumnMap columns_;
  bool has_header_ = false;
  uint64_t rows_ = 0;
  FingerprintSet record_ids_;
  TextIndex category_index_;
  TextIndex new_item_index_;
  UsageFileResult result_;

  // Of the row under way.
  uint32_t row_number_ = 0;
  UsageRecord record_;
  std::vector<RecordError> errors_;
  std::vector<CustomValue> custom_;
  TextArena arena_;
  bool text_faulty_ = false;
};

}  // namespace carrel::usage
