#include "runtime/template/validator.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>

#include "runtime/base/text.h"
#include "runtime/template/checkout.h"
#include "runtime/template/json_document.h"
#include "runtime/template/parser.h"
#include "runtime/template/requirements.h"

namespace carrel::manifest {
namespace {

constexpr std::string_view kDataSheet = "Data";
constexpr size_t kMaxSourceBytes = size_t{4} << 20;

struct UseRule {
  Reference::Use use;
  std::string_view what;
  size_t max_bytes;
};

constexpr UseRule kUseRules[] = {
    {Reference::Use::kReadme, "readme file", size_t{4} << 20},
    {Reference::Use::kRequirements, "requirements file", size_t{1} << 20},
    {Reference::Use::kWorkbook, "template", size_t{64} << 20},
    {Reference::Use::kJinjaTemplate, "template", size_t{4} << 20},
    {Reference::Use::kTemplate, "template", size_t{4} << 20},
    {Reference::Use::kStylesheet, "css file", size_t{4} << 20},
};

const UseRule& RuleOf(Reference::Use use) {
  return *std::ranges::find(kUseRules, use, &UseRule::use);
}

std::string Arguments(int count) {
  return fmt::format("{} argument{}", count, count == 1 ? "" : "s");
}

class Validator {
 public:
  Validator(const Checkout& checkout, Inspector& inspector)
      : checkout_(checkout), inspector_(inspector) {}

  Result<Validation> Run() {
    const std::string file(kManifestFile);
    auto text = checkout_.ReadFile(file, kMaxManifestBytes);
    if (!text) {
      faults_.Add(FileFault({.file = file}, file, "manifest", text.error(), kMaxManifestBytes));
      return Validation{.manifest = std::nullopt, .faults = faults_.Take()};
    }
    ParsedManifest parsed = ParseManifest(std::move(*text), file);
    faults_.Append(std::move(parsed.faults));
    CheckReferences(parsed.references);
    if (parsed.manifest) CheckRequirements(*parsed.manifest);
    CARREL_TRY(CheckWorkbooks());
    CARREL_TRY(CheckEntrypoints(parsed.entrypoints));
    Validation validation{.manifest = std::nullopt, .faults = faults_.Take()};
    if (!HasErrors(validation.faults)) validation.manifest = std::move(parsed.manifest);
    return validation;
  }

 private:
  Fault FileFault(Place place, const std::string& file, std::string_view what, FileProblem problem,
                  size_t max_bytes) const {
    std::string near;
    if (problem == FileProblem::kMissing) near = NearFile(file);
    std::string message =
        fmt::format("the {} {} is {}", what, Quoted(file), FileProblemText(problem));
    if (problem == FileProblem::kTooLarge) {
      message += fmt::format(", expected at most {}", HumanBytes(max_bytes));
    }
    return {.rule = problem == FileProblem::kMissing ? "file-missing" : "file-unusable",
            .place = std::move(place),
            .message = message + DidYouMean(near),
            .found = std::string(FileProblemText(problem)),
            .expected = "a regular file of the repository",
            .near_miss = near};
  }

  // A file beside the missing one with nearly its name.
  std::string NearFile(const std::string& file) const {
    const size_t name = file.rfind('/') + 1;
    const std::vector<std::string> siblings = checkout_.Siblings(file);
    const std::string near = Nearest(file.substr(name), siblings);
    return near.empty() ? near : file.substr(0, name) + near;
  }

  void CheckReferences(const std::vector<Reference>& references) {
    for (const Reference& reference : references) {
      const UseRule& rule = RuleOf(reference.use);
      const auto opened = checkout_.OpenFile(reference.file, rule.max_bytes);
      if (!opened) {
        faults_.Add(
            FileFault(reference.place, reference.file, rule.what, opened.error(), rule.max_bytes));
      } else if (reference.use == Reference::Use::kWorkbook) {
        workbooks_.push_back(&reference);
      }
    }
  }

  // A file that cannot be read is a fault of its reference already.
  void CheckRequirements(const Manifest& manifest) {
    const bool has_python =
        std::ranges::find(manifest.reports, Language::kPython, &ReportDefinition::language) !=
        manifest.reports.end();
    const std::string& named = manifest.requirements;
    if (!has_python) return;
    if (!named.empty() && !checkout_.OpenFile(named, kMaxRequirementsBytes)) return;
    ReadRequirements(checkout_, named, faults_);
  }

  Status CheckWorkbooks() {
    if (workbooks_.empty()) return {};
    std::vector<WorkbookQuery> queries;
    queries.reserve(workbooks_.size());
    for (const Reference* workbook : workbooks_) {
      queries.push_back({workbook->file, std::string(kDataSheet)});
    }
    CARREL_ASSIGN_OR_RETURN(const auto facts, inspector_.Workbooks(checkout_.path(), queries));
    if (facts.size() != queries.size()) {
      return Fail(Code::kInternal, "the inspector did not answer every workbook query");
    }
    for (size_t i = 0; i < facts.size(); ++i) CheckWorkbook(*workbooks_[i], facts[i]);
    return {};
  }

