#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <sstream>
#include <utility>

#include "runtime/base/files.h"
#include "runtime/base/text.h"
#include "sandbox/cgroup.h"

namespace carrel::sandbox {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kPrefix = "carrel-";
constexpr int64_t kMiB = int64_t{1} << 20;

Status Write(const fs::path& file, std::string_view text) {
  const UniqueFd fd(::open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return FailErrno(file.string());
  if (::write(fd.get(), text.data(), text.size()) < 0) return FailErrno(file.string());
  return {};
}

// A control or proc file: its size is not known beforehand.
std::string Read(const fs::path& file) {
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; fd && (n = ::read(fd.get(), buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

std::vector<std::string> Words(const std::string& text, char separator) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, separator);) words.push_back(word);
  return words;
}

bool Holds(const std::vector<std::string>& words, std::string_view word) {
  return std::ranges::find(words, word) != words.end();
}

// "oom_kill 3" of a flat keyed file.
int64_t Counter(const std::string& text, std::string_view key) {
  for (const std::string& line : Words(text, '\n')) {
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') continue;
    int64_t value = 0;
    std::from_chars(line.data() + key.size() + 1, line.data() + line.size(), value);
    return value;
  }
  return 0;
}

struct CgroupMount {
  std::string controllers;  // "memory", "cpu,cpuacct"; empty: version 2
  fs::path own;             // the directory of this process below the mount
  fs::path top;
};

// This process's path in the hierarchy with `controller` ("" for version 2), from
// /proc/self/cgroup: "4:memory:/user.slice".
std::string OwnPath(std::string_view controller) {
  for (const std::string& line : Words(Read("/proc/self/cgroup"), '\n')) {
    const size_t first = line.find(':');
    const size_t second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool found =
        controller.empty() ? controllers.empty() : Holds(Words(controllers, ','), controller);
    if (found) return line.substr(second + 1);
  }
  return "/";
}

// Mounted hierarchies, proc_pid_mountinfo(5): fields 4 and 5 are root and mount point, after " - "
// come type, source and super options.
std::optional<CgroupMount> FindMount(std::string_view controller) {
  for (const std::string& line : Words(Read("/proc/self/mountinfo"), '\n')) {
    const size_t dash = line.find(" - ");
    if (dash == std::string::npos) continue;
    const auto before = Words(line.substr(0, dash), ' ');
    const auto after = Words(line.substr(dash + 3), ' ');
    if (before.size() < 5 || after.size() < 3) continue;
    const bool matches = controller.empty()
                             ? after[0] == "cgroup2"
                             : after[0] == "cgroup" && Holds(Words(after[2], ','), controller);
    if (!matches) continue;
    CgroupMount mount{std::string(controller), {}, before[4]};
    const std::string own = OwnPath(controller);
    const fs::path inside = fs::path(own).lexically_relative(before[3]);
    mount.own = inside.empty() || *inside.begin() == ".." ? mount.top : mount.top / inside;
    std::error_code error;
    if (!fs::is_directory(mount.own, error)) mount.own = mount.top;
    return mount;
  }
  return std::nullopt;
}

// The process "carrel-<pid>-<n>" was made by; 0 for another name.
pid_t MakerOf(const std::string& name) {
  pid_t pid = 0;
  if (!name.starts_with(kPrefix)) return 0;
  const char* begin = name.data() + kPrefix.size();
  const auto [end, error] = std::from_chars(begin, name.data() + name.size(), pid);
  return error == std::errc() && *end == '-' ? pid : 0;
}

void SweepBelow(const fs::path& directory) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const pid_t maker = MakerOf(entry.path().filename().string());
    // Occupied groups refuse to go.
    if (maker > 0 && ::access(fmt::format("/proc/{}", maker).c_str(), F_OK) != 0) {
      ::rmdir(entry.path().c_str());
    }
  }
}

// Some kernels count a process that was reaped as one of the group for a moment more.
void RemoveGroup(const fs::path& group) {
  for (int tries = 0; ::rmdir(group.c_str()) != 0 && errno == EBUSY && tries < 100; ++tries) {
    ::usleep(10'000);
  }
}

// Version 2 lets a group have either processes or limited children. A host that is alone in its
// group moves into a child to make room.
Status Delegate(const fs::path& directory) {
  const std::vector<std::string> offered = [&] {
    std::string text = Read(directory / "cgroup.controllers");
    std::erase(text, '\n');
    return Words(text, ' ');
  }();
  if (!Holds(offered, "memory") || !Holds(offered, "pids")) {
    return Fail(Code::kSandbox,
                fmt::format("{}: no memory and pids controllers", directory.string()));
  }
  if (Write(directory / "cgroup.subtree_control", "+memory +pids")) return {};
  if (Read(directory / "cgroup.procs") != fmt::format("{}\n", ::getpid())) {
    return Fail(Code::kSandbox, fmt::format("{}: not delegated to this process alone; a service "
                                            "manager can do that (systemd: Delegate=yes)",
                                            directory.string()));
  }
  const fs::path leaf = directory / "carrel-host";
  if (::mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST) return FailErrno(leaf.string());
  CARREL_TRY(Write(leaf / "cgroup.procs", "0"));
  return Write(directory / "cgroup.subtree_control", "+memory +pids");
}

}  // namespace

