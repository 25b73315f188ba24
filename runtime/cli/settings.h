// What an operator can set, where each value comes from, and the one place that reads the
// environment and DATA/carrel.toml.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace carrel::cli {

enum class SettingKind { kText, kPath, kSwitch, kNumber, kCount, kSecret };

struct SettingRow {
  std::string name;         // in carrel.toml: "git.local" is `local` of the table [git]
  std::string environment;  // the variable
  std::string fallback;     // the value when nobody set one; "" for those computed at start
  SettingKind kind;
  std::string meaning;
};

// Every setting there is. To add one: a row here, and its use.
const std::vector<SettingRow>& SettingRows();

struct Setting {
  std::string value;
  std::string origin;   // "--data", "CARREL_DATA", "/data/carrel.toml", "default"
  bool is_set = false;  // by anybody
};

// Immutable after Load.
class Settings {
 public:
  // Flags (by the name of their setting) win over the environment, that over DATA/carrel.toml,
  // that over the defaults. kInvalid for a file that is not TOML, an unknown key (with the near
  // miss) or a value of the wrong kind, each with its origin.
  static Result<Settings> Load(const std::map<std::string, std::string>& flags);

  // `name` is one of the rows.
  const Setting& Get(std::string_view name) const;
  const std::string& Text(std::string_view name) const { return Get(name).value; }
  std::filesystem::path Path(std::string_view name) const { return Get(name).value; }
  bool IsOn(std::string_view name) const;
  double Number(std::string_view name) const;

 private:
  std::map<std::string, Setting, std::less<>> values_;
};

// The directory of the running program.
Result<std::filesystem::path> ProgramDirectory();

}  // namespace carrel::cli
