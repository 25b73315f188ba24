// What all workbooks that this room writes have in common: their looks, numbers that lose no digit,
// and the tabs that tell of the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/base/decimal.h"
#include "runtime/base/result.h"
#include "runtime/store/database.h"
#include "runtime/usage/file_rows.h"
#include "runtime/usage/text_arena.h"
#include "sdk/render/workbook_writer.h"

namespace carrel::usage {

// A workbook keeps numbers as binary ones, of which 15 decimal digits are sure to come back.
inline constexpr int kSureDigits = 15;
// Without zeros at either end; 0 has none.
int SignificantDigits(const Decimal& value);

// `text` as XML can carry it: what it cannot becomes U+FFFD. Only the catalogue can hold such.
std::string_view SheetText(std::string_view text, TextArena& arena);

// A number of at most kSureDigits digits; a text of its digits when it has more.
render::WorkbookCell NumberCell(const Decimal& value, TextArena& arena);

// A tab of two columns, field and value.
using Facts = std::vector<std::pair<std::string_view, std::string>>;

// Not thread-safe.
class GeneratedBook {
 public:
  struct Looks {
    render::StyleId header = 0;
    render::StyleId text = 0;  // what is typed into it stays text
    render::StyleId time = 0;
    render::StyleId wrapped = 0;
    render::StyleId bad = 0, bad_text = 0, bad_time = 0;  // outlined in red
  };

  // Into `fd`, empty; what does not fit into memory waits in unnamed files in `directory`.
  static Result<GeneratedBook> Create(int fd, const std::filesystem::path& directory);

  render::WorkbookWriter& sheets() { return *sheets_; }
  const Looks& looks() const { return looks_; }

  Status WriteTitles(std::span<const std::string> titles);
  Status WriteFacts(std::string_view tab, const Facts& facts);
  // Tab `categories` in the form in which it is read: of a load, or none.
  Status WriteCategories(store::Transaction& transaction, int64_t load);
  Status WriteNoCategories();

  Status Finish() { return sheets_->Finish(); }

 private:
  GeneratedBook(std::unique_ptr<render::WorkbookWriter> sheets, Looks looks)
      : sheets_(std::move(sheets)), looks_(looks) {}

  Status BeginCategories();

  std::unique_ptr<render::WorkbookWriter> sheets_;
  Looks looks_;
};

// Of the tab `general`: what identifies the file, who it is of and what was said about it.
Facts GeneralFacts(const UsageFile& file);

}  // namespace carrel::usage
