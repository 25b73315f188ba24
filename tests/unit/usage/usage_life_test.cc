// Usage files from creation to their end, and what may break on the way.
#include <fmt/format.h>
#include <sys/mman.h>

#include "runtime/catalog/products.h"
#include "runtime/usage/reconciliations.h"
#include "runtime/usage/rules.h"
#include "runtime/usage/sheet_source.h"
#include "tests/unit/usage/usage_fixture.h"

namespace carrel::usage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::SizeIs;

class UsageLifeTest : public UsageTest {
 protected:
  void SetRules(std::string_view json) {
    const auto rules = RulesFromJson(*ParseJson(json));
    ASSERT_TRUE(rules) << rules.error().message;
    ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) -> Status {
      CARREL_ASSIGN_OR_RETURN(const auto product,
                              catalog::LoadProduct(transaction, "PRD-100-200-300"));
      return StoreRules(transaction, product.key, *rules);
    }));
  }

  std::string Fault(const CreateFile& request) {
    const auto file = service_->Create(vendor_, kOrigin, request);
    return file ? "none" : file.error().message;
  }

  std::vector<std::string> RecordIds(std::string_view file) {
    std::vector<std::string> ids;
    for (const Json& record :
         Records(admin_, fmt::format("usagefile.id={}&ordering(record_id)", file))) {
      ids.push_back(record["record_id"]);
    }
    return ids;
  }
};

TEST_F(UsageLifeTest, ANewFileIsADraftOfItsProductsVendor) {
  const UsageFile file = Draft();
  EXPECT_THAT(file.id, MatchesRegex("UF-2026-11-[0-9]{4}-[0-9]{4}"));
  EXPECT_EQ(file.vendor.value.id, "VA-111-222");
  EXPECT_EQ(file.provider->value.id, "PA-100-200");
  EXPECT_EQ(file.reseller->value.id, "RA-500-600");
  EXPECT_EQ(file.marketplace.value.id, "MP-10001");
  EXPECT_EQ(file.schema, "qt");
  const Json json = ToJson(file);
  EXPECT_EQ(json["status"], "draft");
  EXPECT_EQ(json["events"]["created"]["by"]["id"], "VA-111-222");
  EXPECT_TRUE(json["upload"].is_null());
}

TEST_F(UsageLifeTest, AllFaultsOfANewFileComeTogether) {
  CreateFile request = NewFile("PRD-0");
  request.name = "";
  request.note = std::string(201, 'x');
  request.contract_id = "CRD-0";
  request.environment = "moon";
  std::swap(request.period_from, request.period_to);
  EXPECT_EQ(Fault(request),
            "name: is missing\nnote: 201 characters, at most 200\nperiod: from is later than to\n"
            "environment: expected test, preview or production\n"
            "product: product PRD-0 does not exist\ncontract: contract CRD-0 does not exist");
  request = NewFile();
  request.currency = "EUR";
  EXPECT_THAT(Fault(request), HasSubstr("schema QT has none"));
  request = NewFile("PRD-100-200-301");
  EXPECT_THAT(Fault(request), HasSubstr("currency: '' is no ISO 4217 code"));
  for (const char* code : {"XXX", "eur", "EURO", "R U", "EUQ"}) {
    request.currency = code;
    EXPECT_THAT(Fault(request), HasSubstr("is no ISO 4217 code")) << code;
  }
  request.currency = "EUR";
  EXPECT_EQ(Fault(request), "none");
  EXPECT_EQ(*Count("usage_files"), 1);
}

TEST_F(UsageLifeTest, AContractOfAnotherVendorDoesNotExist) {
  CreateFile request = NewFile();
  request.contract_id = "CRD-30000-20000-30000";
  EXPECT_EQ(Fault(request), "contract: contract CRD-30000-20000-30000 does not exist");
  request.contract_id = "";
  EXPECT_EQ(Fault(request), "contract, marketplace: one of them must be given");
  request.marketplace_id = "MP-10001";
  EXPECT_EQ(Fault(request), "none");
}

TEST_F(UsageLifeTest, OthersDoNotKnowOfAFileBeforeItReachesThem) {
  const UsageFile file = InState(FileState::kReady);
  for (const auto* account : {&other_vendor_, &distributor_, &reseller_}) {
    EXPECT_EQ(service_->Get(*account, file.id).error().code, Code::kNotFound);
    EXPECT_EQ(ListFiles(*database_, *account, "")->total, 0);
    EXPECT_EQ(ListRecords(*database_, *account, "")->total, 0);
    EXPECT_EQ(GetRecord(*database_, *account, RecordId(file.id, 1)).error().code, Code::kNotFound);
  }
  EXPECT_EQ(ListFiles(*database_, vendor_, "status=ready")->total, 1);
  ASSERT_TRUE(service_->Submit(vendor_, kOrigin, file.id));
  EXPECT_TRUE(service_->Get(distributor_, file.id));
  EXPECT_TRUE(GetRecord(*database_, reseller_, RecordId(file.id, 1)));
  EXPECT_EQ(ListRecords(*database_, distributor_, "")->total, 2);
  EXPECT_FALSE(service_->Get(other_vendor_, file.id));
}

