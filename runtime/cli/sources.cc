#include "runtime/cli/sources.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/cli/invocation.h"
#include "runtime/git/url_policy.h"

namespace carrel::cli {
namespace fs = std::filesystem;
namespace {

// A path names a repository of this machine from wherever carrel is started.
std::string AbsoluteIfPath(const std::string& source) {
  std::error_code error;
  if (!fs::exists(source, error)) return source;
  return fs::canonical(source, error).string();
}

bool IsBareRepository(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path / "HEAD", error) && fs::is_directory(path / "objects", error) &&
         !fs::exists(path / "reports.json", error);
}

Result<git::Credentials> HttpCredentials(const Settings& settings) {
  if (!settings.Get("git.user").is_set && !settings.Get("git.password").is_set) {
    return git::Credentials();
  }
  CARREL_ASSIGN_OR_RETURN(std::string password, TextOrFile(settings.Text("git.password")));
  return git::PasswordCredentials{settings.Text("git.user"), std::move(password)};
}

Result<git::Credentials> SshCredentials(const Settings& settings) {
  if (settings.Get("git.key").is_set) {
    const fs::path key = settings.Path("git.key");
    std::error_code error;
    if (!fs::is_regular_file(key, error)) {
      return Fail(Code::kUsage, fmt::format("git key {}: no such file", key.string()));
    }
    CARREL_ASSIGN_OR_RETURN(std::string passphrase, TextOrFile(settings.Text("git.passphrase")));
    return git::SshKeyCredentials{"", key, std::move(passphrase)};
  }
  if (std::getenv("SSH_AUTH_SOCK") != nullptr) return git::SshAgentCredentials{};
  return git::Credentials();
}

Result<git::Credentials> CredentialsFor(git::Scheme scheme, const Settings& settings) {
  if (scheme == git::Scheme::kSsh) return SshCredentials(settings);
  if (scheme == git::Scheme::kLocal) return git::Credentials();
  return HttpCredentials(settings);
}

report::SourceKind KindOf(const std::string& source, const std::string& ref) {
  std::error_code error;
  const bool is_tree = fs::is_directory(source, error) && !IsBareRepository(source);
  return is_tree && ref.empty() ? report::SourceKind::kDirectory : report::SourceKind::kGit;
}

git::Source GitSource(const report::AddRepository& located, const Settings& settings) {
  git::Source source;
  source.url = located.url;
  source.credentials = located.credentials;
  source.host_keys = settings.IsOn("git.accept_new_hosts") ? git::HostKeyPolicy::kAcceptNew
                                                           : git::HostKeyPolicy::kStrict;
  source.known_hosts = settings.Path("git.known_hosts");
  source.ca_file = settings.Path("git.ca_file");
  return source;
}

}  // namespace

void AddGitOptions(CLI::App& command, Invocation& invocation) {
  AddSettingOption(command, invocation, "--git-user", "git.user");
  AddSettingOption(command, invocation, "--git-password", "git.password");
  AddSettingOption(command, invocation, "--git-key", "git.key");
  AddSettingOption(command, invocation, "--git-passphrase", "git.passphrase");
  AddSettingOption(command, invocation, "--git-known-hosts", "git.known_hosts");
  AddSettingOption(command, invocation, "--git-accept-new-hosts", "git.accept_new_hosts");
}

Result<report::AddRepository> Locate(const std::string& source, const std::string& ref,
                                     const Settings& settings, Console& console) {
  report::AddRepository located;
  located.kind = KindOf(source, ref);
  located.url = AbsoluteIfPath(source);
  located.ref = ref;
  if (located.kind == report::SourceKind::kDirectory) {
    console.Note(
        fmt::format("carrel: {} is taken as it stands, uncommitted changes included", located.url));
    return located;
  }
  CARREL_ASSIGN_OR_RETURN(const git::RepositoryUrl url,
                          git::ParseUrl(located.url, UrlPolicyOf(settings)));
  located.url = url.text;
  CARREL_ASSIGN_OR_RETURN(located.credentials, CredentialsFor(url.scheme, settings));
  return located;
}

report::FetchWatch WatchOn(ProgressView& progress, std::stop_token stop) {
  return {[&progress](const git::SyncProgress& now) {
            progress.Show("fetch: " + now.stage, static_cast<double>(now.received_objects),
                          static_cast<double>(now.total_objects));
          },
          std::move(stop)};
}

Result<report::FetchedSource> Prepare(Host& host, const report::AddRepository& located,
                                      const Settings& settings, Console& console,
                                      std::stop_token stop) {
  ProgressView progress(console);
  report::GitReference reference{located.url, located.ref, ""};
  if (located.kind == report::SourceKind::kDirectory) reference.tag = report::kTreePrefix;
  return report::FetchSource(host.cache(), GitSource(located, settings), std::move(reference),
                             WatchOn(progress, std::move(stop)));
}

}  // namespace carrel::cli
