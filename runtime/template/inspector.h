// The questions about report code and workbooks that only parsing them can answer. They are
// written by strangers, so the host never parses them: an implementation asks a confined process.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/template/manifest.h"

namespace carrel::manifest {

struct EntrypointQuery {
  Language language = Language::kPython;
  std::string file;  // a regular file, relative to the checkout
  std::string function;
};

struct WorkbookQuery {
  std::string file;
  std::string sheet;  // the one that must be there
};

enum class EntrypointKind {
  kFunction,
  kGenerator,
  kCoroutine,
  kAsyncGenerator,
  kBound  // by an import or an assignment: the number of arguments is unknown
};

struct EntrypointFacts {
  bool parsed = false;
  std::string error;  // why it was not parsed
  int line = 0;       // of the syntax error, or of the function; counts from 1
  int column = 0;
  bool found = false;
  EntrypointKind kind = EntrypointKind::kFunction;
  int min_positional = 0;
  int max_positional = -1;             // -1: any number
  std::vector<std::string> functions;  // names at the top of the module
};

struct WorkbookFacts {
  bool readable = false;
  std::string error;
  std::vector<std::string> sheets;
};

// Answers in the order of the queries, one each; an error means that nothing could be asked (no
// sandbox, a time-out), never that a file is bad.
class Inspector {
 public:
  virtual ~Inspector() = default;
  virtual Result<std::vector<EntrypointFacts>> Entrypoints(
      const std::filesystem::path& checkout, std::span<const EntrypointQuery> queries) = 0;
  virtual Result<std::vector<WorkbookFacts>> Workbooks(const std::filesystem::path& checkout,
                                                       std::span<const WorkbookQuery> queries) = 0;
};

}  // namespace carrel::manifest
