// Opens the XLSX files of strangers: which tabs there are, and their rows one after the other, in
// memory that does not grow with them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/usage/cell.h"
#include "runtime/usage/shared_strings.h"

namespace carrel::render {
class ZipReader;
}  // namespace carrel::render

namespace carrel::usage {

struct WorkbookOptions {
  ReaderLimits limits;
  Threads threads = Threads::kOne;
  XmlPath path = XmlPath::kFast;
  std::filesystem::path temp_directory;  // for shared strings; empty: the system's
};

struct Tab {
  std::string name;
  std::string part;
};

// One workbook. Not thread-safe. Refused with kInvalid: no zip archive or a damaged one, an
// encrypted or old workbook, a document type declaration, XML that is not well-formed; with kLimit:
// what exceeds the limits.
class Workbook {
 public:
  static Result<std::unique_ptr<Workbook>> Open(const std::filesystem::path& path,
                                                const WorkbookOptions& options = {});
  ~Workbook();
  Workbook(const Workbook&) = delete;
  Workbook& operator=(const Workbook&) = delete;

  // Worksheets only, in the workbook's order, hidden ones included.
  const std::vector<Tab>& tabs() const { return tabs_; }
  Epoch epoch() const { return epoch_; }

  // Every row of one of tabs(). Shared strings are loaded before the first.
  Status Read(const Tab& tab, RowSink& sink);

 private:
  Workbook(std::unique_ptr<render::ZipReader> zip, const WorkbookOptions& options);
  Status Load();
  Result<std::string> ReadPart(std::string_view name);
  Status ReadTabs(std::string_view xml, std::string_view directory, std::string_view rels);
  Status ReadStyles();
  Status LoadStrings();

  std::unique_ptr<render::ZipReader> zip_;
  WorkbookOptions options_;
  std::vector<Tab> tabs_;
  Epoch epoch_ = Epoch::k1900;
  std::string styles_part_, strings_part_;
  bool loaded_ = false;
  std::vector<bool> date_styles_;
  std::unique_ptr<SharedStrings> strings_;
};

}  // namespace carrel::usage
