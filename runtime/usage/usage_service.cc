#include "runtime/usage/usage_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "runtime/base/exceptions.h"
#include "runtime/base/text.h"
#include "runtime/catalog/products.h"
#include "runtime/query/value.h"
#include "runtime/usage/chunks.h"
#include "runtime/usage/currencies.h"
#include "runtime/usage/rules.h"

namespace carrel::usage {
namespace {

using store::Execute;
using store::Query;
using store::Transaction;

constexpr size_t kLongestName = 100;
constexpr size_t kLongestNote = 200;

size_t Characters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

// Every fault of what a user wrote.
class Faults {
 public:
  void Add(std::string text) { faults_.push_back(std::move(text)); }
  void CheckText(std::string_view field, std::string_view text, size_t most) {
    if (!IsUtf8(text)) return Add(fmt::format("{}: not UTF-8", field));
    if (text.contains('\0')) Add(fmt::format("{}: holds a NUL", field));
    if (Characters(text) > most) {
      Add(fmt::format("{}: {} characters, at most {}", field, Characters(text), most));
    }
  }
  Status Finish() const {
    if (faults_.empty()) return {};
    return Fail(Code::kInvalid, Join(faults_, "\n"));
  }

 private:
  std::vector<std::string> faults_;
};

void CheckTexts(const UsageFile& file, Faults& faults) {
  if (file.name.empty()) faults.Add("name: is missing");
  faults.CheckText("name", file.name, kLongestName);
  faults.CheckText("description", file.description, kLongestNote);
  faults.CheckText("external_id", file.external_id, kLongestNote);
  faults.CheckText("note", file.note, kLongestNote);
  if (file.period_from > file.period_to) faults.Add("period: from is later than to");
}

void CheckCurrency(UsageFile& file, const CreateFile& request, Faults& faults) {
  if (file.schema == "qt" && !request.currency.empty()) {
    faults.Add("currency: a product of schema QT has none");
  } else if (file.schema != "qt" && request.currency.empty()) {
    faults.Add(
        fmt::format("currency: is missing; usage of {} has amounts: expected the ISO 4217 code of "
                    "their currency, like EUR",
                    file.product.value.id));
  } else if (file.schema != "qt" && !IsCurrency(request.currency)) {
    faults.Add(
        fmt::format("currency: '{}' is no ISO 4217 code like EUR", Truncate(request.currency, 10)));
  }
  file.currency = request.currency;
}

Result<KeyedReference> AccountRow(Transaction& transaction, const Reference& account) {
  CARREL_ASSIGN_OR_RETURN(auto row,
                          Query(transaction, "SELECT key FROM accounts WHERE id = ?", account.id));
  CARREL_TRY(row->Step());
  return KeyedReference{row->Integer(0), account};
}

// A fault for what is not found, an error for a broken store.
template <typename Value>
Result<std::optional<Value>> Find(Result<Value> value, std::string_view field, Faults& faults) {
  if (value) return std::optional<Value>(std::move(*value));
  if (value.error().code != Code::kNotFound) return std::unexpected(value.error());
  faults.Add(fmt::format("{}: {}", field, value.error().message));
  return std::nullopt;
}

Status SettleParties(Transaction& transaction, const CreateFile& request, UsageFile& file,
                     Faults& faults) {
  std::optional<Reference> provider, reseller;
  if (!request.contract_id.empty()) {
    CARREL_ASSIGN_OR_RETURN(
        const auto contract,
        Find(catalog::LoadContract(transaction, request.contract_id), "contract", faults));
    if (!contract) return {};
    // That of another vendor does not exist for this one; one that names none is for all.
    const std::string& vendor = file.vendor.value.id;
    if (!vendor.empty() && contract->vendor && contract->vendor->id != vendor) {
      faults.Add(fmt::format("contract: contract {} does not exist", request.contract_id));
      return {};
    }
    if (!request.marketplace_id.empty() && request.marketplace_id != contract->marketplace.id) {
      faults.Add(fmt::format("marketplace: contract {} is of {}", request.contract_id,
                             contract->marketplace.id));
    }
    file.contract = KeyedReference{contract->key, contract->contract};
    file.marketplace = {contract->marketplace_key, contract->marketplace};
    provider = contract->provider;
    reseller = contract->reseller;
  } else if (request.marketplace_id.empty()) {
    faults.Add("contract, marketplace: one of them must be given");
  } else {
    CARREL_ASSIGN_OR_RETURN(
        const auto marketplace,
        Find(catalog::LoadMarketplace(transaction, request.marketplace_id), "marketplace", faults));
    if (!marketplace) return {};
    file.marketplace = {marketplace->key, marketplace->marketplace};
    provider = marketplace->owner;
  }
  if (provider) {
    CARREL_ASSIGN_OR_RETURN(file.provider, AccountRow(transaction, *provider));
  }
  if (reseller) {
    CARREL_ASSIGN_OR_RETURN(file.reseller, AccountRow(transaction, *reseller));
  }
  return {};
}

Result<UsageFile> Settle(Transaction& transaction, const catalog::Account& account,
                         const CreateFile& request) {
  constexpr std::array<std::string_view, 3> kEnvironments = {"test", "preview", "production"};
  Faults faults;
  UsageFile file;
  file.name = request.name;
  file.description = request.description;
  file.external_id = request.external_id;
  file.note = request.note;
  file.environment = request.environment;
  file.period_from = request.period_from;
  file.period_to = request.period_to;
  CheckTexts(file, faults);
  if (std::ranges::find(kEnvironments, file.environment) == kEnvironments.end()) {
    faults.Add("environment: expected test, preview or production");
  }
  CARREL_ASSIGN_OR_RETURN(
      const auto product,
      Find(catalog::LoadProduct(transaction, request.product_id), "product", faults));
  if (product) {
    if (account.role == catalog::Role::kVendor && product->vendor.id != account.id) {
      faults.Add(fmt::format("product: product {} does not exist", request.product_id));
    } else if (product->schema.empty()) {
      faults.Add(fmt::format("product: {} takes no usage", request.product_id));
    } else {
      file.product = {product->key, product->product};
      file.schema = query::FoldCase(product->schema);
      CARREL_ASSIGN_OR_RETURN(file.vendor, AccountRow(transaction, product->vendor));
      CheckCurrency(file, request, faults);
    }
  }
  CARREL_TRY(SettleParties(transaction, request, file, faults));
  CARREL_TRY(faults.Finish());
  return file;
}

// Whether the process that holds the lease works on it.
bool IsUnderWay(FileState state) {
  return state == FileState::kUploading || state == FileState::kProcessing;
}

}  // namespace

Result<UsageFile> AcceptFile(Transaction& transaction, UsageFile file, const Actor& actor,
                             Timestamp now, std::string_view note) {
  file.acceptance_note = note;
  file.record_state = RecordState::kAccepted;
  CARREL_ASSIGN_OR_RETURN(
      file, TakeStep(transaction, std::move(file), {FileAction::kAccept, actor, now, note}));
  CARREL_TRY(catalog::KeepItems(transaction, file.key));
  CARREL_TRY(AddChunks(transaction, file, now));
  return file;
}

Result<UsageFile> RejectFile(Transaction& transaction, UsageFile file, const Actor& actor,
                             Timestamp now, std::string_view note) {
  file.rejection_note = note;
  file.record_state = RecordState::kRejected;
  return TakeStep(transaction, std::move(file), {FileAction::kReject, actor, now, note});
}

Result<UsageFile> UsageService::Create(const catalog::Account& account, std::string_view origin,
                                       const CreateFile& request) {
  const Actor actor = ActorOf(account, origin);
  CARREL_TRY(NextState(FileState::kNone, FileAction::kCreate, actor.party));
  return database_.Write([&](Transaction& transaction) -> Result<UsageFile> {
    CARREL_ASSIGN_OR_RETURN(UsageFile file, Settle(transaction, account, request));
    return InsertFile(transaction, std::move(file), actor, clock_.Now());
  });
}

Result<UsageFile> UsageService::Step(
    const StepRequest& request, const std::function<Status(Transaction&, UsageFile&)>& change) {
  const Actor actor = ActorOf(request.account, request.origin);
  return database_.Write([&](Transaction& transaction) -> Result<UsageFile> {
    CARREL_ASSIGN_OR_RETURN(UsageFile file, LoadVisible(transaction, request.account, request.id));
    CARREL_TRY(NextState(file.status, request.action, actor.party));
    CARREL_TRY(change(transaction, file));
    return TakeStep(transaction, std::move(file),
                    {request.action, actor, clock_.Now(), request.note});
  });
}

Result<UsageFile> UsageService::Edit(const catalog::Account& account, std::string_view origin,
                                     std::string_view id, const EditFile& edit) {
  return Step({account, origin, id, FileAction::kEdit}, [&](Transaction&, UsageFile& file) {
    file.name = edit.name.value_or(file.name);
    file.description = edit.description.value_or(file.description);
    file.external_id = edit.external_id.value_or(file.external_id);
    file.note = edit.note.value_or(file.note);
    file.period_from = edit.period_from.value_or(file.period_from);
    file.period_to = edit.period_to.value_or(file.period_to);
    Faults faults;
    CheckTexts(file, faults);
    return faults.Finish();
  });
}

Result<UsageFile> UsageService::Get(const catalog::Account& account, std::string_view id) {
  return database_.Read(
      [&](Transaction& transaction) { return LoadVisible(transaction, account, id); });
}

Result<UsageFile> UsageService::Upload(const catalog::Account& account, std::string_view origin,
                                       std::string_view id, const Sent& sent) {
  CARREL_ASSIGN_OR_RETURN(const UsageFile file, Step({account, origin, id, FileAction::kUpload},
                                                     [&](Transaction&, UsageFile& row) {
                                                       row.lease_owner = options_.host_id;
                                                       return Status();
                                                     }));
  auto stored = Guarded([&] {
    return uploads_.Store(file.id, sent.name, sent.fd, options_.max_upload_bytes, sent.progress);
  });
  Result<UsageFile> done =
      stored ? database_.Write([&](Transaction& transaction) -> Result<UsageFile> {
        CARREL_ASSIGN_OR_RETURN(UsageFile row, LoadFile(transaction, file.id));
        row.upload = *stored;
        return TakeStep(transaction, std::move(row),
                        {FileAction::kProcess, SystemActor(), clock_.Now()});
      })
             : std::unexpected(stored.error());
  if (done) return done;
  Status back = Abandon(file.id);
  if (back) back = Tidy(file.id);
  if (!back) return Wrap(back.error(), done.error().message);
  return done;
}

Status UsageService::Abandon(std::string_view id) {
  return database_.Write([&](Transaction& transaction) -> Status {
    CARREL_ASSIGN_OR_RETURN(UsageFile file, LoadFile(transaction, id));
    CARREL_TRY(TakeStep(transaction, std::move(file),
                        {FileAction::kAbandon, SystemActor(), clock_.Now()}));
    return {};
  });
}

Result<UsageFile> UsageService::Reprocess(const catalog::Account& account, std::string_view origin,
                                          std::string_view id) {
  return Step({account, origin, id, FileAction::kReprocess}, [&](Transaction&, UsageFile& file) {
    file.lease_owner = options_.host_id;
    return Status();
  });
}

Result<UsageFile> UsageService::Process(std::string_view id, const LoadProgress& progress) {
  CARREL_ASSIGN_OR_RETURN(const UsageFile before, database_.Read([&](Transaction& transaction) {
    return LoadFile(transaction, id);
  }));
  CARREL_TRY(NextState(before.status, FileAction::kPass, Party::kSystem));
  const auto read = [&] { return Guarded([&] { return ReadAndPublish(before, progress); }); };
  auto done = read();
  // Somebody else created an item that this file brings, or removed one that it uses.
  if (!done && done.error().code == Code::kConflict) done = read();
  if (!done) {
    const Code code = done.error().code;
    // As after a restore of the database alone.
    const bool is_gone = code == Code::kNotFound && !uploads_.Open(before.id, before.upload.stored);
    if (code != Code::kInvalid && code != Code::kLimit && !is_gone) return done;
    done = RefuseWhole(before, is_gone ? Error{code, "the stored spreadsheet is gone: upload again"}
                                       : done.error());
    CARREL_TRY(done);
  }
  CARREL_TRY(Tidy(id));
  return done;
}

Result<UsageFile> UsageService::ReadAndPublish(const UsageFile& file,
                                               const LoadProgress& progress) {
  CARREL_ASSIGN_OR_RETURN(const auto unfinished, database_.Read([&](Transaction& transaction) {
    return OtherLoads(transaction, file);
  }));
  for (const int64_t load : unfinished) CARREL_TRY(RemoveLoadInSteps(database_, load));
  CARREL_ASSIGN_OR_RETURN(const auto load, RecordLoad::Begin(database_, file, progress));
  CARREL_ASSIGN_OR_RETURN(const std::string remark,
                          source_.Read({file, uploads_.PathOf(file.id, file.upload.stored),
                                        file.upload.name, database_},
                                       *load));
  if (load->counts().all == 0) return Fail(Code::kInvalid, "the spreadsheet has no records");
  CARREL_TRY(load->Flush());
  return database_.Write(
      [&](Transaction& transaction) { return Publish(transaction, *load, remark); });
}

Result<UsageFile> UsageService::Publish(Transaction& transaction, RecordLoad& load,
                                        std::string_view remark) {
  CARREL_ASSIGN_OR_RETURN(UsageFile file, LoadFile(transaction, load.file_id()));
  CARREL_TRY(NextState(file.status, FileAction::kPass, Party::kSystem));
  CARREL_TRY(load.Publish(transaction));
  file.load = load.key();
  file.counts = load.counts();
  file.record_state = RecordState::kValidated;
  const int64_t invalid = file.counts.all - file.counts.valid;
  file.error_detail =
      invalid == 0 ? ""
                   : Truncate(fmt::format("{} of {} records are invalid{}{}", invalid,
                                          file.counts.all, remark.empty() ? "" : "; ", remark),
                              kLongestNote);
  const FileAction action = invalid == 0 ? FileAction::kPass : FileAction::kRefuse;
  return TakeStep(transaction, std::move(file), {action, SystemActor(), clock_.Now()});
}

Result<UsageFile> UsageService::RefuseWhole(const UsageFile& before, const Error& error) {
  return database_.Write([&](Transaction& transaction) -> Result<UsageFile> {
    CARREL_ASSIGN_OR_RETURN(UsageFile file, LoadFile(transaction, before.id));
    file.load = 0;
    file.counts = {};
    file.error_detail = Truncate(ToUtf8(error.message), kLongestNote);
    return TakeStep(transaction, std::move(file),
                    {FileAction::kRefuse, SystemActor(), clock_.Now()});
  });
}

Status UsageService::Tidy(std::string_view id) {
  const auto is_ours = [&](const UsageFile& file) {
    return file.lease_owner == options_.host_id && !IsUnderWay(file.status);
  };
  std::vector<int64_t> loads;
  // With the writer's lock: no upload can begin and lose its spreadsheet.
  CARREL_TRY(database_.Write(
      [&](Transaction& transaction) -> Status {
        CARREL_ASSIGN_OR_RETURN(const UsageFile file, LoadFile(transaction, id));
        if (!is_ours(file)) return {};
        CARREL_ASSIGN_OR_RETURN(loads, OtherLoads(transaction, file));
        return uploads_.Keep(file.id, {file.upload.stored, file.reconciliation});
      },
      store::Access::kWriteSoon));
  for (const int64_t load : loads) CARREL_TRY(RemoveLoadInSteps(database_, load));
  return database_.Write(
      [&](Transaction& transaction) -> Status {
        CARREL_ASSIGN_OR_RETURN(const UsageFile file, LoadFile(transaction, id));
        if (!is_ours(file)) return {};
        CARREL_TRY(Execute(transaction, "UPDATE usage_files SET lease_owner = NULL WHERE key = ?",
                           file.key));
        return {};
      },
      store::Access::kWriteSoon);
}

Result<UsageFile> UsageService::Submit(const catalog::Account& account, std::string_view origin,
                                       std::string_view id) {
  const Actor actor = ActorOf(account, origin);
  return database_.Write([&](Transaction& transaction) -> Result<UsageFile> {
    CARREL_ASSIGN_OR_RETURN(UsageFile file, LoadVisible(transaction, account, id));
    CARREL_TRY(NextState(file.status, FileAction::kSubmit, actor.party));
    if (file.environment == "preview") {
      return Fail(Code::kConflict,
                  "'submit' is not possible for a preview: it stays with the "
                  "vendor; possible now: edit, upload, delete");
    }
    const Timestamp now = clock_.Now();
    file.record_state = RecordState::kPending;
    file.rejection_note.clear();
    CARREL_ASSIGN_OR_RETURN(
        file, TakeStep(transaction, std::move(file), {FileAction::kSubmit, actor, now}));
    CARREL_ASSIGN_OR_RETURN(const Verdict verdict, JudgeByRules(transaction, file));
    if (verdict.action == RuleAction::kManual) return file;
    return verdict.action == RuleAction::kAccept
               ? AcceptFile(transaction, std::move(file), RuleActor(), now, verdict.note)
               : RejectFile(transaction, std::move(file), RuleActor(), now, verdict.note);
  });
}

Result<UsageFile> UsageService::Judge(const StepRequest& request) {
  Faults faults;
  if (request.note.empty()) faults.Add("note: is missing");
  faults.CheckText("note", request.note, kLongestNote);
  const Actor actor = ActorOf(request.account, request.origin);
  return database_.Write([&](Transaction& transaction) -> Result<UsageFile> {
    CARREL_ASSIGN_OR_RETURN(UsageFile file, LoadVisible(transaction, request.account, request.id));
    CARREL_TRY(NextState(file.status, request.action, actor.party));
    CARREL_TRY(faults.Finish());
    const auto judge = request.action == FileAction::kAccept ? AcceptFile : RejectFile;
    return judge(transaction, std::move(file), actor, clock_.Now(), request.note);
  });
}

Result<UsageFile> UsageService::Accept(const catalog::Account& account, std::string_view origin,
                                       std::string_view id, std::string_view note) {
  return Judge({account, origin, id, FileAction::kAccept, note});
}

Result<UsageFile> UsageService::Reject(const catalog::Account& account, std::string_view origin,
                                       std::string_view id, std::string_view note) {
  return Judge({account, origin, id, FileAction::kReject, note});
}

Status UsageService::Delete(const catalog::Account& account, std::string_view origin,
                            std::string_view id) {
  const Actor actor = ActorOf(account, origin);
  const Status removed = database_.Write([&](Transaction& transaction) -> Status {
    CARREL_ASSIGN_OR_RETURN(const UsageFile file, LoadVisible(transaction, account, id));
    CARREL_TRY(NextState(file.status, FileAction::kDelete, actor.party));
    CARREL_ASSIGN_OR_RETURN(const auto others, OtherLoads(transaction, file));
    for (const int64_t load : others) CARREL_TRY(RemoveLoad(transaction, load));
    CARREL_TRY(RemoveLoad(transaction, file.load));
    CARREL_TRY(catalog::RemoveItems(transaction, file.key));
    CARREL_TRY(Execute(transaction, "DELETE FROM usage_files WHERE key = ?", file.key));
    CARREL_TRY(Execute(
        transaction,
        "INSERT INTO audit (at, object_id, action, from_status, to_status, actor_id, actor_name, "
        "origin, note) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '')",
        static_cast<int64_t>(clock_.Now().time_since_epoch().count()), file.id,
        Name(FileAction::kDelete), Name(file.status), Name(FileState::kDeleted), actor.account.id,
        actor.account.name, actor.origin));
    return uploads_.Discard(file.id);
  });
  if (removed) return uploads_.Purge(id);
  CARREL_TRY(RecoverDeleted());
  return removed;
}

Result<Download> UsageService::OpenUpload(const catalog::Account& account, std::string_view id) {
  CARREL_ASSIGN_OR_RETURN(const UsageFile file, Get(account, id));
  if (file.upload.stored.empty()) {
    return Fail(Code::kNotFound, fmt::format("usage file {} has no spreadsheet yet", id));
  }
  CARREL_ASSIGN_OR_RETURN(UniqueFd fd, uploads_.Open(file.id, file.upload.stored));
  return Download{std::move(fd), file.upload.name};
}

Result<std::optional<UsageFile>> UsageService::TakeOver(Transaction& transaction,
                                                        std::string_view id) {
  auto found = LoadFile(transaction, id);
  if (!found && found.error().code == Code::kNotFound) return std::nullopt;
  CARREL_ASSIGN_OR_RETURN(UsageFile file, std::move(found));
  // Another process may have been quicker.
  const bool is_left =
      file.lease_owner.empty() ? IsUnderWay(file.status) : options_.is_gone(file.lease_owner);
  if (!is_left) return std::nullopt;
  file.lease_owner = options_.host_id;
  if (!IsUnderWay(file.status)) {
    CARREL_TRY(Execute(transaction, "UPDATE usage_files SET lease_owner = ? WHERE key = ?",
                       file.lease_owner, file.key));
    return file;
  }
  const FileAction action =
      file.status == FileState::kUploading ? FileAction::kAbandon : FileAction::kRestart;
  return TakeStep(transaction, std::move(file), {action, SystemActor(), clock_.Now()});
}

// What was discarded by a host that died before its transaction was committed is brought back.
Status UsageService::RecoverDeleted() {
  CARREL_ASSIGN_OR_RETURN(const auto discarded, uploads_.Discarded());
  for (const std::string& id : discarded) {
    // With the writer's lock: whoever discarded it is done, or gone.
    const auto settle = [&](Transaction& transaction) -> Status {
      const auto file = LoadFile(transaction, id);
      if (file) return uploads_.Restore(id);
      if (file.error().code != Code::kNotFound) return std::unexpected(file.error());
      return uploads_.Purge(id);
    };
    CARREL_TRY(database_.Write(settle, store::Access::kWriteSoon));
  }
  return {};
}

Result<std::vector<std::string>> UsageService::Recover() {
  CARREL_TRY(RecoverDeleted());
  std::vector<std::string> left;
  const Status found_all = database_.Read([&](Transaction& transaction) -> Status {
    CARREL_ASSIGN_OR_RETURN(
        auto rows, Query(transaction,
                         "SELECT id, lease_owner FROM usage_files WHERE lease_owner IS NOT NULL "
                         "OR status IN ('uploading', 'processing')"));
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) return {};
      if (rows->IsNull(1) || options_.is_gone(rows->Text(1))) left.emplace_back(rows->Text(0));
    }
  });
  CARREL_TRY(found_all);
  std::vector<std::string> again;
  for (const std::string& id : left) {
    const auto file =
        database_.Write([&](Transaction& transaction) { return TakeOver(transaction, id); });
    if (!file) return std::unexpected(file.error());
    if (!*file) continue;
    if ((*file)->status == FileState::kProcessing) {
      again.push_back(id);
    } else {
      CARREL_TRY(Tidy(id));
    }
  }
  return again;
}

}  // namespace carrel::usage
