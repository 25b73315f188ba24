// The processed file: the vendor's own cells with what is wrong with them, to be corrected and sent
// again.
#pragma once

#include <cstdint>
#include <filesystem>

#include "runtime/base/result.h"
#include "runtime/store/database.h"
#include "runtime/usage/generated_book.h"

namespace carrel::usage {

// Spreadsheet programs show each comment as a drawing and cannot be used with a million of them.
// Cells beyond have their outline and their row's `errors` only.
inline constexpr int64_t kMostComments = 10'000;

struct ProcessedRequest {
  const UsageFile& file;                     // with a load
  const std::filesystem::path& spreadsheet;  // that the load was read from
  const std::filesystem::path& directory;    // for what does not fit into memory
};

// Tabs general, categories, records, summary. Memory does not grow with the records. kInternal when
// the spreadsheet is not the one that the records were read from.
Status WriteProcessedFile(store::Transaction& transaction, const ProcessedRequest& request,
                          GeneratedBook& book);

}  // namespace carrel::usage
