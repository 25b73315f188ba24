#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <utility>

#include "runtime/base/exceptions.h"
#include "runtime/base/text.h"
#include "sandbox/call_pool.h"
#include "sandbox/fd_socket.h"
#include "sandbox/priority.h"
#include "sandbox/session.h"

namespace carrel::sandbox {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kReapTimeoutMs = 30'000;
constexpr int kRoomPollMs = 20;
constexpr int kWatchMs = 50;
// Tier::kDegraded: what the user's other programs and reports may start while this one runs.
constexpr int64_t kTaskSlack = 1024;
constexpr auto kProgressInterval = milliseconds(50);
// A worker that has said its outcome has nothing left to do but exit.
constexpr auto kExitGrace = milliseconds(500);
// One that gave way to others does so on its way out as well.
constexpr auto kExitGraceWhenDemoted = milliseconds(10'000);

// A worker that has computed for so long gives way to those that have not.
constexpr double kBusyCpuSeconds = 0.25;
constexpr int kBusyCheckMs = 250;

struct Ending {
  Verdict verdict;
  std::string reason;
};

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

// Anonymous memory in use; 0 when it cannot be read.
int64_t ResidentKb(pid_t pid) {
  std::ifstream statm(fmt::format("/proc/{}/statm", pid));
  int64_t total = 0, resident = 0, shared = 0;
  statm >> total >> resident >> shared;
  return statm ? (resident - shared) * (::sysconf(_SC_PAGESIZE) / 1024) : 0;
}

struct TaskCount {
  uid_t user = 0;
  int64_t threads = 0;  // 0: no such process
};

TaskCount TasksOf(const std::filesystem::path& process) {
  std::ifstream status(process / "status");
  TaskCount count;
  for (std::string word; count.threads == 0 && status >> word;) {
    if (word == "Uid:") status >> count.user;
    if (word == "Threads:") status >> count.threads;
  }
  return count;
}

int64_t ThreadsOf(pid_t pid) { return TasksOf(fmt::format("/proc/{}", pid)).threads; }

// Tasks of this process's user, all of which count against its RLIMIT_NPROC.
int64_t TasksOfThisUser() {
  int64_t tasks = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator it("/proc", error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename();
    if (name.find_first_not_of("0123456789") != std::string::npos) continue;
    // Not by the owner of the directory: that of a process without dumps is root.
    const TaskCount count = TasksOf(it->path());
    if (count.user == ::getuid()) tasks += count.threads;
  }
  return tasks;
}

// Processor time of a process, its threads included; 0 when it cannot be read.
double CpuSeconds(pid_t pid) {
  clockid_t clock{};
  timespec used{};
  if (pid <= 0 || ::clock_getcpuclockid(pid, &clock) != 0) return 0;
  if (::clock_gettime(clock, &used) != 0) return 0;
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

std::atomic<int> live_sessions = 0;  // of this process

class Session {
 public:
  Session(Zygote& zygote, WorkerProcess process, const SessionJob& job, SessionHandler& handler)
      : zygote_(zygote),
        process_(std::move(process)),
        job_(job),
        handler_(handler),
        calls_(handler, process_.socket.get(), job.max_calls_in_flight),
        parser_(static_cast<size_t>(job.limits.frame_kb) << 10) {
    ++live_sessions;
  }
  ~Session() { --live_sessions; }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  WorkerOutcome Run(const std::stop_token& stop) {
    const UniqueFd stop_event(::eventfd(0, EFD_CLOEXEC));
    const std::stop_callback wake(stop, [&] { ::eventfd_write(stop_event.get(), 1); });
    const Status listened = Guarded([&]() -> Status {
      CARREL_TRY(Start());
      while (!ending_ && !exited_) Step(stop_event.get());
      return {};
    });
    if (!listened) ending_ = {Verdict::kSandboxError, "worker: " + listened.error().message};
    Finish();
    return std::move(outcome_);
  }

 private:
  Status Start() {
    const int flags = ::fcntl(process_.socket.get(), F_GETFL);
    ::fcntl(process_.socket.get(), F_SETFL, flags | O_NONBLOCK);
    ::fcntl(process_.log.get(), F_SETFL, O_NONBLOCK);
    if (process_.cgroup) CARREL_TRY(process_.cgroup->SetLimits(job_.limits));
    Json prepare = {{"subtree", job_.subtree},
                    {"limits", ToJson(job_.limits)},
                    {"worker_id", kRootHostWorkerId + 1 + process_.id % kRootHostWorkerIds}};
    if (zygote_.layers().tier == Tier::kDegraded) prepare["tasks"] = TasksOfThisUser() + kTaskSlack;
    const std::array fds = {job_.output_fd};
    // Both frames in one message, so that a worker that it wakes up needs this thread no more: on a
    // busy machine each wait for another thread can cost a time slice. What receives the job is our
    // own code until confinement is complete. A worker that is gone already has said why.
    outgoing_ = EncodeFrame(FrameType::kPrepare, DumpJson(prepare)) +
                EncodeFrame(FrameType::kJob, DumpJson(job_.job));
    const auto sent =
        SendSome(process_.socket.get(), outgoing_,
                 job_.output_fd >= 0 ? std::span<const int>(fds) : std::span<const int>());
    outgoing_.erase(0, sent.value_or(outgoing_.size()));
    return {};
  }

  // As much of the job as the socket takes: a worker that does not read never holds this thread.
  void SendJob() {
    while (!outgoing_.empty()) {
      const ssize_t n = ::send(process_.socket.get(), outgoing_.data(), outgoing_.size(),
                               MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) return outgoing_.clear();  // gone: reading tells the rest
      outgoing_.erase(0, static_cast<size_t>(n));
    }
  }

  // Waits for the next thing to happen and handles it.
  void Step(int stop_event) {
    // A worker that asks faster than it is answered waits in its own write.
    const bool reading = !socket_closed_ && calls_.has_room();
    const auto events =
        static_cast<short>((reading ? POLLIN : 0) | (outgoing_.empty() ? 0 : POLLOUT));
    pollfd fds[] = {{events != 0 ? process_.socket.get() : -1, events, 0},
                    {log_open_ ? process_.log.get() : -1, POLLIN, 0},
                    {process_.pidfd.get(), POLLIN, 0},
                    {stop_event, POLLIN, 0}};
    const int ready = ::poll(fds, 4, reading ? TimeoutMs() : std::min(TimeoutMs(), kRoomPollMs));
    if (ready < 0 && errno != EINTR) {
      ending_ = {Verdict::kSandboxError, fmt::format("poll: {}", std::strerror(errno))};
      return;
    }
    if (fds[3].revents != 0) {
      ending_ = {Verdict::kCancelled, "cancelled"};
      return;
    }
    if (fds[1].revents != 0) ReadLog();
    if ((fds[0].revents & POLLOUT) != 0) SendJob();
    if ((fds[0].revents & ~POLLOUT) != 0) ReadSocket();
    if (fds[2].revents != 0) {
      exited_ = true;
      // What it said before it went is all there is.
      while (!ending_ && !socket_closed_) ReadSocket();
    }
    if (!ending_ && progress_ && SteadyClock::now() >= next_progress_) PassProgress();
    if (!ending_ && !exited_) CheckClocks();
    if (!ending_ && !exited_ && !is_demoted_) DemoteWhenBusy();
    if (!ending_ && !exited_ && !process_.cgroup) {
      CheckResidentMemory();
      CheckThreads();
    }
  }

  int TimeoutMs() const {
    const auto next = std::min(WallDeadline(), IdleDeadline());
    const auto left = std::chrono::ceil<milliseconds>(next - SteadyClock::now()).count();
    // Calls in flight move the idle clock without waking this thread: look at least every second,
    // and more often where this thread also watches the memory or holds progress back.
    const bool watching = progress_.has_value() || (ready_ && !process_.cgroup);
    return static_cast<int>(std::clamp<int64_t>(left, 0,
                                                watching      ? kWatchMs
                                                : is_demoted_ ? 1000
                                                              : kBusyCheckMs));
  }

  // Without a control group the address space is the hard limit and this the limit as configured.
  void CheckResidentMemory() {
    const int64_t resident_kb = ResidentKb(process_.pid);
    if (resident_kb > job_.limits.memory_mb * 1024) {
      ending_ = {Verdict::kMemoryLimit, MemoryReason()};
    }
  }

  // Without a user namespace either, the kernel's limit is one for all that the user runs.
  void CheckThreads() {
    if (ending_ || zygote_.layers().tier != Tier::kDegraded) return;
    if (ThreadsOf(process_.pid) > job_.limits.threads) {
      ending_ = {Verdict::kThreadLimit,
                 fmt::format("started more than threads = {}", job_.limits.threads)};
    }
  }

  // Reports that compute for long share what the short ones, the zygote and the host leave; one
  // that is alone in its host keeps its share of the machine, since no report waits for it. By the
  // process's id: one that was reaped this very moment is nobody's, or a process whose priority a
  // host without privileges cannot change.
  void DemoteWhenBusy() {
    if (live_sessions < 2 || CpuSeconds(process_.pid) < kBusyCpuSeconds) return;
    is_demoted_ = true;
    GiveWay(process_.pid);
  }

  std::string MemoryReason() const {
    return fmt::format("used more than memory_mb = {} MiB of memory", job_.limits.memory_mb);
  }

  SteadyClock::time_point WallDeadline() const {
    if (outcome_seen_) return *outcome_seen_ + kExitGrace;
    return started_ + seconds(job_.limits.wall_s);
  }

  SteadyClock::time_point IdleDeadline() const {
    return std::max(last_frame_, calls_.last_activity()) + seconds(job_.limits.idle_s);
  }

  void CheckClocks() {
    const auto now = SteadyClock::now();
    if (outcome_seen_) {
      // Threads that the report left behind: its result stands, the process goes.
      if (now >= WallDeadline()) ending_ = {Verdict::kDone, {}};
    } else if (now >= WallDeadline()) {
      ending_ = {Verdict::kWallLimit,
                 fmt::format("ran longer than wall_s = {} s", job_.limits.wall_s)};
    } else if (now >= IdleDeadline()) {
      ending_ = {Verdict::kIdleLimit,
                 fmt::format("no row, call or progress for idle_s = {} s", job_.limits.idle_s)};
    }
  }

  void ReadSocket() {
    std::array<char, 65536> buffer;
    const ssize_t n = ::read(process_.socket.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) return;
    if (n < 0 && errno == EAGAIN && !exited_) return;
    if (n <= 0) {
      // Closed: the process is ending or has closed its only channel; either way it is over.
      socket_closed_ = true;
      if (!outcome_seen_) exited_ = true;
      return;
    }
    if (outcome_seen_) return Violation("bytes after the outcome");
    parser_.Feed({buffer.data(), static_cast<size_t>(n)});
    while (!ending_) {
      const auto next = parser_.Next();
      if (!next && next.error().code == Code::kLimit) {
        ending_ = {Verdict::kFrameLimit,
                   fmt::format("a message of more than frame_kb = {} KiB", job_.limits.frame_kb)};
        return;
      }
      if (!next) return Violation(next.error().message);
      const std::optional<Frame>& frame = *next;
      if (!frame) return;
      last_frame_ = SteadyClock::now();
      HandleFrame(*frame);
    }
  }

  void Violation(std::string what) { ending_ = {Verdict::kProtocolViolation, std::move(what)}; }

  void HandleFrame(const Frame& frame) {
    if (outcome_seen_) return Violation("a frame after the outcome");
    if (!ready_ && frame.type != FrameType::kReady && frame.type != FrameType::kRefused) {
      return Violation("a frame before the worker was ready");
    }
    switch (frame.type) {
      case FrameType::kReady:
        return HandleReady();
      case FrameType::kRefused:
        return HandleRefused(frame.payload);
      case FrameType::kProgress:
        return HandleProgress(frame.payload);
      case FrameType::kCall:
        return HandleCall(frame.payload);
      case FrameType::kOutcome:
        return HandleOutcome(frame.payload);
      default:
        return Violation("an unexpected frame");
    }
  }

  void HandleReady() {
    if (ready_) return Violation("ready twice");
    ready_ = true;
    zygote_.Refill();
  }

  void HandleRefused(const std::string& payload) {
    if (ready_) return Violation("refused after ready");
    const Json json = ParseJson(payload).value_or(Json::object());
    ending_ = {Verdict::kSandboxError, fmt::format("{}: {}", JsonString(json, "step", "?"),
                                                   JsonString(json, "message", "?"))};
  }

  // However often a worker tells its progress, it is passed on a few times a second.
  void HandleProgress(std::string payload) {
    progress_ = std::move(payload);
    if (SteadyClock::now() >= next_progress_) PassProgress();
  }

  void PassProgress() {
    const auto json = ParseJson(*std::exchange(progress_, std::nullopt));
    if (!json || !json->is_object()) return Violation("progress is not a JSON object");
    handler_.OnProgress(*json);
    next_progress_ = SteadyClock::now() + kProgressInterval;
  }

  void HandleCall(const std::string& payload) {
    if (!outgoing_.empty()) return Violation("a call before the job was read");
    auto envelope = DecodeEnvelope(payload);
    if (!envelope) return Violation(envelope.error().message);
    const auto id = envelope->header.find("id");
    if (id == envelope->header.end() || !id->is_number_integer()) {
      return Violation("a call without an id");
    }
    if (++outcome_.calls > job_.limits.calls) {
      ending_ = {Verdict::kCallLimit,
                 fmt::format("more than calls = {} requests", job_.limits.calls)};
      return;
    }
    const auto number = id->get<int64_t>();
    if (!calls_.Add(number, std::move(envelope->header), std::string(envelope->body))) {
      Violation("a call with an id in use, or too many calls at once");
    }
  }

  void HandleOutcome(const std::string& payload) {
    auto json = ParseJson(payload);
    if (!json || !json->is_object()) return Violation("the outcome is not a JSON object");
    if (!parser_.empty()) return Violation("bytes after the outcome");
    outcome_.payload = std::move(*json);
    outcome_seen_ = SteadyClock::now();
  }

  void ReadLog() {
    std::array<char, 65536> buffer;
    while (true) {
      const ssize_t n = ::read(process_.log.get(), buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return;
      if (n == 0) {
        log_open_ = false;
        return;
      }
      KeepLog({buffer.data(), static_cast<size_t>(n)});
      // A flood must not keep this thread from its clocks.
      if (static_cast<size_t>(n) < buffer.size() || SteadyClock::now() >= WallDeadline()) return;
    }
  }

  void KeepLog(std::string_view bytes) {
    const size_t limit = static_cast<size_t>(job_.limits.log_kb) << 10;
    const size_t room = limit - std::min(limit, log_.size());
    const std::string_view kept = bytes.substr(0, room);
    outcome_.log_dropped += static_cast<int64_t>(bytes.size() - kept.size());
    log_ += kept;
    if (!kept.empty()) handler_.OnLog(kept);
  }

  void Finish() {
    calls_.RequestStop();
    // A worker that closed its socket may still be on its way out: its own exit tells more.
    std::optional<WorkerExit> exit;
    const auto grace = is_demoted_ ? kExitGraceWhenDemoted : kExitGrace;
    if (!ending_ && socket_closed_) exit = WaitExit(static_cast<int>(grace.count()));
    if (!exit) {
      // On a busy machine the zygote may be slow to tell.
      const bool went_on = !process_.IsGone();
      ::syscall(SYS_pidfd_send_signal, process_.pidfd.get(), SIGKILL, nullptr, 0);
      exit = WaitExit(kReapTimeoutMs);
      if (!ending_ && socket_closed_ && !outcome_seen_ && went_on && zygote_death_.empty()) {
        ending_ = {Verdict::kProtocolViolation,
                   "closed its channel and went on without an outcome"};
      }
    }
    calls_.Stop();
    if (progress_ && !ending_) PassProgress();
    if (log_open_) ReadLog();
    if (exit) {
      outcome_.usage.cpu_s = exit->cpu_s;
      outcome_.usage.max_rss_kb = exit->max_rss_kb;
    }
    outcome_.usage.wall_s = SecondsSince(started_);
    outcome_.log = ToUtf8(log_);
    if (!ending_) ending_ = FromExit(exit);
    outcome_.verdict = ending_->verdict;
    outcome_.reason = std::move(ending_->reason);
    if (outcome_.verdict != Verdict::kDone) outcome_.payload = nullptr;
  }

  std::optional<WorkerExit> WaitExit(int timeout_ms) {
    auto exit = zygote_.WaitExit(process_.id, timeout_ms);
    if (!exit) {
      zygote_death_ = exit.error().message;
      return std::nullopt;
    }
    return *exit;
  }

  // The verdict when the worker ended by itself.
  Ending FromExit(const std::optional<WorkerExit>& exit) const {
    if (outcome_seen_) return {Verdict::kDone, {}};
    if (!exit) return {Verdict::kSandboxError, zygote_death_.empty() ? "lost" : zygote_death_};
    if (!WIFSIGNALED(exit->status)) {
      return {Verdict::kProtocolViolation,
              fmt::format("the worker left with status {} and without an outcome",
                          WEXITSTATUS(exit->status))};
    }
    const int signal = WTERMSIG(exit->status);
    if (signal == SIGSYS) {
      return {Verdict::kKilledByPolicy, "made a system call that is never allowed"};
    }
    // The kernel enforces RLIMIT_CPU by SIGKILL; nobody else kills an ending-less worker.
    if (signal == SIGXCPU ||
        (signal == SIGKILL && exit->cpu_s >= static_cast<double>(job_.limits.cpu_s))) {
      return {Verdict::kCpuLimit,
              fmt::format("used more than cpu_s = {} s of processor time", job_.limits.cpu_s)};
    }
    if (signal == SIGKILL && process_.cgroup && process_.cgroup->OomKills() == 0) {
      return {Verdict::kCrashed, "killed from outside"};
    }
    if (signal == SIGKILL) return {Verdict::kMemoryLimit, MemoryReason()};
    return {Verdict::kCrashed, ::strsignal(signal)};
  }

  Zygote& zygote_;
  WorkerProcess process_;
  const SessionJob& job_;
  SessionHandler& handler_;
  CallPool calls_;
  FrameParser parser_;
  WorkerOutcome outcome_;
  std::string log_;
  std::string zygote_death_;
  std::optional<Ending> ending_;
  std::optional<SteadyClock::time_point> outcome_seen_;
  const SteadyClock::time_point started_ = SteadyClock::now();
  SteadyClock::time_point last_frame_ = started_;
  SteadyClock::time_point next_progress_ = started_;
  std::optional<std::string> progress_;  // held back
  std::string outgoing_;                 // of Prepare and the job
  bool ready_ = false;
  bool is_demoted_ = false;
  bool exited_ = false;
  bool socket_closed_ = false;
  bool log_open_ = true;
};

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kDone:
      return "done";
    case Verdict::kProtocolViolation:
      return "protocol_violation";
    case Verdict::kWallLimit:
      return "wall_limit";
    case Verdict::kIdleLimit:
      return "idle_limit";
    case Verdict::kCpuLimit:
      return "cpu_limit";
    case Verdict::kMemoryLimit:
      return "memory_limit";
    case Verdict::kThreadLimit:
      return "thread_limit";
    case Verdict::kCallLimit:
      return "call_limit";
    case Verdict::kFrameLimit:
      return "frame_limit";
    case Verdict::kKilledByPolicy:
      return "killed_by_policy";
    case Verdict::kCrashed:
      return "crashed";
    case Verdict::kCancelled:
      return "cancelled";
    case Verdict::kSandboxError:
      return "sandbox_error";
  }
  return "sandbox_error";
}

WorkerOutcome RunSession(Zygote& zygote, const SessionJob& job, SessionHandler& handler,
                         const std::stop_token& stop) {
  auto process = zygote.Take();
  if (!process) {
    WorkerOutcome outcome;
    outcome.reason = process.error().message;
    return outcome;
  }
  return Session(zygote, std::move(*process), job, handler).Run(stop);
}

}  // namespace carrel::sandbox
