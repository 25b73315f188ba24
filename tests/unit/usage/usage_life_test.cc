// Usage files from creation to their end.
#include "tests/unit/usage/usage_fixture.h"

namespace carrel::usage {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;

class UsageLifeTest : public UsageTest {
 protected:
  std::string Fault(const CreateFile& request) {
    const auto file = service_->Create(vendor_, kOrigin, request);
    return file ? "none" : file.error().message;
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
  EXPECT_EQ(
      Fault(request),
      "currency: is missing; usage of PRD-100-200-301 has amounts: expected the ISO 4217 code "
      "of their currency, like EUR");
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

TEST_F(UsageLifeTest, JudgingNeedsANote) {
  const UsageFile file = InState(FileState::kPending);
  EXPECT_EQ(service_->Accept(distributor_, kOrigin, file.id, "").error().code, Code::kInvalid);
  EXPECT_EQ(service_->Reject(distributor_, kOrigin, file.id, std::string(201, 'x')).error().code,
            Code::kInvalid);
  EXPECT_EQ(Reload(file.id).status, FileState::kPending);
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

}  // namespace
}  // namespace carrel::usage
