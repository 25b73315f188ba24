// The comments of one sheet of a written workbook: kept until the sheet ends, then written as the
// two parts that Excel reads, the texts and (in VML) the boxes that show them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/base/unique_fd.h"

namespace carrel::render {

// Not thread-safe. Memory does not grow: what exceeds 256 KiB goes to an unlinked file in
// `directory`. Failures of that file are those of FailErrno.
class WorkbookComments {
 public:
  using Sink = std::function<Status(std::string_view)>;

  explicit WorkbookComments(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // kInvalid when XML cannot carry the text. Text is cut after 32,767 UTF-16 units.
  Status Add(uint32_t row, uint32_t column, std::string_view text);
  uint64_t count() const { return count_; }

  // Either may be called again; Add may not be called afterwards.
  Status WriteTexts(std::string_view author, const Sink& sink);
  // `first_cluster`: shapes are numbered in groups of 1,024, each group of one sheet only.
  Status WriteBoxes(uint32_t first_cluster, const Sink& sink);
  // Groups that WriteBoxes takes.
  uint32_t clusters() const { return static_cast<uint32_t>(count_ / 1024 + 1); }

 private:
  struct Record;
  Status Spill();
  Status ForEach(const std::function<Status(const Record&)>& visit);

  const std::filesystem::path directory_;
  UniqueFd file_;
  std::string pending_;  // the records that are not in the file
  std::string scratch_;  // where a text is tried as XML
  uint64_t count_ = 0;
};

}  // namespace carrel::render