TEST_F(UsageLifeTest, APreviewStaysWithItsVendor) {
  CreateFile request = NewFile();
  request.environment = "preview";
  const auto file = service_->Create(vendor_, kOrigin, request);
  ASSERT_TRUE(file);
  ASSERT_EQ(Upload(file->id, GoodRows()).status, FileState::kReady);
  const auto submitted = service_->Submit(vendor_, kOrigin, file->id);
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().code, Code::kConflict);
  EXPECT_THAT(submitted.error().message, HasSubstr("preview"));
  EXPECT_EQ(Reload(file->id).status, FileState::kReady);
}

TEST_F(UsageLifeTest, AnotherUploadReplacesAllRecordsAtOnce) {
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

TEST_F(UsageLifeTest, ASpreadsheetThatCannotBeReadMakesTheFileInvalid) {
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

TEST_F(UsageLifeTest, AReadingThatFailsForOurReasonsLeavesEverythingAsItWas) {
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

TEST_F(UsageLifeTest, OthersWriteWhileASpreadsheetIsRead) {
  const UsageFile file = InState(FileState::kProcessing);
  source_.rows = GoodRows();
  source_.on_read = [&] { EXPECT_EQ(Draft().status, FileState::kDraft); };
  const auto done = service_->Process(file.id);
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(done->counts.all, 2);
}

TEST_F(UsageLifeTest, AReadingThatIsNotFinishedLeavesNothingBehind) {
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

TEST_F(UsageLifeTest, OneOfTwoTakesUpWhatADeadHostLeft) {
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

TEST_F(UsageLifeTest, WhatWasReplacedIsRemovedEvenIfItsHostDied) {
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

TEST_F(UsageLifeTest, AnUploadThatBreaksOffLeavesTheFileWhereItWas) {
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

TEST_F(UsageLifeTest, WhatADeadHostLeftIsTakenUpAgain) {
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

TEST_F(UsageLifeTest, TheSameSpreadsheetIsReadAgainOnRequest) {
  const UsageFile file = InState(FileState::kInvalid);
  source_.rows = GoodRows();
  ASSERT_TRUE(service_->Reprocess(vendor_, kOrigin, file.id));
  const auto done = service_->Process(file.id);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->status, FileState::kReady);
  EXPECT_EQ(done->upload.stored, file.upload.stored);
}

TEST_F(UsageLifeTest, ARecordIdLivesInOneFileOfAProduct) {
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

TEST_F(UsageLifeTest, SumsAreExact) {
  std::vector<TestRecord> rows;
  for (int i = 0; i < 1000; ++i) {
    rows.push_back({.record_id = fmt::format("s-{:05}", i),
                    .asset = i % 2 == 0 ? "AS-1000-2000-0001" : "AS-1000-2000-0002",
                    .quantity = "0.1",
                    .amount = i % 2 == 0 ? "10000000000000000.01" : "-0.00000003"});
  }
  const UsageFile file = Draft();
  ASSERT_EQ(Upload(file.id, rows).status, FileState::kReady);
  EXPECT_THAT(ListAggregates(*database_, vendor_, "")->objects, IsEmpty());
  ASSERT_TRUE(service_->Submit(vendor_, kOrigin, file.id));
  auto sums = ListAggregates(*database_, vendor_, "");
  ASSERT_TRUE(sums) << sums.error().message;
  ASSERT_EQ(sums->total, 2);
  EXPECT_EQ(sums->objects[0]["asset"]["id"], "AS-1000-2000-0001");
  EXPECT_EQ(sums->objects[0]["consumed"], "50");
  EXPECT_EQ(sums->objects[0]["accepted"], "0");
  ASSERT_TRUE(service_->Accept(distributor_, kOrigin, file.id, "yes"));
  sums = ListAggregates(*database_, distributor_, "");
  ASSERT_TRUE(sums);
  EXPECT_EQ(sums->objects[0]["accepted"], "50");
  EXPECT_EQ(sums->objects[0]["amount"], "5000000000000000005");
  EXPECT_EQ(sums->objects[1]["amount"], "-0.000015");
  EXPECT_EQ(ListAggregates(*database_, vendor_, "asset.id=AS-1000-2000-0002&limit=1")->total, 1);
  EXPECT_EQ(Records(vendor_, "amount=10000000000000000.01&limit=1000").size(), 500U);
  EXPECT_EQ(Records(vendor_, "lt(amount,0)&usage=0.1&limit=1000").size(), 500U);
  EXPECT_EQ(ToJson(Reload(file.id))["stats"], (Json{{"uploaded", 1000},
                                                    {"validated", 1000},
                                                    {"pending", 0},
                                                    {"accepted", 1000},
                                                    {"closed", 0},
                                                    {"billed", 0}}));
}

TEST_F(UsageLifeTest, RecordsAreFoundByEveryKindOfField) {
  const UsageFile file = InState(FileState::kReady);
  const std::string id = RecordId(file.id, 2);
  for (const std::string& query :
       {"id=" + id, std::string("asset.id=AS-1000-2000-0002"),
        std::string("asset.external_id=7002"), std::string("category.id=c1&ordering(-id)&limit=1"),
        "gt(end_date,2026-11-01T01:00:00.000002Z)&usagefile.id=" + file.id,
        std::string("item.mpn=OC-CPU-H&hub.id=HB-1000-0001")}) {
    const auto found = Records(vendor_, query);
    ASSERT_THAT(found, SizeIs(1)) << query;
    EXPECT_EQ(found[0]["id"], id);
  }
  const auto record = GetRecord(*database_, vendor_, id);
  ASSERT_TRUE(record);
  EXPECT_EQ((*record)["usage"], "1.5");
  EXPECT_EQ((*record)["params"]["v.region"], "north");
  EXPECT_EQ((*record)["category"], (Json{{"id", "c1"}, {"name", "First"}}));
  for (const char* text : {"UR-1", "UR-2026-11-0000-0000-0000-0001", "nonsense", ""}) {
    EXPECT_EQ(GetRecord(*database_, vendor_, text).error().code, Code::kNotFound) << text;
  }
}

TEST_F(UsageLifeTest, RulesJudgeInTheirOrder) {
  struct Case {
    std::string_view rules;
    FileState state;
    std::string_view note;
  };
  const Case cases[] = {
      {"[]", FileState::kPending, ""},
      {R"j([{"action": "accept", "scope": "file", "rule": "le(stats.uploaded,2)"}])j",
       FileState::kAccepted, "rule 1 accepts 2 records"},
      {R"j([{"action": "accept", "scope": "file", "rule": "gt(stats.uploaded,2)"}])j",
       FileState::kPending, ""},
      {R"j([{"action": "manual", "scope": "record", "rule": "asset.id=AS-1000-2000-0001"},
            {"action": "accept", "scope": "record", "rule": ""}])j",
       FileState::kPending, ""},
      {R"j([{"action": "accept", "scope": "record", "rule": "asset.id=AS-1000-2000-0001"},
            {"action": "reject", "scope": "record", "rule": "ge(usage,1.5)"}])j",
       FileState::kRejected, "rule 2 rejects 1 record"},
      {R"j([{"action": "accept", "scope": "record", "rule": "usage=1.5"},
            {"action": "reject", "scope": "file", "rule": ""}])j",
       FileState::kAccepted, "rule 1 accepts 2 records"},
      {R"j([{"action": "accept", "scope": "record", "rule": "asset.id=AS-1000-2000-0001"},
            {"action": "accept", "scope": "file", "rule": "environment=production"}])j",
       FileState::kAccepted, "rule 1 accepts 1 record"},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.rules);
    SetRules(test.rules);
    const UsageFile file = Draft();
    ASSERT_EQ(Upload(file.id, GoodRows()).status, FileState::kReady);
    const auto done = service_->Submit(vendor_, kOrigin, file.id);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->status, test.state);
    EXPECT_EQ(test.state == FileState::kRejected ? done->rejection_note : done->acceptance_note,
              test.note);
  }
}

