#include "runtime/template/validator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "runtime/base/files.h"
#include "runtime/template/checkout.h"
#include "tests/unit/template/python_inspector.h"

namespace carrel::manifest {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::string_view kReports = R"({
  "name": "Demo", "readme_file": "README.md", "version": "1", "language": "python",
  "reports": [
    {"name": "Old", "readme_file": "README.md", "entrypoint": "reports.old.entrypoint.generate",
     "audience": ["vendor"], "report_spec": "1",
     "template": "reports/old/template.xlsx", "start_row": 2, "start_col": 1},
    {"name": "New", "readme_file": "README.md", "entrypoint": "reports.fresh.generate",
     "audience": ["vendor"], "report_spec": "2",
     "renderers": [
       {"id": "pdf", "type": "pdf", "description": "PDF", "template": "reports/fresh/t.html.j2",
        "args": {"css_file": "reports/fresh/style.css"}},
       {"id": "csv", "type": "csv", "description": "CSV"}]},
    {"name": "Moon", "readme_file": "README.md", "entrypoint": "reports.moon.generate",
     "audience": ["vendor"], "report_spec": "2", "language": "lua",
     "renderers": [{"id": "json", "type": "json", "description": "JSON"}]}
  ]
}
)";

class ValidatorTest : public testing::Test {
 protected:
  void SetUp() override {
    Write("reports.json", std::string(kReports));
    Write("README.md", "# Demo\n");
    Write("reports/old/entrypoint.py",
          "def generate(client, parameters, progress):\n    yield 1\n");
    Write("reports/fresh/__init__.py",
          "async def generate(client, parameters, progress, kind=None, extra=None):\n    pass\n");
    Write("reports/fresh/t.html.j2", "");
    Write("reports/fresh/style.css", "");
    Write("reports/moon.lua",
          "local M = {}\nfunction M.generate(client, parameters, progress, kind, extra)\n"
          "  return {}\nend\nreturn M\n");
    Workbook("reports/old/template.xlsx", "Data");
  }

  fs::path root() const { return dir_.path(); }

  void Write(const std::string& name, const std::string& text) const {
    fs::create_directories((root() / name).parent_path());
    std::ofstream(root() / name, std::ios::binary) << text;
  }

  void Replace(const std::string& from, const std::string& to) const {
    std::string text = *ReadFile(root() / "reports.json");
    ASSERT_NE(text.find(from), std::string::npos) << from;
    text.replace(text.find(from), from.size(), to);
    Write("reports.json", text);
  }

  // A minimal workbook with one sheet, zipped by Python.
  void Workbook(const std::string& name, const std::string& sheet) const {
    const std::string xml =
        "<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'><sheets>"
        "<sheet name='" +
        sheet + "' sheetId='1'/></sheets></workbook>";
    const std::string command =
        "/usr/bin/python3 -c \"import sys,zipfile;"
        "zipfile.ZipFile(sys.argv[1],'w').writestr('xl/workbook.xml',sys.argv[2])\" '" +
        (root() / name).string() + "' \"" + xml + "\"";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  Validation Run() {
    auto validation = ValidateCheckout(root(), inspector_);
    EXPECT_TRUE(validation) << validation.error().message;
    return validation ? *validation : Validation{};
  }

  // "rule file:line:column path: message" of each fault.
  std::vector<std::string> Faults() {
    std::vector<std::string> out;
    for (const Fault& f : Run().faults) {
      out.push_back(f.rule + " " + f.place.file + ":" + std::to_string(f.place.line) + ":" +
                    std::to_string(f.place.column) + " " + f.place.path + ": " + f.message);
    }
    return out;
  }

  std::string Only() {
    const std::vector<std::string> faults = Faults();
    return faults.size() == 1 ? faults[0] : "(not one fault) " + testing::PrintToString(faults);
  }

  TempDir dir_ = *TempDir::Create("/tmp", "carrel-validator-");
  PythonInspector inspector_;
};

TEST_F(ValidatorTest, AGoodRepositoryHasNoFaultAndAManifest) {
  EXPECT_THAT(Faults(), IsEmpty());
  EXPECT_EQ(Run().manifest->reports.size(), 3U);
}

TEST_F(ValidatorTest, ADirectoryWithoutManifestIsOneFaultAndAMissingDirectoryAnError) {
  fs::remove(root() / "reports.json");
  Write("report.json", "{}");
  EXPECT_EQ(Only(),
            "file-missing reports.json:0:0 : the manifest 'reports.json' is not found; did you "
            "mean 'report.json'?");
  const auto missing = ValidateCheckout(root() / "nowhere", inspector_);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Code::kNotFound);
}

