// What an upload does to its file, and what may break on the way.
#include "tests/unit/usage/usage_fixture.h"

namespace carrel::usage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using UsageUploadTest = UsageTest;

TEST_F(UsageUploadTest, AnotherUploadReplacesAllRecordsAtOnce) {
  const UsageFile file = InState(FileState::kInvalid);
  const auto before = RecordIds(file.id);
  source_.on_read = [&] { EXPECT_EQ(RecordIds(file.id), before); };
  const UsageFile after = Upload(file.id, {{.record_id = "new-1"}});
  source_.on_read = {};
  EXPECT_EQ(after.status, FileState::kReady);
  EXPECT_EQ(after.error_detail, "");
  EXPECT_THAT(RecordIds(file.id), ElementsAre("new-1"));
  EXPECT_EQ(*Count("usage_records"), 1);
  EXPECT_EQ(*Count("usage_loads"), 1);
  EXPECT_EQ(*Count("usage_categories"), 1);
  EXPECT_EQ(after.counts, (RecordCounts{.all = 1, .valid = 1, .closed = 0, .billed = 0}));
}

TEST_F(UsageUploadTest, ASpreadsheetThatCannotBeReadMakesTheFileInvalid) {
  const UsageFile file = InState(FileState::kReady);
  source_.failure = Error{Code::kInvalid, "not a zip archive"};
  const UsageFile after = Upload(file.id, {});
  EXPECT_EQ(after.status, FileState::kInvalid);
  EXPECT_EQ(after.error_detail, "not a zip archive");
  EXPECT_EQ(*Count("usage_records"), 0);
  EXPECT_EQ(after.counts.all, 0);
  source_.failure.reset();
  EXPECT_EQ(Upload(file.id, {}).error_detail, "the spreadsheet has no records");
}

TEST_F(UsageUploadTest, AReadingThatFailsForOurReasonsLeavesEverythingAsItWas) {
  const UsageFile file = InState(FileState::kReady);
  const auto before = RecordIds(file.id);
  const UniqueFd fd(OpenText("sheet"));
  ASSERT_TRUE(service_->Upload(vendor_, kOrigin, file.id, {.name = "x", .fd = fd.get()}));
  source_.failure = Error{Code::kIo, "the disk is full"};
  const auto done = service_->Process(file.id);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::kIo);
  EXPECT_EQ(Reload(file.id).status, FileState::kProcessing);
  EXPECT_EQ(RecordIds(file.id), before);
  source_.failure.reset();
  source_.rows = {{.record_id = "second"}};
  EXPECT_EQ(service_->Process(file.id)->status, FileState::kReady);
  EXPECT_THAT(RecordIds(file.id), ElementsAre("second"));
}

TEST_F(UsageUploadTest, OthersWriteWhileASpreadsheetIsRead) {
  const UsageFile file = InState(FileState::kProcessing);
  source_.rows = GoodRows();
  source_.on_read = [&] { EXPECT_EQ(Draft().status, FileState::kDraft); };
  const auto done = service_->Process(file.id);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->counts.all, 2);
}

TEST_F(UsageUploadTest, AReadingThatIsNotFinishedLeavesNothingBehind) {
  const UsageFile file = InState(FileState::kReady);
  const UniqueFd fd(OpenText("sheet"));
  ASSERT_TRUE(service_->Upload(vendor_, kOrigin, file.id, {.name = "x", .fd = fd.get()}));
  {  // as a host that dies leaves it
    const auto load = RecordLoad::Begin(*database_, file, {});
    ASSERT_TRUE(load);
    SourceRecord record;
    record.record_id = "half";
    ASSERT_TRUE((*load)->OnRecord(record));
    ASSERT_TRUE((*load)->Flush());
  }
  EXPECT_EQ(*Count("usage_records"), 3);
  EXPECT_EQ(RecordIds(file.id).size(), 2U);
  source_.rows = GoodRows();
  ASSERT_TRUE(service_->Process(file.id));
  EXPECT_EQ(*Count("usage_records"), 2);
  EXPECT_EQ(*Count("usage_loads"), 1);
}

TEST_F(UsageUploadTest, OneOfTwoTakesUpWhatADeadHostLeft) {
  const UsageFile file = InState(FileState::kProcessing);
  gone_.insert("this host");
  UsageService other(*database_, *uploads_, source_, clock_,
                     {.host_id = "other host", .is_gone = [this](std::string_view id) {
                        return gone_.contains(std::string(id));
                      }});
  EXPECT_THAT(*other.Recover(), ElementsAre(file.id));
  EXPECT_THAT(*service_->Recover(), IsEmpty());
  EXPECT_EQ(Reload(file.id).lease_owner, "other host");
}