TEST_F(UsageLifeTest, RulesWithFaultsAreRefused) {
  const auto rules = RulesFromJson(*ParseJson(
      R"j([{"action": "accept", "scope": "record", "rule": "usage=x"},
           {"action": "allow", "scope": "record", "rule": ""},
           {"action": "accept", "scope": "file", "rule": "usage=1"}])j"));
  ASSERT_FALSE(rules);
  EXPECT_THAT(rules.error().message, HasSubstr("rule 1: query: character 1, eq(usage, ...): 'x'"));
  EXPECT_THAT(rules.error().message, HasSubstr("rule 2: action: expected accept"));
  EXPECT_THAT(rules.error().message, HasSubstr("rule 3: query: character 1, eq(usage, ...): no"));
}

TEST_F(UsageLifeTest, AcceptingMakesAChunkForEachHub) {
  const UsageFile file = InState(FileState::kAccepted);
  const auto chunks = ListChunks(*database_, distributor_, "usagefile.id=" + file.id);
  ASSERT_TRUE(chunks) << chunks.error().message;
  ASSERT_THAT(chunks->objects, SizeIs(2));
  EXPECT_EQ(chunks->objects[0]["id"], "UFC" + file.id.substr(2) + "-001");
  EXPECT_EQ(chunks->objects[0]["hub"]["id"], "HB-1000-0001");
  EXPECT_EQ(chunks->objects[0]["records"], (Json{{"all", 1}, {"closed", 0}}));
  const auto report =
      closing_->CloseRecords(distributor_, kOrigin, {{1, RecordId(file.id, 2), "INV-1", ""}});
  ASSERT_TRUE(report);
  EXPECT_EQ(report->closed, 1);
  EXPECT_EQ(ListChunks(*database_, distributor_, "hub.id=HB-1000-0001&status=closed")->total, 1);
  EXPECT_EQ(ListChunks(*database_, distributor_, "hub.id=HB-1000-0002&status=ready")->total, 1);
}

