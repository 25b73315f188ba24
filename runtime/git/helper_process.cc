#include "runtime/git/helper_process.h"

#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include "runtime/base/json.h"
#include "runtime/base/text.h"
#include "runtime/base/unique_fd.h"

namespace carrel::git {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr size_t kMaxReply = size_t{64} << 20;
// All that the helper may know of the host's environment.
constexpr std::array kEnvironment = {"HOME",        "LANG",       "TZ",           "SSH_AUTH_SOCK",
                                     "http_proxy",  "HTTP_PROXY", "https_proxy",  "HTTPS_PROXY",
                                     "no_proxy",    "NO_PROXY",   "ASAN_OPTIONS", "UBSAN_OPTIONS",
                                     "TSAN_OPTIONS"};

// A child that is killed and reaped at the latest when this goes out of scope.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) (void)Kill();
  }
  int Kill() {
    ::kill(pid_, SIGKILL);
    return Wait();
  }
  // Its wait status once it has ended.
  std::optional<int> TryWait() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    pid_ = -1;
    return status;
  }

 private:
  int Wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

  pid_t pid_;
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

std::vector<std::string> HelperEnvironment() {
  std::vector<std::string> out = {"PATH=/usr/bin:/bin"};
  for (const char* name : kEnvironment) {
    if (const char* value = std::getenv(name)) out.push_back(fmt::format("{}={}", name, value));
  }
  return out;
}

Result<pid_t> Spawn(std::vector<std::string> command, int channel) {
  if (command.empty()) return Fail(Code::kInternal, "git helper: no command configured");
  SpawnSettings settings;
  sigset_t all, none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  int error = ::posix_spawn_file_actions_adddup2(&settings.actions, channel, 0);
  error |= ::posix_spawn_file_actions_adddup2(&settings.actions, channel, 1);
  error |= ::posix_spawn_file_actions_addclosefrom_np(&settings.actions, 3);
  error |= ::posix_spawnattr_setflags(
      &settings.attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  error |= ::posix_spawnattr_setsigmask(&settings.attributes, &none);
  error |= ::posix_spawnattr_setsigdefault(&settings.attributes, &all);
  error |= ::posix_spawnattr_setpgroup(&settings.attributes, 0);
  if (error != 0) return Fail(Code::kInternal, "git helper: spawn settings");
  std::vector<std::string> environment = HelperEnvironment();
  const std::string program = command.front();
  pid_t pid = -1;
  const int result = ::posix_spawn(&pid, program.c_str(), &settings.actions, &settings.attributes,
                                   Pointers(command).data(), Pointers(environment).data());
  if (result != 0) return FailErrno("git helper " + program, result);
  return pid;
}

Status SendRequest(int channel, const Request& request) {
  const std::string text = ToJson(request).dump(-1, ' ', false, Json::error_handler_t::replace);
  size_t sent = 0;
  while (sent < text.size()) {
    const ssize_t n = ::send(channel, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) break;  // it died early; its status says why
    sent += static_cast<size_t>(n);
  }
  ::shutdown(channel, SHUT_WR);
  return {};
}

// Takes the helper's lines apart.
class ReplyReader {
 public:
  explicit ReplyReader(const std::function<void(const SyncProgress&)>& progress)
      : progress_(progress) {}

  Status Feed(std::string_view bytes) {
    buffer_ += bytes;
    if (buffer_.size() > kMaxReply) return Fail(Code::kLimit, "git helper: the reply is too large");
    size_t start = 0;
    for (size_t end; (end = buffer_.find('\n', start)) != std::string::npos; start = end + 1) {
      CARREL_TRY(TakeLine(std::string_view(buffer_).substr(start, end - start)));
    }
    buffer_.erase(0, start);
    return {};
  }

  const std::string& stage() const { return stage_; }
  // The helper's last word, or nothing.
  std::optional<Result<Json>> TakeResult() { return std::exchange(result_, std::nullopt); }

 private:
  Status TakeLine(std::string_view line) {
    CARREL_ASSIGN_OR_RETURN(Json json, ParseJson(line));
    if (json.contains("progress")) {
      const SyncProgress progress = ProgressFromJson(json["progress"]);
      stage_ = progress.stage;
      if (progress_) progress_(progress);
    } else if (json.contains("result")) {
      result_ = std::move(json["result"]);
    } else if (json.contains("error")) {
      result_ = std::unexpected(ErrorFromJson(json["error"]));
    }
    return {};
  }

  const std::function<void(const SyncProgress&)>& progress_;
  std::string buffer_;
  std::string stage_ = "starting";
  std::optional<Result<Json>> result_;
};

// Reads until the helper closes its end.
Status ReadReply(int channel, int stop_event, const HelperCall& call, SteadyClock::time_point end,
                 ReplyReader& reader) {
  std::vector<char> buffer(size_t{1} << 16);
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - SteadyClock::now()).count();
    if (call.stop.stop_requested()) {
      return Fail(Code::kCancelled, fmt::format("stopped while {}", reader.stage()));
    }
    if (left <= 0) {
      return Fail(Code::kTimeout, fmt::format("the deadline of {} ms passed while {}",
                                              call.deadline.count(), reader.stage()));
    }
    std::array<pollfd, 2> fds = {{{channel, POLLIN, 0}, {stop_event, POLLIN, 0}}};
    const int timeout = static_cast<int>(std::min<int64_t>(left, 60'000));
    if (::poll(fds.data(), fds.size(), timeout) < 0 && errno != EINTR) return FailErrno("poll");
    if (fds[0].revents == 0) continue;
    const ssize_t n = ::read(channel, buffer.data(), buffer.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return {};  // closed or reset: the process ended
    CARREL_TRY(reader.Feed({buffer.data(), static_cast<size_t>(n)}));
  }
}

// A process that closed its channel ends at once; one that does not is killed.
int WaitBriefly(Child& child) {
  for (int i = 0; i < 200; ++i) {
    if (const std::optional<int> status = child.TryWait()) return *status;
    ::usleep(10'000);
  }
  return child.Kill();
}

// Its input comes from a server or a repository, so a crash is their doing; a SIGKILL that is not
// ours is the kernel's, out of memory.
std::unexpected<Error> FailDied(int status, const std::string& stage) {
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return Fail(signal == SIGKILL ? Code::kLimit : Code::kProtocol,
                fmt::format("the git helper died of signal {} ({}) while {}", signal,
                            ::strsignal(signal), stage));
  }
  return Fail(Code::kInternal, fmt::format("the git helper ended with status {} and no result",
                                           WEXITSTATUS(status)));
}

}  // namespace

Result<Json> CallHelper(const HelperCall& call, const Request& request) {
  const auto end = SteadyClock::now() + call.deadline;
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return FailErrno("socketpair");
  }
  UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  UniqueFd stop_event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event) return FailErrno("eventfd");
  const std::stop_callback wake(call.stop, [fd = stop_event.get()] {
    const uint64_t one = 1;
    (void)!::write(fd, &one, sizeof one);
  });
  CARREL_ASSIGN_OR_RETURN(const pid_t pid, Spawn(call.command, theirs.get()));
  Child child(pid);
  theirs.Reset();
  CARREL_TRY(SendRequest(ours.get(), request));
  ReplyReader reader(call.progress);
  CARREL_TRY(ReadReply(ours.get(), stop_event.get(), call, end, reader));
  if (std::optional<Result<Json>> result = reader.TakeResult()) return *std::move(result);
  return FailDied(WaitBriefly(child), reader.stage());
}

}  // namespace carrel::git
