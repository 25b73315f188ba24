// From what an operator types (a url, a directory) to files of a repository on this machine.
#pragma once

#include <stop_token>
#include <string>

#include "runtime/base/result.h"
#include "runtime/cli/console.h"
#include "runtime/cli/host.h"
#include "runtime/cli/settings.h"
#include "runtime/git/types.h"
#include "runtime/report/repository_service.h"
#include "runtime/report/repository_store.h"

namespace CLI {
class App;
}

namespace carrel::cli {

struct Invocation;

// --git-user, --git-password, --git-key, --git-known-hosts, --git-accept-new-hosts.
void AddGitOptions(CLI::App& command, Invocation& invocation);

struct PreparedSource {
  report::SourceKind kind = report::SourceKind::kGit;
  report::GitReference reference;  // `commit` is what it resolved to
  git::Checkout checkout;
};

// An existing directory without a ref is kDirectory: it runs as it stands.
report::SourceKind KindOf(const std::string& source, const std::string& ref);

// For the url's scheme, from the settings. kUsage for a key that is no file.
Result<git::Source> GitSourceOf(const std::string& url, const Settings& settings);

// Brings the mirror up to date, with progress on the console. Errors as RepositoryCache::Sync.
Status Fetch(Host& host, const std::string& url, const Settings& settings, Console& console,
             std::stop_token stop);

// Fetches, resolves and lays out. Errors as those of RepositoryCache; kSandbox when what was
// fetched could not be looked at here.
Result<PreparedSource> Prepare(Host& host, const std::string& source, const std::string& ref,
                               const Settings& settings, Console& console, std::stop_token stop);

}  // namespace carrel::cli
