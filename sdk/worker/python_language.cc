#include "sdk/python/python_host.h"
#include "sdk/worker/languages.h"

namespace carrel::sdk {
namespace {

// Where the launcher mounts the packages of sdk/python inside the sandbox.
constexpr const char* kPythonPackages = "/carrel/packages";

constexpr LanguageRow kLanguages[] = {
    {"python", [] { return python::MakePythonHost({.packages_dir = kPythonPackages}); }},
};

}  // namespace

std::span<const LanguageRow> Languages() { return kLanguages; }

}  // namespace carrel::sdk