TEST_F(UsageLifeTest, ARecordStaysInTheChunkOfItsFilesAcceptance) {
  const UsageFile file = InState(FileState::kAccepted);
  ASSERT_TRUE(database_->Write([&](store::Transaction& transaction) {
    return store::Execute(transaction,
                          "UPDATE assets SET hub_key = (SELECT key FROM hubs WHERE id = "
                          "'HB-1000-0001') WHERE id = 'AS-1000-2000-0001'");
  }));
  for (const int number : {1, 2}) {
    ASSERT_TRUE(closing_->CloseRecords(distributor_, kOrigin,
                                       {{1, RecordId(file.id, number), "INV-1", ""}}));
  }
  const auto chunks = ListChunks(*database_, distributor_, "usagefile.id=" + file.id);
  ASSERT_THAT(chunks->objects, SizeIs(2));
  for (const Json& chunk : chunks->objects) {
    EXPECT_EQ(chunk["records"], (Json{{"all", 1}, {"closed", 1}}));
    EXPECT_EQ(chunk["status"], "closed");
  }
}

TEST_F(UsageLifeTest, RowsOfAReconciliationThatContradictThemselvesAreRefused) {
  const UsageFile file = InState(FileState::kAccepted);
  const auto ids = RecordIds(file.id);
  std::vector<BillingRow> rows = {{2, RecordId(file.id, 1), "INV-1", ""},
                                  {3, RecordId(file.id, 2), "  ", ""},
                                  {4, ids[1], "#N/A", ""}};
  rows[0].record_id = ids[1];
  rows[2].fault = "external_billing_id: the cell holds #N/A";
  const auto report = closing_->Reconcile(distributor_, kOrigin, file.id, rows, Partial::kYes);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->closed, 0);
  EXPECT_THAT(report->results[0].fault, HasSubstr("has the record_id " + ids[0]));
  EXPECT_EQ(report->results[1].fault, "external_billing_id: is missing");
  EXPECT_EQ(report->results[2].fault, rows[2].fault);
  rows = {{2, RecordId(file.id, 1), "INV-1", ""}};
  rows[0].record_id = ids[0];
  EXPECT_EQ(closing_->Reconcile(distributor_, kOrigin, file.id, rows, Partial::kNo)->closed, 1);
}

