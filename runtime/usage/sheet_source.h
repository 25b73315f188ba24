// Spreadsheets as records: joins the catalogue, the reader and the validator behind RecordSource.
#pragma once

#include <filesystem>

#include "runtime/usage/columns.h"
#include "runtime/usage/record_source.h"

namespace carrel::usage {

// "qt", "tr", "cr", "pr"; another text is kQt.
UsageSchema SchemaNamed(std::string_view name);

// Thread-safe. Items that a spreadsheet brings itself are created when all its records are valid.
class SheetSource final : public RecordSource {
 public:
  // `temp_directory` takes what does not fit into memory; empty: the system's.
  explicit SheetSource(std::filesystem::path temp_directory = {})
      : temp_directory_(std::move(temp_directory)) {}

  Result<std::string> Read(const SourceRequest& request, SourceSink& sink) override;

 private:
  const std::filesystem::path temp_directory_;
};

}  // namespace carrel::usage
