#include "runtime/cli/usage_host.h"

#include <fmt/format.h>

#include <cstdio>

#include "runtime/base/text.h"
#include "runtime/report/host_identity.h"

namespace carrel::cli {
namespace {

void Log(const std::string& id, const Error& error) {
  const std::string line =
      fmt::format("carrel: internal error {}: {}\n", id, EscapeControls(ToUtf8(error.message)));
  std::fputs(line.c_str(), stderr);
}

// A process of another container, or from before a reboot, is known by its lock alone.
bool IsGone(const report::HostLocks& locks, std::string_view host_id) {
  const report::Liveness liveness = report::LivenessOf(host_id);
  if (liveness == report::Liveness::kUnknown) return !locks.IsHeld(host_id);
  return liveness == report::Liveness::kDead;
}

}  // namespace

Result<std::unique_ptr<UsageHost>> UsageHost::Open(store::Database& database,
                                                   const DataPaths& paths,
                                                   const std::string& host_id) {
  std::unique_ptr<UsageHost> host(new UsageHost(database, paths, host_id));
  CARREL_TRY(host->locks_.Hold(host_id));
  return host;
}

UsageHost::UsageHost(store::Database& database, const DataPaths& paths, const std::string& host_id)
    : database_(database),
      locks_(paths.hosts),
      uploads_(paths.usage),
      service_(database_, uploads_, source_, clock_,
               {.host_id = host_id,
                .is_gone = [this](std::string_view id) { return IsGone(locks_, id); }}),
      closing_(database_, clock_),
      files_(database_, uploads_, clock_),
      api_({.database = database_,
            .usage = service_,
            .closing = closing_,
            .files = files_,
            .process =
                [this](const std::string& file_id) {
                  const auto done = service_.Process(file_id);
                  if (!done) Log(file_id, done.error());
                },
            .log = Log}),
      connection_(api_) {}

}  // namespace carrel::cli