TEST_F(UsageLifeTest, AChunkThatItsHubCannotBillIsFailedUntilItIsTriedAgainOrBilled) {
  const UsageFile file = InState(FileState::kAccepted);
  const std::string id = "UFC" + file.id.substr(2) + "-001";
  const auto step = [&](const catalog::Account& account, ChunkAction action, std::string note) {
    const Status done = closing_->StepChunk(account, kOrigin, id, action, note);
    return done ? std::string("done") : std::string(CodeName(done.error().code));
  };
  EXPECT_EQ(step(distributor_, ChunkAction::kRetry, ""), "conflict");
  EXPECT_EQ(step(distributor_, ChunkAction::kFail, ""), "invalid");
  EXPECT_EQ(step(vendor_, ChunkAction::kFail, "no"), "denied");
  EXPECT_EQ(step(other_vendor_, ChunkAction::kFail, "no"), "not_found");
  EXPECT_EQ(step(distributor_, ChunkAction::kFail, "the hub is away"), "done");
  Json chunk = *GetChunk(*database_, distributor_, id);
  EXPECT_EQ(chunk["status"], "failed");
  EXPECT_EQ(chunk["note"], "the hub is away");
  EXPECT_EQ(chunk["events"]["failed"]["by"]["id"], distributor_.id);
  EXPECT_FALSE(chunk["events"]["created"].contains("by"));
  EXPECT_EQ(step(distributor_, ChunkAction::kRetry, ""), "done");
  chunk = *GetChunk(*database_, distributor_, id);
  EXPECT_EQ(chunk["status"], "ready");
  EXPECT_EQ(chunk["note"], "");
  EXPECT_EQ(step(distributor_, ChunkAction::kFail, "again"), "done");
  ASSERT_TRUE(closing_->CloseAll(distributor_, kOrigin, file.id, "INV-1", ""));
  EXPECT_EQ((*GetChunk(*database_, distributor_, id))["status"], "closed");
  EXPECT_EQ(ListChunks(*database_, vendor_, "status=closed")->total, 2);
  EXPECT_EQ(*Count("audit WHERE object_id = '" + id + "'"), 6);
  EXPECT_EQ(GetChunk(*database_, other_vendor_, id).error().code, Code::kNotFound);
}

TEST_F(UsageLifeTest, EveryReconciliationIsKeptWithWhatItWasRefusedFor) {
  const UsageFile file = InState(FileState::kAccepted);
  const auto send = [&](std::vector<BillingRow> rows, Partial partial, std::string_view name) {
    const auto report = closing_->Reconcile(distributor_, kOrigin, file.id, rows, partial, name);
    EXPECT_TRUE(report) << report.error().message;
    return report ? report->id : "";
  };
  const BillingRow first{2, RecordId(file.id, 1), "INV-1", ""};
  const BillingRow second{3, RecordId(file.id, 2), "INV-2", ""};
  const BillingRow bad{4, "UR-0", "INV-3", ""};
  const std::string refused = send({first, bad}, Partial::kNo, "one.csv");
  const std::string partial = send({first, bad}, Partial::kYes, "two.csv");
  const std::string applied = send({second}, Partial::kNo, "three.csv");
  EXPECT_EQ(refused, "UFR" + file.id.substr(2) + "-001");
  const auto all = ListReconciliations(*database_, distributor_, "usagefile.id=" + file.id);
  ASSERT_TRUE(all) << all.error().message;
  ASSERT_THAT(all->objects, SizeIs(3));
  EXPECT_EQ(all->objects[0]["status"], "refused");
  EXPECT_EQ(all->objects[0]["name"], "one.csv");
  EXPECT_EQ(all->objects[0]["records"], (Json{{"closed", 0}, {"refused", 1}}));
  EXPECT_EQ(all->objects[1]["records"], (Json{{"closed", 1}, {"refused", 1}}));
  EXPECT_EQ((*GetReconciliation(*database_, vendor_, partial))["status"], "partial");
  EXPECT_EQ((*GetReconciliation(*database_, admin_, applied))["status"], "applied");
  EXPECT_EQ((*GetReconciliation(*database_, admin_, applied))["events"]["created"]["by"]["id"],
            distributor_.id);
  const auto errors = ListReconciliationErrors(*database_, distributor_, refused, "");
  ASSERT_TRUE(errors) << errors.error().message;
  ASSERT_THAT(errors->objects, SizeIs(1));
  EXPECT_EQ(errors->objects[0]["row"], 4);
  EXPECT_EQ(errors->objects[0]["record"], "UR-0");
  EXPECT_THAT(errors->objects[0]["error"].get<std::string>(), HasSubstr("is no record of"));
  EXPECT_EQ(ListReconciliationErrors(*database_, distributor_, applied, "")->total, 0);
  EXPECT_EQ(GetReconciliation(*database_, other_vendor_, partial).error().code, Code::kNotFound);
  EXPECT_EQ(ListReconciliationErrors(*database_, other_vendor_, refused, "").error().code,
            Code::kNotFound);
  EXPECT_EQ(ListReconciliations(*database_, other_vendor_, "")->total, 0);
}

