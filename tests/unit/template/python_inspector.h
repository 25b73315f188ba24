// An Inspector that looks at code and workbooks for real, by /usr/bin/python3 (ast, zipfile) and
// luac. It trusts its input, so only tests use it.
#pragma once

#include <filesystem>
#include <span>
#include <vector>

#include "runtime/template/inspector.h"

namespace carrel::manifest {

class PythonInspector final : public Inspector {
 public:
  Result<std::vector<EntrypointFacts>> Entrypoints(
      const std::filesystem::path& checkout, std::span<const EntrypointQuery> queries) override;
  Result<std::vector<WorkbookFacts>> Workbooks(const std::filesystem::path& checkout,
                                               std::span<const WorkbookQuery> queries) override;
};

}  // namespace carrel::manifest
