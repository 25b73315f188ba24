#include "runtime/report/worker_pool.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "runtime/base/exceptions.h"

namespace carrel::report {
namespace fs = std::filesystem;
namespace {

// Parts of the host that a language runtime reads, mounted at the same place. Those that this
// machine lacks are left out: a report that needs one fails with the language's own message.
constexpr const char* kPythonParts[] = {
    "/usr/lib/python3.11",
    "/usr/lib/python3",
    CARREL_LIBRARY_DIR,
    "/usr/share/zoneinfo",
    "/etc/alternatives",  // where Debian's links to libraries lead (libblas of numpy)
    // pdf: fonts, their configuration and its cache, shared image and style data
    "/usr/share/fonts",
    "/usr/share/fontconfig",
    "/usr/share/hyphen",
    "/etc/fonts",
    "/var/cache/fontconfig",
};

constexpr const char* kPackagesMount = "/carrel/packages";  // see sdk/worker/python_language.cc
constexpr const char* kEnvironmentMount = "/carrel/environment";

std::vector<sandbox::RootPart> RootParts(std::string_view language, const fs::path& packages,
                                         const fs::path& environment) {
  std::vector<sandbox::RootPart> parts;
  if (!environment.empty()) parts.push_back({environment.string(), kEnvironmentMount});
  if (language != "python") return parts;
  for (const char* path : kPythonParts) {
    std::error_code error;
    if (fs::exists(path, error)) parts.push_back({path, path});
  }
  parts.push_back({packages.string(), kPackagesMount});
  return parts;
}

constexpr auto kHealthyAfter = std::chrono::seconds(60);
constexpr auto kFirstBackOff = std::chrono::milliseconds(500);
constexpr auto kLongestBackOff = std::chrono::milliseconds(60'000);

std::chrono::milliseconds BackOff(int deaths) {
  const int doublings = std::min(deaths - 1, 10);
  return std::min(kFirstBackOff * (1 << doublings), kLongestBackOff);
}

}  // namespace

const sandbox::CgroupPool& WorkerPool::cgroups() {
  std::call_once(cgroups_once_, [this] { cgroups_ = sandbox::CgroupPool::Open(); });
  return *cgroups_;
}

Result<WorkerPool::ZygotePtr> WorkerPool::Get(std::string_view language,
                                              const fs::path& environment) {
  const Key key{std::string(language), environment};
  const SlotPtr held = SlotOf(key);
  Slot& slot = *held;
  const std::lock_guard lock(slot.mutex);
  if (slot.zygote && !slot.zygote->alive()) CARREL_TRY(NoteDeath(slot, key));
  const FileId id = IdOf(environment);
  if (slot.zygote && slot.environment != id) slot.zygote.reset();
  if (!slot.zygote) {
    CARREL_ASSIGN_OR_RETURN(ZygotePtr started, Start(key));
    Install(slot, std::move(started));
    slot.environment = id;
  }
  ++slot.workers;
  if (IsDue(slot)) Recycle(slot, key);
  return slot.zygote;
}

WorkerPool::SlotPtr WorkerPool::SlotOf(const Key& key) {
  SlotPtr evicted;  // ends outside the lock
  const std::lock_guard lock(mutex_);
  const auto it = slots_.find(key);
  if (it == slots_.end() && !key.environment.empty()) evicted = EvictLocked();
  Place& place = slots_[key];
  if (!place.slot) place.slot = std::make_shared<Slot>();
  place.used = ++uses_;
  return place.slot;
}

WorkerPool::SlotPtr WorkerPool::EvictLocked() {
  int count = 0;
  auto oldest = slots_.end();
  for (auto it = slots_.begin(); it != slots_.end(); ++it) {
    if (it->first.environment.empty()) continue;
    ++count;
    if (oldest == slots_.end() || it->second.used < oldest->second.used) oldest = it;
  }
  if (oldest == slots_.end() || count < options_.environments) return nullptr;
  SlotPtr evicted = std::move(oldest->second.slot);
  slots_.erase(oldest);
  return evicted;
}

std::string WorkerPool::Key::Name() const {
  if (environment.empty()) return language;
  return fmt::format("{} (environment {:.12})", language, environment.filename().string());
}

WorkerPool::FileId WorkerPool::IdOf(const fs::path& environment) {
  struct stat info{};
  if (environment.empty() || ::stat(environment.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino};
}

Result<WorkerPool::ZygotePtr> WorkerPool::Start(const Key& key) {
  cgroups();
  std::vector<std::string> arguments = {"--language", key.language};
  if (!key.environment.empty()) {
    arguments.insert(arguments.end(), {"--environment", kEnvironmentMount});
  }
  auto started = sandbox::Zygote::Start(
      {.program = options_.worker.string(),
       .arguments = std::move(arguments),
       .root = {options_.store.string(),
                RootParts(key.language, options_.python_packages, key.environment)},
       .spares = options_.spares,
       .cgroups = cgroups_.get(),
       .degraded = options_.degraded});
  if (!started) {
    return Fail(Code::kSandbox, fmt::format("{} worker: {}", key.Name(), started.error().message));
  }
  if ((*started)->layers().tier == sandbox::Tier::kDegraded && options_.on_degraded) {
    std::call_once(degraded_once_, options_.on_degraded);
  }
  return ZygotePtr(std::move(*started));
}

void WorkerPool::Install(Slot& slot, ZygotePtr zygote) {
  slot.zygote = std::move(zygote);
  slot.started = Clock::now();
  slot.workers = 0;
}

bool WorkerPool::IsDue(const Slot& slot) const {
  return !slot.is_recycling && (slot.workers >= options_.recycle_after_workers ||
                                Clock::now() - slot.started >= options_.recycle_after);
}

// In the background: reports go on with the old zygote until the new one is warm.
void WorkerPool::Recycle(Slot& slot, const Key& key) {
  slot.is_recycling = true;
  slot.recycler = std::jthread([this, &slot, key] {
    Result<ZygotePtr> started = Guarded([&] { return Start(key); });
    ZygotePtr old;  // ends outside the lock, when the last session leaves it
    const std::lock_guard lock(slot.mutex);
    slot.is_recycling = false;
    if (!started) {
      slot.workers = 0;  // the old one goes on for another round
      slot.started = Clock::now();
      return;
    }
    old = std::move(slot.zygote);
    Install(slot, std::move(*started));
  });
}

// The first death is followed by a start at once, further ones in a row by ever longer waits.
Status WorkerPool::NoteDeath(Slot& slot, const Key& key) {
  const auto now = Clock::now();
  if (now - slot.started > kHealthyAfter) slot.deaths = 0;
  if (slot.next_start < slot.started) {  // not counted yet
    slot.next_start = now + (slot.deaths == 0 ? Clock::duration(0) : BackOff(slot.deaths));
    ++slot.deaths;
  }
  if (now < slot.next_start) {
    const auto wait = std::chrono::duration<double>(slot.next_start - now);
    return Fail(Code::kSandbox, fmt::format("{} worker: its zygote died {} times; next start in "
                                            "{:.1f} s",
                                            key.Name(), slot.deaths, wait.count()));
  }
  slot.zygote.reset();
  return {};
}

Result<std::string> WorkerPool::Subtree(const fs::path& path) const {
  std::error_code error;
  const fs::path store = fs::canonical(options_.store, error);
  const fs::path real = fs::canonical(path, error);
  if (error) return FailErrno(path.string(), error.value());
  const fs::path relative = real.lexically_relative(store);
  if (relative.empty() || relative == "." || *relative.begin() == "..") {
    return Fail(Code::kInvalid,
                fmt::format("{} does not lie below {}", path.string(), store.string()));
  }
  return relative.string();
}

}  // namespace carrel::report