TEST_F(UsageLifeTest, AReconciliationWithAFaultAppliesNothingUnlessItIsPartial) {
  const UsageFile file = InState(FileState::kAccepted);
  const UsageFile other = InState(FileState::kAccepted);
  const auto ids = RecordIds(file.id);
  const std::vector<BillingRow> rows = {{2, RecordId(file.id, 1), "INV-1", "note"},
                                        {3, ids[1], "", ""},
                                        {4, RecordId(other.id, 1), "INV-3", ""},
                                        {5, "unknown", "INV-4", ""},
                                        {6, ids[0], "INV-5", ""}};
  const auto report = closing_->Reconcile(distributor_, kOrigin, file.id, rows, Partial::kNo);
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->refused, 4);
  EXPECT_EQ(report->closed, 0);
  EXPECT_EQ(report->results[1].fault, "external_billing_id: is missing");
  EXPECT_THAT(report->results[2].fault, HasSubstr("is no record of " + file.id));
  EXPECT_THAT(report->results[3].fault, HasSubstr("unknown is no record of"));
  EXPECT_EQ(report->results[4].fault, "the record is named twice");
  EXPECT_EQ(Reload(file.id).counts.closed, 0);
  const auto partial = closing_->Reconcile(distributor_, kOrigin, file.id, rows, Partial::kYes);
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->closed, 1);
  EXPECT_EQ(Reload(file.id).counts.closed, 1);
  EXPECT_EQ(Reload(file.id).status, FileState::kAccepted);
  const auto last =
      closing_->Reconcile(distributor_, kOrigin, file.id, {{2, ids[1], "INV-2", ""}}, Partial::kNo);
  ASSERT_TRUE(last);
  EXPECT_EQ(Reload(file.id).status, FileState::kClosed);
  const auto record = GetRecord(*database_, vendor_, RecordId(file.id, 1));
  EXPECT_EQ((*record)["external_billing_id"], "INV-1");
  EXPECT_EQ((*record)["external_billing_note"], "note");
  EXPECT_EQ((*record)["closed_by"], "PA-100-200");
  // Closed is the end, but for the billing id and note.
  ASSERT_TRUE(
      closing_->CloseRecords(distributor_, kOrigin, {{1, RecordId(file.id, 1), "INV-9", ""}}));
  EXPECT_EQ((*GetRecord(*database_, vendor_, RecordId(file.id, 1)))["external_billing_id"],
            "INV-9");
  EXPECT_EQ(Reload(file.id).counts, (RecordCounts{.all = 2, .valid = 2, .closed = 2, .billed = 2}));
}

TEST_F(UsageLifeTest, RecordsAreClosedEachForItself) {
  const UsageFile file = InState(FileState::kAccepted);
  const UsageFile pending = InState(FileState::kPending);
  const auto report = closing_->CloseRecords(distributor_, kOrigin,
                                             {{1, RecordId(file.id, 1), "INV-1", ""},
                                              {2, RecordId(pending.id, 1), "INV-2", ""},
                                              {3, "UR-2026-01-0000-0000-0000-0001", "INV-3", ""},
                                              {4, RecordId(file.id, 2), "INV-4", ""}});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->closed, 2);
  EXPECT_THAT(report->results[1].fault, HasSubstr("'reconcile' is not possible for a pending"));
  EXPECT_THAT(report->results[2].fault, HasSubstr("does not exist"));
  EXPECT_EQ(Reload(file.id).status, FileState::kClosed);
  const auto denied =
      closing_->CloseRecords(vendor_, kOrigin, {{1, RecordId(file.id, 1), "INV-1", ""}});
  ASSERT_TRUE(denied);
  EXPECT_THAT(denied->results[0].fault, HasSubstr("not for the role vendor"));
}

TEST_F(UsageLifeTest, ADeletedFileLeavesNothing) {
  const UsageFile file = InState(FileState::kReady);
  ASSERT_TRUE(std::filesystem::exists(directory_->path() / "usage" / file.id));
  ASSERT_TRUE(service_->Delete(vendor_, kOrigin, file.id));
  for (const char* table :
       {"usage_files", "usage_records", "usage_loads", "usage_totals", "usage_categories"}) {
    EXPECT_EQ(*Count(table), 0) << table;
  }
  EXPECT_FALSE(std::filesystem::exists(directory_->path() / "usage" / file.id));
  EXPECT_THAT(*uploads_->Discarded(), IsEmpty());
}

TEST_F(UsageLifeTest, AHostThatDiesWhileItDeletesLeavesTheFileOrNothing) {
  const UsageFile kept = InState(FileState::kReady);
  ASSERT_TRUE(uploads_->Discard(kept.id));    // before its transaction was committed
  ASSERT_TRUE(uploads_->Discard("UF-gone"));  // nothing there
  ASSERT_TRUE(MakeDirectories(directory_->path() / "usage" / ".deleted" / "UF-gone"));
  ASSERT_TRUE(service_->Recover());
  EXPECT_TRUE(service_->OpenUpload(vendor_, kept.id));
  EXPECT_THAT(*uploads_->Discarded(), IsEmpty());
}

