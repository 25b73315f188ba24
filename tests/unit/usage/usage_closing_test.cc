// Accepted files: chunks of each hub, reconciliations, and the end of records.
#include "runtime/usage/reconciliations.h"
#include "tests/unit/usage/usage_fixture.h"

namespace carrel::usage {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

using UsageClosingTest = UsageTest;

TEST_F(UsageClosingTest, AcceptingMakesAChunkForEachHub) {
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

TEST_F(UsageClosingTest, ARecordStaysInTheChunkOfItsFilesAcceptance) {
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

TEST_F(UsageClosingTest, RowsOfAReconciliationThatContradictThemselvesAreRefused) {
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

TEST_F(UsageClosingTest, AChunkThatItsHubCannotBillIsFailedUntilItIsTriedAgainOrBilled) {
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

TEST_F(UsageClosingTest, EveryReconciliationIsKeptWithWhatItWasRefusedFor) {
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

TEST_F(UsageClosingTest, AReconciliationWithAFaultAppliesNothingUnlessItIsPartial) {
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

TEST_F(UsageClosingTest, RecordsAreClosedEachForItself) {
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

}  // namespace
}  // namespace carrel::usage
