#include "runtime/usage/usage_file.h"

#include <fmt/format.h>

#include <array>

#include "runtime/base/text.h"
#include "runtime/usage/usage_tabs.h"
#include "runtime/usage/validator.h"
#include "runtime/usage/workbook.h"

namespace carrel::usage {
namespace {

constexpr size_t kMaxCategories = 100'000;

// The system's errors are not the file's.
bool IsOfFile(const Error& error) {
  return error.code == Code::kInvalid || error.code == Code::kLimit;
}

UsageFileResult Faulty(UsageCode code, std::string message) {
  UsageFileResult result;
  result.fault = FileFault{code, std::move(message)};
  return result;
}

// Runs the reader into the validator.
template <typename Read>
Result<UsageFileResult> Validate(Validator& validator, Read read) {
  const Status status = read(validator);
  UsageFileResult result = validator.Finish();
  if (status) return result;
  const bool refused = status.error().code == Code::kCancelled && result.fault &&
                       result.fault->message == status.error().message;
  if (refused) return result;
  if (!IsOfFile(status.error())) return std::unexpected(status.error());
  result.fault = FileFault{UsageCode::kUnreadable, status.error().message};
  return result;
}

// The sink's own errors pass through the readers unchanged, whatever their code.
class GuardedSink final : public RecordSink {
 public:
  explicit GuardedSink(RecordSink& sink) : sink_(sink) {}
  Status OnRecord(const UsageRecord& record, std::span<const RecordError> errors,
                  const Row& row) override {
    Status status = sink_.OnRecord(record, errors, row);
    if (!status) failure_ = status.error();
    return status;
  }
  const std::optional<Error>& failure() const { return failure_; }

 private:
  RecordSink& sink_;
  std::optional<Error> failure_;
};

// category_id, category_name, category_description in any order.
class CategoryReader final : public RowSink {
 public:
  Status OnRow(const Row& row) override {
    std::vector<std::string> texts;
    for (const Cell& cell : row.cells) texts.emplace_back(cell.text);
    if (!has_header_) return ReadHeader(texts);
    const auto text = [&](size_t which) {
      const size_t at = positions_[which];
      return at < texts.size() ? texts[at] : std::string();
    };
    UsageCategory category{text(0), text(1), text(2)};
    if (category.id.empty() && category.name.empty() && category.description.empty()) return {};
    if (category.id.empty()) return Bad(fmt::format("row {}: category_id is missing", row.number));
    if (ids_.Find(category.id) != TextIndex::kNone) {
      return Bad(fmt::format("row {}: category_id '{}' twice", row.number,
                             EscapeControls(Truncate(category.id, 60))));
    }
    if (categories.size() == kMaxCategories) return Bad("more than 100000 categories");
    ids_.Add(category.id, static_cast<uint32_t>(categories.size()));
    categories.push_back(std::move(category));
    return {};
  }

  std::vector<UsageCategory> categories;

 private:
  static Status Bad(std::string_view what) {
    return Fail(Code::kInvalid, fmt::format("tab categories, {}", what));
  }

  Status ReadHeader(const std::vector<std::string>& header) {
    constexpr std::array<std::string_view, 3> kNames = {"category_id", "category_name",
                                                        "category_description"};
    has_header_ = true;
    positions_.fill(SIZE_MAX);
    for (size_t i = 0; i < header.size(); ++i) {
      if (header[i].empty()) continue;
      const auto known = std::ranges::find(kNames, header[i]);
      const std::string shown = EscapeControls(Truncate(header[i], 60));
      if (known == kNames.end()) return Bad(fmt::format("unknown column '{}'", shown));
      size_t& place = positions_[static_cast<size_t>(known - kNames.begin())];
      if (place != SIZE_MAX) return Bad(fmt::format("column '{}' twice", shown));
      place = i;
    }
    if (positions_[0] == SIZE_MAX) return Bad("required column missing: category_id");
    return {};
  }

  bool has_header_ = false;
  std::array<size_t, 3> positions_{};
  TextIndex ids_;
};

Result<UsageFileResult> ReadWorkbook(const std::filesystem::path& path, const Lookup& lookup,
                                     const UsageRules& rules, const UsageFileOptions& options,
                                     RecordSink& sink) {
  WorkbookOptions how{.limits = options.limits,
                      .threads = options.threads,
                      .path = XmlPath::kFast,
                      .temp_directory = options.temp_directory};
  auto book = Workbook::Open(path, how);
  if (!book) {
    if (!IsOfFile(book.error())) return std::unexpected(book.error());
    return Faulty(UsageCode::kUnreadable, book.error().message);
  }
  const auto tabs = FindTabs(**book);
  if (!tabs) return Faulty(tabs.error().code, tabs.error().message);
  CategoryReader categories;
  if (tabs->categories != nullptr) {
    const Status read = (*book)->Read(*tabs->categories, categories);
    if (!read && !IsOfFile(read.error())) return std::unexpected(read.error());
    if (!read) return Faulty(UsageCode::kBadCategories, read.error().message);
  }
  Validator validator(lookup, rules, {tabs->records->name, NumberText::kWorkbook, (*book)->epoch()},
                      std::move(categories.categories), sink);
  return Validate(validator, [&](RowSink& rows) { return (*book)->Read(*tabs->records, rows); });
}

}  // namespace

Result<UsageFileResult> ReadUsageFile(const std::filesystem::path& path, const Lookup& lookup,
                                      const UsageRules& rules, const UsageFileOptions& options,
                                      RecordSink& sink) {
  GuardedSink guarded(sink);
  auto result = [&]() -> Result<UsageFileResult> {
    if (IsWorkbook(path)) return ReadWorkbook(path, lookup, rules, options, guarded);
    CsvOptions how{.delimiter = options.csv_delimiter,
                   .encoding = options.csv_encoding,
                   .limits = options.limits,
                   .threads = options.threads};
    Validator validator(lookup, rules, {std::string(kRecordsTab), NumberText::kExact, Epoch::k1900},
                        {}, guarded);
    return Validate(validator, [&](RowSink& rows) { return ReadCsv(path, how, rows); });
  }();
  if (guarded.failure()) return std::unexpected(*guarded.failure());
  return result;
}

}  // namespace carrel::usage
