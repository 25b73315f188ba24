// Every cell of the state tables, in the tables and through the service.
#include <algorithm>
#include <tuple>

#include "runtime/usage/chunk_state.h"
#include "runtime/usage/state_diagrams.h"
#include "tests/unit/usage/usage_fixture.h"

namespace carrel::usage {
namespace {

using Cell = std::tuple<std::string, std::string>;
using S = FileState;
using A = FileAction;

constexpr std::string_view kVendors = "vendor admin";
constexpr std::string_view kJudges = "distributor reseller rule admin";
constexpr std::string_view kBuyers = "distributor reseller admin";
constexpr std::string_view kClosers = "distributor reseller system admin";

struct Truth {
  std::string_view to;
  std::string_view who;
};

// from, action -> to, who: the whole truth, written out a second time.
const std::map<Cell, Truth> kFileTruth = {
    {{"none", "create"}, {"draft", kVendors}},
    {{"draft", "edit"}, {"draft", kVendors}},
    {{"invalid", "edit"}, {"invalid", kVendors}},
    {{"ready", "edit"}, {"ready", kVendors}},
    {{"rejected", "edit"}, {"rejected", kVendors}},
    {{"draft", "upload"}, {"uploading", kVendors}},
    {{"invalid", "upload"}, {"uploading", kVendors}},
    {{"ready", "upload"}, {"uploading", kVendors}},
    {{"rejected", "upload"}, {"uploading", kVendors}},
    {{"uploading", "abandon"}, {"previous", "system"}},
    {{"uploading", "process"}, {"processing", "system"}},
    {{"processing", "restart"}, {"processing", "system"}},
    {{"processing", "refuse"}, {"invalid", "system"}},
    {{"processing", "pass"}, {"ready", "system"}},
    {{"invalid", "reprocess"}, {"processing", kVendors}},
    {{"ready", "submit"}, {"pending", kVendors}},
    {{"pending", "reject"}, {"rejected", kJudges}},
    {{"pending", "accept"}, {"accepted", kJudges}},
    {{"accepted", "reconcile"}, {"accepted", kBuyers}},
    {{"accepted", "close"}, {"closed", kClosers}},
    {{"closed", "annotate"}, {"closed", kBuyers}},
    {{"draft", "delete"}, {"deleted", kVendors}},
    {{"invalid", "delete"}, {"deleted", kVendors}},
    {{"ready", "delete"}, {"deleted", kVendors}},
};

const std::map<Cell, Truth> kRecordTruth = {
    {{"none", "upload"}, {"uploaded", kVendors}},
    {{"invalid", "upload"}, {"uploaded", kVendors}},
    {{"rejected", "upload"}, {"uploaded", kVendors}},
    {{"uploaded", "validate"}, {"validated", "system"}},
    {{"uploaded", "refuse"}, {"invalid", "system"}},
    {{"validated", "submit"}, {"pending", kVendors}},
    {{"pending", "accept"}, {"accepted", kJudges}},
    {{"pending", "reject"}, {"rejected", kJudges}},
    {{"accepted", "close"}, {"closed", kBuyers}},
    {{"closed", "annotate"}, {"closed", kBuyers}},
};

const std::map<Cell, Truth> kChunkTruth = {
    {{"none", "create"}, {"draft", "system"}}, {{"draft", "prepare"}, {"ready", "system"}},
    {{"ready", "fail"}, {"failed", kBuyers}},  {{"failed", "retry"}, {"ready", kBuyers}},
    {{"ready", "close"}, {"closed", kBuyers}}, {{"failed", "close"}, {"closed", kBuyers}},
};

bool Holds(std::string_view words, std::string_view word) {
  return (" " + std::string(words) + " ").contains(" " + std::string(word) + " ");
}

template <typename State, typename Action>
void WalkEveryCell(int states, int actions, const std::map<Cell, Truth>& truth) {
  size_t found = 0;
  for (int s = 0; s < states; ++s) {
    for (int a = 0; a < actions; ++a) {
      const auto state = static_cast<State>(s);
      const auto action = static_cast<Action>(a);
      const auto row = truth.find({std::string(Name(state)), std::string(Name(action))});
      found += row == truth.end() ? 0 : 1;
      for (const Party party : kEveryParty) {
        SCOPED_TRACE(testing::Message()
                     << Name(state) << " " << Name(action) << " " << Name(party));
        const bool expected = row != truth.end() && Holds(row->second.who, Name(party));
        const auto next = NextState(state, action, party);
        ASSERT_EQ(next.has_value(), expected);
        const auto allowed = AllowedActions(state, party);
        EXPECT_EQ(std::ranges::find(allowed, action) != allowed.end(), expected);
        if (expected) {
          EXPECT_EQ(Name(*next), row->second.to);
        } else {
          EXPECT_EQ(next.error().code, row == truth.end() ? Code::kConflict : Code::kDenied);
        }
      }
    }
  }
  EXPECT_EQ(found, truth.size());
}

TEST(UsageStateTest, EveryCellOfAFileIsAsSpecified) {
  WalkEveryCell<FileState, FileAction>(static_cast<int>(S::kPrevious) + 1,
                                       static_cast<int>(A::kDelete) + 1, kFileTruth);
}

TEST(UsageStateTest, EveryCellOfARecordIsAsSpecified) {
  WalkEveryCell<RecordState, RecordAction>(static_cast<int>(RecordState::kClosed) + 1,
                                           static_cast<int>(RecordAction::kAnnotate) + 1,
                                           kRecordTruth);
}

TEST(UsageStateTest, EveryCellOfAChunkIsAsSpecified) {
  WalkEveryCell<ChunkState, ChunkAction>(static_cast<int>(ChunkState::kFailed) + 1,
                                         static_cast<int>(ChunkAction::kClose) + 1, kChunkTruth);
}

TEST(UsageStateTest, NamesRoundTrip) {
  for (const auto& row : FileTransitions()) {
    EXPECT_EQ(FileStateFromName(Name(row.from)), row.from);
    EXPECT_EQ(FileStateFromName(Name(row.to)), row.to);
  }
  for (const auto& row : RecordTransitions()) {
    EXPECT_EQ(RecordStateFromName(Name(row.from)), row.from);
  }
  for (const auto& row : ChunkTransitions()) {
    EXPECT_EQ(ChunkStateFromName(Name(row.to)), row.to);
  }
  EXPECT_EQ(FileStateFromName("open"), std::nullopt);
}

TEST(UsageStateTest, ThePageInTheDocumentationIsPrintedFromTheTables) {
  const auto page = ReadFile(CARREL_STATES_PAGE);
  ASSERT_TRUE(page) << page.error().message;
  EXPECT_THAT(*page, testing::EndsWith(StatesSections()))
      << "write what StatesSections() prints to the end of " << CARREL_STATES_PAGE;
}

// The actions that a user can ask for, tried on a file in every state by an account of every role.
class EveryCellTest : public UsageTest {
 protected:
  Result<FileState> Try(FileAction action, const catalog::Account& account, const UsageFile& file) {
    const auto state = [](const Result<UsageFile>& done) -> Result<FileState> {
      if (!done) return std::unexpected(done.error());
      return done->status;
    };
    switch (action) {
      case A::kEdit:
        return state(service_->Edit(account, kOrigin, file.id, {.name = "Edited"}));
      case A::kUpload: {
        const UniqueFd fd(OpenText("again"));
        return state(service_->Upload(account, kOrigin, file.id, {.name = "b", .fd = fd.get()}));
      }
      case A::kReprocess:
        return state(service_->Reprocess(account, kOrigin, file.id));
      case A::kSubmit:
        return state(service_->Submit(account, kOrigin, file.id));
      case A::kAccept:
        return state(service_->Accept(account, kOrigin, file.id, "fine"));
      case A::kReject:
        return state(service_->Reject(account, kOrigin, file.id, "not fine"));
      case A::kClose:
        return state(closing_->CloseAll(account, kOrigin, file.id, "INV", ""));
      case A::kReconcile:
      case A::kAnnotate: {
        const auto report = closing_->Reconcile(
            account, kOrigin, file.id, {{1, RecordId(file.id, 1), "INV-7", ""}}, Partial::kNo);
        if (!report) return std::unexpected(report.error());
        EXPECT_EQ(report->refused, 0);
        return Reload(file.id).status;
      }
      default: {
        const Status done = service_->Delete(account, kOrigin, file.id);
        if (!done) return std::unexpected(done.error());
        EXPECT_FALSE(service_->Get(admin_, file.id));
        return S::kDeleted;
      }
    }
  }

