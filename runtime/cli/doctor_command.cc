#include <fmt/format.h>
#include <sys/utsname.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>

#include "runtime/base/files.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/host.h"
#include "sandbox/session.h"

namespace carrel::cli {
namespace {

constexpr std::array kLanguages = {"python", "lua"};
constexpr int kProbes = 20;

using Milliseconds = std::chrono::duration<double, std::milli>;

struct Probe {
  std::string language;
  double zygote_ms = 0;  // once
  double median_ms = 0;  // of one worker, from the request to its end
  double p95_ms = 0;
  sandbox::Layers layers;
  std::string problem;  // empty: reports of this language can run
};

struct Finding {
  std::vector<Probe> probes;
  std::string no_cgroups;  // why there are none; empty: there are
};

// A layer of the sandbox, as the zygote that just started found it.
struct LayerLine {
  std::string name, state;
};

class NoCalls final : public sandbox::SessionHandler {
 public:
  Answer OnCall(const Json&, std::string_view, std::stop_token) override {
    return {{{"error", "a probe makes no calls"}}, {}};
  }
  void OnProgress(const Json&) override {}
  void OnLog(std::string_view) override {}
};

double Since(std::chrono::steady_clock::time_point start) {
  return Milliseconds(std::chrono::steady_clock::now() - start).count();
}

// A worker confined as for a report that looks at nothing.
Status RunProbe(sandbox::Zygote& zygote, const std::string& subtree) {
  NoCalls handler;
  sandbox::SessionJob job{.subtree = subtree, .job = {{"kind", "inspect"}}};
  job.limits.wall_s = 30;
  const sandbox::WorkerOutcome outcome = RunSession(zygote, job, handler, {});
  if (outcome.verdict == sandbox::Verdict::kDone) return {};
  return Fail(Code::kSandbox,
              fmt::format("{}: {}", sandbox::VerdictName(outcome.verdict), outcome.reason));
}

Status Measure(Host& host, const std::filesystem::path& checkout, Probe& probe) {
  const auto start = std::chrono::steady_clock::now();
  CARREL_ASSIGN_OR_RETURN(const auto zygote, host.workers().Get(probe.language));
  CARREL_ASSIGN_OR_RETURN(const std::string subtree, host.workers().Subtree(checkout));
  probe.zygote_ms = Since(start);
  probe.layers = zygote->layers();
  std::vector<double> times;
  for (int i = 0; i < kProbes; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    CARREL_TRY(RunProbe(*zygote, subtree));
    times.push_back(Since(begin));
  }
  std::ranges::sort(times);
  probe.median_ms = (times[kProbes / 2 - 1] + times[kProbes / 2]) / 2;
  probe.p95_ms = times[kProbes * 95 / 100 - 1];
  return {};
}

Result<Finding> ProbeAll(const Settings& settings) {
  CARREL_ASSIGN_OR_RETURN(const auto host, Host::Open(settings));
  CARREL_ASSIGN_OR_RETURN(const TempDir checkout,
                          TempDir::Create(host->paths().checkouts, ".tmp-doctor-"));
  Finding finding;
  for (const char* language : kLanguages) {
    Probe probe;
    probe.language = language;
    if (const Status measured = Measure(*host, checkout.path(), probe); !measured) {
      probe.problem = measured.error().message;
    }
    finding.probes.push_back(std::move(probe));
  }
  finding.no_cgroups = host->workers().cgroups().reason();
  return finding;
}

std::string UserNamespaces(sandbox::Tier tier) {
  switch (tier) {
    case sandbox::Tier::kFull:
      return "yes";
    case sandbox::Tier::kRoot:
      return "no: an unused account a report instead";
    case sandbox::Tier::kDegraded:
      return "no: reports run as the user of this process";
  }
  return "?";
}

// Nothing of it is read from the system's settings: a layer counts when it was built.
std::vector<LayerLine> Layers(const Finding& finding) {
  const auto works =
      std::ranges::find_if(finding.probes, [](const Probe& p) { return p.problem.empty(); });
  if (works == finding.probes.end()) return {};
  const sandbox::Layers& layers = works->layers;
  return {{"tier", std::string(sandbox::TierName(layers.tier))},
          {"user namespaces", UserNamespaces(layers.tier)},
          {"pid, mount, network, ipc, uts and cgroup namespaces",
           layers.tier == sandbox::Tier::kDegraded
               ? "no: names of files and processes of this machine can be seen"
               : "yes"},
          {"system call filter", "yes"},
          {"Landlock", layers.landlock_abi > 0 ? fmt::format("ABI {}", layers.landlock_abi)
                                               : "no: not offered by this kernel"},
          {"control groups", finding.no_cgroups.empty()
                                 ? layers.cgroups
                                 : fmt::format("no: {}; memory is sampled", finding.no_cgroups)}};
}

std::string Shown(const SettingRow& row, const Setting& setting) {
  if (row.kind != SettingKind::kSecret) return setting.value;
  return setting.is_set ? "***" : "";
}

std::string KernelVersion() {
  struct utsname names{};
  return ::uname(&names) == 0 ? fmt::format("{} {}", names.sysname, names.release) : "unknown";
}

OrderedJson AsJson(const Finding& finding, const Settings& settings) {
  OrderedJson json = {{"version", CARREL_VERSION}, {"kernel", KernelVersion()}};
  json["layers"] = OrderedJson::object();
  for (const LayerLine& line : Layers(finding)) json["layers"][line.name] = line.state;
  json["sandbox"] = OrderedJson::array();
  for (const Probe& probe : finding.probes) {
    OrderedJson entry = {{"language", probe.language}, {"ok", probe.problem.empty()}};
    if (probe.problem.empty()) {
      entry["zygote_ms"] = probe.zygote_ms;
      entry["start_ms"] = {{"median", probe.median_ms}, {"p95", probe.p95_ms}, {"probes", kProbes}};
    } else {
      entry["problem"] = probe.problem;
    }
    json["sandbox"].push_back(std::move(entry));
  }
  json["settings"] = OrderedJson::array();
  for (const SettingRow& row : SettingRows()) {
    const Setting& setting = settings.Get(row.name);
    json["settings"].push_back(
        {{"name", row.name}, {"value", Shown(row, setting)}, {"origin", setting.origin}});
  }
  return json;
}

void Print(const Finding& finding, const Settings& settings, Console& console) {
  console.Print(fmt::format("carrel {} on {}", CARREL_VERSION, KernelVersion()));
  console.Print("\nsandbox");
  std::vector<std::vector<std::string>> layers;
  for (const LayerLine& line : Layers(finding)) layers.push_back({"  " + line.name, line.state});
  if (!layers.empty()) console.PrintTable(layers);
  for (const Probe& probe : finding.probes) {
    if (probe.problem.empty()) {
      console.Print(
          fmt::format("  {:<7} ok: zygote {:.0f} ms, a worker {:.1f} ms (median of {}; "
                      "p95 {:.1f})",
                      probe.language, probe.zygote_ms, probe.median_ms, kProbes, probe.p95_ms));
    } else {
      console.Print(fmt::format("  {:<7} not available: {}", probe.language, probe.problem));
    }
  }
  console.Print("\nsettings");
  std::vector<std::vector<std::string>> table = {{"  NAME", "VALUE", "FROM"}};
  for (const SettingRow& row : SettingRows()) {
    const Setting& setting = settings.Get(row.name);
    const std::string value = Shown(row, setting);
    table.push_back({"  " + row.name, value.empty() ? "-" : value, setting.origin});
  }
  console.PrintTable(table);
}

Result<ExitCode> Doctor(Context& context) {
  CARREL_ASSIGN_OR_RETURN(const Finding finding, ProbeAll(context.settings));
  if (context.console.is_json()) {
    context.console.PrintJson(AsJson(finding, context.settings));
  } else {
    Print(finding, context.settings, context.console);
  }
  const bool is_good =
      std::ranges::all_of(finding.probes, [](const Probe& probe) { return probe.problem.empty(); });
  return is_good ? ExitCode::kDone : ExitCode::kSandbox;
}

}  // namespace

void DefineDoctor(CLI::App& command, Invocation& invocation) {
  AddSandboxOption(command, invocation);
  Finish(command, invocation, "carrel doctor --json", Doctor);
}

}  // namespace carrel::cli
