#include "runtime/cli/settings.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "runtime/base/files.h"
#include "runtime/base/text.h"
#include "sandbox/limits.h"

namespace carrel::cli {
namespace fs = std::filesystem;
namespace {

constexpr size_t kMaxFile = size_t{1} << 20;
constexpr std::string_view kFileName = "carrel.toml";

std::string Upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return out;
}

std::vector<SettingRow> MakeRows() {
  using enum SettingKind;
  std::vector<SettingRow> rows = {
      {"data", "CARREL_DATA", "", kPath, "where everything is kept"},
      {"worker", "CARREL_WORKER", "", kPath, "the program that runs reports"},
      {"python_packages", "CARREL_PYTHON_PACKAGES", "", kPath, "what Python reports import"},
      {"account.id", "CARREL_ACCOUNT_ID", "VA-000-000", kText, "who reports belong to"},
      {"account.name", "CARREL_ACCOUNT_NAME", "Local", kText, "its name"},
      {"report.environment", "CARREL_REPORT_ENVIRONMENT", "carrel " CARREL_VERSION, kText,
       "this runtime's name in what reports say of their run"},
      {"api.endpoint", "CARREL_ENDPOINT", "https://api.connect.cloudblue.com/public/v1", kText,
       "the api that reports call; local: this runtime's own data"},
      {"api.key", "CARREL_API_KEY", "", kSecret, "its credential"},
      {"api.access", "CARREL_API_ACCESS", "read", kText,
       "what reports may do there: read or read-write"},
      {"local.access", "CARREL_LOCAL_ACCESS", "read", kText,
       "what reports may do to this runtime's own data: read or read-write"},
      {"net.proxy", "CARREL_PROXY", "", kText, "proxy for calls to the api"},
      {"net.private", "CARREL_NET_PRIVATE", "off", kSwitch,
       "apis whose name leads to an address of this machine or network"},
      {"net.ca_file", "CARREL_CA_FILE", "", kPath, "certificates to trust instead of the system's"},
      {"git.http", "CARREL_GIT_HTTP", "on", kSwitch, "repositories over http without TLS"},
      {"git.ssh", "CARREL_GIT_SSH", "on", kSwitch, "repositories over ssh"},
      {"git.local", "CARREL_GIT_LOCAL", "on", kSwitch, "repositories at a path of this machine"},
      {"git.user", "CARREL_GIT_USER", "", kText, "user for repositories over http(s)"},
      {"git.password", "CARREL_GIT_PASSWORD", "", kSecret, "password or token for these"},
      {"git.key", "CARREL_GIT_KEY", "", kPath, "private key file for repositories over ssh"},
      {"git.passphrase", "CARREL_GIT_PASSPHRASE", "", kSecret, "passphrase of that key"},
      {"git.known_hosts", "CARREL_GIT_KNOWN_HOSTS", "", kPath, "instead of ~/.ssh/known_hosts"},
      {"git.accept_new_hosts", "CARREL_GIT_ACCEPT_NEW_HOSTS", "off", kSwitch,
       "record the key of an ssh host that is not known yet"},
      {"cache.max_mb", "CARREL_CACHE_MAX_MB", "10240", kNumber,
       "disk for the mirrors and checkouts of repositories, in MiB"},
      {"python.install", "CARREL_PYTHON_INSTALL", "on", kSwitch,
       "install the packages that repositories ask for"},
      {"python.index_url", "CARREL_PYTHON_INDEX_URL", "", kText,
       "where these come from, instead of where pip is configured to look"},
      {"python.index_credentials", "CARREL_PYTHON_INDEX_CREDENTIALS", "", kSecret,
       "USER:PASSWORD for that index"},
      {"python.ca_file", "CARREL_PYTHON_CA_FILE", "", kPath, "certificates for that index"},
      {"python.build_timeout_s", "CARREL_PYTHON_BUILD_TIMEOUT_S", "300", kNumber,
       "at most, for installing the packages of one repository"},
      {"python.max_environment_mb", "CARREL_PYTHON_MAX_ENVIRONMENT_MB", "512", kNumber,
       "disk for the packages of one repository, in MiB"},
      {"python.max_environments", "CARREL_PYTHON_MAX_ENVIRONMENTS", "32", kNumber,
       "sets of packages to keep; the least recently used go"},
      {"python.warm_environments", "CARREL_PYTHON_WARM_ENVIRONMENTS", "4", kCount,
       "sets of packages for which a process of workers stands ready, at most 64"},
      {"git.ca_file", "CARREL_GIT_CA_FILE", "", kPath, "certificates for repositories over https"},
  };
  rows.push_back({"sandbox.spares", "CARREL_SPARES", "1", kCount,
                  "workers of each language parked ahead of need, at most 64"});
  rows.push_back({"sandbox.degraded", "CARREL_SANDBOX_DEGRADED", "off", kSwitch,
                  "run reports without namespaces where this machine grants none"});
  const Json defaults = ToJson(sandbox::Limits());
  for (const sandbox::LimitRow& limit : sandbox::kLimitRows) {
    rows.push_back({fmt::format("limits.{}", limit.name),
                    fmt::format("CARREL_LIMIT_{}", Upper(limit.name)), defaults[limit.name].dump(),
                    kNumber, fmt::format("at most, for one report: {}", limit.meaning)});
  }
  return rows;
}

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || *value == '\0') return std::nullopt;
  return value;
}

