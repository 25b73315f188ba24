#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

#include "runtime/base/exceptions.h"
#include "runtime/base/files.h"
#include "runtime/base/json.h"
#include "sandbox/fd_socket.h"
#include "sandbox/zygote.h"

namespace carrel::sandbox {
namespace {

// Descriptors of the helper; see sdk/worker/main.cc.
constexpr int kHelperControl = 3;
constexpr int kHelperLifeline = 4;
// The dup2 targets must not collide with the sources.
constexpr int kSafeFloor = 16;

Result<pid_t> SpawnHelper(const ZygoteOptions& options, int control, int lifeline) {
  const UniqueFd high_control(::fcntl(control, F_DUPFD_CLOEXEC, kSafeFloor));
  const UniqueFd high_lifeline(::fcntl(lifeline, F_DUPFD_CLOEXEC, kSafeFloor));
  if (!high_control || !high_lifeline) return FailErrno("duplicate descriptors");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, high_control.get(), kHelperControl);
  posix_spawn_file_actions_adddup2(&actions, high_lifeline.get(), kHelperLifeline);
  posix_spawn_file_actions_addclosefrom_np(&actions, kHelperLifeline + 1);

  std::vector<char*> arguments = {const_cast<char*>(options.program.c_str())};
  for (const std::string& argument : options.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  // Nothing of the host's environment reaches report code.
  const char* environment[] = {"LANG=C.UTF-8", "TZ=UTC", "HOME=/tmp", "TMPDIR=/tmp", nullptr};
  pid_t pid = 0;
  const int error = ::posix_spawn(&pid, options.program.c_str(), &actions, nullptr,
                                  arguments.data(), const_cast<char**>(environment));
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return FailErrno(options.program, error);
  return pid;
}

Status WriteProc(pid_t pid, const char* name, std::string_view text) {
  const std::string path = fmt::format("/proc/{}/{}", pid, name);
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return FailErrno(path);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return FailErrno(path);
  }
  return {};
}

// The identity of a root host's workers: kRootHostWorkerId, or near the end of what is mapped when
// the host is root of a user namespace without it.
unsigned WorkerIdOf(const char* map) {
  constexpr int64_t kNobodyAndOverflow = 2;
  std::ifstream stream(map);
  int64_t last = 0;
  for (int64_t inside = 0, outside = 0, count = 0; stream >> inside >> outside >> count;) {
    if (kRootHostWorkerId >= inside && kRootHostWorkerId < inside + count) return kRootHostWorkerId;
    last = std::max(last, inside + count - 1 - kNobodyAndOverflow);
  }
  return static_cast<unsigned>(last);
}

Status WriteIdMaps(pid_t helper) {
  const bool root = ::geteuid() == 0;
  const unsigned uid = root ? WorkerIdOf("/proc/self/uid_map") : ::geteuid();
  const unsigned gid = root ? WorkerIdOf("/proc/self/gid_map") : ::getegid();
  CARREL_TRY(WriteProc(helper, "setgroups", "deny"));
  CARREL_TRY(WriteProc(helper, "uid_map", fmt::format("0 {} 1", uid)));
  return WriteProc(helper, "gid_map", fmt::format("0 {} 1", gid));
}

// The process behind `pidfd` as this process's /proc numbers it, 0 when it cannot be told.
pid_t PidOf(int pidfd) {
  std::ifstream info(fmt::format("/proc/self/fdinfo/{}", pidfd));
  for (std::string key; info >> key;) {
    pid_t pid = 0;
    if (key == "Pid:" && info >> pid) return std::max(pid, 0);
  }
  return 0;
}

std::string FirstLine(const char* file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  return line;
}

// What an administrator can change, judged by what this machine says of itself.
std::string Fix() {
  if (FirstLine("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "AppArmor restricts user namespaces here: install the profile "
           "sandbox/profiles/apparmor/carrel";
  }
  if (FirstLine("/proc/sys/user/max_user_namespaces") == "0") {
    return "user namespaces are off: sysctl user.max_user_namespaces=15000";
  }
  if (FirstLine("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    return "unprivileged user namespaces are off: sysctl kernel.unprivileged_userns_clone=1";
  }
  return "in a container, allow user namespaces and mounts: see sandbox/profiles/README.md";
}

// One message of the booting tree, before the deadline.
Result<Json> HearBoot(int control, std::chrono::steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  pollfd fds[] = {{control, POLLIN, 0}};
  const int ready = ::poll(fds, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
  if (ready <= 0) return Fail(Code::kSandbox, "zygote: did not start in time");
  CARREL_ASSIGN_OR_RETURN(const Message message, ReceiveMessage(control));
  if (message.bytes.empty()) return Fail(Code::kSandbox, "zygote: ended while starting");
  CARREL_ASSIGN_OR_RETURN(Json json, ParseJson(message.bytes));
  if (json.contains("error")) {
    const bool denied = json.value("denied", false);
    return Fail(denied ? Code::kDenied : Code::kSandbox, JsonString(json, "error"));
  }
  return json;
}

}  // namespace

Zygote::Zygote(const ZygoteOptions& options, pid_t helper, UniqueFd control, UniqueFd lifeline)
    : helper_(helper),
      control_(std::move(control)),
      lifeline_(std::move(lifeline)),
      cgroups_(options.cgroups),
      spares_(options.spares, [this] { return Fork(); }) {
  layers_.cgroups =
      CgroupVersionName(cgroups_ != nullptr ? cgroups_->version() : CgroupVersion::kNone);
}

Result<std::unique_ptr<Zygote>> Zygote::Start(const ZygoteOptions& options) {
  auto full = StartIn(Tier::kFull, options);
  if (full || full.error().code != Code::kDenied) return full;
  std::string why = full.error().message;
  if (::geteuid() == 0) {
    auto root = StartIn(Tier::kRoot, options);
    if (root || root.error().code != Code::kDenied) return root;
    why += "; without user namespaces: " + root.error().message;
  }
  if (options.degraded == DegradedTier::kAllowed) {
    auto degraded = StartIn(Tier::kDegraded, options);
    if (degraded || degraded.error().code != Code::kDenied) return degraded;
    why += "; without namespaces: " + degraded.error().message;
  }
  const bool could_degrade = options.degraded == DegradedTier::kRefused && ::geteuid() != 0;
  return Fail(Code::kSandbox,
              fmt::format("{}. {}{}", why, Fix(),
                          could_degrade ? ". To run with less: --sandbox degraded" : ""));
}

Result<std::unique_ptr<Zygote>> Zygote::StartIn(Tier tier, const ZygoteOptions& options) {
  CARREL_ASSIGN_OR_RETURN(SocketPair control, MakeSocketPair(SOCK_SEQPACKET));
  CARREL_ASSIGN_OR_RETURN(Pipe lifeline, MakePipe());
  CARREL_ASSIGN_OR_RETURN(const pid_t helper,
                          SpawnHelper(options, control.second.get(), lifeline.read.get()));
  control.second.Reset();
  lifeline.read.Reset();
  std::unique_ptr<Zygote> zygote(
      new Zygote(options, helper, std::move(control.first), std::move(lifeline.write)));
  zygote->layers_.tier = tier;
  CARREL_TRY(zygote->Boot(options));
  zygote->reader_ = std::thread([raw = zygote.get()] { raw->ReadEvents(); });
  zygote->spares_.Start();
  return zygote;
}

// kDenied when the kernel does not grant the namespaces, kSandbox for any other failure.
Status Zygote::Boot(const ZygoteOptions& options) {
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::seconds(options.boot_timeout_s);
  Json boot = ToJson(options.root);
  boot["tier"] = TierName(layers_.tier);
  CARREL_TRY(SendMessage(control_.get(), DumpJson(boot)));
  CARREL_TRY(HearBoot(control_.get(), deadline));
  if (layers_.tier == Tier::kFull) {
    if (Status mapped = WriteIdMaps(helper_); !mapped) {
      return Fail(Code::kDenied, fmt::format("id maps: {}", mapped.error().message));
    }
  }
  CARREL_TRY(SendMessage(control_.get(), R"({"mapped":true})"));
  CARREL_ASSIGN_OR_RETURN(const Json ready, HearBoot(control_.get(), deadline));
  layers_.landlock_abi = ready.value("landlock", 0);
  return {};
}

Zygote::~Zygote() {
  spares_.Stop();
  ::shutdown(control_.get(), SHUT_RDWR);
  lifeline_.Reset();
  if (reader_.joinable()) reader_.join();
  while (::waitpid(helper_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void Zygote::MarkDead(std::string reason) {
  const std::lock_guard lock(mutex_);
  dead_ = true;
  death_ = std::move(reason);
  changed_.notify_all();
}

void Zygote::ReadEvents() {
  const Status ended = Guarded([this] { return TryReadEvents(); });
  MarkDead(ended ? "the zygote ended" : ended.error().message);
}

Status Zygote::TryReadEvents() {
  while (true) {
    auto message = ReceiveMessage(control_.get());
    if (!message || message->bytes.empty()) return {};
    const auto event = ParseJson(message->bytes);
    if (!event || !event->is_object()) return Fail(Code::kProtocol, "the zygote sent nonsense");
    const std::lock_guard lock(mutex_);
    if (event->contains("spawned") && !message->descriptors.empty()) {
      spawned_[event->value("spawned", int64_t{0})].pidfd = std::move(message->descriptors[0]);
    } else if (event->contains("refused")) {
      spawned_[event->value("refused", int64_t{0})].refusal = fmt::format(
          "{}: {}", JsonString(*event, "step"), std::strerror(event->value("errno", 0)));
    } else if (event->contains("exited")) {
      exits_[event->value("exited", int64_t{0})] = {
          event->value("status", 0), static_cast<double>(event->value("cpu_us", int64_t{0})) / 1e6,
          event->value("rss_kb", int64_t{0})};
    }
    changed_.notify_all();
  }
}

Result<WorkerProcess> Zygote::Fork() {
  CARREL_ASSIGN_OR_RETURN(SocketPair socket, MakeSocketPair(SOCK_STREAM));
  CARREL_ASSIGN_OR_RETURN(Pipe log, MakePipe());
  WorkerProcess worker;
  worker.socket = std::move(socket.first);
  worker.log = std::move(log.read);
  {
    std::unique_lock lock(mutex_);
    if (dead_) return Fail(Code::kSandbox, death_);
    worker.id = next_id_++;
    const std::array fds = {socket.second.get(), log.write.get()};
    CARREL_TRY(SendMessage(control_.get(), DumpJson({{"id", worker.id}}), fds));
    changed_.wait(lock, [&] { return dead_ || spawned_.contains(worker.id); });
    if (!spawned_.contains(worker.id)) return Fail(Code::kSandbox, death_);
    Spawned spawned = std::move(spawned_.extract(worker.id).mapped());
    if (!spawned.pidfd) {
      return Fail(Code::kSandbox, "worker not started: " + spawned.refusal);
    }
    worker.pidfd = std::move(spawned.pidfd);
  }
  worker.pid = PidOf(worker.pidfd.get());
  if (cgroups_ != nullptr) {
    CARREL_ASSIGN_OR_RETURN(worker.cgroup, cgroups_->Take());
    // A worker that is gone already has said why; its session reads it.
    if (worker.cgroup) {
      const Status attached = worker.cgroup->Attach(worker.pid);
      if (!attached && !worker.IsGone()) return std::unexpected(attached.error());
    }
  }
  return worker;
}

Result<std::optional<WorkerExit>> Zygote::WaitExit(int64_t worker_id, int timeout_ms) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                    [&] { return dead_ || exits_.contains(worker_id); });
  if (const auto node = exits_.extract(worker_id); !node.empty()) return node.mapped();
  if (dead_) return Fail(Code::kSandbox, death_);
  return std::nullopt;
}

bool Zygote::alive() const {
  const std::lock_guard lock(mutex_);
  return !dead_;
}

}  // namespace carrel::sandbox
