#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "runtime/cli/commands.h"
#include "runtime/cli/signals.h"
#include "runtime/cli/sources.h"
#include "runtime/template/fault_text.h"
#include "runtime/template/validator.h"

namespace carrel::cli {
namespace {

struct Options {
  std::string source;
  std::string ref;
  std::string format = "text";
  bool is_strict = false;
};

std::string Summary(const manifest::Validation& validation) {
  const auto warnings = std::ranges::count(validation.faults, manifest::Severity::kWarning,
                                           &manifest::Fault::severity);
  const auto errors = static_cast<long>(validation.faults.size()) - warnings;
  if (errors == 0 && validation.manifest) {
    return fmt::format("valid: {} {}, {} reports, {} warnings", validation.manifest->name,
                       validation.manifest->version, validation.manifest->reports.size(), warnings);
  }
  return fmt::format("{} errors, {} warnings", errors, warnings);
}

void Show(const manifest::Validation& validation, const report::FetchedSource& source,
          const std::string& format, Console& console) {
  if (format == "json") {
    console.PrintJson(OrderedJson(manifest::FaultsToJson(validation.faults)));
  } else if (format == "sarif") {
    console.PrintJson(OrderedJson(manifest::FaultsToSarif(validation.faults)));
  } else if (format == "junit") {
    console.PrintRaw(manifest::FaultsToJunit(validation.faults));
  } else {
    console.PrintRaw(manifest::FaultsToText(
        validation.faults, manifest::CheckoutSources(source.checkout.path),
        console.stdout_has_colour() ? manifest::Colour::kOn : manifest::Colour::kOff));
    console.Print(Summary(validation));
  }
}

Result<ExitCode> Validate(Context& context, const Options& options) {
  CARREL_ASSIGN_OR_RETURN(const StopOnSignal stop, StopOnSignal::Install());
  CARREL_ASSIGN_OR_RETURN(const auto host, Host::Open(context.settings));
  CARREL_TRY(host->CheckWorker());
  CARREL_ASSIGN_OR_RETURN(const report::AddRepository located,
                          Locate(options.source, options.ref, context.settings, context.console));
  CARREL_ASSIGN_OR_RETURN(const report::FetchedSource source,
                          Prepare(*host, located, context.settings, context.console, stop.token()));
  CARREL_ASSIGN_OR_RETURN(const manifest::Validation validation,
                          manifest::ValidateCheckout(source.checkout.path, host->inspector()));
  Show(validation, source, context.console.is_json() ? "json" : options.format, context.console);
  const bool is_good = validation.Ok() && (!options.is_strict || validation.faults.empty());
  return is_good ? ExitCode::kDone : ExitCode::kFailed;
}

}  // namespace

void DefineValidate(CLI::App& command, Invocation& invocation) {
  const auto options = std::make_shared<Options>();  // owners: the parser and the action
  command.add_option("SOURCE", options->source, "git url, or local directory")->required();
  command.add_option("--ref", options->ref, "tag, branch or commit");
  command.add_option("--format", options->format, "text, json, sarif or junit")
      ->check(CLI::IsMember({"text", "json", "sarif", "junit"}));
  command.add_flag("--strict", options->is_strict, "warnings fail too");
  AddGitOptions(command, invocation);
  AddSandboxOption(command, invocation);
  Finish(command, invocation, "carrel validate . --format sarif > faults.sarif",
         [options](Context& context) { return Validate(context, *options); });
}

}  // namespace carrel::cli
