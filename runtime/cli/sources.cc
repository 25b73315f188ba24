#include "runtime/cli/sources.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "runtime/base/text.h"
#include "runtime/cli/invocation.h"
#include "runtime/cli/progress.h"
#include "runtime/git/url_policy.h"
#include "runtime/report/checkouts.h"

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

}  // namespace

void AddGitOptions(CLI::App& command, Invocation& invocation) {
  AddSettingOption(command, invocation, "--git-user", "git.user");
  AddSettingOption(command, invocation, "--git-password", "git.password");
  AddSettingOption(command, invocation, "--git-key", "git.key");
  AddSettingOption(command, invocation, "--git-passphrase", "git.passphrase");
  AddSettingOption(command, invocation, "--git-known-hosts", "git.known_hosts");
  AddSettingOption(command, invocation, "--git-accept-new-hosts", "git.accept_new_hosts");
}

report::SourceKind KindOf(const std::string& source, const std::string& ref) {
  std::error_code error;
  const bool is_tree = fs::is_directory(source, error) && !IsBareRepository(source);
  return is_tree && ref.empty() ? report::SourceKind::kDirectory : report::SourceKind::kGit;
}

Result<git::Source> GitSourceOf(const std::string& url, const Settings& settings) {
  CARREL_ASSIGN_OR_RETURN(const git::RepositoryUrl parsed,
                          git::ParseUrl(url, UrlPolicyOf(settings)));
  git::Source source;
  source.url = parsed.text;
  source.host_keys = settings.IsOn("git.accept_new_hosts") ? git::HostKeyPolicy::kAcceptNew
                                                           : git::HostKeyPolicy::kStrict;
  source.known_hosts = settings.Path("git.known_hosts");
  source.ca_file = settings.Path("git.ca_file");
  if (parsed.scheme == git::Scheme::kSsh) {
    CARREL_ASSIGN_OR_RETURN(source.credentials, SshCredentials(settings));
  } else if (parsed.scheme != git::Scheme::kLocal) {
    CARREL_ASSIGN_OR_RETURN(source.credentials, HttpCredentials(settings));
  }
  return source;
}

Status Fetch(Host& host, const std::string& url, const Settings& settings, Console& console,
             std::stop_token stop) {
  CARREL_ASSIGN_OR_RETURN(const git::Source source, GitSourceOf(url, settings));
  ProgressView progress(console);
  git::SyncOptions options;
  options.stop = std::move(stop);
  options.progress = [&](const git::SyncProgress& now) {
    progress.Show("fetch: " + now.stage, static_cast<double>(now.received_objects),
                  static_cast<double>(now.total_objects));
  };
  CARREL_TRY(host.cache().Sync(source, options));
  return {};
}

Result<PreparedSource> Prepare(Host& host, const std::string& source, const std::string& ref,
                               const Settings& settings, Console& console, std::stop_token stop) {
  CARREL_TRY(host.CheckWorker());
  PreparedSource prepared;
  prepared.kind = KindOf(source, ref);
  report::GitReference& reference = prepared.reference;
  const std::string address = AbsoluteIfPath(source);
  if (prepared.kind == report::SourceKind::kDirectory) {
    console.Note(
        fmt::format("carrel: {} is taken as it stands, uncommitted changes included", address));
    CARREL_ASSIGN_OR_RETURN(prepared.checkout, host.cache().ExportDirectory(address));
    reference = {address, std::string(report::kTreePrefix),
                 std::string(report::kTreePrefix) + prepared.checkout.tree_id};
    return prepared;
  }
  CARREL_ASSIGN_OR_RETURN(const git::RepositoryUrl url,
                          git::ParseUrl(address, UrlPolicyOf(settings)));
  CARREL_TRY(Fetch(host, url.text, settings, console, std::move(stop)));
  CARREL_ASSIGN_OR_RETURN(const git::Commit commit, host.cache().Resolve(url.text, ref));
  CARREL_ASSIGN_OR_RETURN(prepared.checkout, host.cache().Export(url.text, commit.id));
  reference = {url.text, ref, commit.id};
  return prepared;
}

}  // namespace carrel::cli
