#include "runtime/cli/invocation.h"

#include <CLI/CLI.hpp>

#include "runtime/base/files.h"
#include "sandbox/tier.h"

namespace carrel::cli {

void AddSettingOption(CLI::App& command, Invocation& invocation, const std::string& option,
                      const std::string& setting) {
  std::string meaning, environment;
  for (const SettingRow& row : SettingRows()) {
    if (row.name == setting) {
      meaning = row.meaning;
      environment = row.environment;
    }
  }
  command
      .add_option_function<std::string>(
          option, [&invocation, setting](const std::string& v) { invocation.flags[setting] = v; },
          meaning + " [" + environment + "]")
      ->type_name("VALUE");
}

void AddSandboxOption(CLI::App& command, Invocation& invocation) {
  command
      .add_option_function<std::string>(
          "--sandbox",
          [&invocation](const std::string&) { invocation.flags["sandbox.degraded"] = "on"; },
          "run without namespaces where this machine grants none: less is promised, see "
          "runtime/docs/sandbox.md [CARREL_SANDBOX_DEGRADED]")
      ->check(CLI::IsMember({std::string(sandbox::TierName(sandbox::Tier::kDegraded))}))
      ->type_name("degraded");
}

void AddApiOptions(CLI::App& command, Invocation& invocation,
                   std::vector<std::string>& connections) {
  AddSettingOption(command, invocation, "--endpoint", "api.endpoint");
  AddSettingOption(command, invocation, "--api-key", "api.key");
  AddSettingOption(command, invocation, "--api-access", "api.access");
  AddSettingOption(command, invocation, "--local-access", "local.access");
  command
      .add_option("--connection", connections,
                  "a further api; its credential is in CARREL_API_KEY_<NAME>")
      ->type_name("NAME=URL")
      ->allow_extra_args(false);
}

void AddCommonOptions(CLI::App& command, Invocation& invocation) {
  AddSettingOption(command, invocation, "--data", "data");
  command.add_flag("--json", invocation.json, "machine output on stdout, nothing else there");
}

void Finish(CLI::App& command, Invocation& invocation, const std::string& example, Action action) {
  AddCommonOptions(command, invocation);
  command.footer("Example:\n  " + example);
  command.callback([&invocation, action = std::move(action)] { invocation.action = action; });
}

Result<std::string> TextOrFile(const std::string& value) {
  constexpr size_t kMaxFile = size_t{1} << 20;
  if (!value.starts_with('@')) return value;
  if (value.starts_with("@@")) return value.substr(1);
  CARREL_ASSIGN_OR_RETURN(std::string text, ReadFile(value.substr(1), kMaxFile));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return text;
}

}  // namespace carrel::cli