Result<std::string> DefaultData() {
  if (const auto base = Environment("XDG_DATA_HOME")) return (fs::path(*base) / "carrel").string();
  if (const auto home = Environment("HOME")) {
    return (fs::path(*home) / ".local/share/carrel").string();
  }
  return Fail(Code::kUsage, "no data directory: give --data DIR or set CARREL_DATA");
}

std::string DefaultPackages(const fs::path& program) {
  std::error_code error;
  const fs::path installed = program / "../share/carrel/python";
  if (fs::is_directory(installed, error)) return fs::canonical(installed, error).string();
  return CARREL_PYTHON_PACKAGES;
}

std::optional<std::string> SwitchValue(std::string_view text) {
  for (const char* word : {"on", "true", "yes", "1"}) {
    if (text == word) return "on";
  }
  for (const char* word : {"off", "false", "no", "0"}) {
    if (text == word) return "off";
  }
  return std::nullopt;
}

bool IsNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value > 0;
}

Result<std::string> Checked(const SettingRow& row, std::string value, std::string_view origin) {
  switch (row.kind) {
    case SettingKind::kSwitch:
      if (auto word = SwitchValue(value)) return *word;
      return Fail(Code::kInvalid,
                  fmt::format("{} ({}): found '{}', expected on or off", row.name, origin, value));
    case SettingKind::kNumber:
      if (IsNumber(value)) return value;
      return Fail(Code::kInvalid, fmt::format("{} ({}): found '{}', expected a number above 0",
                                              row.name, origin, value));
    case SettingKind::kCount: {
      constexpr int kMost = 64;
      int count = -1;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), count);
      if (error == std::errc() && end == value.data() + value.size() && count >= 0 &&
          count <= kMost) {
        return value;
      }
      return Fail(Code::kInvalid,
                  fmt::format("{} ({}): found '{}', expected a whole number from 0 to {}", row.name,
                              origin, value, kMost));
    }
    case SettingKind::kPath: {
      std::error_code error;
      return value.empty() ? value : fs::absolute(value, error).lexically_normal().string();
    }
    case SettingKind::kText:
    case SettingKind::kSecret:
      return value;
  }
  return value;
}

using Flat = std::map<std::string, std::string>;

std::optional<std::string> Scalar(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "on" : "off";
  return std::nullopt;
}

Status Flatten(const toml::table& table, const std::string& prefix, const std::string& file,
               Flat& out) {
  for (const auto& [key, node] : table) {
    const std::string name = prefix + std::string(key.str());
    if (const toml::table* inner = node.as_table()) {
      CARREL_TRY(Flatten(*inner, name + ".", file, out));
      continue;
    }
    const auto value = Scalar(node);
    if (!value) {
      return Fail(Code::kInvalid,
                  fmt::format("{}:{}: {}: expected a text, a number or true or false", file,
                              node.source().begin.line, name));
    }
    out[name] = *value;
  }
  return {};
}