TEST_F(ValidatorTest, FaultsOfTheTextAndOfTheFilesComeTogether) {
  Replace("\"type\": \"csv\"", "\"type\": \"cvs\"");
  fs::remove(root() / "reports/fresh/style.css");
  fs::remove(root() / "reports/old/entrypoint.py");
  Write("reports/moon.lua", "return {\n");
  EXPECT_THAT(
      Faults(),
      ElementsAre(
          HasSubstr("module-missing reports.json:4:63 $.reports[0].entrypoint: the module "
                    "'reports/old/entrypoint.py' is not found"),
          HasSubstr("file-missing reports.json:11:30 $.reports[1].renderers[0].args.css_file: the "
                    "css file 'reports/fresh/style.css' is not found"),
          HasSubstr("unknown-value reports.json:12:30 $.reports[1].renderers[1].type: unknown "
                    "renderer type 'cvs', expected one of xlsx, csv, json, ndjson, jinja2, "
                    "pdf, html; did you mean 'csv'?"),
          HasSubstr("syntax-error reports/moon.lua:2:0 $.reports[2].entrypoint")));
  EXPECT_FALSE(Run().Ok());
}

TEST_F(ValidatorTest, ASyntaxErrorIsToldAtItsPlaceInTheCode) {
  Write("reports/old/entrypoint.py", "import os\n\ndef generate(a, b, c):\n    return (1,\n");
  EXPECT_EQ(Only(),
            "syntax-error reports/old/entrypoint.py:4:12 $.reports[0].entrypoint: syntax error: "
            "'(' was never closed");
}

TEST_F(ValidatorTest, AMissingFunctionNamesTheNearest) {
  Write("reports/old/entrypoint.py", "def genrate(a, b, c):\n    pass\n");
  EXPECT_THAT(Only(), HasSubstr("function-missing reports.json:4:63 $.reports[0].entrypoint: the "
                                "function 'generate' is not in 'reports/old/entrypoint.py'; did "
                                "you mean 'genrate'?"));
}

TEST_F(ValidatorTest, TheNumberOfArgumentsIsThatOfTheSpec) {
  Write("reports/old/entrypoint.py", "\ndef generate(a, b):\n    pass\n");
  EXPECT_EQ(Only(),
            "function-arguments reports/old/entrypoint.py:2:1 $.reports[0].entrypoint: the "
            "function 'generate' takes 2 arguments, expected 3 arguments (report_spec 1)");
  Write("reports/old/entrypoint.py", "def generate(a, b, c, d, e):\n    pass\n");
  EXPECT_THAT(Only(), HasSubstr("takes 5 arguments, expected 3"));
  for (const char* good : {"def generate(*args): pass", "def generate(a, b, c, d=1): pass",
                           "def generate(a, *rest): pass", "from .other import generate",
                           "from .other import make as generate"}) {
    Write("reports/old/entrypoint.py", good);
    EXPECT_THAT(Faults(), IsEmpty()) << good;
  }
}

