#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "runtime/base/json.h"
#include "runtime/base/text.h"
#include "runtime/base/unique_fd.h"
#include "runtime/report/installer.h"
#include "runtime/report/installer_wire.h"

namespace carrel::report {
namespace fs = std::filesystem;
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr size_t kMaxOutput = size_t{256} << 10;
constexpr std::chrono::milliseconds kLookEvery{200};
// All that pip may know of the host's environment.
constexpr std::array kEnvironment = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                     "no_proxy",   "NO_PROXY",   "all_proxy",   "ALL_PROXY"};

// The process and all it started; killed and reaped at the latest when this goes out of scope.
class ProcessGroup {
 public:
  explicit ProcessGroup(pid_t leader) : leader_(leader) {}
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;
  ~ProcessGroup() { (void)End(); }

  // The wait status of the leader; what it left running is gone.
  int End() {
    if (leader_ <= 0) return status_;
    ::kill(-leader_, SIGKILL);
    ::kill(leader_, SIGKILL);  // it may not have a group of its own yet
    while (::waitpid(leader_, &status_, 0) < 0 && errno == EINTR) {
    }
    leader_ = -1;
    return status_;
  }
  // Waits for the leader to end by itself; nullopt when it has not after `patience`.
  std::optional<int> Wait(std::chrono::milliseconds patience) {
    const auto end = SteadyClock::now() + patience;
    while (true) {
      siginfo_t info{};
      // It stays a zombie, so that its group cannot be another's when that is killed.
      if (::waitid(P_PID, static_cast<id_t>(leader_), &info, WEXITED | WNOWAIT | WNOHANG) == 0 &&
          info.si_pid == leader_) {
        return End();
      }
      if (SteadyClock::now() >= end) return std::nullopt;
      ::usleep(5'000);
    }
  }

 private:
  pid_t leader_;
  int status_ = 0;
};

struct SpawnSettings {
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  SpawnSettings() {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
};

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 1);
  for (std::string& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

Result<pid_t> Spawn(std::vector<std::string> command, int input, int output) {
  if (command.empty()) return Fail(Code::kInternal, "installer: no command configured");
  SpawnSettings settings;
  sigset_t all, none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  int error = ::posix_spawn_file_actions_adddup2(&settings.actions, input, 0);
  error |= ::posix_spawn_file_actions_adddup2(&settings.actions, output, 1);
  error |= ::posix_spawn_file_actions_adddup2(&settings.actions, output, 2);
  error |= ::posix_spawn_file_actions_addclosefrom_np(&settings.actions, 3);
  error |= ::posix_spawnattr_setflags(
      &settings.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  error |= ::posix_spawnattr_setsigmask(&settings.attributes, &none);
  error |= ::posix_spawnattr_setsigdefault(&settings.attributes, &all);
  error |= ::posix_spawnattr_setpgroup(&settings.attributes, 0);
  if (error != 0) return Fail(Code::kInternal, "installer: spawn settings");
  std::vector<std::string> environment;
  for (const char* name : {"ASAN_OPTIONS", "UBSAN_OPTIONS"}) {
    if (const char* value = std::getenv(name)) {
      environment.push_back(fmt::format("{}={}", name, value));
    }
  }
  const std::string program = command.front();
  pid_t pid = -1;
  const int result = ::posix_spawn(&pid, program.c_str(), &settings.actions, &settings.attributes,
                                   Pointers(command).data(), Pointers(environment).data());
  if (result != 0) return FailErrno("installer " + program, result);
  return pid;
}

Json WithEnvironment(Json wire) {
  Json environment = Json::array();
  for (const char* name : kEnvironment) {
    if (const char* value = std::getenv(name)) {
      environment.push_back(fmt::format("{}={}", name, value));
    }
  }
  wire["environment"] = std::move(environment);
  return wire;
}

// An anonymous file, so that a reader which dies early breaks no pipe.
Result<UniqueFd> InputOf(const InstallRequest& request) {
  UniqueFd file(::memfd_create("installer", MFD_CLOEXEC));
  if (!file) return FailErrno("installer: request");
  const std::string text = DumpJson(WithEnvironment(ToJson(request)));
  if (::pwrite(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    return FailErrno("installer: request");
  }
  return file;
}

Status CheckDisk(const InstallRequest& request) {
  const DiskUse use = DiskUseOf(request.directory);
  if (use.bytes > 2 * request.max_bytes) {
    return Fail(Code::kLimit, fmt::format("the packages need more than {} while they are installed",
                                          HumanBytes(2 * request.max_bytes)));
  }
  if (use.files > 2 * request.max_files) {
    return Fail(Code::kLimit,
                fmt::format("the packages have more than {} files", request.max_files));
  }
  return {};
}

// Reads until the other side closes its end.
Status Follow(int output, const InstallCall& call, const InstallRequest& request,
              SteadyClock::time_point end, std::string& said) {
  std::vector<char> buffer(size_t{1} << 16);
  auto look = SteadyClock::now() + kLookEvery;
  while (true) {
    if (call.stop.stop_requested()) {
      return Fail(Code::kCancelled, "stopped while packages were installed");
    }
    const auto now = SteadyClock::now();
    if (now >= end) {
      return Fail(Code::kTimeout,
                  fmt::format("installing the packages took longer than {} s",
                              std::chrono::duration<double>(call.deadline).count()));
    }
    if (now >= look) {
      CARREL_TRY(CheckDisk(request));
      look = SteadyClock::now() + kLookEvery;
    }
    pollfd fds[] = {{output, POLLIN, 0}};
    if (::poll(fds, 1, static_cast<int>(kLookEvery.count()) / 4) <= 0) continue;
    const ssize_t n = ::read(output, buffer.data(), buffer.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return CheckDisk(request);
    said.append(buffer.data(), static_cast<size_t>(n));
    if (said.size() > 2 * kMaxOutput) said.erase(0, said.size() - kMaxOutput);
  }
}

Result<InstallResult> Ended(int status, std::string said) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return Fail(Code::kLimit,
                fmt::format("the installer died of signal {} ({})", signal, ::strsignal(signal)));
  }
  if (WEXITSTATUS(status) == kNotConfined) {
    return Fail(Code::kSandbox, fmt::format("installer: {}", said));
  }
  return InstallResult{WEXITSTATUS(status), std::move(said)};
}

}  // namespace

Result<InstallResult> Install(const InstallCall& call, const InstallRequest& request) {
  const auto end = SteadyClock::now() + call.deadline;
  CARREL_ASSIGN_OR_RETURN(const UniqueFd input, InputOf(request));
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return FailErrno("pipe");
  const UniqueFd output(ends[0]);
  UniqueFd theirs(ends[1]);
  CARREL_ASSIGN_OR_RETURN(const pid_t pid, Spawn(call.command, input.get(), theirs.get()));
  ProcessGroup group(pid);
  theirs.Reset();
  std::string said;
  CARREL_TRY(Follow(output.get(), call, request, end, said));
  const std::optional<int> status = group.Wait(std::chrono::seconds(10));
  return Ended(status ? *status : group.End(), std::move(said));
}

DiskUse DiskUseOf(const fs::path& directory) {
  constexpr uint64_t kBlock = 512;
  DiskUse use;
  std::error_code error;
  for (fs::recursive_directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    struct stat info{};
    if (::lstat(it->path().c_str(), &info) != 0) continue;
    use.bytes += static_cast<uint64_t>(info.st_blocks) * kBlock;
    ++use.files;
    if (it.depth() >= 2 * kMaxPackageDepth) it.disable_recursion_pending();
  }
  return use;
}

}  // namespace carrel::report
