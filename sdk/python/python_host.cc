#include "sdk/python/python_host.h"

#include <pybind11/pybind11.h>

#include <string>

#include "sdk/python/interpreter.h"
#include "sdk/python/report_run.h"

namespace carrel::python {
namespace {

namespace py = pybind11;

constexpr std::string_view kOwnRenderers[] = {"jinja2", "pdf"};

Json NotParsed(const std::string& error) { return {{"parsed", false}, {"error", error}}; }

class PythonHost final : public sdk::LanguageHost {
 public:
  explicit PythonHost(const PythonOptions& options) : options_(options) {}

  void Locate(const sandbox::Places& places) override {
    options_.packages_dir = places.Of(options_.packages_dir.string());
  }
  Status Warm() override { return StartInterpreter(options_.packages_dir); }
  void BeforeFork() override { python::BeforeFork(); }
  void AfterForkInParent() override { python::AfterForkInParent(); }
  void AfterForkInChild() override { python::AfterForkInChild(); }

  std::optional<sdk::Rehearsal> Practice(const std::filesystem::path&) override {
    return sdk::Rehearsal{(options_.packages_dir / "carrel/rehearsal").string(),
                          "carrel_rehearsed_report.generate"};
  }

  void Forget() override {
    try {
      py::module_::import("carrel._rehearsal").attr("forget")();
    } catch (const std::exception&) {
      PyErr_Clear();
    }
  }

  // Without it each fork copies more pages, and that is all.
  void Settle() override {
    try {
      py::module_::import("carrel._rehearsal").attr("settle")();
    } catch (const std::exception&) {
      PyErr_Clear();
    }
  }

  sdk::ReportEnd Run(const sdk::ReportJob& job, sdk::ReportPort& port,
                     render::Renderer* renderer) override {
    if (renderer == nullptr && !RendersItself(job.renderer_type)) {
      sdk::ReportEnd end;
      end.failure = std::make_unique<sdk::ReportFailure>();
      end.failure->kind = "render";
      end.failure->message = "a Python report cannot be rendered as " + job.renderer_type;
      return end;
    }
    return ReportRun(job, port, renderer).Execute();
  }

  bool RendersItself(std::string_view renderer_type) const override {
    for (const std::string_view own : kOwnRenderers) {
      if (own == renderer_type) return true;
    }
    return false;
  }

  Json InspectEntrypoint(const std::filesystem::path& root,
                         const sdk::EntrypointQuery& query) override {
    try {
      const py::object text = py::module_::import("carrel._inspect")
                                  .attr("describe")(root.string(), query.file, query.function);
      auto facts = ParseJson(text.cast<std::string>());
      return facts ? *facts : NotParsed(facts.error().message);
    } catch (const std::exception& error) {
      return NotParsed(error.what());
    }
  }

 private:
  PythonOptions options_;
};

}  // namespace

std::unique_ptr<sdk::LanguageHost> MakePythonHost(const PythonOptions& options) {
  return std::make_unique<PythonHost>(options);
}

}  // namespace carrel::python