TEST_F(ValidatorTest, ATemplateMustBeAWorkbookWithTheSheetData) {
  Write("reports/old/template.xlsx", "no zip");
  EXPECT_THAT(Only(), HasSubstr("workbook-unreadable reports.json:6:18 $.reports[0].template: the "
                                "template 'reports/old/template.xlsx' is not an xlsx workbook"));
  fs::remove(root() / "reports/old/template.xlsx");
  Workbook("reports/old/template.xlsx", "data");
  EXPECT_THAT(
      Only(),
      HasSubstr("has no sheet 'Data' but 'data'; the sheet 'data' must be named exactly 'Data'"));
}

TEST_F(ValidatorTest, ANameThatIsNearlyRightIsSuggested) {
  Replace("reports/old/template.xlsx", "reports/old/Template.xlsx");
  EXPECT_THAT(Only(), HasSubstr("did you mean 'reports/old/template.xlsx'?"));
}

TEST_F(ValidatorTest, SymbolicLinksAreRefusedInEveryPlace) {
  const fs::path readme = root() / "README.md";
  fs::remove(readme);
  for (const char* target : {"/etc/passwd", "reports.json", "README.md", "/proc/self/fd/0"}) {
    fs::create_symlink(target, readme);
    const auto faults = Faults();
    ASSERT_EQ(faults.size(), 4U) << target;
    EXPECT_THAT(faults[0], HasSubstr("reached through a symbolic link")) << target;
    fs::remove(readme);
  }
  Write("README.md", "x");
  fs::rename(root() / "reports/fresh", root() / "elsewhere");
  fs::create_directory_symlink(root() / "elsewhere", root() / "reports/fresh");
  EXPECT_EQ(Faults().size(), 3U);  // template, css file, module
}

TEST_F(ValidatorTest, AManifestBehindASymbolicLinkIsRefused) {
  fs::rename(root() / "reports.json", root() / "other.json");
  fs::create_symlink("other.json", root() / "reports.json");
  EXPECT_THAT(Only(), HasSubstr("reached through a symbolic link"));
}

TEST_F(ValidatorTest, DirectoriesAndFifosAreNoFilesAndDoNotBlock) {
  const fs::path style = root() / "reports/fresh/style.css";
  fs::remove(style);
  fs::create_directory(style);
  EXPECT_THAT(Only(), HasSubstr("is not a regular file"));
  fs::remove(style);
  ASSERT_EQ(::mkfifo(style.c_str(), 0600), 0);
  EXPECT_THAT(Only(), HasSubstr("is not a regular file"));
  fs::remove(root() / "reports.json");
  ASSERT_EQ(::mkfifo((root() / "reports.json").c_str(), 0600), 0);
  EXPECT_THAT(Only(), HasSubstr("is not a regular file"));
}

TEST_F(ValidatorTest, AFileThatClaimsAGigabyteIsNotRead) {
  fs::resize_file(root() / "README.md", 1 << 30);
  EXPECT_THAT(Faults()[0], HasSubstr("is too large, expected at most 4.0 MiB"));
  Write("README.md", "x");
  fs::resize_file(root() / "reports.json", 1 << 30);
  EXPECT_THAT(Only(), HasSubstr("is too large, expected at most 1.0 MiB"));
}

TEST_F(ValidatorTest, ANamespacePackageWorksAndAPackageGoesBeforeAModule) {
  Write("reports/fresh.py", "this is not python at all(");
  EXPECT_THAT(Faults(), IsEmpty());  // reports/fresh/__init__.py is what Python imports
}

TEST_F(ValidatorTest, TheTextOutputShowsTheLineOfTheCode) {
  Write("reports/old/entrypoint.py", "def generate(a):\n    pass\n");
  EXPECT_EQ(FaultsToText(Run().faults, CheckoutSources(root())),
            "reports/old/entrypoint.py:1:1: error: the function 'generate' takes 1 argument, "
            "expected 3 arguments (report_spec 1) [$.reports[0].entrypoint]\n"
            "    1 | def generate(a):\n"
            "      | ^\n");
}

