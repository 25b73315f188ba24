#include <fcntl.h>
#include <fmt/format.h>
#include <git2.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <string>

#include "runtime/base/files.h"
#include "runtime/base/text.h"
#include "runtime/git/checkout_writer.h"
#include "runtime/git/handles.h"
#include "runtime/git/known_hosts.h"
#include "runtime/git/operations.h"

namespace carrel::git {
namespace fs = std::filesystem;
namespace {

constexpr const char* kNoDefaultBranch = "refs/carrel/no-default";

// All that the callbacks of one fetch share.
struct Fetch {
  const Request& request;
  const ProgressSink& progress;
  SyncReport report;
  std::optional<Error> verdict;  // set by a callback that stops the fetch
  int credentials_given = 0;
  UniqueFd key_file;

  const std::string& url() const { return request.url.text; }
  int Stop(Code code, std::string message) {
    verdict = Error{code, std::move(message)};
    return GIT_EUSER;
  }
};

// The key never touches a disk: libssh2 reads it from a file that exists in memory only.
Result<std::string> KeyPath(Fetch& fetch, const SshKeyCredentials& key) {
  if (key.key.empty()) return key.file.string();
  fetch.key_file = UniqueFd(::memfd_create("key", MFD_CLOEXEC));
  if (!fetch.key_file) return FailErrno("memfd_create");
  CARREL_TRY(WriteAll(fetch.key_file.get(), key.key));
  if (!key.key.ends_with('\n')) CARREL_TRY(WriteAll(fetch.key_file.get(), "\n"));
  return fmt::format("/proc/self/fd/{}", fetch.key_file.get());
}

int GiveSshCredentials(Fetch& fetch, git_credential** out, unsigned allowed) {
  const Credentials& credentials = fetch.request.source.credentials;
  const std::string& user = fetch.request.url.user;
  if (const auto* key = std::get_if<SshKeyCredentials>(&credentials)) {
    if ((allowed & GIT_CREDENTIAL_SSH_KEY) == 0) {
      return fetch.Stop(Code::kDenied, "the server takes no ssh keys");
    }
    const Result<std::string> path = KeyPath(fetch, *key);
    if (!path) return fetch.Stop(path.error().code, path.error().message);
    if (::access(path->c_str(), R_OK) != 0) {
      return fetch.Stop(Code::kDenied, fmt::format("the ssh key {} cannot be read", *path));
    }
    return git_credential_ssh_key_new(out, user.c_str(), nullptr, path->c_str(),
                                      key->passphrase.c_str());
  }
  if (std::holds_alternative<SshAgentCredentials>(credentials)) {
    return git_credential_ssh_key_from_agent(out, user.c_str());
  }
  const auto* password = std::get_if<PasswordCredentials>(&credentials);
  if (password != nullptr && (allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) != 0) {
    return git_credential_userpass_plaintext_new(out, user.c_str(), password->password.c_str());
  }
  return fetch.Stop(Code::kDenied, "the server asks for an ssh key and none was given");
}

int OnCredentials(git_credential** out, const char*, const char*, unsigned allowed, void* payload) {
  Fetch& fetch = *static_cast<Fetch*>(payload);
  if (allowed == GIT_CREDENTIAL_USERNAME) {
    return git_credential_username_new(out, fetch.request.url.user.c_str());
  }
  if (++fetch.credentials_given > 1) {
    return fetch.Stop(Code::kDenied, "the server refused the credentials");
  }
  if (fetch.request.url.scheme == Scheme::kSsh) return GiveSshCredentials(fetch, out, allowed);
  const auto* password = std::get_if<PasswordCredentials>(&fetch.request.source.credentials);
  if (password == nullptr) {
    return fetch.Stop(Code::kDenied, "the server asks for credentials and none were given");
  }
  if ((allowed & GIT_CREDENTIAL_USERPASS_PLAINTEXT) == 0) {
    return fetch.Stop(Code::kDenied, "the server takes no user and password");
  }
  return git_credential_userpass_plaintext_new(out, password->user.c_str(),
                                               password->password.c_str());
}

int CheckHostKey(Fetch& fetch, const git_cert_hostkey& cert) {
  const RepositoryUrl& url = fetch.request.url;
  const Source& source = fetch.request.source;
  if ((cert.type & GIT_CERT_SSH_RAW) == 0) {
    return fetch.Stop(Code::kDenied, "the server showed no host key");
  }
  const Result<HostKey> key = ParseHostKey({cert.hostkey, cert.hostkey_len});
  if (!key) return fetch.Stop(key.error().code, key.error().message);
  const Result<KnownHosts> known = KnownHosts::Load(source.known_hosts);
  if (!known) return fetch.Stop(known.error().code, known.error().message);
  const std::string shown = fmt::format("host key of {} ({} {})", KnownHostName(url.host, url.port),
                                        key->type, key->base64);
  switch (known->Check(url.host, url.port, *key)) {
    case HostKeyVerdict::kMatch:
      return 0;
    case HostKeyVerdict::kRevoked:
      return fetch.Stop(Code::kDenied, fmt::format("the {} is marked as revoked in {}", shown,
                                                   source.known_hosts.string()));
    case HostKeyVerdict::kChanged:
      return fetch.Stop(Code::kDenied, fmt::format("the {} is not the one in {}", shown,
                                                   source.known_hosts.string()));
    case HostKeyVerdict::kUnknownHost:
      break;
  }
  if (source.host_keys == HostKeyPolicy::kStrict) {
    return fetch.Stop(Code::kDenied, fmt::format("the {} is not in {}; add it there", shown,
                                                 source.known_hosts.string()));
  }
  const Status added = AppendKnownHost(source.known_hosts, url.host, url.port, *key);
  return added ? 0 : fetch.Stop(added.error().code, added.error().message);
}

int OnCertificate(git_cert* cert, int valid, const char* host, void* payload) {
  Fetch& fetch = *static_cast<Fetch*>(payload);
  if (cert->cert_type == GIT_CERT_HOSTKEY_LIBSSH2) {
    return CheckHostKey(fetch, *reinterpret_cast<const git_cert_hostkey*>(cert));
  }
  if (valid != 0) return 0;
  return fetch.Stop(Code::kDenied,
                    fmt::format("the TLS certificate of {} is not trusted", EscapeControls(host)));
}

int OnTransfer(const git_indexer_progress* stats, void* payload) {
  Fetch& fetch = *static_cast<Fetch*>(payload);
  const SyncLimits& limits = fetch.request.sync_limits;
  fetch.report.received_objects = stats->received_objects;
  fetch.report.received_bytes = stats->received_bytes;
  if (stats->total_objects > limits.max_objects) {
    return fetch.Stop(Code::kLimit, fmt::format("the server sends {} objects, more than {}",
                                                stats->total_objects, limits.max_objects));
  }
  if (stats->received_bytes > limits.max_bytes) {
    return fetch.Stop(Code::kLimit,
                      fmt::format("the server sends more than {} bytes", limits.max_bytes));
  }
  const bool complete = stats->received_objects == stats->total_objects;
  fetch.progress({complete ? "indexing" : "receiving", stats->received_objects,
                  stats->total_objects, stats->received_bytes});
  return 0;
}

int OnUpdateTips(const char*, const git_oid*, const git_oid*, void* payload) {
  ++static_cast<Fetch*>(payload)->report.updated_refs;
  return 0;
}

struct Needle {
  std::string_view text;  // in libgit2's message
  Code code;
  std::string_view meaning;
};

// libgit2 has few codes for what can go wrong on a network; its texts tell the rest.
constexpr std::array kNeedles = {
    Needle{"status code: 404", Code::kNotFound, "no such repository"},
    Needle{"status code: 410", Code::kNotFound, "no such repository"},
    Needle{"status code: 401", Code::kDenied, "the server refused the credentials"},
    Needle{"status code: 403", Code::kDenied, "the server refused access"},
    Needle{"does not appear to be a git repository", Code::kNotFound, "no such repository"},
    Needle{"epository not found", Code::kNotFound, "no such repository"},
    Needle{"could not find repository", Code::kNotFound, "no such repository"},
    Needle{"cannot redirect", Code::kDenied,
           "the server redirects elsewhere; give the final url, credentials are not sent on"},
    Needle{"failed to resolve address", Code::kUnreachable, "the host name is not known"},
    Needle{"failed to connect", Code::kUnreachable, "no connection"},
    Needle{"nable to extract public key", Code::kDenied, "the ssh key or its passphrase is wrong"},
    Needle{"assphrase", Code::kDenied, "the ssh key or its passphrase is wrong"},
    Needle{"ermission denied", Code::kDenied, "access refused"},
    Needle{"overly large object", Code::kLimit, "an object is too large"},
    Needle{"too many objects", Code::kLimit, "too many objects"},
    Needle{"No space left", Code::kIo, "no space left"},
    Needle{"File too large", Code::kLimit, "the pack is too large"},
};

Code CodeOfClass(int error_class) {
  switch (error_class) {
    case GIT_ERROR_NET:
    case GIT_ERROR_SSL:
    case GIT_ERROR_SSH:
    case GIT_ERROR_HTTP:
      return Code::kUnreachable;
    case GIT_ERROR_NOMEMORY:
      return Code::kLimit;
    case GIT_ERROR_OS:
      return Code::kUnreachable;
    case GIT_ERROR_FILESYSTEM:
      return Code::kIo;
    default:
      return Code::kProtocol;
  }
}

std::unexpected<Error> FetchFail(const Fetch& fetch, int result) {
  if (fetch.verdict) {
    return Fail(fetch.verdict->code, fmt::format("{}: {}", fetch.url(), fetch.verdict->message));
  }
  const std::string text = GitErrorText();
  for (const Needle& needle : kNeedles) {
    if (text.find(needle.text) == std::string::npos) continue;
    return Fail(needle.code, fmt::format("{}: {} ({})", fetch.url(), needle.meaning, text));
  }
  if (result == GIT_EAUTH || result == GIT_ECERTIFICATE) {
    return Fail(Code::kDenied, fmt::format("{}: access refused ({})", fetch.url(), text));
  }
  const git_error* error = git_error_last();
  return Fail(CodeOfClass(error == nullptr ? GIT_ERROR_NONE : error->klass),
              fmt::format("{}: fetch failed: {}", fetch.url(), text));
}

Result<UniqueFd> LockMirror(const Request& request, const ProgressSink& progress) {
  fs::path path = request.mirror;
  path += ".lock";
  UniqueFd lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock) return FailErrno(path.string());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  progress({"waiting for another sync of the same repository", 0, 0, 0});
  while (::flock(lock.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return FailErrno(path.string());
  }
  return lock;
}

// What a sync that was killed may have left: half a pack, locks of references. The caller holds
// the mirror's lock, so nobody else is at work in it.
Status RemoveLeftovers(const fs::path& mirror) {
  std::error_code error;
  std::vector<fs::path> stale;
  for (fs::recursive_directory_iterator it(mirror, error), end; !error && it != end;
       it.increment(error)) {
    const fs::path& path = it->path();
    const std::string name = path.filename().string();
    const bool half_pack = name.find("_git2_") != std::string::npos || name.starts_with("tmp_");
    const bool lone_index =
        path.extension() == ".idx" && !fs::exists(fs::path(path).replace_extension(".pack"), error);
    const bool in_pack = path.parent_path().filename() == "pack";
    if (path.extension() == ".lock" || (in_pack && (half_pack || lone_index))) {
      stale.push_back(path);
    }
  }
  for (const fs::path& path : stale) fs::remove(path, error);
  if (error) return FailErrno(mirror.string(), error.value());
  return {};
}

Result<GitPtr<git_repository>> OpenOrMake(const Request& request) {
  const fs::path& mirror = request.mirror;
  std::error_code error;
  GitPtr<git_repository> repository;
  if (!fs::exists(mirror, error)) {
    CARREL_ASSIGN_OR_RETURN(auto made, MakeLockedTemporary(mirror.parent_path()));
    git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
    options.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_NO_REINIT;
    options.initial_head = kNoDefaultBranch;
    if (const int result = git_repository_init_ext(Out(repository), made.first.c_str(), &options);
        result < 0) {
      return GitFail(result, mirror.string());
    }
    repository.reset();
    CARREL_TRY(WriteFileAtomic(made.first / "description", request.url.text + "\n"));
    if (::rename(made.first.c_str(), mirror.c_str()) != 0) return FailErrno(mirror.string());
  }
  CARREL_TRY(RemoveLeftovers(mirror));
  if (const int result = git_repository_open_bare(Out(repository), mirror.c_str()); result < 0) {
    return GitFail(result, mirror.string());
  }
  return repository;
}

// References of the mirror that the remote no longer has. Removed before the new ones are written,
// because a branch `a` stands in the way of a branch `a/b`.
Status DeleteGone(Fetch& fetch, git_repository* repository, git_remote* remote) {
  const git_remote_head** heads = nullptr;
  size_t count = 0;
  if (const int result = git_remote_ls(&heads, &count, remote); result < 0) {
    return FetchFail(fetch, result);
  }
  std::set<std::string_view> there;
  for (size_t i = 0; i < count; ++i) there.insert(heads[i]->name);
  git_strarray names{};
  if (const int result = git_reference_list(&names, repository); result < 0) {
    return GitFail(result, fetch.url());
  }
  int result = 0;
  for (size_t i = 0; i < names.count && result >= 0; ++i) {
    const std::string_view name = names.strings[i];
    if (!name.starts_with("refs/heads/") && !name.starts_with("refs/tags/")) continue;
    if (there.contains(name)) continue;
    result = git_reference_remove(repository, names.strings[i]);
    ++fetch.report.deleted_refs;
  }
  git_strarray_dispose(&names);
  if (result < 0) return GitFail(result, fetch.url());
  return {};
}

Status SetDefaultBranch(Fetch& fetch, git_repository* repository, git_remote* remote) {
  git_buf name = GIT_BUF_INIT;
  if (git_remote_default_branch(&name, remote) == 0) fetch.report.default_branch = name.ptr;
  git_buf_dispose(&name);
  const std::string target =
      fetch.report.default_branch.empty() ? kNoDefaultBranch : fetch.report.default_branch;
  GitPtr<git_reference> head;
  const int result =
      git_reference_symbolic_create(Out(head), repository, "HEAD", target.c_str(), 1, nullptr);
  if (result < 0) return GitFail(result, fetch.url());
  constexpr std::string_view kPrefix = "refs/heads/";
  if (fetch.report.default_branch.starts_with(kPrefix)) {
    fetch.report.default_branch.erase(0, kPrefix.size());
  }
  return {};
}

// Within one host a redirect is always followed, and never from https to http. To another host it
// would carry the credentials along.
git_remote_redirect_t Redirects(const Fetch& fetch) {
  return std::holds_alternative<std::monostate>(fetch.request.source.credentials)
             ? GIT_REMOTE_REDIRECT_INITIAL
             : GIT_REMOTE_REDIRECT_NONE;
}

Status Transfer(Fetch& fetch, git_repository* repository) {
  git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
  options.callbacks.credentials = OnCredentials;
  options.callbacks.certificate_check = OnCertificate;
  options.callbacks.transfer_progress = OnTransfer;
  options.callbacks.update_tips = OnUpdateTips;
  options.callbacks.payload = &fetch;
  options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_NONE;  // the refspecs name them
  options.update_fetchhead = 0;
  options.proxy_opts.type = GIT_PROXY_AUTO;
  options.follow_redirects = Redirects(fetch);
  git_remote_connect_options connect = GIT_REMOTE_CONNECT_OPTIONS_INIT;
  connect.callbacks = options.callbacks;
  connect.proxy_opts = options.proxy_opts;
  connect.follow_redirects = options.follow_redirects;

  GitPtr<git_remote> remote;
  int result = git_remote_create_anonymous(Out(remote), repository, fetch.url().c_str());
  if (result < 0) return FetchFail(fetch, result);
  fetch.progress({"connecting", 0, 0, 0});
  result = git_remote_connect_ext(remote.get(), GIT_DIRECTION_FETCH, &connect);
  if (result < 0) return FetchFail(fetch, result);
  std::string heads = "+refs/heads/*:refs/heads/*", tags = "+refs/tags/*:refs/tags/*";
  std::array<char*, 2> specs = {heads.data(), tags.data()};
  const git_strarray refspecs = {specs.data(), specs.size()};
  fetch.progress({"receiving", 0, 0, 0});
  result = git_remote_download(remote.get(), &refspecs, &options);
  if (result < 0) return FetchFail(fetch, result);
  fetch.progress({"updating", fetch.report.received_objects, fetch.report.received_objects,
                  fetch.report.received_bytes});
  CARREL_TRY(DeleteGone(fetch, repository, remote.get()));
  result = git_remote_update_tips(remote.get(), &options.callbacks, 0,
                                  GIT_REMOTE_DOWNLOAD_TAGS_NONE, nullptr);
  if (result < 0) return FetchFail(fetch, result);
  return SetDefaultBranch(fetch, repository, remote.get());
}

}  // namespace

Result<SyncReport> Sync(const Request& request, const ProgressSink& progress) {
  Fetch fetch{request, progress, {}, {}, 0, {}};
  std::error_code error;
  if (request.url.scheme == Scheme::kLocal && !fs::is_directory(fetch.url(), error)) {
    return Fail(Code::kNotFound, fmt::format("{}: no such repository", fetch.url()));
  }
  const std::string ca_file = request.source.ca_file.string();
  if (!ca_file.empty()) {
    const int result = git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, ca_file.c_str(), nullptr);
    if (result < 0) return GitFail(result, ca_file);
  }
  CARREL_ASSIGN_OR_RETURN(const UniqueFd lock, LockMirror(request, progress));
  CARREL_ASSIGN_OR_RETURN(const GitPtr<git_repository> repository, OpenOrMake(request));
  CARREL_TRY(Transfer(fetch, repository.get()));
  return fetch.report;
}

}  // namespace carrel::git