Status CheckNames(const Flat& values, const std::string& file) {
  std::vector<std::string> names;
  for (const SettingRow& row : SettingRows()) {
    if (row.name != "data") names.push_back(row.name);
  }
  for (const auto& [name, value] : values) {
    if (std::ranges::find(names, name) != names.end()) continue;
    return Fail(Code::kInvalid,
                fmt::format("{}: unknown key '{}'{}", file, name, DidYouMean(name, names)));
  }
  for (const SettingRow& row : SettingRows()) {
    if (row.kind == SettingKind::kSecret && values.contains(row.name)) {
      return Fail(Code::kInvalid, fmt::format("{}: {} is a secret and does not belong into a file; "
                                              "set {}",
                                              file, row.name, row.environment));
    }
  }
  return {};
}

Result<Flat> ReadSettingsFile(const fs::path& path) {
  auto text = ReadFile(path, kMaxFile);
  if (!text && text.error().code == Code::kNotFound) return Flat{};
  if (!text) return std::unexpected(text.error());
  const toml::parse_result parsed = toml::parse(*text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Fail(Code::kInvalid,
                fmt::format("{}:{}:{}: {}", path.string(), error.source().begin.line,
                            error.source().begin.column, error.description()));
  }
  Flat values;
  CARREL_TRY(Flatten(parsed.table(), "", path.string(), values));
  CARREL_TRY(CheckNames(values, path.string()));
  return values;
}

Result<Setting> Choose(const SettingRow& row, const Flat& flags, const Flat& file,
                       const std::string& file_name) {
  Setting setting{row.fallback, "default", true};
  if (const auto flag = flags.find(row.name); flag != flags.end()) {
    setting = {flag->second, "command line", true};
  } else if (auto variable = Environment(row.environment)) {
    setting = {*variable, row.environment, true};
  } else if (const auto entry = file.find(row.name); entry != file.end()) {
    setting = {entry->second, file_name, true};
  } else {
    setting.is_set = false;
    return setting;
  }
  CARREL_ASSIGN_OR_RETURN(setting.value, Checked(row, std::move(setting.value), setting.origin));
  return setting;
}

}  // namespace

const std::vector<SettingRow>& SettingRows() {
  static const std::vector<SettingRow> rows = MakeRows();
  return rows;
}

Result<fs::path> ProgramDirectory() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return FailErrno("/proc/self/exe", error.value());
  return program.parent_path();
}

Result<Settings> Settings::Load(const std::map<std::string, std::string>& flags) {
  CARREL_ASSIGN_OR_RETURN(const fs::path program, ProgramDirectory());
  Settings settings;
  CARREL_ASSIGN_OR_RETURN(Setting data, Choose(SettingRows().front(), flags, {}, ""));
  if (!data.is_set) {
    CARREL_ASSIGN_OR_RETURN(data.value, DefaultData());
  }
  const fs::path file = fs::path(data.value) / kFileName;
  settings.values_["data"] = std::move(data);
  CARREL_ASSIGN_OR_RETURN(const Flat from_file, ReadSettingsFile(file));
  for (const SettingRow& row : SettingRows()) {
    if (row.name == "data") continue;
    CARREL_ASSIGN_OR_RETURN(Setting setting, Choose(row, flags, from_file, file.string()));
    settings.values_[row.name] = std::move(setting);
  }
  Setting& worker = settings.values_["worker"];
  if (!worker.is_set) worker.value = (program / "carrel-worker").string();
  Setting& packages = settings.values_["python_packages"];
  if (!packages.is_set) packages.value = DefaultPackages(program);
  return settings;
}

const Setting& Settings::Get(std::string_view name) const { return values_.find(name)->second; }

bool Settings::IsOn(std::string_view name) const { return Text(name) == "on"; }

double Settings::Number(std::string_view name) const {
  const std::string& text = Text(name);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace carrel::cli