// An inspector whose process cannot be started.
class BrokenInspector final : public Inspector {
 public:
  Result<std::vector<EntrypointFacts>> Entrypoints(const fs::path&,
                                                   std::span<const EntrypointQuery>) override {
    return Fail(Code::kSandbox, "no sandbox");
  }
  Result<std::vector<WorkbookFacts>> Workbooks(const fs::path&,
                                               std::span<const WorkbookQuery>) override {
    return std::vector<WorkbookFacts>();
  }
};

TEST_F(ValidatorTest, AnInspectorThatCannotAnswerIsAnErrorNotAVerdict) {
  BrokenInspector broken;
  const auto unanswered = ValidateCheckout(root(), broken);
  ASSERT_FALSE(unanswered);
  EXPECT_EQ(unanswered.error().code, Code::kInternal);
  Replace("\"template\": \"reports/old/template.xlsx\"", "\"template\": \"reports/none.xlsx\"");
  const auto refused = ValidateCheckout(root(), broken);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::kSandbox);
}

// The shapes that public report repositories have: a top package of any name, no __init__.py on the
// way, helpers imported from beside the package, code after a byte order mark.
TEST_F(ValidatorTest, ShapesOfPublicRepositoriesAreAccepted) {
  Write("reports.json", R"({
    "name": "Public", "readme_file": "README.md", "version": "1.0.0", "language": "python",
    "reports": [
      {"name": "A", "readme_file": "subscription_report/a/Readme.md",
       "template": "subscription_report/a/template.xlsx", "start_row": 2, "start_col": 1,
       "entrypoint": "subscription_report.a.entrypoint.generate",
       "audience": ["provider", "vendor"], "report_spec": "1",
       "parameters": [
         {"id": "date", "type": "date_range", "name": "N", "description": "D", "required": true},
         {"id": "rr_type", "type": "checkbox", "name": "N", "description": "D",
          "choices": [{"value": "purchase", "label": "Purchase"}]},
         {"id": "offer_id", "type": "single_line", "name": "N", "description": "D"}]},
      {"name": "B", "readme_file": "reports/b/Readme.md", "audience": ["vendor"],
       "entrypoint": "reports.b.entrypoint.generate", "report_spec": "2", "parameters": [],
       "renderers": [
         {"id": "xlsx", "type": "xlsx", "default": true, "description": "X",
          "template": "reports/b/templates/xlsx/template.xlsx",
          "args": {"start_row": 2, "start_col": 1}},
         {"id": "json", "type": "json", "description": "J"},
         {"id": "pdf-portrait", "type": "pdf", "description": "P",
          "template": "reports/b/templates/pdf/template.html.j2",
          "args": {"css_file": "reports/b/templates/pdf/template.css"}},
         {"id": "xml", "type": "jinja2", "description": "M",
          "template": "reports/b/templates/xml/template.xml.j2"}]}]})");
  Write("subscription_report/a/Readme.md", "");
  Write("subscription_report/a/entrypoint.py",
        "\xEF\xBB\xBF# -*- coding: utf-8 -*-\nfrom cnct import R\n\n\n"
        "def generate(client=None, input_data=None, progress_callback=None):\n    yield ()\n");
  Workbook("subscription_report/a/template.xlsx", "Data");
  Write("reports/b/Readme.md", "");
  Write("reports/b/entrypoint.py",
        "from reports.utils import helper\n\n\ndef generate(\n    client,\n    parameters,\n"
        "    progress_callback,\n    renderer_type=None,\n    extra_context_callback=None,\n):\n"
        "    return []\n");
  Write("reports/b/templates/pdf/template.html.j2", "");
  Write("reports/b/templates/pdf/template.css", "");
  Write("reports/b/templates/xml/template.xml.j2", "<a/>");
  fs::create_directories(root() / "reports/b/templates/xlsx");
  Workbook("reports/b/templates/xlsx/template.xlsx", "Data");
  EXPECT_THAT(Faults(), IsEmpty());
}

}  // namespace
}  // namespace carrel::manifest
