// Runs Python reports: the LanguageHost of `"language": "python"`. The interpreter is the system's
// CPython, embedded; nothing of Python shows in this header.
#pragma once

#include <filesystem>
#include <memory>

#include "sdk/worker/language_host.h"

namespace carrel::python {

struct PythonOptions {
  std::filesystem::path packages_dir;  // sdk/python/packages, as the worker sees it
};

// At most one host a process: the interpreter is a thing of the process, and is never finalised.
// Warm, the fork hooks and Run belong to one and the same thread.
std::unique_ptr<sdk::LanguageHost> MakePythonHost(const PythonOptions& options);

}  // namespace carrel::python
