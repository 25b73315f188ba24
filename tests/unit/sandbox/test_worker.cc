// A worker whose jobs are small hostile or honest acts, named by the test.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "runtime/base/files.h"
#include "sandbox/worker_entry.h"
#include "sandbox/zygote_server.h"

#if defined(__SANITIZE_ADDRESS__)
// A crash of report code is a signal for the host to see, and an interpreter that ends by _exit
// has nothing freed. The sanitizer's environment variable does not reach a worker.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_abort=0";
}
#endif

namespace {

using carrel::DumpJson;
using carrel::Json;
using carrel::sandbox::EncodeEnvelope;
using carrel::sandbox::FrameType;
using carrel::sandbox::ReceiveFrame;
using carrel::sandbox::SendFrame;

struct Context {
  int socket;
  int output;
  Json job;
};

// "ok" or the name of the errno.
Json Tell(long result) { return result >= 0 ? Json("ok") : Json(::strerrorname_np(errno)); }

Json Open(const Context& c) {
  const int fd = ::open(c.job.value("path", "").c_str(), O_RDONLY);
  return Tell(fd);
}

Json Write(const Context& c) {
  return Tell(::open(c.job.value("path", "").c_str(), O_WRONLY | O_CREAT, 0644));
}

Json List(const Context& c) {
  auto names = Json::array();
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(c.job.value("path", ""), error)) {
    names.push_back(entry.path().filename().string());
  }
  if (error) return error.message();
  return names;
}

Json Identity(const Context&) {
  std::vector<int> open;
  for (int fd = 0; fd < 1024; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) open.push_back(fd);
  }
  char host[64] = {};
  ::gethostname(host, sizeof host);
  auto environment = Json::array();
  for (char** e = environ; *e != nullptr; ++e) environment.push_back(*e);
  return {{"pid", ::getpid()}, {"ppid", ::getppid()}, {"uid", ::getuid()},
          {"fds", open},       {"host", host},        {"environment", environment}};
}

Json Calls(const Context&) {
  Json out;
  out["socket"] = Tell(::socket(AF_INET, SOCK_STREAM, 0));
  out["fork"] = Tell(::fork());
  out["kill"] = Tell(::kill(-1, SIGKILL));
  out["symlink"] = Tell(::symlink("/etc", "/tmp/link"));
  out["mkfifo"] = Tell(::mkfifo("/tmp/fifo", 0600));
  out["memfd"] = Tell(::syscall(SYS_memfd_create, "x", 0));
  out["exec"] = Tell(::execl("/bin/true", "true", nullptr));
  out["prctl"] = Tell(::syscall(SYS_prctl, 4, 1, 0, 0, 0));
  return out;
}

// Every way to change a file of this user by its name.
Json Change(const Context& c) {
  const std::string path = c.job.value("path", "");
  const std::string other = path + ".other";
  Json out;
  out["chmod"] = Tell(::chmod(path.c_str(), 0777));
  out["fchmodat"] = Tell(::fchmodat(AT_FDCWD, path.c_str(), 0777, 0));
  out["chown"] = Tell(::chown(path.c_str(), ::getuid(), ::getgid()));
  out["utimensat"] = Tell(::utimensat(AT_FDCWD, path.c_str(), nullptr, 0));
  out["truncate"] = Tell(::truncate(path.c_str(), 0));
  out["unlink"] = Tell(::unlink(path.c_str()));
  out["rename"] = Tell(::rename(path.c_str(), other.c_str()));
  out["link"] = Tell(::link(path.c_str(), other.c_str()));
  out["mkdir"] = Tell(::mkdir(other.c_str(), 0700));
  out["setxattr"] = Tell(::syscall(SYS_setxattr, path.c_str(), "user.x", "x", 1, 0));
  out["inotify"] = Tell(::syscall(SYS_inotify_init1, 0));
  return out;
}

// What reaches a process that shares the user.
Json Reach(const Context& c) {
  const pid_t other = c.job.value("other", 0);
  rlimit limit{};
  Json out;
  out["kill"] = Tell(::kill(other, 0));
  out["tgkill"] = Tell(::syscall(SYS_tgkill, other, other, 0));
  out["sigqueue"] = Tell(::sigqueue(other, SIGUSR1, {}));
  out["prlimit"] = Tell(::prlimit(other, RLIMIT_CORE, &limit, nullptr));
  out["setpriority"] = Tell(::setpriority(PRIO_PROCESS, static_cast<id_t>(other), 19));
  out["affinity"] = Tell(::syscall(SYS_sched_setaffinity, other, 0, nullptr));
  out["pidfd_open"] = Tell(::syscall(SYS_pidfd_open, other, 0));
  out["setpgid"] = Tell(::setpgid(0, other));
  const std::string proc = "/proc/" + std::to_string(other);
  out["mem"] = Tell(::open((proc + "/mem").c_str(), O_RDONLY));
  out["environ"] = Tell(::open((proc + "/environ").c_str(), O_RDONLY));
  out["descriptors"] = Tell(::open((proc + "/fd").c_str(), O_RDONLY | O_DIRECTORY));
  return out;
}

Json Abort(const Context&) { std::abort(); }

Json Ptrace(const Context& c) {
  return Tell(::ptrace(PTRACE_ATTACH, c.job.value("other", 0), nullptr, nullptr));
}

Json Mount(const Context&) { return Tell(::mount("tmpfs", "/tmp", "tmpfs", 0, nullptr)); }
Json Unshare(const Context&) { return Tell(::unshare(CLONE_NEWUSER)); }

