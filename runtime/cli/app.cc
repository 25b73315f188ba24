#include "runtime/cli/app.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

#include "runtime/cli/invocation.h"
#include "runtime/cli/sources.h"
#include "runtime/net/address_policy.h"
#include "runtime/net/url.h"
#include "runtime/report/host_identity.h"
#include "sandbox/limits.h"

namespace carrel::cli {
namespace {

// Keys are handed out as "SU-000-000-000:secret"; on the wire the scheme stands before them.
std::string AuthorizationValue(std::string key) {
  if (key.empty() || key.find(' ') != std::string::npos) return key;
  return "ApiKey " + key;
}

std::string KeyVariable(std::string_view connection) {
  std::string name = "CARREL_API_KEY_";
  for (const char c : connection) {
    const auto byte = static_cast<unsigned char>(c);
    name += std::isalnum(byte) != 0 ? static_cast<char>(std::toupper(byte)) : '_';
  }
  return name;
}

// `name`: the setting that grants it.
Result<report::Access> AccessOf(const Settings& settings, std::string_view name) {
  const Setting& setting = settings.Get(name);
  if (setting.value == "read") return report::Access::kRead;
  if (setting.value == "read-write") return report::Access::kReadWrite;
  return Fail(Code::kUsage, fmt::format("{} ({}): found '{}', expected read or read-write", name,
                                        setting.origin, setting.value));
}

// An address that the operator wrote down may be of this machine or network. A name may not lead
// there: who answers for the name is somebody else.
net::AddressPolicy AddressesOf(const Settings& settings, const std::string& text) {
  const auto url = net::ParseUrl(text);
  const bool is_written = url && (url->host == "localhost" ||
                                  net::ClassifyLiteral(url->host) != net::AddressClass::kUnknown);
  return is_written || settings.IsOn("net.private") ? net::AddressPolicy::kAllowPrivate
                                                    : net::AddressPolicy::kPublicOnly;
}

// What every report may call.
Result<report::Connection> DefaultConnection(const Settings& settings,
                                             api::LocalConnection& local) {
  report::Connection connection;
  if (settings.Text("api.endpoint") == api::kLocalConnection) {
    CARREL_ASSIGN_OR_RETURN(const report::Access access, AccessOf(settings, "local.access"));
    connection = local.Describe(access);
  } else {
    connection.base_url = settings.Text("api.endpoint");
    CARREL_ASSIGN_OR_RETURN(connection.access, AccessOf(settings, "api.access"));
    CARREL_ASSIGN_OR_RETURN(std::string key, TextOrFile(settings.Text("api.key")));
    connection.credential = report::Secret(AuthorizationValue(std::move(key)));
    connection.addresses = AddressesOf(settings, connection.base_url);
  }
  connection.name = "default";
  return connection;
}

Result<report::Connection> NamedConnection(const Settings& settings, const std::string& text) {
  const size_t equals = text.find('=');
  if (text == api::kLocalConnection) {
    return Fail(Code::kUsage,
                "--connection: local is there by itself; --endpoint local makes it what reports "
                "call by default");
  }
  if (equals == std::string::npos || equals == 0) {
    return Fail(Code::kUsage, fmt::format("--connection: found '{}', expected NAME=URL", text));
  }
  report::Connection connection;
  connection.name = text.substr(0, equals);
  connection.base_url = text.substr(equals + 1);
  const bool is_local = connection.name == api::kLocalConnection;
  CARREL_ASSIGN_OR_RETURN(connection.access,
                          AccessOf(settings, is_local ? "local.access" : "api.access"));
  connection.addresses = AddressesOf(settings, connection.base_url);
  if (const char* key = std::getenv(KeyVariable(connection.name).c_str())) {
    connection.credential = report::Secret(AuthorizationValue(key));
  }
  return connection;
}

Result<sandbox::Limits> LimitsOf(const Settings& settings) {
  sandbox::Limits limits;
  for (const sandbox::LimitRow& row : sandbox::kLimitRows) {
    const double number = settings.Number(fmt::format("limits.{}", row.name));
    if (!(number >= 0 && number <= sandbox::kHighestLimit)) {
      return Fail(Code::kInvalid,
                  fmt::format("limit {}: {} is not a number from {} to {}", row.name, number,
                              row.minimum, sandbox::kHighestLimit));
    }
    CARREL_TRY(sandbox::SetLimit(limits, row.name, static_cast<int64_t>(number)));
  }
  return limits;
}

report::RepositoryServiceOptions RepositoryOptions(const Settings& settings,
                                                   const std::string& host_id) {
  report::RepositoryServiceOptions options;
  options.host_id = host_id;
  constexpr double kMostMb = 1e9;
  options.max_cache_bytes =
      static_cast<uint64_t>(std::min(settings.Number("cache.max_mb"), kMostMb) * (1 << 20));
  options.urls = UrlPolicyOf(settings);
  options.host_keys = settings.IsOn("git.accept_new_hosts") ? git::HostKeyPolicy::kAcceptNew
                                                            : git::HostKeyPolicy::kStrict;
  options.known_hosts = settings.Path("git.known_hosts");
  options.ca_file = settings.Path("git.ca_file");
  return options;
}

}  // namespace

report::Account OperatorOf(const Settings& settings) {
  return {settings.Text("account.id"), settings.Text("account.name"), report::Role::kAdmin};
}

Result<report::ConnectionSet> ConnectionsOf(const Settings& settings,
                                            const std::vector<std::string>& extra,
                                            api::LocalConnection& local) {
  report::ConnectionSet set;
  CARREL_ASSIGN_OR_RETURN(report::Connection first, DefaultConnection(settings, local));
  CARREL_TRY(set.Add(std::move(first)));
  for (const std::string& text : extra) {
    CARREL_ASSIGN_OR_RETURN(report::Connection named, NamedConnection(settings, text));
    CARREL_TRY(set.Add(std::move(named)));
  }
  if (set.Find(api::kLocalConnection) != nullptr) return set;
  CARREL_ASSIGN_OR_RETURN(const report::Access access, AccessOf(settings, "local.access"));
  CARREL_TRY(set.Add(local.Describe(access)));
  return set;
}

Result<std::unique_ptr<App>> App::Open(const Settings& settings,
                                       const std::vector<std::string>& connections,
                                       report::DispatchObserver* observer) {
  CARREL_ASSIGN_OR_RETURN(auto host, Host::Open(settings));
  CARREL_ASSIGN_OR_RETURN(auto database, store::OpenSqliteDatabase(host->paths().database));
  CARREL_ASSIGN_OR_RETURN(store::SecretBox secrets, store::SecretBox::Open(host->paths().key));
  CARREL_ASSIGN_OR_RETURN(report::ArtifactStore artifacts,
                          report::ArtifactStore::Create(host->paths().artifacts));
  CARREL_ASSIGN_OR_RETURN(std::string host_id, report::CurrentHostId());
  CARREL_ASSIGN_OR_RETURN(auto usage, UsageHost::Open(*database, host->paths(), host_id));
  CARREL_ASSIGN_OR_RETURN(report::ConnectionSet set,
                          ConnectionsOf(settings, connections, usage->connection()));
  std::unique_ptr<App> app(new App(
      settings, {std::move(host), std::move(database), std::move(secrets), std::move(artifacts),
                 std::move(set), std::move(host_id), std::move(usage)}));
  CARREL_TRY(app->Start(settings, observer));
  return app;
}

App::App(const Settings& settings, Parts parts)
    : host_id_(std::move(parts.host_id)),
      environment_(settings.Text("report.environment")),
      host_(std::move(parts.host)),
      database_(std::move(parts.database)),
      secrets_(std::move(parts.secrets)),
      artifacts_(std::move(parts.artifacts)),
      usage_(std::move(parts.usage)),
      connections_(std::move(parts.connections)),
      http_({settings.Text("net.proxy"), settings.Text("net.ca_file"), {}, 16}),
      repositories_(*database_),
      templates_(*database_),
      reports_(*database_),
      checkouts_(
          host_->cache(),
          [this](const report::GitReference& git) { return repository_service_.Refetch(git); }),
      executor_(host_->workers(), connections_, http_, {environment_}),
      report_service_(reports_, templates_, artifacts_, clock_),
      repository_service_(
          {repositories_, templates_, host_->cache(), host_->inspector(), secrets_, clock_},
          RepositoryOptions(settings, host_id_)) {}

Status App::Start(const Settings& settings, report::DispatchObserver* observer) {
  report::DispatcherOptions options;
  CARREL_ASSIGN_OR_RETURN(options.limits, LimitsOf(settings));
  CARREL_ASSIGN_OR_RETURN(dispatcher_,
                          report::Dispatcher::Create({reports_, templates_, artifacts_, checkouts_,
                                                      executor_, clock_, &host_->environments()},
                                                     options, observer));
  CARREL_TRY(repository_service_.RecoverInterrupted());
  CARREL_TRY(dispatcher_->Recover());
  CARREL_TRY(artifacts_.Sweep(reports_));
  CARREL_TRY(host_->cache().Sweep());
  CARREL_TRY(host_->environments().Sweep());
  return {};
}

}  // namespace carrel::cli