TEST_F(UsageUploadTest, WhatWasReplacedIsRemovedEvenIfItsHostDied) {
  const UsageFile before = InState(FileState::kReady);
  const UsageFile after = Upload(before.id, GoodRows());
  ASSERT_EQ(after.status, FileState::kReady);
  const auto directory = directory_->path() / "usage" / before.id;
  ASSERT_TRUE(WriteFileAtomic(directory / before.upload.stored, "what was replaced"));
  ASSERT_TRUE(RecordLoad::Begin(*database_, after, {}));
  ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) {
    return store::Execute(transaction, "UPDATE usage_files SET lease_owner = 'dead'");
  }));
  gone_.insert("dead");
  EXPECT_THAT(*service_->Recover(), IsEmpty());
  EXPECT_EQ(*Count("usage_loads"), 1);
  EXPECT_FALSE(std::filesystem::exists(directory / before.upload.stored));
  EXPECT_TRUE(std::filesystem::exists(directory / after.upload.stored));
  EXPECT_EQ(*Count("usage_files WHERE lease_owner IS NOT NULL"), 0);
}

TEST_F(UsageUploadTest, AnUploadThatBreaksOffLeavesTheFileWhereItWas) {
  for (const FileState state :
       {FileState::kDraft, FileState::kInvalid, FileState::kReady, FileState::kRejected}) {
    const UsageFile before = InState(state);
    const UniqueFd large(OpenText(std::string(1001, 'x')));
    const auto sent =
        service_->Upload(vendor_, kOrigin, before.id, {.name = "x", .fd = large.get()});
    ASSERT_FALSE(sent);
    EXPECT_EQ(sent.error().code, Code::kLimit);
    const UniqueFd empty(OpenText(""));
    EXPECT_EQ(service_->Upload(vendor_, kOrigin, before.id, {.name = "x", .fd = empty.get()})
                  .error()
                  .code,
              Code::kInvalid);
    EXPECT_FALSE(service_->Upload(vendor_, kOrigin, before.id, {.name = "x", .fd = -1}));
    const UsageFile after = Reload(before.id);
    EXPECT_EQ(after.status, state);
    EXPECT_EQ(after.upload.stored, before.upload.stored);
    EXPECT_EQ(after.counts, before.counts);
    size_t files = 0;
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(directory_->path() / "usage" / before.id, error)) {
      EXPECT_EQ(entry.path().filename(), before.upload.stored);
      ++files;
    }
    EXPECT_EQ(files, state == FileState::kDraft ? 0U : 1U);
  }
}

TEST_F(UsageUploadTest, WhatADeadHostLeftIsTakenUpAgain) {
  const UsageFile uploading = InState(FileState::kUploading);
  const UsageFile processing = InState(FileState::kProcessing);
  EXPECT_THAT(*service_->Recover(), IsEmpty());  // its host lives
  gone_.insert("this host");
  source_.rows = {{.record_id = "again-1"}};
  EXPECT_THAT(*service_->Recover(), ElementsAre(processing.id));
  EXPECT_EQ(Reload(uploading.id).status, FileState::kDraft);
  EXPECT_EQ(Reload(processing.id).status, FileState::kProcessing);
  EXPECT_EQ(service_->Process(processing.id)->status, FileState::kReady);
  EXPECT_THAT(*service_->Recover(), IsEmpty());
}

TEST_F(UsageUploadTest, TheSameSpreadsheetIsReadAgainOnRequest) {
  const UsageFile file = InState(FileState::kInvalid);
  source_.rows = GoodRows();
  ASSERT_TRUE(service_->Reprocess(vendor_, kOrigin, file.id));
  const auto done = service_->Process(file.id);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->status, FileState::kReady);
  EXPECT_EQ(done->upload.stored, file.upload.stored);
}

TEST_F(UsageUploadTest, ARecordIdLivesInOneFileOfAProduct) {
  const UsageFile first = InState(FileState::kPending);
  const auto ids = RecordIds(first.id);
  const UsageFile second = Draft();
  const UsageFile refused = Upload(
      second.id,
      {{.record_id = "fresh"}, {.record_id = ids[1], .error = "USG_005"}, {.record_id = ids[0]}});
  EXPECT_EQ(refused.status, FileState::kInvalid);
  EXPECT_EQ(refused.error_detail, "2 of 3 records are invalid");
  const auto records = Records(vendor_, "usagefile.id=" + second.id + "&status=invalid");
  ASSERT_THAT(records, SizeIs(2));
  // All errors of a record, not the first.
  EXPECT_EQ(records[0]["errors"].size(), 2U);
  EXPECT_EQ(records[1]["errors"][0]["code"], "USG_003");
  EXPECT_THAT(records[1]["errors"][0]["message"].get<std::string>(), HasSubstr(first.id));
  // A rejected file holds nothing any more.
  ASSERT_TRUE(service_->Reject(distributor_, kOrigin, first.id, "no"));
  EXPECT_EQ(Upload(second.id, {{.record_id = ids[0]}}).status, FileState::kReady);
  // And now it is the first one's turn to be refused.
  EXPECT_EQ(Upload(first.id, {{.record_id = ids[0]}}).status, FileState::kInvalid);
}

}  // namespace
}  // namespace carrel::usage