  static bool Sees(const catalog::Account& account, FileState state) {
    if (account.role == catalog::Role::kVendor || account.role == catalog::Role::kAdmin) {
      return true;
    }
    return state == S::kPending || state == S::kRejected || state == S::kAccepted ||
           state == S::kClosed;
  }
};

TEST_F(EveryCellTest, ThroughTheService) {
  const FileState states[] = {S::kDraft,   S::kUploading, S::kProcessing, S::kInvalid, S::kReady,
                              S::kPending, S::kRejected,  S::kAccepted,   S::kClosed};
  const FileAction actions[] = {A::kEdit,   A::kUpload, A::kReprocess, A::kSubmit,   A::kAccept,
                                A::kReject, A::kClose,  A::kReconcile, A::kAnnotate, A::kDelete};
  int allowed = 0;
  for (const FileState from : states) {
    for (const FileAction action : actions) {
      for (const auto* account : {&vendor_, &distributor_, &reseller_, &admin_}) {
        const std::string role(catalog::Name(account->role));
        SCOPED_TRACE(testing::Message() << Name(from) << " " << Name(action) << " " << role);
        // One call serves both: it reconciles an accepted file and annotates a closed one.
        if (action == A::kReconcile && from == S::kClosed) continue;
        if (action == A::kAnnotate && from == S::kAccepted) continue;
        const UsageFile file = InState(from);
        ASSERT_EQ(file.status, from);
        const auto row = kFileTruth.find({std::string(Name(from)), std::string(Name(action))});
        const bool expected = row != kFileTruth.end() && Holds(row->second.who, role);
        const auto done = Try(action, *account, file);
        ASSERT_EQ(done.has_value(), expected) << (done ? "" : done.error().message);
        if (expected) {
          ++allowed;
          // An upload is stored by the system at once.
          EXPECT_EQ(Name(*done), action == A::kUpload ? "processing" : row->second.to);
          continue;
        }
        const Code code = !Sees(*account, from)     ? Code::kNotFound
                          : row == kFileTruth.end() ? Code::kConflict
                                                    : Code::kDenied;
        EXPECT_EQ(done.error().code, code) << done.error().message;
        EXPECT_EQ(Reload(file.id).status, from);
      }
    }
  }
  EXPECT_EQ(allowed, 41);
}

TEST_F(EveryCellTest, OnlyAVendorOrAnAdminCreates) {
  EXPECT_TRUE(service_->Create(vendor_, kOrigin, NewFile()));
  EXPECT_TRUE(service_->Create(admin_, kOrigin, NewFile()));
  for (const auto* account : {&distributor_, &reseller_}) {
    const auto file = service_->Create(*account, kOrigin, NewFile());
    ASSERT_FALSE(file);
    EXPECT_EQ(file.error().code, Code::kDenied);
  }
  const auto foreign = service_->Create(other_vendor_, kOrigin, NewFile());
  ASSERT_FALSE(foreign);
  EXPECT_THAT(foreign.error().message,
              testing::HasSubstr("product PRD-100-200-300 does not exist"));
}

TEST_F(EveryCellTest, RecordsFollowTheirFile) {
  struct Expected {
    FileState file;
    std::string_view record;  // as the table says
    std::string_view shown;   // as the API says
  };
  const Expected expected[] = {{S::kReady, "validated", "valid"},
                               {S::kPending, "pending", "valid"},
                               {S::kRejected, "rejected", "rejected"},
                               {S::kAccepted, "accepted", "approved"},
                               {S::kClosed, "closed", "closed"}};
  for (const Expected& row : expected) {
    const UsageFile file = InState(row.file);
    for (const std::string_view name : {row.record, row.shown}) {
      const auto records =
          Records(admin_, "usagefile.id=" + file.id + "&status=" + std::string(name));
      ASSERT_EQ(records.size(), 2U) << name;
      for (const Json& record : records) EXPECT_EQ(record["status"], row.shown);
    }
  }
  const UsageFile file = InState(S::kInvalid);
  const auto records = Records(vendor_, "usagefile.id=" + file.id + "&ordering(record_id)");
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0]["status"], "valid");
  EXPECT_EQ(records[1]["status"], "invalid");
  EXPECT_EQ(records[1]["errors"][0]["code"], "USG_005");
}

}  // namespace
}  // namespace carrel::usage
