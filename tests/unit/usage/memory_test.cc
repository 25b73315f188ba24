// A thread of the reader or of the writer that gets no memory ends the reading of its file, and
// nothing else.
#include <cstring>
#include <new>

#include "runtime/usage/byte_window.h"
#include "runtime/usage/record_writer.h"
#include "tests/support/failing_memory.h"
#include "tests/unit/usage/spreadsheet_fixture.h"

namespace carrel::usage {
namespace {

TEST(BlockFeedTest, WhatIsThrownWhileTheNextBlockIsReadIsThrownToTheCallerAfterThoseBefore) {
  for (const Threads threads : {Threads::kOne, Threads::kTwo}) {
    int reads = 0;
    BlockFeed feed(
        [&reads](char* data, size_t size) -> Result<size_t> {
          if (++reads == 3) throw std::bad_alloc();
          std::memset(data, 'x', size);
          return size;
        },
        threads, Checked::kNo);
    for (int i = 0; i < 2; ++i) {
      const auto block = feed.Next();
      ASSERT_TRUE(block && *block);
      EXPECT_EQ((*block)->size, Block::kBytes);
    }
    EXPECT_THROW(static_cast<void>(feed.Next()), std::bad_alloc);
  }
}

class MemoryTest : public SpreadsheetTest {};

TEST_F(MemoryTest, ARecordWriterThrowsWhatItsThreadThrew) {
  RecordWriter writer(*database_, 1);
  RecordBatch batch;
  batch.rows.emplace_back();
  {
    const FailingMemory none(1);
    ASSERT_TRUE(writer.Write(batch));
    EXPECT_THROW(static_cast<void>(writer.Finish()), std::bad_alloc);
  }
  EXPECT_THROW(static_cast<void>(writer.Write(batch)), std::bad_alloc);
  EXPECT_EQ(*Count("usage_records"), 0);
}

TEST_F(MemoryTest, AnUploadThatGetsNoMemoryLeavesTheFileAsItWas) {
  const UsageFile file = Draft();
  const UniqueFd fd(OpenText("rows"));
  const Sent sent{
      .name = "a.csv", .fd = fd.get(), .progress = [](int64_t) { throw std::bad_alloc(); }};
  const auto uploaded = reading_->Upload(vendor_, kOrigin, file.id, sent);
  ASSERT_FALSE(uploaded);
  EXPECT_EQ(uploaded.error().message, "out of memory");
  EXPECT_EQ(Reload(file.id).status, FileState::kDraft);
}

TEST_F(MemoryTest, AFileThatIsReadWithoutMemoryIsReadAgain) {
  const UsageFile file = Draft();
  const UniqueFd fd(OpenText(
      "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
      "asset_search_criteria,asset_search_value\n"
      "r1,item.mpn,OC-CPU-H,1,2026-11-01,2026-11-02,asset.id,AS-1000-2000-0001\n"));
  ASSERT_TRUE(reading_->Upload(vendor_, kOrigin, file.id, {.name = "a.csv", .fd = fd.get()}));
  {
    const FailingMemory none(Block::kBytes);
    const auto failed = reading_->Process(file.id);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, "out of memory");
  }
  EXPECT_EQ(Reload(file.id).status, FileState::kProcessing);
  const auto done = reading_->Process(file.id);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->status, FileState::kReady) << done->error_detail;
}

}  // namespace
}  // namespace carrel::usage
