// What a Python repository wants installed, read so that only names, versions and markers of
// packages get through to the installer: no option, no address, no path, no variable.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/template/checkout.h"
#include "runtime/template/fault.h"

namespace carrel::manifest {

inline constexpr std::string_view kPyproject = "pyproject.toml";
inline constexpr size_t kMaxRequirementsBytes = size_t{1} << 20;

struct Requirement {
  std::string name;  // "jinja2": lower case, runs of '-', '_' and '.' as one '-'
  std::string line;  // "jinja2[i18n]>=3,<4 ; python_version > '3.8' --hash=sha256:..."
};

struct Requirements {
  std::string file;                // they were read from; empty: the repository names none
  std::vector<Requirement> lines;  // sorted by line, each once
};

// "Foo__Bar.baz" -> "foo-bar-baz", the form in which two names are compared.
std::string NormalizedPackage(std::string_view name);

// Packages that are there without being installed, by their normalised names: what reports import
// of the SDK and of the host, and the programs in whose place this runtime stands.
std::span<const std::string_view> ProvidedPackages();
bool IsProvided(std::string_view normalized);

// A pip requirements file. Refused by name, each with its line: options, addresses of any kind,
// paths and archives, environment variables, what is no requirement at all. Hashes are kept.
Requirements ParseRequirements(std::string_view text, const std::string& file, FaultList& faults);

// [project.dependencies], else [tool.poetry.dependencies], whose version ranges become pip's.
// Groups, extras and optional dependencies are left out.
Requirements ParsePyproject(std::string_view text, const std::string& file, FaultList& faults);

// Of the file `named` in reports.json, else of pyproject.toml where there is one.
Requirements ReadRequirements(const Checkout& checkout, const std::string& named,
                              FaultList& faults);

// What is left to install: without what the SDK provides, unless the lines have hashes, which hold
// for all packages or for none.
std::vector<Requirement> ToInstall(const Requirements& requirements);

}  // namespace carrel::manifest
