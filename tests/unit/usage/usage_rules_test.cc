// Rules that judge what is submitted.
#include "runtime/catalog/products.h"
#include "runtime/usage/rules.h"
#include "tests/unit/usage/usage_fixture.h"

namespace carrel::usage {
namespace {

using testing::HasSubstr;

class UsageRulesTest : public UsageTest {
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
};

TEST_F(UsageRulesTest, RulesJudgeInTheirOrder) {
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

TEST_F(UsageRulesTest, RulesWithFaultsAreRefused) {
  const auto rules = RulesFromJson(*ParseJson(
      R"j([{"action": "accept", "scope": "record", "rule": "usage=x"},
           {"action": "allow", "scope": "record", "rule": ""},
           {"action": "accept", "scope": "file", "rule": "usage=1"}])j"));
  ASSERT_FALSE(rules);
  EXPECT_THAT(rules.error().message, HasSubstr("rule 1: query: character 1, eq(usage, ...): 'x'"));
  EXPECT_THAT(rules.error().message, HasSubstr("rule 2: action: expected accept"));
  EXPECT_THAT(rules.error().message, HasSubstr("rule 3: query: character 1, eq(usage, ...): no"));
}

}  // namespace
}  // namespace carrel::usage
