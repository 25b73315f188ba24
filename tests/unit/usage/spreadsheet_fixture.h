// A usage service with the real reader behind it, which takes the spreadsheets that a test writes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/usage/sheet_source.h"
#include "tests/unit/usage/usage_fixture.h"

namespace carrel::usage {

class SpreadsheetTest : public UsageTest {
 protected:
  void SetUp() override;

  // A new draft for PRD-100-200-301: schema TR, dynamic, with a custom column that is required.
  UsageFile DraftOfTiers();
  // Uploaded and read.
  UsageFile Send(const UsageFile& file, std::string_view name, int fd);
  UsageFile SendText(const UsageFile& file, std::string_view text);
  // `rows` is XML of the tab `records`, `properties` that of workbookPr.
  UsageFile SendRows(const UsageFile& file, const std::string& rows,
                     const std::string& properties = "");
  // The processed file of `file`, sent in its place.
  UsageFile SendProcessed(const UsageFile& file);

  // The records as lists show them, without what tells one file from another.
  std::vector<Json> Values(const UsageFile& file);

  SheetSource sheets_;
  std::unique_ptr<UsageService> reading_;
};

}  // namespace carrel::usage