Json Output(const Context& c) {
  const auto written = carrel::WriteAll(c.output, c.job.value("text", ""));
  return written ? Json("ok") : Json(written.error().message);
}

Json Fill(const Context& c) {
  const int fd = c.job.value("path", "") == "output"
                     ? c.output
                     : ::open(c.job.value("path", "").c_str(), O_WRONLY | O_CREAT, 0644);
  const std::string block(1 << 20, 'x');
  int64_t written = 0;
  while (true) {
    const ssize_t n = ::write(fd, block.data(), block.size());
    if (n < 0) return {{"error", ::strerrorname_np(errno)}, {"bytes", written}};
    written += n;
  }
}

Json Memory(const Context&) {
  std::vector<char*> blocks;
  while (true) {
    auto* block = static_cast<char*>(std::malloc(size_t{16} << 20));
    if (block == nullptr) return blocks.size();
    std::memset(block, 1, size_t{16} << 20);
    blocks.push_back(block);
  }
}

Json Spin(const Context&) {
  volatile uint64_t n = 0;
  while (true) n = n + 1;
}

Json Sleep(const Context&) {
  while (true) ::pause();
}

Json Crash(const Context&) {
  std::raise(SIGSEGV);
  std::abort();
}

Json Leave(const Context&) { ::_exit(0); }

Json Threads(const Context& c) {
  int started = 0;
  try {
    while (started < 500) {
      std::thread([] { ::pause(); }).detach();
      ++started;
    }
  } catch (const std::system_error&) {
  }
  if (c.job.value("stay", false)) ::pause();
  return started;
}

Json Print(const Context& c) {
  const std::string line(1000, 'p');
  for (int64_t i = 0; i < c.job.value("lines", int64_t{1}); ++i) {
    (void)carrel::WriteAll(1, line + "\n");
  }
  return "ok";
}

Json Raw(const Context& c) {
  std::string bytes;
  for (const Json& byte : c.job["bytes"]) bytes += static_cast<char>(byte.get<int>());
  (void)carrel::WriteAll(c.socket, bytes);
  ::pause();
  return nullptr;
}

Json Ask(const Context& c) {
  auto bodies = Json::array();
  for (int i = 1; i <= c.job.value("times", 1); ++i) {
    (void)SendFrame(c.socket, FrameType::kCall, EncodeEnvelope({{"id", i}}, "ping"));
    const auto frame = ReceiveFrame(c.socket);
    if (!frame) return "closed";
    const auto reply = carrel::sandbox::DecodeEnvelope(frame->payload);
    bodies.push_back(carrel::JsonString(reply->header, "error", std::string(reply->body)));
  }
  return bodies;
}

// Calls without ever reading the answers.
Json Flood(const Context& c) {
  for (int i = 1;; ++i) {
    if (!SendFrame(c.socket, FrameType::kCall, EncodeEnvelope({{"id", i}}, "ping"))) return nullptr;
  }
}

// Goes on without its only channel.
Json Detach(const Context& c) {
  ::close(c.socket);
  ::pause();
  return nullptr;
}

// Many large calls at once, never read.
Json Hoard(const Context& c) {
  const std::string body(size_t{8} << 20, 'h');
  for (int i = 1; i <= 200; ++i) {
    if (!SendFrame(c.socket, FrameType::kCall, EncodeEnvelope({{"id", i}}, body))) return nullptr;
  }
  ::pause();
  return nullptr;
}

Json Linger(const Context& c) {
  (void)SendFrame(c.socket, FrameType::kOutcome, R"({"result":"lingered"})");
  ::pause();
  return nullptr;
}

Json Twice(const Context& c) {
  (void)SendFrame(c.socket, FrameType::kOutcome, R"({"result":"once"})");
  return "twice";
}

const std::map<std::string, std::function<Json(const Context&)>> kActs = {
    {"open", Open},   {"write", Write},   {"list", List},       {"identity", Identity},
    {"calls", Calls}, {"mount", Mount},   {"unshare", Unshare}, {"output", Output},
    {"fill", Fill},   {"memory", Memory}, {"spin", Spin},       {"sleep", Sleep},
    {"crash", Crash}, {"leave", Leave},   {"threads", Threads}, {"print", Print},
    {"raw", Raw},     {"ask", Ask},       {"flood", Flood},     {"detach", Detach},
    {"hoard", Hoard}, {"linger", Linger}, {"twice", Twice},     {"change", Change},
    {"reach", Reach}, {"abort", Abort},   {"ptrace", Ptrace}};

class TestProgram final : public carrel::sandbox::WorkerProgram {
 public:
  carrel::Status Warm() override { return {}; }
  void BeforeFork() override {}
  void AfterForkInParent() override {}
  void AfterForkInChild() override {}
  int Run(int socket, int output_fd) override {
    const auto frame = ReceiveFrame(socket);
    Context context{socket, output_fd, *carrel::ParseJson(frame->payload)};
    const Json result = kActs.at(context.job.value("act", ""))(context);
    (void)SendFrame(socket, FrameType::kOutcome, DumpJson({{"result", result}}));
    return 0;
  }
};

// "--fail STEP ERRNO": the confinement step that fails, and how.
const char* failing_step = nullptr;
int failing_errno = 0;

int Fail(const char* step) {
  return failing_step != nullptr && std::strcmp(step, failing_step) == 0 ? failing_errno : 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "--fail") == 0) {
    failing_step = argv[2];
    failing_errno = std::atoi(argv[3]);
  }
  TestProgram program;
  carrel::sandbox::ServerOptions options;
  options.fault = Fail;
  return carrel::sandbox::RunZygote(program, 3, 4, options);
}