std::string_view CgroupVersionName(CgroupVersion version) {
  switch (version) {
    case CgroupVersion::kNone:
      return "none";
    case CgroupVersion::kV1:
      return "v1";
    case CgroupVersion::kV2:
      return "v2";
  }
  return "none";
}

Cgroup::~Cgroup() { pool_.GiveBack(std::move(place_)); }

Status Cgroup::SetLimits(const Limits& limits) {
  if (place_.memory_mb == limits.memory_mb + limits.tmp_mb && place_.threads == limits.threads) {
    return {};
  }
  // The files of the private /tmp are memory too, with a limit of their own.
  const std::string bytes = fmt::format("{}", (limits.memory_mb + limits.tmp_mb) * kMiB);
  if (pool_.version() == CgroupVersion::kV2) {
    CARREL_TRY(Write(place_.memory / "memory.max", bytes));
  } else {
    // With swap accounting the sum may not be below the memory: whichever is raised goes first.
    const fs::path sum = place_.memory / "memory.memsw.limit_in_bytes";
    const fs::path memory = place_.memory / "memory.limit_in_bytes";
    if (!Write(memory, bytes)) {
      (void)Write(sum, bytes);
      CARREL_TRY(Write(memory, bytes));
    }
    (void)Write(sum, bytes);  // absent where the kernel does not account swap
  }
  CARREL_TRY(Write(place_.pids / "pids.max", fmt::format("{}", limits.threads)));
  place_.memory_mb = limits.memory_mb + limits.tmp_mb;
  place_.threads = limits.threads;
  return {};
}

Status Cgroup::Attach(pid_t pid) {
  const std::string text = fmt::format("{}", pid);
  CARREL_TRY(Write(place_.memory / "cgroup.procs", text));
  if (place_.pids == place_.memory) return {};
  return Write(place_.pids / "cgroup.procs", text);
}

int64_t Cgroup::CountOomKills() const {
  const char* file = pool_.version() == CgroupVersion::kV2 ? "memory.events" : "memory.oom_control";
  return Counter(Read(place_.memory / file), "oom_kill");
}

int64_t Cgroup::OomKills() const { return CountOomKills() - place_.oom_kills; }

std::unique_ptr<CgroupPool> CgroupPool::Open() {
  std::unique_ptr<CgroupPool> pool(new CgroupPool);
  std::string reasons = "no cgroup hierarchy is mounted";
  if (const auto unified = FindMount("")) {
    for (const fs::path& directory : {unified->own, unified->top}) {
      if (Status used = pool->Use(CgroupVersion::kV2, {directory, directory}); !used) {
        reasons = "v2: " + used.error().message;
      } else {
        return pool;
      }
    }
  }
  const auto memory = FindMount("memory"), pids = FindMount("pids");
  if (memory && pids) {
    Status used = pool->Use(CgroupVersion::kV1, {memory->own, pids->own});
    if (used) return pool;
    reasons += "; v1: " + used.error().message;
  }
  pool->reason_ = reasons;
  return pool;
}

Status CgroupPool::Use(CgroupVersion version, Hierarchy below) {
  if (version == CgroupVersion::kV2) CARREL_TRY(Delegate(below.memory));
  SweepBelow(below.memory);
  SweepBelow(below.pids);
  version_ = version;
  below_ = std::move(below);
  auto probe = Take();
  if (probe) {
    const Status limited = (*probe)->SetLimits(Limits());
    if (limited) return {};
    probe = std::unexpected(limited.error());
  }
  version_ = CgroupVersion::kNone;
  return std::unexpected(probe.error());
}

CgroupPool::~CgroupPool() {
  for (const Cgroup::Place& place : free_) {
    RemoveGroup(place.memory);
    if (place.pids != place.memory) RemoveGroup(place.pids);
  }
}

Result<Cgroup::Place> CgroupPool::Make() {
  const std::string name = fmt::format("{}{}-{}", kPrefix, ::getpid(), next_++);
  Cgroup::Place place{.memory = below_.memory / name, .pids = below_.pids / name};
  if (::mkdir(place.memory.c_str(), 0755) != 0) return FailErrno(place.memory.string());
  if (place.pids != place.memory && ::mkdir(place.pids.c_str(), 0755) != 0) {
    const int error = errno;
    ::rmdir(place.memory.c_str());
    return FailErrno(place.pids.string(), error);
  }
  if (version_ == CgroupVersion::kV2) {
    // Both are refinements: an older kernel or one without swap lacks the file.
    (void)Write(place.memory / "memory.swap.max", "0");
    (void)Write(place.memory / "memory.oom.group", "1");
  }
  return place;
}

Result<std::unique_ptr<Cgroup>> CgroupPool::Take() {
  if (version_ == CgroupVersion::kNone) return nullptr;
  const std::lock_guard lock(mutex_);
  // A group that somebody removed is made anew.
  while (!free_.empty() && ::access(free_.back().memory.c_str(), F_OK) != 0) free_.pop_back();
  if (free_.empty()) {
    CARREL_ASSIGN_OR_RETURN(Cgroup::Place made, Make());
    free_.push_back(std::move(made));
  }
  std::unique_ptr<Cgroup> group(new Cgroup(*this, std::move(free_.back())));
  free_.pop_back();
  group->place_.oom_kills = group->CountOomKills();
  return group;
}

void CgroupPool::GiveBack(Cgroup::Place place) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(place));
}

}  // namespace carrel::sandbox
