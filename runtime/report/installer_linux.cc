#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/base/unique_fd.h"
#include "runtime/report/installer.h"
#include "runtime/report/installer_wire.h"
#include "sandbox/mounts.h"

namespace carrel::report {
namespace fs = std::filesystem;
namespace {

constexpr const char* kPython = "/usr/bin/python3";
constexpr size_t kMaxRequest = size_t{1} << 20;
constexpr rlim_t kMemory = rlim_t{2} << 30;  // address space
constexpr rlim_t kFiles = 256;
constexpr rlim_t kProcesses = 16;

// Any directory that exists; the new root is mounted over it in this namespace only.
constexpr const char* kAssembly = "/tmp";
constexpr const char* kBuild = "/build";
constexpr const char* kCaFile = "/etc/carrel-ca.pem";
constexpr const char* kPipConfig = "/etc/pip.conf";

// What pip reads of this host, at the same place: Python, pip, certificates, how names are looked
// up. What this machine lacks is left out.
constexpr const char* kParts[] = {
    "/usr/bin/python3",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/python-wheels",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/etc/ssl",
    "/etc/python3.11",
    "/etc/ld.so.cache",
    "/etc/resolv.conf",
    "/etc/nsswitch.conf",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/gai.conf",
};
constexpr const char* kDevices[] = {"/dev/null", "/dev/urandom"};

struct Part {
  std::string target;
  UniqueFd tree;
  bool is_directory = false;
};

Status Clone(const fs::path& source, const std::string& target, uint64_t attributes,
             std::vector<Part>& parts) {
  std::error_code error;
  const fs::path real = fs::canonical(source, error);
  if (error) return FailErrno(source.string(), error.value());
  Part part{target, sandbox::CloneTree(real.string()), fs::is_directory(real, error)};
  if (!part.tree) return FailErrno(fmt::format("clone of {}", source.string()));
  if (const int e = sandbox::RestrictTree(part.tree.get(), attributes)) {
    return FailErrno(fmt::format("restriction of {}", source.string()), e);
  }
  parts.push_back(std::move(part));
  return {};
}

// Detached copies of all that is mounted, made while it can still be reached.
Result<std::vector<Part>> PrepareParts(const Json& request) {
  constexpr uint64_t kReadOnly = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  constexpr uint64_t kWritable = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  std::vector<Part> parts;
  for (const char* path : kParts) {
    std::error_code error;
    if (fs::exists(path, error)) CARREL_TRY(Clone(path, path, kReadOnly, parts));
  }
  std::error_code error;
  if (JsonString(request, "index_url").empty() && fs::exists(kPipConfig, error)) {
    CARREL_TRY(Clone(kPipConfig, kPipConfig, kReadOnly, parts));
  }
  if (const std::string ca = JsonString(request, "ca_file"); !ca.empty()) {
    CARREL_TRY(Clone(ca, kCaFile, kReadOnly, parts));
  }
  for (const char* device : kDevices) {
    CARREL_TRY(Clone(device, device, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, parts));
  }
  CARREL_TRY(Clone(JsonString(request, "directory"), kBuild, kWritable, parts));
  return parts;
}

Status Attach(const Part& part) {
  const fs::path target = std::string(kAssembly) + part.target;
  if (part.is_directory) {
    CARREL_TRY(MakeDirectories(target));
  } else {
    CARREL_TRY(MakeDirectories(target.parent_path()));
    const UniqueFd fd(::open(target.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0444));
    if (!fd) return FailErrno(target.string());
  }
  if (const int e = sandbox::AttachTree(part.tree.get(), target.string())) {
    return FailErrno(fmt::format("mount of {}", part.target), e);
  }
  return {};
}

// The index with its credentials is for pip's eyes only, not for a command line.
Status WritePipConfig(const std::string& index_url) {
  if (index_url.empty()) return {};
  std::string text = fmt::format("[global]\nindex-url = {}\n", index_url);
  constexpr std::string_view kPlain = "http://";
  if (index_url.starts_with(kPlain)) {
    // Without TLS because the operator said so.
    std::string host = index_url.substr(kPlain.size());
    host = host.substr(0, host.find_first_of("/?#"));
    text += fmt::format("trusted-host = {}\n", host.substr(host.rfind('@') + 1));
  }
  const fs::path path = std::string(kAssembly) + kPipConfig;
  CARREL_TRY(MakeDirectories(path.parent_path()));
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444));
  if (!file) return FailErrno(path.string());
  return WriteAll(file.get(), text);
}

