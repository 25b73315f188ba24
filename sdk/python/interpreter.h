// Brings the embedded interpreter up, isolated from everything of the machine but the standard
// library, Debian's packages and our own.
#pragma once

#include <filesystem>

#include "runtime/base/result.h"

namespace carrel::python {

// Starts the interpreter, makes the module `_carrel` known and imports what reports use. Ends with
// one thread, which holds the interpreter lock from then on. kInternal when an import fails.
Status StartInterpreter(const std::filesystem::path& packages_dir);

// Around fork(), by the thread that started the interpreter.
void BeforeFork();
void AfterForkInParent();
void AfterForkInChild();

}  // namespace carrel::python
