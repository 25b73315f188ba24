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

bool IsGone(std::string_view host_id) {
  return report::LivenessOf(host_id) == report::Liveness::kDead;
}

}  // namespace

UsageHost::UsageHost(store::Database& database, const DataPaths& paths, const std::string& host_id)
    : database_(database),
      uploads_(paths.usage),
      service_(database_, uploads_, source_, clock_, {.host_id = host_id, .is_gone = IsGone}),
      closing_(database_, clock_),
      api_({.database = database_,
            .usage = service_,
            .closing = closing_,
            .process =
                [this](const std::string& file_id) {
                  const auto done = service_.Process(file_id);
                  if (!done) Log(file_id, done.error());
                },
            .log = Log}),
      connection_(api_) {}

}  // namespace carrel::cli
