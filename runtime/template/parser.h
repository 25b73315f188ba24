// reports.json text -> Manifest. Checks every rule that the text alone can break and leaves what
// needs the other files of the repository as a list of references for the validator.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/template/fault.h"
#include "runtime/template/manifest.h"

namespace carrel::manifest {

// What a manifest says about another file of the repository.
struct Reference {
  enum class Use { kReadme, kRequirements, kWorkbook, kJinjaTemplate, kTemplate, kStylesheet };

  Use use = Use::kReadme;
  std::string file;  // passed PathProblem()
  Place place;       // where the manifest says it
};

// An entry point of the right form, to be looked up in the code.
struct EntrypointReference {
  std::vector<std::string> module_files;  // candidates, the preferred one first
  std::string function;
  Language language = Language::kPython;
  std::optional<int> argument_count;  // unknown when report_spec is faulty
  Place place;
};

struct ParsedManifest {
  // Set when there is no error among the faults.
  std::optional<Manifest> manifest;
  // All faults, sorted by place.
  std::vector<Fault> faults;
  // What could be read, also beside faults: so that one run finds everything.
  std::vector<Reference> references;
  std::vector<EntrypointReference> entrypoints;
};

// Never fails: a text that is not JSON gives the fault that says so. `file` is the name that
// faults carry.
ParsedManifest ParseManifest(std::string text, std::string_view file = kManifestFile);

}  // namespace carrel::manifest