Status EnterRoot(std::vector<Part> parts, const std::string& index_url) {
  const std::string assembly = kAssembly;
  if (const int e = sandbox::MountTmpfs(assembly, MS_NOSUID | MS_NODEV, "size=1m,mode=755")) {
    return FailErrno("root tmpfs", e);
  }
  for (const Part& part : parts) CARREL_TRY(Attach(part));
  parts.clear();
  CARREL_TRY(WritePipConfig(index_url));
  for (const char* name : {"lib", "lib64"}) {
    const std::string target = fmt::format("usr/{}", name);
    if (::symlink(target.c_str(), fmt::format("{}/{}", assembly, name).c_str()) != 0) {
      return FailErrno(name);
    }
  }
  if (const int e = sandbox::PivotInto(assembly)) return FailErrno("pivot into the new root", e);
  constexpr unsigned long kFlags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;
  if (::mount(nullptr, "/", nullptr, kFlags, nullptr) != 0) return FailErrno("read-only root");
  return {};
}

Status WriteText(const char* path, std::string_view text) {
  const UniqueFd file(::open(path, O_WRONLY | O_CLOEXEC));
  if (!file) return FailErrno(path);
  return WriteAll(file.get(), text);
}

// Whose files the build makes, outside.
enum class Identity : uint8_t {
  kInstaller,  // a root host's account for it
  kOwn,        // ours, in a user namespace
};

Result<Identity> EnterNamespaces() {
  constexpr int kNamespaces = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
  const uid_t uid = ::geteuid();
  const gid_t gid = ::getegid();
  Identity identity = Identity::kOwn;
  if (uid == 0 && ::unshare(kNamespaces) == 0) {
    identity = Identity::kInstaller;
  } else {
    if (::unshare(CLONE_NEWUSER | kNamespaces) != 0) return FailErrno("namespaces");
    CARREL_TRY(WriteText("/proc/self/setgroups", "deny"));
    CARREL_TRY(WriteText("/proc/self/uid_map", fmt::format("{0} {0} 1", uid)));
    CARREL_TRY(WriteText("/proc/self/gid_map", fmt::format("{0} {0} 1", gid)));
  }
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return FailErrno("private mounts");
  }
  return identity;
}

Status DropPrivileges(Identity identity) {
  for (int cap = 0; cap <= CAP_LAST_CAP; ++cap) {
    if (::prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0 && errno != EINVAL) {
      return FailErrno("bounding set");
    }
  }
  if (identity == Identity::kInstaller) {
    constexpr gid_t kId = kRootHostInstallerId;
    if (::setgroups(0, nullptr) != 0 || ::setresgid(kId, kId, kId) != 0 ||
        ::setresuid(kId, kId, kId) != 0) {
      return FailErrno("account");
    }
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (::syscall(SYS_capset, &header, data) != 0) return FailErrno("capabilities");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0) != 0) {
    return FailErrno("prctl");
  }
  return {};
}

Status SetLimits(const Json& request, Identity identity) {
  const auto number = [&](const char* key) { return request.value(key, uint64_t{0}); };
  std::vector<std::pair<__rlimit_resource, rlim_t>> limits = {
      {RLIMIT_CORE, 0},
      {RLIMIT_FSIZE, number("max_bytes")},
      {RLIMIT_CPU, number("cpu_s")},
      {RLIMIT_NOFILE, kFiles},
  };
  // Elsewhere the count is that of all our processes.
  if (identity == Identity::kInstaller) limits.emplace_back(RLIMIT_NPROC, kProcesses);
  limits.emplace_back(RLIMIT_AS, kMemory);
  for (const auto& [resource, value] : limits) {
    rlimit limit{};
    if (::getrlimit(resource, &limit) != 0) return FailErrno("getrlimit");
    limit.rlim_cur = limit.rlim_max = std::min(value, limit.rlim_max);
    if (::setrlimit(resource, &limit) != 0) return FailErrno("setrlimit");
  }
  return {};
}

