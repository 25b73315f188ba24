#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string>
#include <tuple>

#include "runtime/base/files.h"
#include "runtime/report/report_state.h"
#include "runtime/report/repository_state.h"
#include "runtime/report/state_diagrams.h"
#include "runtime/report/template_state.h"

namespace carrel::report {
namespace {

// from, action, role, to: the whole truth, written out a second time.
using Cell = std::tuple<std::string, std::string, std::string>;
using Expected = std::map<Cell, std::string>;

template <typename State, typename Action>
void WalkEveryCell(std::span<const Transition<State, Action>>, std::initializer_list<State> states,
                   std::initializer_list<Action> actions, const Expected& expected) {
  size_t allowed = 0;
  for (const State state : states) {
    for (const Action action : actions) {
      for (const Who who : {Who::kUser, Who::kSchedule, Who::kSystem, Who::kAdmin}) {
        const Cell cell(Name(state), Name(action), Name(who));
        const auto next = NextState(state, action, who);
        const auto found = expected.find(cell);
        const auto listed = AllowedActions(state, who);
        const bool in_list = std::find(listed.begin(), listed.end(), action) != listed.end();
        SCOPED_TRACE(testing::PrintToString(cell));
        EXPECT_EQ(next.has_value(), found != expected.end());
        EXPECT_EQ(in_list, next.has_value());
        if (next && found != expected.end()) {
          EXPECT_EQ(Name(*next), found->second);
          ++allowed;
        }
        if (!next) {
          EXPECT_THAT(next.error().code, testing::AnyOf(Code::kConflict, Code::kDenied));
        }
      }
    }
  }
  EXPECT_EQ(allowed, expected.size());
}

TEST(ReportStateTest, EveryCellIsAsSpecified) {
  using S = ReportState;
  using A = ReportAction;
  WalkEveryCell(ReportTransitions(),
                {S::kNone, S::kPending, S::kDeploying, S::kReady, S::kFailed, S::kDeleted},
                {A::kCreate, A::kClaim, A::kReject, A::kCancel, A::kPublish, A::kFail, A::kRequeue,
                 A::kDownload, A::kDelete},
                {{{"none", "create", "user"}, "pending"},
                 {{"none", "create", "schedule"}, "pending"},
                 {{"none", "create", "admin"}, "pending"},
                 {{"pending", "claim", "system"}, "deploying"},
                 {{"pending", "reject", "system"}, "failed"},
                 {{"pending", "cancel", "admin"}, "failed"},
                 {{"deploying", "publish", "system"}, "ready"},
                 {{"deploying", "fail", "system"}, "failed"},
                 {{"deploying", "requeue", "system"}, "pending"},
                 {{"ready", "download", "user"}, "ready"},
                 {{"ready", "download", "admin"}, "ready"},
                 {{"ready", "delete", "user"}, "deleted"},
                 {{"ready", "delete", "admin"}, "deleted"}});
}

TEST(RepositoryStateTest, EveryCellIsAsSpecified) {
  using S = RepositoryState;
  using A = RepositoryAction;
  Expected expected = {{{"none", "create", "user"}, "configuring"},
                       {{"none", "create", "admin"}, "configuring"},
                       {{"none", "create", "system"}, "configuring"},
                       {{"configuring", "accept", "system"}, "ready"},
                       {{"configuring", "reject", "system"}, "failed"}};
  for (const std::string from : {"ready", "failed"}) {
    for (const std::string who : {"user", "admin"}) {
      expected[{from, "edit", who}] = "configuring";
      expected[{from, "sync", who}] = "configuring";
      expected[{from, "delete", who}] = "deleted";
    }
    expected[{from, "sync", "system"}] = "configuring";
  }
  WalkEveryCell(RepositoryTransitions(),
                {S::kNone, S::kConfiguring, S::kReady, S::kFailed, S::kDeleted},
                {A::kCreate, A::kAccept, A::kReject, A::kEdit, A::kSync, A::kDelete}, expected);
}

TEST(TemplateStateTest, EveryCellIsAsSpecified) {
  using S = TemplateState;
  using A = TemplateAction;
  WalkEveryCell(TemplateTransitions(),
                {S::kNone, S::kEnabled, S::kDisabled, S::kBlocked, S::kDeleted},
                {A::kCreate, A::kDisable, A::kEnable, A::kBlock, A::kUnblock, A::kRemove},
                {{{"none", "create", "system"}, "enabled"},
                 {{"enabled", "disable", "user"}, "disabled"},
                 {{"enabled", "disable", "admin"}, "disabled"},
                 {{"disabled", "enable", "user"}, "enabled"},
                 {{"disabled", "enable", "admin"}, "enabled"},
                 {{"enabled", "block", "system"}, "blocked"},
                 {{"blocked", "unblock", "system"}, "enabled"},
                 {{"enabled", "remove", "system"}, "deleted"},
                 {{"disabled", "remove", "system"}, "deleted"},
                 {{"blocked", "remove", "system"}, "deleted"}});
}

TEST(StateTest, AConflictNamesTheActionsThatAreAllowed) {
  const auto next = NextState(ReportState::kReady, ReportAction::kCancel, Who::kUser);
  EXPECT_EQ(next.error().code, Code::kConflict);
  EXPECT_EQ(next.error().message,
            "'cancel' is not possible for a ready report; possible now: download, delete");
  EXPECT_EQ(NextState(ReportState::kFailed, ReportAction::kDelete, Who::kUser).error().message,
            "'delete' is not possible for a failed report; possible now: nothing");
}

TEST(StateTest, AnActionOfAnotherRoleIsDenied) {
  const auto next = NextState(ReportState::kPending, ReportAction::kCancel, Who::kUser);
  EXPECT_EQ(next.error().code, Code::kDenied);
  EXPECT_EQ(next.error().message, "'cancel' of a pending report is not for the role user");
}

TEST(StateTest, NamesRoundTrip) {
  for (const auto& row : ReportTransitions()) {
    EXPECT_EQ(ReportStateFromName(Name(row.from)), row.from);
    EXPECT_EQ(ReportStateFromName(Name(row.to)), row.to);
  }
  EXPECT_EQ(ReportStateFromName("succeeded"), std::nullopt);
}

TEST(StateTest, ThePageInTheDocumentationIsPrintedFromTheTables) {
  const auto page = ReadFile(CARREL_STATES_PAGE);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(*page, testing::StartsWith(StatesPage()))
      << "write what StatesPage() prints to " << CARREL_STATES_PAGE;
}

}  // namespace
}  // namespace carrel::report
