#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/unique_fd.h"
#include "sandbox/confinement.h"
#include "sandbox/fd_socket.h"
#include "sandbox/landlock.h"
#include "sandbox/root.h"
#include "sandbox/seccomp_filter.h"
#include "sandbox/worker_entry.h"
#include "sandbox/zygote_server.h"

namespace carrel::sandbox {
namespace {

constexpr int kNamespaces =
    CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

Status Say(int control_fd, const Json& message, std::span<const int> fds = {}) {
  return SendMessage(control_fd, DumpJson(message), fds);
}

Result<Json> Hear(int control_fd) {
  CARREL_ASSIGN_OR_RETURN(const Message message, ReceiveMessage(control_fd));
  if (message.bytes.empty()) return Fail(Code::kUnreachable, "the host is gone");
  return ParseJson(message.bytes);
}

struct ZygoteSockets {
  int control;
  int closer;
};

// What the helper has found for the zygote.
struct Ground {
  PreparedRoot root;  // empty in Tier::kDegraded
  Places places;      // empty in the other tiers
};

// Forks a worker for every spawn request and reports its end.
class Zygote {
 public:
  Zygote(WorkerProgram& program, const ServerOptions& options, ZygoteSockets sockets,
         UniqueFd own_pid_namespace, Places places)
      : program_(program),
        options_(options),
        control_fd_(sockets.control),
        closer_fd_(sockets.closer),
        pid_namespace_(std::move(own_pid_namespace)),
        surroundings_{::getpid(), std::move(places)} {}

  // Until the host closes the control socket.
  int Serve() {
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    sigprocmask(SIG_BLOCK, &mask, nullptr);
    const UniqueFd children(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!children) return 1;
    while (true) {
      pollfd fds[] = {{control_fd_, POLLIN, 0}, {children.get(), POLLIN, 0}};
      if (::poll(fds, 2, -1) < 0 && errno != EINTR) return 1;
      if ((fds[1].revents & POLLIN) != 0) ReapChildren(children.get());
      if (fds[0].revents != 0 && !HandleRequest()) return 0;
    }
  }

 private:
  bool HandleRequest() {
    auto message = ReceiveMessage(control_fd_);
    if (!message || message->bytes.empty()) return false;
    const auto request = ParseJson(message->bytes);
    if (!request || message->descriptors.size() != 2) return false;
    Spawn(request->value("id", int64_t{0}), message->descriptors[0].get(),
          message->descriptors[1].get());
    return true;
  }

  void Spawn(int64_t id, int socket, int log) {
    // A pid namespace for the next child only: the zygote returns to its own afterwards, else
    // every later fork would fail once that child is gone (pid_namespaces(7)).
    const bool has_namespaces = options_.tier != Tier::kDegraded;
    if (has_namespaces && ::unshare(CLONE_NEWPID) != 0) {
      return SpawnFailed(id, "pid namespace", errno);
    }
    program_.BeforeFork();
    const pid_t pid = ::fork();
    const int fork_errno = errno;
    if (pid == 0) {
      program_.AfterForkInChild();
      ::_exit(WorkerEntry(program_, options_, surroundings_, {socket, log, closer_fd_}));
    }
    program_.AfterForkInParent();
    if (has_namespaces && ::setns(pid_namespace_.get(), CLONE_NEWPID) != 0) ::_exit(3);
    if (pid < 0) return SpawnFailed(id, "fork", fork_errno);
    const UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd) {
      const int pidfd_errno = errno;
      ::kill(pid, SIGKILL);  // reaped with the others
      return SpawnFailed(id, "pidfd", pidfd_errno);
    }
    workers_[pid] = id;
    const int fds[] = {pidfd.get()};
    (void)Say(control_fd_, {{"spawned", id}}, fds);
  }

  void SpawnFailed(int64_t id, const char* step, int error_number) {
    (void)Say(control_fd_, {{"refused", id}, {"step", step}, {"errno", error_number}});
  }

