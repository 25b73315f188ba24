#include "tests/unit/usage/usage_fixture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/catalog/products.h"

namespace carrel::usage {

Result<std::string> RowSource::Read(const SourceRequest& request, SourceSink& sink) {
  ++reads;
  if (on_read) on_read();
  CARREL_TRY(ReadFile(request.path));  // the spreadsheet is there, whole
  if (failure) return std::unexpected(*failure);
  std::map<std::string, int64_t> items, assets;
  CARREL_ASSIGN_OR_RETURN(auto catalog, request.catalog.Begin(store::Access::kRead));
  CARREL_ASSIGN_OR_RETURN(const auto all_items,
                          catalog::LoadItems(*catalog, request.file.product.key));
  for (const auto& item : all_items) items[item.mpn] = item.key;
  CARREL_TRY(sink.OnItems(all_items));
  CARREL_ASSIGN_OR_RETURN(const auto all_assets,
                          catalog::LoadAssets(*catalog, {request.file.product.key, "production",
                                                         std::nullopt, std::nullopt}));
  for (const auto& asset : all_assets) assets[asset.id] = asset.key;
  CARREL_TRY(sink.OnCategory({"c1", "First", "of all"}));
  uint32_t number = 1;
  for (const TestRecord& row : rows) {
    std::vector<StoredError> errors;
    if (!row.error.empty()) errors.push_back({"quantity", row.error, "wrong", row.quantity});
    SourceRecord record;
    record.sheet_row = ++number;
    record.record_id = row.record_id;
    record.item_key = items.at(row.mpn);
    record.asset_key = assets.at(row.asset);
    record.category = 0;
    record.quantity = *Decimal::Parse(row.quantity);
    if (!row.amount.empty()) record.amount = *Decimal::Parse(row.amount);
    record.start_us = 1'793'491'200'000'000;
    record.end_us = 1'793'494'800'000'000 + number;
    record.params = R"({"v.region": "north"})";
    record.errors = errors;
    CARREL_TRY(sink.OnRecord(record));
  }
  return std::string();
}

void UsageTest::SetUp() {
  auto directory = TempDir::Create(std::filesystem::temp_directory_path(), "usage-");
  ASSERT_TRUE(directory);
  directory_.emplace(std::move(*directory));
  auto database = store::OpenSqliteDatabase(directory_->path() / "carrel.db");
  ASSERT_TRUE(database) << database.error().message;
  database_ = std::move(*database);
  const auto sample =
      ReadFile(std::filesystem::path(CARREL_EXAMPLES) / "catalogue" / "catalogue.json");
  ASSERT_TRUE(sample);
  const auto report = catalog::Import(*database_, *sample, catalog::Format::kJson, nullptr);
  ASSERT_TRUE(report && report->refused.empty());
  uploads_ = std::make_unique<UploadStore>(directory_->path() / "usage");
  service_ = std::make_unique<UsageService>(
      *database_, *uploads_, source_, clock_,
      UsageServiceOptions{
          .host_id = "this host",
          .is_gone = [this](std::string_view id) { return gone_.contains(std::string(id)); },
          .max_upload_bytes = 1000});
  closing_ = std::make_unique<Closing>(*database_, clock_);
  files_ = std::make_unique<GeneratedFiles>(*database_, *uploads_, clock_);
}

CreateFile UsageTest::NewFile(std::string product) const {
  return {.name = "November",
          .description = "",
          .external_id = "",
          .note = "",
          .product_id = std::move(product),
          .contract_id = "CRD-10000-20000-30000",
          .marketplace_id = "",
          .environment = "production",
          .currency = "",
          .period_from = *ParseIso("2026-11-01T00:00:00Z"),
          .period_to = *ParseIso("2026-11-30T23:59:59Z")};
}

int UsageTest::OpenText(std::string_view text) {
  const int fd = ::memfd_create("sheet", MFD_CLOEXEC);
  EXPECT_TRUE(WriteAll(fd, text));
  ::lseek(fd, 0, SEEK_SET);
  return fd;
}

UsageFile UsageTest::Draft() {
  auto file = service_->Create(vendor_, kOrigin, NewFile());
  EXPECT_TRUE(file) << file.error().message;
  return file.value_or(UsageFile{});
}

UsageFile UsageTest::Upload(std::string_view id, std::vector<TestRecord> rows) {
  source_.rows = std::move(rows);
  const UniqueFd fd(OpenText("a spreadsheet"));
  const auto sent =
      service_->Upload(vendor_, kOrigin, id, {.name = "november.xlsx", .fd = fd.get()});
  EXPECT_TRUE(sent) << sent.error().message;
  if (!sent) return {};
  EXPECT_EQ(sent->status, FileState::kProcessing);
  const auto done = service_->Process(id);
  EXPECT_TRUE(done) << done.error().message;
  return done.value_or(UsageFile{});
}

std::vector<TestRecord> UsageTest::GoodRows() {
  counter_ += 2;
  return {{.record_id = fmt::format("rec-{:06}", counter_)},
          {.record_id = fmt::format("rec-{:06}", counter_ + 1), .asset = "AS-1000-2000-0002"}};
}

UsageFile UsageTest::InState(FileState state) {
  UsageFile file = Draft();
  if (state == FileState::kDraft) return file;
  if (state == FileState::kUploading || state == FileState::kProcessing) {
    const UniqueFd fd(OpenText("a spreadsheet"));
    const auto sent =
        service_->Upload(vendor_, kOrigin, file.id, {.name = "a.xlsx", .fd = fd.get()});
    EXPECT_TRUE(sent);
    if (state == FileState::kUploading) {  // as a host that dies leaves it
      EXPECT_TRUE(database_->Write([&](store::Transaction& transaction) {
        return store::Execute(transaction,
                              "UPDATE usage_files SET status = 'uploading' "
                              "WHERE id = ?",
                              file.id);
      }));
    }
    return Reload(file.id);
  }
  std::vector<TestRecord> rows = GoodRows();
  if (state == FileState::kInvalid) rows[1].error = "USG_005";
  file = Upload(file.id, rows);
  if (state == FileState::kInvalid || state == FileState::kReady) return file;
  EXPECT_TRUE(service_->Submit(vendor_, kOrigin, file.id));
  if (state == FileState::kRejected) {
    EXPECT_TRUE(service_->Reject(distributor_, kOrigin, file.id, "no"));
  } else if (state != FileState::kPending) {
    EXPECT_TRUE(service_->Accept(distributor_, kOrigin, file.id, "yes"));
  }
  if (state == FileState::kClosed) {
    EXPECT_TRUE(closing_->CloseAll(distributor_, kOrigin, file.id, "INV-1", ""));
  }
  return Reload(file.id);
}

UsageFile UsageTest::Reload(std::string_view id) {
  const auto file = service_->Get(admin_, id);
  EXPECT_TRUE(file) << file.error().message;
  return file.value_or(UsageFile{});
}

std::vector<std::string> UsageTest::RecordIds(std::string_view file) {
  std::vector<std::string> ids;
  for (const Json& record :
       Records(admin_, fmt::format("usagefile.id={}&ordering(record_id)", file))) {
    ids.push_back(record["record_id"]);
  }
  return ids;
}

std::vector<Json> UsageTest::Records(const catalog::Account& account, std::string_view query) {
  const auto page = ListRecords(*database_, account, query);
  EXPECT_TRUE(page) << page.error().message;
  return page ? page->objects : std::vector<Json>();
}

Result<int64_t> UsageTest::Count(std::string_view table) {
  return database_->Read([&](store::Transaction& transaction) -> Result<int64_t> {
    CARREL_ASSIGN_OR_RETURN(
        auto rows, store::Query(transaction, fmt::format("SELECT COUNT(*) FROM {}", table)));
    CARREL_TRY(rows->Step());
    return rows->Integer(0);
  });
}

}  // namespace carrel::usage