TEST_F(UsageLifeTest, JudgingNeedsANote) {
  const UsageFile file = InState(FileState::kPending);
  EXPECT_EQ(service_->Accept(distributor_, kOrigin, file.id, "").error().code, Code::kInvalid);
  EXPECT_EQ(service_->Reject(distributor_, kOrigin, file.id, std::string(201, 'x')).error().code,
            Code::kInvalid);
  EXPECT_EQ(Reload(file.id).status, FileState::kPending);
}

// With the reader and the validator behind it.
class SheetTest : public UsageTest {
 protected:
  UsageFile Process(std::string_view id, std::string_view sheet) {
    SheetSource source;
    UsageService service(*database_, *uploads_, source, clock_,
                         {.host_id = "h", .is_gone = [](std::string_view) { return false; }});
    const UniqueFd fd(OpenText(sheet));
    const auto sent = service.Upload(vendor_, kOrigin, id, {.name = "a.csv", .fd = fd.get()});
    EXPECT_TRUE(sent) << sent.error().message;
    const auto done = service.Process(id);
    EXPECT_TRUE(done) << done.error().message;
    return done.value_or(UsageFile{});
  }
};

TEST_F(SheetTest, ACsvFileIsReadCheckedAndStored) {
  const UsageFile file = Draft();
  const UsageFile done = Process(
      file.id,
      "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
      "asset_search_criteria,asset_search_value,v.color\n"
      "r1,item.mpn,OC-CPU-H,12.25,2026-11-01 00:00:00,2026-11-02 00:00:00,asset.id,"
      "AS-1000-2000-0001,blue\n"
      "r2,item.local_id,ram,0.00000001,2026-11-01,2026-11-02,parameter.tenant_id,tenant-002,\n");
  ASSERT_EQ(done.status, FileState::kReady) << done.error_detail;
  const auto records = Records(vendor_, "ordering(record_id)");
  ASSERT_THAT(records, SizeIs(2));
  EXPECT_EQ(records[0]["usage"], "12.25");
  EXPECT_EQ(records[0]["params"]["v.color"], "blue");
  EXPECT_EQ(records[0]["start_date"], "2026-11-01T00:00:00+00:00");
  EXPECT_EQ(records[1]["usage"], "0.00000001");
  EXPECT_EQ(records[1]["item"]["id"], "PRD-100-200-300-0002");
  EXPECT_EQ(records[1]["asset"]["id"], "AS-1000-2000-0002");
}

TEST_F(SheetTest, AllErrorsOfARecordAreKept) {
  const UsageFile file = Draft();
  const UsageFile done = Process(
      file.id,
      "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
      "asset_search_criteria,asset_search_value\n"
      "r1,item.mpn,NONE,1.234,2026-11-01,2026-11-02,asset.id,AS-0\n");
  EXPECT_EQ(done.status, FileState::kInvalid);
  const auto records = Records(vendor_, "");
  ASSERT_THAT(records, SizeIs(1));
  EXPECT_EQ(records[0]["status"], "invalid");
  EXPECT_GE(records[0]["errors"].size(), 2U);
  EXPECT_EQ(records[0]["errors"][0]["code"], "USG_011");
  EXPECT_EQ(records[0]["errors"][0]["raw_value"], "NONE");
  EXPECT_TRUE(records[0]["item"].is_null());
}

TEST_F(SheetTest, AWrongHeaderIsTheFilesFault) {
  const UsageFile file = Draft();
  const UsageFile done = Process(file.id, "record_id,what\nr1,2\n");
  EXPECT_EQ(done.status, FileState::kInvalid);
  EXPECT_THAT(done.error_detail, testing::StartsWith("USG_05"));
  EXPECT_EQ(*Count("usage_records"), 0);
}

