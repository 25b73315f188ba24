// Reads and checks one usage file from its first byte to its last: the way in for everything that
// stores or prices usage.
#pragma once

#include <filesystem>

#include "runtime/base/result.h"
#include "runtime/usage/csv_reader.h"
#include "runtime/usage/record.h"

namespace carrel::usage {

struct UsageFileOptions {
  ReaderLimits limits;
  Threads threads = Threads::kOne;
  char csv_delimiter = 0;
  CsvEncoding csv_encoding = CsvEncoding::kDetect;
  std::filesystem::path temp_directory;
};

// XLSX by its content; everything else is read as CSV of the records tab. Every record goes to
// `sink`. What is wrong with the file or its records is in the result; errors are those of `sink`
// and of the operating system.
Result<UsageFileResult> ReadUsageFile(const std::filesystem::path& path, const Lookup& lookup,
                                      const UsageRules& rules, const UsageFileOptions& options,
                                      RecordSink& sink);

}  // namespace carrel::usage
