// From what an operator types (a url, a directory) to an address with its credentials, and to files
// on this machine.
#pragma once

#include <stop_token>
#include <string>

#include "runtime/base/result.h"
#include "runtime/cli/console.h"
#include "runtime/cli/host.h"
#include "runtime/cli/progress.h"
#include "runtime/cli/settings.h"
#include "runtime/report/checkouts.h"
#include "runtime/report/repository_service.h"

namespace CLI {
class App;
}

namespace carrel::cli {

struct Invocation;

// --git-user, --git-password, --git-key, --git-passphrase, --git-known-hosts,
// --git-accept-new-hosts.
void AddGitOptions(CLI::App& command, Invocation& invocation);

// Where a source is and how to get in, from the settings for the scheme of its url. An existing
// directory without a ref is kDirectory: it runs as it stands, which is said on the console. kUsage
// for a key that is no file.
Result<report::AddRepository> Locate(const std::string& source, const std::string& ref,
                                     const Settings& settings, Console& console);

// Shows a fetch on `progress`, which outlives it.
report::FetchWatch WatchOn(ProgressView& progress, std::stop_token stop);

// Fetches, resolves and lays out, with progress on the console. Errors as those of FetchSource.
Result<report::FetchedSource> Prepare(Host& host, const report::AddRepository& located,
                                      const Settings& settings, Console& console,
                                      std::stop_token stop);

}  // namespace carrel::cli
