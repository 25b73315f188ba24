#include "runtime/git/helper.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <string>

#include "runtime/base/files.h"
#include "runtime/base/json.h"
#include "runtime/git/checkout_writer.h"
#include "runtime/git/handles.h"
#include "runtime/git/known_hosts.h"
#include "runtime/git/operations.h"
#include "runtime/git/wire.h"

namespace carrel::git {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxRequest = size_t{4} << 20;
// For objects that are stored as differences, when a mirror is read.
constexpr size_t kMaxObject = size_t{512} << 20;
constexpr rlim_t kFileSizeSlack = rlim_t{256} << 20;
constexpr auto kProgressInterval = std::chrono::milliseconds(100);

// The sanitizers reserve terabytes of address space; the limit cannot hold under them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitMemory = false;
#else
constexpr bool kLimitMemory = true;
#endif

Result<Request> ReadRequest() {
  std::string text;
  char buffer[1 << 14];
  while (true) {
    const ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return FailErrno("git helper: request");
    if (n == 0) break;
    text.append(buffer, static_cast<size_t>(n));
    if (text.size() > kMaxRequest)
      return Fail(Code::kLimit, "git helper: the request is too large");
  }
  CARREL_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  return RequestFromJson(json);
}

Status SetLimit(__rlimit_resource resource, rlim_t value) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return FailErrno("getrlimit");
  limit.rlim_cur = std::min(value, limit.rlim_max);
  limit.rlim_max = limit.rlim_cur;
  if (::setrlimit(resource, &limit) != 0) return FailErrno("setrlimit");
  return {};
}

Status Confine(const Request& request) {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);  // a write over the limit fails with EFBIG
  ::umask(022);
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_DUMPABLE, 0) != 0) {
    return FailErrno("git helper: prctl");
  }
  if (::getppid() != request.parent_pid) return Fail(Code::kCancelled, "the caller is gone");
  CARREL_TRY(SetLimit(RLIMIT_CORE, 0));
  if (request.operation == Operation::kSync) {
    CARREL_TRY(SetLimit(RLIMIT_FSIZE, 2 * request.sync_limits.max_bytes + kFileSizeSlack));
  }
  if (kLimitMemory && request.memory_bytes > 0) {
    CARREL_TRY(SetLimit(RLIMIT_AS, request.memory_bytes));
  }
  return {};
}

// libgit2 takes the kinds of host key it asks for from ~/.ssh/known_hosts. It is given a home of
// its own that holds exactly the keys on record for this host.
class TemporaryHome {
 public:
  static Result<TemporaryHome> Make(const Request& request) {
    CARREL_ASSIGN_OR_RETURN(auto made, MakeLockedTemporary(request.mirror.parent_path()));
    TemporaryHome home(std::move(made.first), std::move(made.second));
    CARREL_ASSIGN_OR_RETURN(const KnownHosts known, KnownHosts::Load(request.source.known_hosts));
    std::string text;
    for (const HostKey& key : known.KeysOf(request.url.host, request.url.port)) {
      text += fmt::format("{} {} {}\n", KnownHostName(request.url.host, request.url.port), key.type,
                          key.base64);
    }
    CARREL_TRY(MakeDirectories(home.path_ / ".ssh"));
    CARREL_TRY(WriteFileAtomic(home.path_ / ".ssh" / "known_hosts", text));
    return home;
  }
  TemporaryHome(TemporaryHome&& other) noexcept
      : path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)) {}
  TemporaryHome& operator=(TemporaryHome&&) = delete;
  ~TemporaryHome() {
    if (!path_.empty()) (void)RemoveTree(path_);
  }
  const fs::path& path() const { return path_; }

 private:
  TemporaryHome(fs::path path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}
  fs::path path_;
  UniqueFd lock_;
};

void Say(const char* kind, Json value) {
  (void)WriteAll(STDOUT_FILENO, DumpJson(Json{{kind, std::move(value)}}) + "\n");
}

// At most ten lines a second within one stage.
class ProgressWriter {
 public:
  void operator()(const SyncProgress& progress) {
    const auto now = std::chrono::steady_clock::now();
    if (progress.stage == stage_ && now - last_ < kProgressInterval) return;
    stage_ = progress.stage;
    last_ = now;
    Say("progress", ToJson(progress));
  }

 private:
  std::string stage_;
  std::chrono::steady_clock::time_point last_;
};

template <typename T>
Result<Json> AsJson(const Result<T>& result) {
  if (!result) return std::unexpected(result.error());
  return ToJson(*result);
}

Result<Json> RunSync(const Request& request) {
  CARREL_ASSIGN_OR_RETURN(const TemporaryHome home, TemporaryHome::Make(request));
  CARREL_ASSIGN_OR_RETURN(
      const GitLibrary library,
      GitLibrary::Start(home.path().string(), request.sync_limits.max_object_bytes,
                        request.sync_limits.max_objects));
  ProgressWriter writer;
  return AsJson(Sync(request, [&](const SyncProgress& progress) { writer(progress); }));
}

Result<Json> Run(const Request& request) {
  if (request.operation == Operation::kSync) return RunSync(request);
  CARREL_ASSIGN_OR_RETURN(const GitLibrary library,
                          GitLibrary::Start("/nonexistent", kMaxObject, SIZE_MAX));
  switch (request.operation) {
    case Operation::kTags:
      return AsJson(ListTags(request));
    case Operation::kResolve:
      return AsJson(Resolve(request));
    case Operation::kExport:
      return AsJson(Export(request));
    case Operation::kSync:
      break;
  }
  return Fail(Code::kInternal, "git helper: unknown operation");
}

Result<Json> Serve() {
  CARREL_ASSIGN_OR_RETURN(const Request request, ReadRequest());
  CARREL_TRY(Confine(request));
  return Run(request);
}

}  // namespace

int HelperMain() {
  const Result<Json> result = Serve();
  if (!result) {
    Say("error", ToJson(result.error()));
    return 1;
  }
  Say("result", *result);
  return 0;
}

}  // namespace carrel::git
