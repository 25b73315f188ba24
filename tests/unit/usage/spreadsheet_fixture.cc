#include "tests/unit/usage/spreadsheet_fixture.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/usage/workbook_fixture.h"

namespace carrel::usage {

void SpreadsheetTest::SetUp() {
  UsageTest::SetUp();
  reading_ = std::make_unique<UsageService>(
      *database_, *uploads_, sheets_, clock_,
      UsageServiceOptions{.host_id = "this host",
                          .is_gone = [](std::string_view) { return false; }});
}

UsageFile SpreadsheetTest::DraftOfTiers() {
  CreateFile request = NewFile("PRD-100-200-301");
  request.currency = "EUR";
  auto file = service_->Create(vendor_, kOrigin, request);
  EXPECT_TRUE(file) << file.error().message;
  return file.value_or(UsageFile{});
}

UsageFile SpreadsheetTest::Send(const UsageFile& file, std::string_view name, int fd) {
  const auto sent = reading_->Upload(vendor_, kOrigin, file.id, {.name = name, .fd = fd});
  EXPECT_TRUE(sent) << sent.error().message;
  const auto done = reading_->Process(file.id);
  EXPECT_TRUE(done) << done.error().message;
  return done.value_or(UsageFile{});
}

UsageFile SpreadsheetTest::SendText(const UsageFile& file, std::string_view text) {
  const UniqueFd fd(OpenText(text));
  return Send(file, "november.csv", fd.get());
}

UsageFile SpreadsheetTest::SendRows(const UsageFile& file, const std::string& rows,
                                    const std::string& properties) {
  BookXml book;
  book.sheets = {{"records", SheetOf(rows)}};
  book.properties = properties;
  const UniqueFd fd(::memfd_create("book", MFD_CLOEXEC));
  WriteBook(book, fd.get());
  ::lseek(fd.get(), 0, SEEK_SET);
  return Send(file, "november.xlsx", fd.get());
}

UsageFile SpreadsheetTest::SendProcessed(const UsageFile& file) {
  const auto processed = files_->Open(vendor_, file.id, FileKind::kProcessed);
  EXPECT_TRUE(processed) << processed.error().message;
  return processed ? Send(file, processed->name, processed->fd.get()) : UsageFile{};
}

std::vector<Json> SpreadsheetTest::Values(const UsageFile& file) {
  std::vector<Json> records;
  const auto keep = [&](const Json& record) -> Status {
    Json& kept = records.emplace_back(record);
    for (const char* name : {"id", "usagefile", "row"}) kept.erase(name);
    return {};
  };
  EXPECT_TRUE(ForEachRecord(*database_, admin_,
                            fmt::format("usagefile.id={}&ordering(id)", file.id), keep));
  return records;
}

}  // namespace carrel::usage