  void ReapChildren(int signal_fd) {
    signalfd_siginfo info{};
    while (::read(signal_fd, &info, sizeof info) > 0) {
    }
    int status = 0;
    rusage usage{};
    for (pid_t pid = 0; (pid = ::wait4(-1, &status, WNOHANG, &usage)) > 0;) {
      const auto it = workers_.find(pid);
      if (it == workers_.end()) continue;
      const auto micros = [](const timeval& t) { return t.tv_sec * 1'000'000 + t.tv_usec; };
      (void)Say(control_fd_, {{"exited", it->second},
                              {"status", status},
                              {"cpu_us", micros(usage.ru_utime) + micros(usage.ru_stime)},
                              {"rss_kb", usage.ru_maxrss}});
      workers_.erase(it);
    }
  }

  WorkerProgram& program_;
  const ServerOptions& options_;
  int control_fd_;
  int closer_fd_;
  UniqueFd pid_namespace_;
  const WorkerSurroundings surroundings_;
  std::map<pid_t, int64_t> workers_;
};

int CountThreads(int task_directory) {
  UniqueFd copy(::dup(task_directory));
  DIR* dir = ::fdopendir(copy.get());
  if (dir == nullptr) return -1;
  copy.Release();
  int threads = 0;
  while (const dirent* entry = ::readdir(dir)) threads += entry->d_name[0] != '.' ? 1 : 0;
  ::closedir(dir);
  return threads;
}

// Tier::kRoot: the zygote keeps what it needs to confine its children, nothing else.
Status KeepCapabilities(const ServerOptions& options) {
  if (options.tier != Tier::kRoot) return {};
  constexpr int kKept[] = {CAP_SYS_ADMIN, CAP_SETUID, CAP_SETGID, CAP_SETPCAP};
  uint32_t mask = 0;
  for (const int cap : kKept) mask |= 1U << cap;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[0].effective = data[0].permitted = mask;
  if (::syscall(SYS_capset, &header, data) != 0) return FailErrno("capabilities");
  return {};
}

// A fault of a test stands in for a boot step's own failure.
Status Injected(const ServerOptions& options, const char* step) {
  const int error = options.fault != nullptr ? options.fault(step) : 0;
  if (error != 0) return FailErrno(step, error);
  return {};
}

Status BootZygote(WorkerProgram& program, const ServerOptions& options, Ground& ground,
                  int task_directory) {
  CARREL_TRY(Injected(options, "root"));
  if (options.tier != Tier::kDegraded) CARREL_TRY(EnterRoot(std::move(ground.root)));
  program.Locate(ground.places);
  CARREL_TRY(KeepCapabilities(options));
  CARREL_TRY(program.Warm());
  if (const int threads = CountThreads(task_directory); threads != 1) {
    return Fail(Code::kSandbox, fmt::format("{} threads after warm-up, expected 1", threads));
  }
  CARREL_TRY(CompileSeccompFilter(options.seccomp));
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return FailErrno("dumpable");
  return {};
}

int ZygoteMain(WorkerProgram& program, const ServerOptions& options, Ground ground,
               ZygoteSockets sockets) {
  const int control_fd = sockets.control;
  // Out of the terminal's reach by a group of its own, not a session: where the kernel weighs
  // sessions against each other (sched_autogroup), workers would wait for each other as one.
  (void)::setpgid(0, 0);
  UniqueFd pid_namespace(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
  UniqueFd tasks(::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!pid_namespace || !tasks) {
    (void)Say(control_fd, {{"error", "zygote: /proc is not readable"}});
    return 1;
  }
  if (Status booted = BootZygote(program, options, ground, tasks.get()); !booted) {
    (void)Say(control_fd, {{"error", "zygote: " + booted.error().message}});
    return 1;
  }
  tasks.Reset();
  if (!Say(control_fd, {{"ready", true}, {"landlock", LandlockAbi()}})) return 0;
  return Zygote(program, options, sockets, std::move(pid_namespace), std::move(ground.places))
      .Serve();
}

void WakeOnly(int) {}

// Without a pid namespace a process that ends takes nothing with it, unless its children ask for
// it. False when the parent is gone already.
bool EndWithParent(pid_t parent) {
  return ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && ::getppid() == parent;
}

// Holds what workers share with it until they are gone, so that a close that waits for the machine
// is in nobody's way.
class Closer {
 public:
  explicit Closer(int socket) : socket_(socket) {}

  void AddTo(std::vector<pollfd>& fds) const {
    fds.push_back({socket_, POLLIN, 0});
    for (const Held& held : held_) fds.push_back({held.worker.get(), POLLIN, 0});
  }

  // `fds` as AddTo added them, polled.
  void Handle(std::span<const pollfd> fds) {
    size_t at = 0;
    std::erase_if(held_, [&](const Held&) { return fds[++at].revents != 0; });
    if (fds[0].revents == 0) return;
    auto message = ReceiveMessage(socket_);
    if (!message || message->descriptors.size() != 2) return;  // what came closes here
    held_.push_back({std::move(message->descriptors[1]), std::move(message->descriptors[0])});
  }

 private:
  struct Held {
    UniqueFd worker;  // a pidfd
    UniqueFd shared;
  };
  const int socket_;
  std::vector<Held> held_;
};

// Process 1: reaps, and takes the whole tree with it when the host or the zygote is gone.
int InitMain(pid_t zygote, int lifeline_fd, int closer_fd) {
  struct sigaction action{};
  action.sa_handler = WakeOnly;
  sigaction(SIGCHLD, &action, nullptr);
  sigset_t blocked, waiting;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGCHLD);
  sigprocmask(SIG_BLOCK, &blocked, &waiting);
  Closer closer(closer_fd);
  while (true) {
    for (pid_t pid = 0; (pid = ::waitpid(-1, nullptr, WNOHANG)) != 0;) {
      if (pid == zygote || pid < 0) return 0;
    }
    // Nothing is ever written to the lifeline: readable means closed.
    std::vector<pollfd> fds = {{lifeline_fd, POLLIN, 0}};
    closer.AddTo(fds);
    if (::ppoll(fds.data(), fds.size(), nullptr, &waiting) <= 0) continue;
    if (fds[0].revents != 0) return 0;
    closer.Handle(std::span(fds).subspan(1));
  }
}

// The machine does not grant what a layer needs: a less complete tier may still do.
std::unexpected<Error> Denied(const char* what) {
  return Fail(Code::kDenied, FailErrno(what).error().message);
}

// Tier::kDegraded: both layers that are left must be there.
Result<Ground> StandWithoutNamespaces(int control_fd, const Json& boot) {
  if (::geteuid() == 0) return Fail(Code::kDenied, "the degraded tier is not for root");
  if (const int abi = LandlockAbi(); abi < kDegradedLandlockAbi) {
    return Fail(Code::kDenied,
                fmt::format("the degraded tier needs Landlock {}, this kernel has {}",
                            kDegradedLandlockAbi, abi > 0 ? std::to_string(abi) : "none"));
  }
  if (const int e = ProbeSeccomp()) {
    return Fail(Code::kDenied, FailErrno("system call filter", e).error().message);
  }
  CARREL_ASSIGN_OR_RETURN(Places places, FindParts(boot));
  CARREL_TRY(Say(control_fd, {{"unshared", true}}));
  CARREL_ASSIGN_OR_RETURN(const Json mapped, Hear(control_fd));
  if (!mapped.contains("mapped")) return Fail(Code::kProtocol, "expected the id maps");
  return Ground{{}, std::move(places)};
}

// New namespaces; the host writes the id maps, then this process takes the mapped identity.
Result<Ground> EnterHelperNamespaces(int control_fd, ServerOptions& options) {
  CARREL_ASSIGN_OR_RETURN(const Json boot, Hear(control_fd));
  const auto tier = ParseTier(JsonString(boot, "tier"));
  if (!tier) return Fail(Code::kProtocol, "expected the tier");
  options.tier = *tier;
  if (options.tier == Tier::kDegraded) {
    CARREL_TRY(Injected(options, "helper namespaces"));
    return StandWithoutNamespaces(control_fd, boot);
  }
  // A root host's groups must not stay with the tree; without root there are none to gain.
  if (::geteuid() == 0 && ::setgroups(0, nullptr) != 0 && ::getgroups(0, nullptr) != 0) {
    return FailErrno("supplementary groups of a root host could not be dropped");
  }
  CARREL_TRY(Injected(options, "helper namespaces"));
  const bool with_users = options.tier == Tier::kFull;
  if (::unshare(kNamespaces | (with_users ? CLONE_NEWUSER : 0)) != 0) {
    return Denied("namespaces");
  }
  CARREL_TRY(Say(control_fd, {{"unshared", true}}));
  CARREL_ASSIGN_OR_RETURN(const Json mapped, Hear(control_fd));
  if (!mapped.contains("mapped")) return Fail(Code::kProtocol, "expected the id maps");
  // Before anything is cloned: no later mount of the host may propagate into the clones. Some
  // systems grant the namespace and refuse what it is for, so this is where they show.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return Denied("mounts");
  // Sources are opened while this process is still who it was outside: they may lie below
  // directories that the mapped identity cannot enter.
  CARREL_ASSIGN_OR_RETURN(PreparedRoot root, PrepareRoot(boot));
  if (::setresgid(0, 0, 0) != 0 || ::setresuid(0, 0, 0) != 0) return FailErrno("identity");
  return Ground{std::move(root), {}};
}

// Forks the zygote and watches over it.
int BecomeInit(WorkerProgram& program, const ServerOptions& options, Ground ground,
               SocketPair closer, int control_fd, int lifeline_fd) {
  const bool has_namespaces = options.tier != Tier::kDegraded;
  // Workers whose zygote died come here to be reaped.
  if (!has_namespaces) (void)::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const pid_t self = ::getpid();
  const pid_t zygote = ::fork();
  if (zygote == 0) {
    if (!has_namespaces && !EndWithParent(self)) ::_exit(1);
    ::close(lifeline_fd);
    closer.first.Reset();
    ::_exit(ZygoteMain(program, options, std::move(ground), {control_fd, closer.second.get()}));
  }
  ::close(control_fd);
  ground.root.clear();
  if (zygote < 0) return 1;
  const int status = InitMain(zygote, lifeline_fd, closer.first.get());
  if (has_namespaces) return status;  // the kernel ends the rest of the namespace
  ::kill(zygote, SIGKILL);            // its workers end with it
  while (::waitpid(-1, nullptr, 0) > 0 || errno == EINTR) {
  }
  return status;
}

}  // namespace

int RunZygote(WorkerProgram& program, int control_fd, int lifeline_fd, ServerOptions options) {
  auto ground = EnterHelperNamespaces(control_fd, options);
  if (!ground) {
    (void)Say(control_fd, {{"error", "helper: " + ground.error().message},
                           {"denied", ground.error().code == Code::kDenied}});
    return 1;
  }
  auto closer = MakeSocketPair(SOCK_SEQPACKET);
  if (!closer) return 1;
  const pid_t self = ::getpid();
  const pid_t init = ::fork();
  if (init == 0) {
    if (options.tier == Tier::kDegraded && !EndWithParent(self)) ::_exit(1);
    ::_exit(BecomeInit(program, options, std::move(*ground), std::move(*closer), control_fd,
                       lifeline_fd));
  }
  ::close(control_fd);
  if (init < 0) return 1;
  int status = 0;
  while (::waitpid(init, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

}  // namespace carrel::sandbox
