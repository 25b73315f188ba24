#include "runtime/usage/file_state.h"

#include <array>
#include <utility>

namespace carrel::usage {
namespace {

using State = FileState;
using Action = FileAction;

constexpr auto kByVendor = By(Party::kVendor, Party::kAdmin);
constexpr auto kBySystem = By(Party::kSystem);
constexpr auto kByBuyer = By(Party::kDistributor, Party::kReseller, Party::kAdmin);
constexpr auto kByJudge = By(Party::kDistributor, Party::kReseller, Party::kRule, Party::kAdmin);
constexpr auto kByCloser = By(Party::kDistributor, Party::kReseller, Party::kSystem, Party::kAdmin);

constexpr std::string_view kUploaded = "a spreadsheet is sent; one that is there is replaced";
constexpr std::string_view kEdited = "name, descriptions and period";
constexpr std::string_view kDeletedBy = "its records and files are removed";

constexpr auto kTable = std::to_array<FileTransition>({
    {State::kNone, Action::kCreate, State::kDraft, kByVendor, "product and contract are known"},
    {State::kDraft, Action::kEdit, State::kDraft, kByVendor, kEdited},
    {State::kInvalid, Action::kEdit, State::kInvalid, kByVendor, kEdited},
    {State::kReady, Action::kEdit, State::kReady, kByVendor, kEdited},
    {State::kRejected, Action::kEdit, State::kRejected, kByVendor, kEdited},
    {State::kDraft, Action::kUpload, State::kUploading, kByVendor, kUploaded},
    {State::kInvalid, Action::kUpload, State::kUploading, kByVendor, kUploaded},
    {State::kReady, Action::kUpload, State::kUploading, kByVendor, kUploaded},
    {State::kRejected, Action::kUpload, State::kUploading, kByVendor, kUploaded},
    {State::kUploading, Action::kAbandon, State::kPrevious, kBySystem,
     "the upload broke off: back to where it was"},
    {State::kUploading, Action::kProcess, State::kProcessing, kBySystem,
     "the spreadsheet is stored whole"},
    {State::kProcessing, Action::kRestart, State::kProcessing, kBySystem,
     "its host is gone: it is read again"},
    {State::kProcessing, Action::kRefuse, State::kInvalid, kBySystem,
     "an unreadable spreadsheet, or any invalid record"},
    {State::kProcessing, Action::kPass, State::kReady, kBySystem, "every record is valid"},
    {State::kInvalid, Action::kReprocess, State::kProcessing, kByVendor,
     "the catalogue has changed: the same spreadsheet is read again"},
    {State::kReady, Action::kSubmit, State::kPending, kByVendor, "not for a preview"},
    {State::kPending, Action::kReject, State::kRejected, kByJudge, "with a note"},
    {State::kPending, Action::kAccept, State::kAccepted, kByJudge, "with a note"},
    {State::kAccepted, Action::kReconcile, State::kAccepted, kByBuyer,
     "some records get a billing id"},
    {State::kAccepted, Action::kClose, State::kClosed, kByCloser, "every record has a billing id"},
    {State::kClosed, Action::kAnnotate, State::kClosed, kByBuyer,
     "billing id and note of a record"},
    {State::kDraft, Action::kDelete, State::kDeleted, kByVendor, kDeletedBy},
    {State::kInvalid, Action::kDelete, State::kDeleted, kByVendor, kDeletedBy},
    {State::kReady, Action::kDelete, State::kDeleted, kByVendor, kDeletedBy},
});

constexpr std::array kStateNames = {
    std::pair{State::kNone, std::string_view("none")},
    std::pair{State::kDraft, std::string_view("draft")},
    std::pair{State::kUploading, std::string_view("uploading")},
    std::pair{State::kProcessing, std::string_view("processing")},
    std::pair{State::kInvalid, std::string_view("invalid")},
    std::pair{State::kReady, std::string_view("ready")},
    std::pair{State::kPending, std::string_view("pending")},
    std::pair{State::kRejected, std::string_view("rejected")},
    std::pair{State::kAccepted, std::string_view("accepted")},
    std::pair{State::kClosed, std::string_view("closed")},
    std::pair{State::kDeleted, std::string_view("deleted")},
    std::pair{State::kPrevious, std::string_view("previous")},
};

constexpr std::array kActionNames = {
    std::pair{Action::kCreate, std::string_view("create")},
    std::pair{Action::kEdit, std::string_view("edit")},
    std::pair{Action::kUpload, std::string_view("upload")},
    std::pair{Action::kAbandon, std::string_view("abandon")},
    std::pair{Action::kProcess, std::string_view("process")},
    std::pair{Action::kRestart, std::string_view("restart")},
    std::pair{Action::kRefuse, std::string_view("refuse")},
    std::pair{Action::kPass, std::string_view("pass")},
    std::pair{Action::kReprocess, std::string_view("reprocess")},
    std::pair{Action::kSubmit, std::string_view("submit")},
    std::pair{Action::kAccept, std::string_view("accept")},
    std::pair{Action::kReject, std::string_view("reject")},
    std::pair{Action::kReconcile, std::string_view("reconcile")},
    std::pair{Action::kClose, std::string_view("close")},
    std::pair{Action::kAnnotate, std::string_view("annotate")},
    std::pair{Action::kDelete, std::string_view("delete")},
};

}  // namespace

std::string_view Name(FileState state) { return NameIn(kStateNames, state); }
std::string_view Name(FileAction action) { return NameIn(kActionNames, action); }

std::optional<FileState> FileStateFromName(std::string_view name) {
  return ValueNamed(kStateNames, name);
}

std::span<const FileTransition> FileTransitions() { return kTable; }

Result<FileState> NextState(FileState state, FileAction action, Party who) {
  return StateAfter(std::span<const FileTransition>(kTable), "usage file", state, action, who);
}

std::vector<FileAction> AllowedActions(FileState state, Party who) {
  return ActionsIn(std::span<const FileTransition>(kTable), state, who);
}

}  // namespace carrel::usage