// All that goes with the caller is set last: a change of account resets it.
Status DieWithParent(const Json& request) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return FailErrno("prctl");
  if (::getppid() != request.value("parent_pid", 0)) {
    return Fail(Code::kCancelled, "the caller is gone");
  }
  return {};
}

Result<Json> ReadRequest() {
  std::string text(kMaxRequest, '\0');
  const ssize_t size = ::pread(STDIN_FILENO, text.data(), text.size(), 0);
  if (size < 0) return FailErrno("request");
  text.resize(static_cast<size_t>(size));
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 || ::dup2(null, STDIN_FILENO) < 0) return FailErrno("/dev/null");
  ::close(null);
  return ParseJson(text);
}

Result<Identity> Confine(const Json& request) {
  ::umask(022);
  CARREL_ASSIGN_OR_RETURN(const Identity identity, EnterNamespaces());
  const std::string directory = JsonString(request, "directory");
  if (identity == Identity::kInstaller &&
      ::lchown(directory.c_str(), kRootHostInstallerId, kRootHostInstallerId) != 0) {
    return FailErrno(directory);
  }
  CARREL_ASSIGN_OR_RETURN(auto parts, PrepareParts(request));
  CARREL_TRY(EnterRoot(std::move(parts), JsonString(request, "index_url")));
  CARREL_TRY(DropPrivileges(identity));
  if (::chdir(kBuild) != 0 || ::mkdir("tmp", 0700) != 0) return FailErrno(kBuild);
  CARREL_TRY(DieWithParent(request));
  return identity;
}

// Becomes pip. Wheels only: pip runs no code of theirs, and compiles none.
Status RunPip(const Json& request, Identity identity) {
  std::vector<std::string> arguments = {kPython,
                                        "-I",
                                        "-B",
                                        "-m",
                                        "pip",
                                        "install",
                                        "--isolated",
                                        "--no-input",
                                        "--no-color",
                                        "--disable-pip-version-check",
                                        "--no-cache-dir",
                                        "--progress-bar=off",
                                        "--no-compile",
                                        "--no-warn-script-location",
                                        "--root-user-action=ignore",
                                        "--only-binary=:all:",
                                        "--retries=2",
                                        "--timeout=15",
                                        "--target=/build/site",
                                        "--requirement=/build/requirements.txt"};
  if (!JsonString(request, "ca_file").empty()) {
    arguments.push_back(fmt::format("--cert={}", kCaFile));
  }
  std::vector<std::string> environment = {"PATH=/usr/bin", "HOME=/build/tmp", "TMPDIR=/build/tmp",
                                          "LANG=C.UTF-8"};
  for (const Json& variable : request.value("environment", Json::array())) {
    if (variable.is_string()) environment.push_back(variable.get<std::string>());
  }
  const auto pointers = [](std::vector<std::string>& strings) {
    std::vector<char*> out;
    out.reserve(strings.size() + 1);
    for (std::string& text : strings) out.push_back(text.data());
    out.push_back(nullptr);
    return out;
  };
  const std::vector<char*> argv = pointers(arguments);
  const std::vector<char*> envp = pointers(environment);
  // Last of all: the limits are pip's, and may be too narrow for this program under a sanitizer.
  CARREL_TRY(SetLimits(request, identity));
  ::execve(kPython, argv.data(), envp.data());
  return FailErrno(kPython);
}

}  // namespace

int InstallerMain() {
  const Status failed = [] -> Status {
    CARREL_ASSIGN_OR_RETURN(const Json request, ReadRequest());
    CARREL_ASSIGN_OR_RETURN(const Identity identity, Confine(request));
    return RunPip(request, identity);
  }();
  std::fputs(failed.error().message.c_str(), stderr);
  return kNotConfined;
}

}  // namespace carrel::report
