// What the runtime and its git helper process say to each other: one JSON request in, JSON lines
// out. Both sides use these functions, so that neither can drift.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/git/types.h"
#include "runtime/git/url_policy.h"

namespace carrel::git {

enum class Operation { kSync, kTags, kResolve, kExport };

struct Request {
  Operation operation = Operation::kSync;
  int parent_pid = 0;
  RepositoryUrl url;
  std::filesystem::path mirror;     // the bare repository
  std::filesystem::path checkouts;  // export
  uint64_t memory_bytes = 0;        // address space of the helper; 0 = no limit
  Source source;                    // sync
  SyncLimits sync_limits;           // sync; the deadline is the parent's to keep
  std::string name;                 // resolve: tag, branch, id or ""; export: commit id
  ExportLimits export_limits;       // export
};

nlohmann::json ToJson(const Request& request);
Result<Request> RequestFromJson(const nlohmann::json& json);

nlohmann::json ToJson(const SyncProgress& progress);
SyncProgress ProgressFromJson(const nlohmann::json& json);
nlohmann::json ToJson(const SyncReport& report);
SyncReport ReportFromJson(const nlohmann::json& json);
nlohmann::json ToJson(const Commit& commit);
Commit CommitFromJson(const nlohmann::json& json);
nlohmann::json ToJson(const std::vector<Commit>& commits);
std::vector<Commit> CommitsFromJson(const nlohmann::json& json);
nlohmann::json ToJson(const Checkout& checkout);
Checkout CheckoutFromJson(const nlohmann::json& json);
nlohmann::json ToJson(const Error& error);
Error ErrorFromJson(const nlohmann::json& json);

}  // namespace carrel::git
