#include "runtime/template/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/template/parser.h"
#include "tests/unit/template/valid_manifest.h"

namespace carrel::manifest {
namespace {

Manifest Valid() { return *ParseManifest(std::string(kValidManifest)).manifest; }

TEST(Manifest, ARoundTripThroughTheStoredFormIsEqual) {
  const Manifest manifest = Valid();
  const auto again = ManifestFromJson(Json::parse(ToJson(manifest).dump()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, manifest);
  for (const ReportDefinition& report : manifest.reports) {
    const auto read = ReportFromJson(ToJson(report));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, report);
  }
}

TEST(Manifest, AStoredFormThatWasDamagedIsInvalidAndSaysWhere) {
  Json json = ToJson(Valid().reports[1]);
  json["renderers"][0]["type"] = "word";
  const auto read = ReportFromJson(json);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, Code::kInvalid);
  EXPECT_THAT(read.error().message, testing::HasSubstr("unknown type 'word'"));
  json.erase("entrypoint");
  EXPECT_THAT(ReportFromJson(json).error().message, testing::HasSubstr("entrypoint"));
  EXPECT_FALSE(ReportFromJson(Json::array()));
  EXPECT_FALSE(ReportFromJson(nullptr));
  json = ToJson(Valid().reports[1]);
  json["renderers"] = Json::array();
  EXPECT_FALSE(ReportFromJson(json));
}

TEST(Manifest, ASpecOneReportGetsItsOneRenderer) {
  const Manifest manifest = Valid();
  const ReportDefinition* report = manifest.FindReport("old");
  ASSERT_NE(report, nullptr);
  ASSERT_EQ(report->renderers.size(), 1U);
  EXPECT_EQ(ToJson(report->renderers[0]),
            Json::parse(R"({"id": "default_xlsx_renderer", "type": "xlsx", "default": true,
                            "description": "Render report to Excel.",
                            "template": "reports/old/template.xlsx",
                            "args": {"start_row": 2, "start_col": 1}})"));
  EXPECT_EQ(report->ArgumentCount(), 3);
  EXPECT_EQ(report->language, Language::kPython);
  EXPECT_FALSE(report->connections);
}

TEST(Manifest, TheModuleFileFollowsTheLanguage) {
  const Manifest manifest = Valid();
  EXPECT_THAT(
      manifest.reports[0].ModuleFiles(),
      testing::ElementsAre("reports/old/entrypoint/__init__.py", "reports/old/entrypoint.py"));
  EXPECT_THAT(manifest.reports[1].ModuleFiles(),
              testing::ElementsAre("reports/fresh/entrypoint.lua"));
  EXPECT_EQ(manifest.reports[1].Function(), "generate");
  EXPECT_EQ(manifest.reports[1].ArgumentCount(), 5);
}

TEST(Manifest, WithoutAMarkTheFirstRendererIsTheDefault) {
  ReportDefinition report = Valid().reports[1];
  EXPECT_EQ(report.DefaultRenderer().id, "xlsx");
  report.renderers[0].is_default = false;
  report.renderers[2].is_default = true;
  EXPECT_EQ(report.DefaultRenderer().id, "json");
  report.renderers[2].is_default = false;
  EXPECT_EQ(report.DefaultRenderer().id, "xlsx");
  EXPECT_EQ(report.FindRenderer("nothing"), nullptr);
}

TEST(Manifest, EveryNameLeadsBackToItsValue) {
  for (const std::string& name : RendererTypeNames()) {
    EXPECT_EQ(Name(*RendererTypeFromName(name)), name);
  }
  for (const std::string& name : ParameterTypeNames()) {
    EXPECT_EQ(Name(*ParameterTypeFromName(name)), name);
  }
  for (const std::string& name : SpecNames()) EXPECT_EQ(Name(*SpecFromName(name)), name);
  for (const std::string& name : LanguageNames()) EXPECT_EQ(Name(*LanguageFromName(name)), name);
  EXPECT_EQ(Name(ReportSpec::kTwo), "2");
  EXPECT_FALSE(SpecFromName("3"));
}

}  // namespace
}  // namespace carrel::manifest
