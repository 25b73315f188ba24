// A database with the sample catalogue, a usage service over it, and one account of each role.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/catalog/import.h"
#include "runtime/store/database.h"
#include "runtime/usage/closing.h"
#include "runtime/usage/generated_files.h"
#include "runtime/usage/usage_lists.h"
#include "runtime/usage/usage_service.h"

namespace carrel::usage {

class TestClock final : public Clock {
 public:
  Timestamp Now() const override { return *ParseIso("2026-11-21T08:00:00Z"); }
};

// One record as the tests write it.
struct TestRecord {
  std::string record_id;
  std::string asset = "AS-1000-2000-0001";
  std::string mpn = "OC-CPU-H";
  std::string quantity = "1.5";
  std::string amount = {};
  std::string error = {};  // a code makes the record invalid
};

// Stands where the spreadsheet reader does and gives the rows of `rows`, so that states and sums
// can be tried without spreadsheets.
class RowSource final : public RecordSource {
 public:
  Result<std::string> Read(const SourceRequest& request, SourceSink& sink) override;

  std::vector<TestRecord> rows;
  std::optional<Error> failure;  // instead of rows
  int reads = 0;
  std::function<void()> on_read;
};

class UsageTest : public testing::Test {
 protected:
  void SetUp() override;

  CreateFile NewFile(std::string product = "PRD-100-200-300") const;
  // A new draft of the vendor.
  UsageFile Draft();
  UsageFile Upload(std::string_view id, std::vector<TestRecord> rows);
  // A file brought into `state` by the steps that lead there.
  UsageFile InState(FileState state);
  UsageFile Reload(std::string_view id);
  // Two valid rows with record ids nobody used before.
  std::vector<TestRecord> GoodRows();
  // Of the records of a file, in their order.
  std::vector<std::string> RecordIds(std::string_view file);
  std::vector<Json> Records(const catalog::Account& account, std::string_view query);
  Result<int64_t> Count(std::string_view table);
  int OpenText(std::string_view text);

  static constexpr std::string_view kOrigin = "test";

  const catalog::Account vendor_{"VA-111-222", "Orchid Cloud", catalog::Role::kVendor};
  const catalog::Account other_vendor_{"VA-333-444", "Fern Software", catalog::Role::kVendor};
  const catalog::Account distributor_{"PA-100-200", "Harbour Distribution",
                                      catalog::Role::kDistributor};
  const catalog::Account reseller_{"RA-500-600", "Corner IT", catalog::Role::kReseller};
  const catalog::Account admin_{"XX-1", "Operator", catalog::Role::kAdmin};

  const TestClock clock_;
  std::optional<TempDir> directory_;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<UploadStore> uploads_;
  RowSource source_;
  std::unique_ptr<UsageService> service_;
  std::unique_ptr<Closing> closing_;
  std::unique_ptr<GeneratedFiles> files_;
  std::set<std::string> gone_;  // hosts
  int counter_ = 0;
};

}  // namespace carrel::usage