  void CheckWorkbook(const Reference& reference, const WorkbookFacts& facts) {
    if (!facts.readable) {
      faults_.Add({.rule = "workbook-unreadable",
                   .place = reference.place,
                   .message = fmt::format("the template {} is not an xlsx workbook: {}",
                                          Quoted(reference.file), ToUtf8(facts.error)),
                   .found = Truncate(ToUtf8(facts.error), 200),
                   .expected = "an xlsx workbook",
                   .near_miss = {}});
      return;
    }
    if (std::ranges::find(facts.sheets, kDataSheet) != facts.sheets.end()) return;
    const std::string near = Nearest(kDataSheet, facts.sheets);
    const std::string hint = near.empty() ? std::string()
                                          : fmt::format("; the sheet {} must be named exactly '{}'",
                                                        Quoted(near), kDataSheet);
    const std::string sheets = Truncate(Join(facts.sheets, ", "), 200);
    faults_.Add({.rule = "workbook-sheet",
                 .place = reference.place,
                 .message = fmt::format("the template {} has no sheet '{}' but {}{}",
                                        Quoted(reference.file), kDataSheet, Quoted(sheets), hint),
                 .found = sheets,
                 .expected = std::string(kDataSheet),
                 .near_miss = near});
  }

  Status CheckEntrypoints(const std::vector<EntrypointReference>& references) {
    std::vector<EntrypointQuery> queries;
    std::vector<const EntrypointReference*> asked;
    for (const EntrypointReference& reference : references) {
      const std::optional<std::string> file = FindModule(reference);
      if (!file) continue;
      queries.push_back({reference.language, *file, reference.function});
      asked.push_back(&reference);
    }
    if (queries.empty()) return {};
    CARREL_ASSIGN_OR_RETURN(const auto facts, inspector_.Entrypoints(checkout_.path(), queries));
    if (facts.size() != queries.size()) {
      return Fail(Code::kInternal, "the inspector did not answer every entry point query");
    }
    for (size_t i = 0; i < facts.size(); ++i) CheckEntrypoint(*asked[i], queries[i], facts[i]);
    return {};
  }

  // The first candidate that is there; faults when none is, or when it is no plain file.
  std::optional<std::string> FindModule(const EntrypointReference& reference) {
    for (const std::string& file : reference.module_files) {
      const auto opened = checkout_.OpenFile(file, kMaxSourceBytes);
      if (opened) return file;
      if (opened.error() == FileProblem::kMissing) continue;
      faults_.Add(FileFault(reference.place, file, "module", opened.error(), kMaxSourceBytes));
      return std::nullopt;
    }
    Fault fault = FileFault(reference.place, reference.module_files.back(), "module",
                            FileProblem::kMissing, kMaxSourceBytes);
    fault.rule = "module-missing";
    fault.expected = fmt::format("{}", fmt::join(reference.module_files, " or "));
    faults_.Add(std::move(fault));
    return std::nullopt;
  }

  void CheckEntrypoint(const EntrypointReference& reference, const EntrypointQuery& query,
                       const EntrypointFacts& facts) {
    const Place code{query.file, facts.line, facts.column, reference.place.path};
    if (!facts.parsed) {
      if (!broken_.insert(query.file).second) return;  // told already for another report
      faults_.Add({.rule = "syntax-error",
                   .place = code,
                   .message = fmt::format("syntax error: {}", ToUtf8(facts.error)),
                   .found = Truncate(ToUtf8(facts.error), 200),
                   .expected = fmt::format("{} code", Name(query.language)),
                   .near_miss = {}});
      return;
    }
    if (!facts.found) return AddMissingFunction(reference, query, facts);
    if (!reference.argument_count || facts.kind == EntrypointKind::kBound) return;
    const int count = *reference.argument_count;
    const bool many = facts.max_positional < 0;
    if (count >= facts.min_positional && (many || count <= facts.max_positional)) return;
    faults_.Add({.rule = "function-arguments",
                 .place = code,
                 .message = fmt::format("the function '{}' takes {}, expected {} (report_spec {})",
                                        query.function, Takes(facts), Arguments(count),
                                        count == 3 ? "1" : "2"),
                 .found = Takes(facts),
                 .expected = Arguments(count),
                 .near_miss = {}});
  }

  static std::string Takes(const EntrypointFacts& facts) {
    if (facts.max_positional < 0)
      return fmt::format("at least {}", Arguments(facts.min_positional));
    if (facts.min_positional == facts.max_positional) return Arguments(facts.max_positional);
    return fmt::format("{} to {}", facts.min_positional, Arguments(facts.max_positional));
  }

  void AddMissingFunction(const EntrypointReference& reference, const EntrypointQuery& query,
                          const EntrypointFacts& facts) {
    const std::string near = Nearest(query.function, facts.functions);
    faults_.Add({.rule = "function-missing",
                 .place = reference.place,
                 .message = fmt::format("the function {} is not in {}{}", Quoted(query.function),
                                        Quoted(query.file), DidYouMean(near)),
                 .found = Truncate(Join(facts.functions, ", "), 200),
                 .expected = query.function,
                 .near_miss = near});
  }

  const Checkout& checkout_;
  Inspector& inspector_;
  FaultList faults_;
  std::vector<const Reference*> workbooks_;
  std::set<std::string> broken_;
};

}  // namespace

Result<Validation> ValidateCheckout(const std::filesystem::path& path, Inspector& inspector) {
  CARREL_ASSIGN_OR_RETURN(const Checkout checkout, Checkout::Open(path));
  return Validator(checkout, inspector).Run();
}

SourceLookup CheckoutSources(const std::filesystem::path& path) {
  auto opened = Checkout::Open(path);
  if (!opened) return [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
  // shared by the copies of the std::function, which must be copyable
  auto checkout = std::make_shared<const Checkout>(std::move(*opened));
  return [checkout](const std::string& file) -> std::optional<std::string> {
    auto text = checkout->ReadFile(file, kMaxSourceBytes);
    return text ? std::optional(std::move(*text)) : std::nullopt;
  };
}

}  // namespace carrel::manifest
