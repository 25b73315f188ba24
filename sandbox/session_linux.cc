#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <utility>

#include "runtime/base/text.h"
#include "sandbox/call_pool.h"
#include "sandbox/fd_socket.h"
#include "sandbox/session.h"

namespace carrel::sandbox {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kReapTimeoutMs = 5000;
constexpr int kRoomPollMs = 20;
// A worker that has said its outcome has nothing left to do but exit.
constexpr auto kExitGrace = milliseconds(500);

struct Ending {
  Verdict verdict;
  std::string reason;
};

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

class Session {
 public:
  Session(Zygote& zygote, WorkerProcess process, const SessionJob& job, SessionHandler& handler)
      : zygote_(zygote),
        process_(std::move(process)),
        job_(job),
        handler_(handler),
        calls_(handler, process_.socket.get(), job.max_calls_in_flight) {}

  WorkerOutcome Run(const std::stop_token& stop) {
    const UniqueFd stop_event(::eventfd(0, EFD_CLOEXEC));
    const std::stop_callback wake(stop, [&] { ::eventfd_write(stop_event.get(), 1); });
    if (Status sent = Start(); sent) {
      while (!ending_ && !exited_) Step(stop_event.get());
    } else {
      ending_ = {Verdict::kSandboxError, "worker: " + sent.error().message};
    }
    Finish();
    return std::move(outcome_);
  }

 private:
  Status Start() {
    const int flags = ::fcntl(process_.socket.get(), F_GETFL);
    ::fcntl(process_.socket.get(), F_SETFL, flags | O_NONBLOCK);
    ::fcntl(process_.log.get(), F_SETFL, O_NONBLOCK);
    const Json prepare = {{"subtree", job_.subtree}, {"limits", ToJson(job_.limits)}};
    const std::array fds = {job_.output_fd};
    return SendMessage(process_.socket.get(), EncodeFrame(FrameType::kPrepare, DumpJson(prepare)),
                       job_.output_fd >= 0 ? std::span<const int>(fds) : std::span<const int>());
  }

  // Waits for the next thing to happen and handles it.
  void Step(int stop_event) {
    // A worker that asks faster than it is answered waits in its own write.
    const bool reading = !socket_closed_ && calls_.has_room();
    pollfd fds[] = {{reading ? process_.socket.get() : -1, POLLIN, 0},
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
    if (fds[0].revents != 0) ReadSocket();
    if (fds[2].revents != 0) {
      exited_ = true;
      // What it said before it went is all there is.
      while (!ending_ && !socket_closed_) ReadSocket();
    }
    if (!ending_ && !exited_) CheckClocks();
  }

  int TimeoutMs() const {
    const auto next = std::min(WallDeadline(), IdleDeadline());
    const auto left = std::chrono::ceil<milliseconds>(next - SteadyClock::now()).count();
    // Calls in flight move the idle clock without waking this thread: look at least every second.
    return static_cast<int>(std::clamp<int64_t>(left, 0, 1000));
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
    last_frame_ = SteadyClock::now();
    parser_.Feed({buffer.data(), static_cast<size_t>(n)});
    while (!ending_) {
      const auto next = parser_.Next();
      if (!next) return Violation(next.error().message);
      const std::optional<Frame>& frame = *next;
      if (!frame) return;
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
    if (!calls_.Write(EncodeFrame(FrameType::kJob, DumpJson(job_.job)))) {
      ending_ = {Verdict::kSandboxError, "worker: the job could not be sent"};
    }
  }

  void HandleRefused(const std::string& payload) {
    if (ready_) return Violation("refused after ready");
    const Json json = ParseJson(payload).value_or(Json::object());
    ending_ = {Verdict::kSandboxError, fmt::format("{}: {}", JsonString(json, "step", "?"),
                                                   JsonString(json, "message", "?"))};
  }

  void HandleProgress(const std::string& payload) {
    const auto json = ParseJson(payload);
    if (!json || !json->is_object()) return Violation("progress is not a JSON object");
    handler_.OnProgress(*json);
  }

  void HandleCall(const std::string& payload) {
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
    // A worker that closed its socket may still be on its way out: its own exit tells more.
    std::optional<WorkerExit> exit;
    if (!ending_ && socket_closed_) exit = WaitExit(static_cast<int>(kExitGrace.count()));
    if (!exit) {
      ::syscall(SYS_pidfd_send_signal, process_.pidfd.get(), SIGKILL, nullptr, 0);
      exit = WaitExit(kReapTimeoutMs);
      if (!ending_ && socket_closed_ && !outcome_seen_) {
        ending_ = {Verdict::kProtocolViolation,
                   "closed its channel and went on without an outcome"};
      }
    }
    calls_.Stop();
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
    if (signal == SIGKILL) {
      return {Verdict::kMemoryLimit, "killed by the system, most likely for lack of memory"};
    }
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
  bool ready_ = false;
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
    case Verdict::kCallLimit:
      return "call_limit";
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
  auto process = zygote.Spawn();
  if (!process) {
    WorkerOutcome outcome;
    outcome.reason = process.error().message;
    return outcome;
  }
  return Session(zygote, std::move(*process), job, handler).Run(stop);
}

}  // namespace carrel::sandbox
