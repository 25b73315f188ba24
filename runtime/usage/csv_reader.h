// Reads CSV files as RFC 4180 has them, and as spreadsheet programs of all countries write them.
#pragma once

#include <filesystem>

#include "runtime/base/result.h"
#include "runtime/usage/cell.h"
#include "runtime/usage/csv_source.h"

namespace carrel::usage {

struct CsvOptions {
  char delimiter = 0;  // one of , ; tab |; 0: the one that the first line has most of
  CsvEncoding encoding = CsvEncoding::kDetect;
  ReaderLimits limits;
  Threads threads = Threads::kOne;
};

// Every line that is not empty goes to `sink` as texts, exactly as they stand; quotes are taken off
// and quoted line ends kept. Gzip input is read too. kInvalid with the line: a quote that is never
// closed, text behind a closing quote, control characters, text that is not of its encoding;
// kLimit.
Status ReadCsv(const std::filesystem::path& path, const CsvOptions& options, RowSink& sink);

}  // namespace carrel::usage
