#include "runtime/git/wire.h"

#include <array>

#include "runtime/base/json.h"

namespace carrel::git {
namespace {

constexpr std::array kOperations = {"sync", "tags", "resolve", "export"};
constexpr std::array kAllCodes = {
    Code::kInvalid,     Code::kUsage, Code::kNotFound, Code::kDenied,   Code::kConflict,
    Code::kUnreachable, Code::kLimit, Code::kTimeout,  Code::kProtocol, Code::kSandbox,
    Code::kCancelled,   Code::kIo,    Code::kInternal};

template <typename T = uint64_t>
T Number(const Json& json, const char* key) {
  const auto it = json.find(key);
  return it != json.end() && it->is_number_integer() ? it->get<T>() : T{0};
}

const Json& Member(const Json& json, const char* key) {
  static const Json nothing = Json::object();
  const auto it = json.find(key);
  return it == json.end() ? nothing : *it;
}

Json CredentialsToJson(const Credentials& credentials) {
  if (const auto* password = std::get_if<PasswordCredentials>(&credentials)) {
    return {{"kind", "password"}, {"user", password->user}, {"password", password->password}};
  }
  if (const auto* key = std::get_if<SshKeyCredentials>(&credentials)) {
    return {{"kind", "ssh_key"},
            {"key", key->key},
            {"file", key->file.string()},
            {"passphrase", key->passphrase}};
  }
  if (std::holds_alternative<SshAgentCredentials>(credentials)) return {{"kind", "ssh_agent"}};
  return {{"kind", "none"}};
}

Credentials CredentialsFromJson(const Json& json) {
  const std::string kind = JsonString(json, "kind");
  if (kind == "password") {
    return PasswordCredentials{JsonString(json, "user"), JsonString(json, "password")};
  }
  if (kind == "ssh_key") {
    return SshKeyCredentials{JsonString(json, "key"), JsonString(json, "file"),
                             JsonString(json, "passphrase")};
  }
  if (kind == "ssh_agent") return SshAgentCredentials{};
  return std::monostate{};
}

Json UrlToJson(const RepositoryUrl& url) {
  return {{"scheme", static_cast<int>(url.scheme)},
          {"text", url.text},
          {"user", url.user},
          {"host", url.host},
          {"port", url.port}};
}

RepositoryUrl UrlFromJson(const Json& json) {
  return {static_cast<Scheme>(Number<int>(json, "scheme")), JsonString(json, "text"),
          JsonString(json, "user"), JsonString(json, "host"), Number<int>(json, "port")};
}

}  // namespace

Json ToJson(const Request& request) {
  return {{"operation", kOperations.at(static_cast<size_t>(request.operation))},
          {"parent_pid", request.parent_pid},
          {"url", UrlToJson(request.url)},
          {"mirror", request.mirror.string()},
          {"checkouts", request.checkouts.string()},
          {"memory_bytes", request.memory_bytes},
          {"name", request.name},
          {"credentials", CredentialsToJson(request.source.credentials)},
          {"accept_new", request.source.host_keys == HostKeyPolicy::kAcceptNew},
          {"known_hosts", request.source.known_hosts.string()},
          {"ca_file", request.source.ca_file.string()},
          {"max_bytes", request.sync_limits.max_bytes},
          {"max_objects", request.sync_limits.max_objects},
          {"max_object_bytes", request.sync_limits.max_object_bytes},
          {"export",
           {{"max_files", request.export_limits.max_files},
            {"max_bytes", request.export_limits.max_bytes},
            {"max_file_bytes", request.export_limits.max_file_bytes},
            {"max_depth", request.export_limits.max_depth}}}};
}

Result<Request> RequestFromJson(const Json& json) {
  Request out;
  const std::string operation = JsonString(json, "operation");
  size_t index = 0;
  while (index < kOperations.size() && operation != kOperations.at(index)) ++index;
  if (index == kOperations.size()) {
    return Fail(Code::kProtocol, "git helper: unknown operation \"" + operation + "\"");
  }
  out.operation = static_cast<Operation>(index);
  out.parent_pid = Number<int>(json, "parent_pid");
  out.url = UrlFromJson(Member(json, "url"));
  out.mirror = JsonString(json, "mirror");
  out.checkouts = JsonString(json, "checkouts");
  out.memory_bytes = Number(json, "memory_bytes");
  out.name = JsonString(json, "name");
  out.source.url = out.url.text;
  out.source.credentials = CredentialsFromJson(Member(json, "credentials"));
  out.source.host_keys =
      Member(json, "accept_new") == Json(true) ? HostKeyPolicy::kAcceptNew : HostKeyPolicy::kStrict;
  out.source.known_hosts = JsonString(json, "known_hosts");
  out.source.ca_file = JsonString(json, "ca_file");
  out.sync_limits.max_bytes = Number(json, "max_bytes");
  out.sync_limits.max_objects = Number(json, "max_objects");
  out.sync_limits.max_object_bytes = Number(json, "max_object_bytes");
  const Json& limits = Member(json, "export");
  out.export_limits = {Number(limits, "max_files"), Number(limits, "max_bytes"),
                       Number(limits, "max_file_bytes"), Number<int>(limits, "max_depth")};
  return out;
}

Json ToJson(const SyncProgress& progress) {
  return {{"stage", progress.stage},
          {"received_objects", progress.received_objects},
          {"total_objects", progress.total_objects},
          {"received_bytes", progress.received_bytes}};
}

SyncProgress ProgressFromJson(const Json& json) {
  return {JsonString(json, "stage"), Number(json, "received_objects"),
          Number(json, "total_objects"), Number(json, "received_bytes")};
}

Json ToJson(const SyncReport& report) {
  return {{"received_objects", report.received_objects},
          {"received_bytes", report.received_bytes},
          {"updated_refs", report.updated_refs},
          {"deleted_refs", report.deleted_refs},
          {"default_branch", report.default_branch}};
}

SyncReport ReportFromJson(const Json& json) {
  return {Number(json, "received_objects"), Number(json, "received_bytes"),
          Number(json, "updated_refs"), Number(json, "deleted_refs"),
          JsonString(json, "default_branch")};
}

Json ToJson(const Commit& commit) {
  return {{"id", commit.id},
          {"name", commit.name},
          {"kind", static_cast<int>(commit.kind)},
          {"time", commit.time.time_since_epoch().count()},
          {"tree_id", commit.tree_id}};
}

Commit CommitFromJson(const Json& json) {
  return {JsonString(json, "id"), JsonString(json, "name"),
          static_cast<RefKind>(Number<int>(json, "kind")),
          std::chrono::sys_seconds(std::chrono::seconds(Number<int64_t>(json, "time"))),
          JsonString(json, "tree_id")};
}

Json ToJson(const std::vector<Commit>& commits) {
  Json out = Json::array();
  for (const Commit& commit : commits) out.push_back(ToJson(commit));
  return out;
}

std::vector<Commit> CommitsFromJson(const Json& json) {
  std::vector<Commit> out;
  for (const Json& commit : json) out.push_back(CommitFromJson(commit));
  return out;
}

Json ToJson(const Checkout& checkout) {
  return {{"path", checkout.path.string()},
          {"tree_id", checkout.tree_id},
          {"files", checkout.files},
          {"bytes", checkout.bytes}};
}

Checkout CheckoutFromJson(const Json& json) {
  return {JsonString(json, "path"), JsonString(json, "tree_id"), Number(json, "files"),
          Number(json, "bytes")};
}

Json ToJson(const Error& error) {
  return {{"code", std::string(CodeName(error.code))}, {"message", error.message}};
}

Error ErrorFromJson(const Json& json) {
  Error out{Code::kInternal, JsonString(json, "message")};
  const std::string name = JsonString(json, "code");
  for (const Code code : kAllCodes) {
    if (name == CodeName(code)) out.code = code;
  }
  return out;
}

}  // namespace carrel::git