TEST_F(SheetTest, ItemsThatAFileBringsAreCreatedWhenAllRecordsAreValid) {
  CreateFile request = NewFile("PRD-100-200-301");
  request.currency = "EUR";
  const auto file = service_->Create(vendor_, kOrigin, request);
  ASSERT_TRUE(file);
  const std::string header =
      "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
      "asset_search_criteria,asset_search_value,amount,tier,v.region,item_name,item_unit,item_mpn,"
      "item_precision\n";
  const std::string good =
      "n1,item.mpn,OS-SNAP,2.5,2026-11-01,2026-11-02,asset.id,AS-1000-2000-0003,10.10,0,north,"
      "Snapshots,GB,OS-SNAP,decimal(2)\n";
  const std::string bad =
      "n2,item.mpn,OS-SNAP,2.5,2026-11-01,2026-11-02,asset.id,AS-0,10.10,0,north,Snapshots,GB,"
      "OS-SNAP,decimal(2)\n";
  ASSERT_EQ(Process(file->id, header + good + bad).status, FileState::kInvalid);
  EXPECT_EQ(*Count("items WHERE mpn = 'OS-SNAP'"), 0);
  EXPECT_EQ(*Count("usage_records WHERE item_key < 0"), 0);
  const UsageFile done = Process(file->id, header + good);
  ASSERT_EQ(done.status, FileState::kReady) << done.error_detail << Records(vendor_, "")[0];
  const auto records = Records(vendor_, "");
  EXPECT_EQ(records[0]["item"]["id"], "PRD-100-200-301-0002");
  EXPECT_EQ(records[0]["item"]["mpn"], "OS-SNAP");
  EXPECT_EQ(records[0]["tier"], 0);
  EXPECT_EQ(*Count("usage_totals t JOIN items i ON i.key = t.item_key"), 1);
}

// Submitted and accepted by the distributor, of a product with amounts.
class AggregateTest : public SheetTest {
 protected:
  void Accept(const std::string& product, const std::string& currency, const std::string& text) {
    CreateFile request = NewFile(product);
    request.currency = currency;
    const auto file = service_->Create(vendor_, kOrigin, request);
    ASSERT_TRUE(file) << file.error().message;
    const UsageFile done = Process(file->id, kHeader + text);
    ASSERT_EQ(done.status, FileState::kReady) << done.error_detail;
    ASSERT_TRUE(service_->Submit(vendor_, kOrigin, file->id));
    ASSERT_TRUE(service_->Accept(distributor_, kOrigin, file->id, "yes"));
  }
  static std::string Row(const std::string& id, const std::string& amount,
                         const std::string& tier) {
    return fmt::format(
        "{},item.mpn,OS-GB,10,2026-11-01,2026-11-02,asset.id,AS-1000-2000-0003,{},{},north\n", id,
        amount, tier);
  }

  const std::string kHeader =
      "record_id,item_search_criteria,item_search_value,quantity,start_time_utc,end_time_utc,"
      "asset_search_criteria,asset_search_value,amount,tier,v.region\n";
};

TEST_F(AggregateTest, AQuantityOfSeveralTiersCountsOnce) {
  Accept("PRD-100-200-301", "EUR", Row("t2", "1", "2") + Row("t0", "3", "0") + Row("t1", "2", "1"));
  const auto sums = ListAggregates(*database_, vendor_, "");
  ASSERT_TRUE(sums) << sums.error().message;
  ASSERT_THAT(sums->objects, SizeIs(1));
  const Json& sum = sums->objects[0];
  EXPECT_EQ(sum["consumed"], "10");
  EXPECT_EQ(sum["accepted"], "10");
  EXPECT_TRUE(sum["amount"].is_null());
  EXPECT_EQ(sum["tiers"], Json::parse(R"([{"tier": 0, "amount": "3"}, {"tier": 1, "amount": "2"},
                            {"tier": 2, "amount": "1"}])"));
  EXPECT_EQ(*Count("usage_totals"), 3);
  const auto chunks = ListChunks(*database_, distributor_, "");
  ASSERT_THAT(chunks->objects, SizeIs(1));
  EXPECT_EQ(chunks->objects[0]["records"]["all"], 3);
}

TEST_F(AggregateTest, CurrenciesAreNeverAddedUp) {
  Accept("PRD-100-200-301", "EUR", Row("e0", "100.10", "0"));
  Accept("PRD-100-200-301", "USD", Row("u0", "7.01", "0"));
  Accept("PRD-100-200-301", "EUR", Row("e1", "0.05", "0"));
  const auto sums = ListAggregates(*database_, vendor_, "");
  ASSERT_TRUE(sums) << sums.error().message;
  ASSERT_THAT(sums->objects, SizeIs(2));
  EXPECT_EQ(sums->objects[0]["currency"], "EUR");
  EXPECT_EQ(sums->objects[0]["tiers"][0]["amount"], "100.15");
  EXPECT_EQ(sums->objects[0]["consumed"], "20");
  EXPECT_EQ(sums->objects[1]["currency"], "USD");
  EXPECT_EQ(sums->objects[1]["tiers"][0]["amount"], "7.01");
  EXPECT_EQ(ListAggregates(*database_, vendor_, "currency=USD")->total, 1);
  InState(FileState::kAccepted);  // of schema QT, over two assets
  EXPECT_EQ(ListAggregates(*database_, vendor_, "currency=null()")->total, 2);
}

}  // namespace
}  // namespace carrel::usage
