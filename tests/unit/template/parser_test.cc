#include "runtime/template/parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "runtime/base/json.h"
#include "runtime/template/checkout.h"
#include "tests/unit/template/valid_manifest.h"

namespace carrel::manifest {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Json Valid() { return Json::parse(kValidManifest); }

// "severity rule path", in the order of the file.
std::vector<std::string> Faults(const ParsedManifest& parsed) {
  std::vector<std::string> out;
  for (const Fault& fault : parsed.faults) {
    out.push_back(std::string(SeverityName(fault.severity)) + " " + fault.rule + " " +
                  fault.place.path);
  }
  return out;
}

std::vector<std::string> FaultsOf(const Json& json) { return Faults(ParseManifest(json.dump(1))); }

std::vector<std::string> FaultsWith(std::string_view pointer, const Json& value) {
  Json json = Valid();
  json[Json::json_pointer(std::string(pointer))] = value;
  return FaultsOf(json);
}

TEST(Parser, AManifestThatUsesEveryKeyHasNoFault) {
  const ParsedManifest parsed = ParseManifest(std::string(kValidManifest));
  EXPECT_THAT(Faults(parsed), IsEmpty());
  ASSERT_TRUE(parsed.manifest);
  const Manifest& manifest = *parsed.manifest;
  EXPECT_EQ(manifest.requirements, "requirements.txt");
  ASSERT_EQ(manifest.reports.size(), 2U);
  EXPECT_EQ(manifest.reports[1].local_id, "fresh");
  EXPECT_EQ(manifest.reports[1].limits.wall_s, 30.5);
  EXPECT_EQ(manifest.reports[1].limits.memory_mb, 256);
  EXPECT_THAT(*manifest.reports[1].connections, ElementsAre("main", "billing"));
  EXPECT_EQ(manifest.reports[1].parameters[0].choices[1].label, "B");
  EXPECT_EQ(parsed.references.size(), 9U);
  EXPECT_EQ(parsed.entrypoints.size(), 2U);
}

TEST(Parser, AllFaultsAreToldAtOnce) {
  Json json = Valid();
  json.erase("version");
  json["reports"][0]["start_row"] = 0;
  json["reports"][1]["renderers"][1]["type"] = "cvs";
  json["reports"][1]["parameters"][0].erase("choices");
  EXPECT_THAT(FaultsOf(json),
              testing::UnorderedElementsAre("error missing-key $.version",
                                            "error bad-value $.reports[0].start_row",
                                            "error missing-key $.reports[1].parameters[0].choices",
                                            "error unknown-value $.reports[1].renderers[1].type"));
}

TEST(Parser, AFaultNamesItsPlaceWhatWasFoundAndTheNearMiss) {
  std::string text(kValidManifest);
  text.replace(text.find("\"jinja2\""), 8, "\"jinja\"");
  const ParsedManifest parsed = ParseManifest(text);
  ASSERT_EQ(parsed.faults.size(), 1U);
  const Fault& fault = parsed.faults[0];
  EXPECT_EQ(fault.message,
            "unknown renderer type 'jinja', expected one of xlsx, csv, json, ndjson, jinja2, "
            "pdf, html; did you mean 'jinja2'?");
  EXPECT_EQ(fault.found, "jinja");
  EXPECT_EQ(fault.near_miss, "jinja2");
  EXPECT_EQ(fault.place.file, "reports.json");
  EXPECT_EQ(text.substr(text.find("\"jinja\"") - 8, 8), "\"type\": ");
  EXPECT_EQ(fault.place.column, 19);
}

TEST(Parser, UnknownKeysWarnWithTheNearMissAndDoNotFail) {
  Json json = Valid();
  json["reports"][1]["renderers"][0]["defualt"] = true;
  json["reports"][1]["renderers"][0].erase("default");
  json["comment"] = {{"deep", {1, 2}}};
  const ParsedManifest parsed = ParseManifest(json.dump(1));
  EXPECT_THAT(Faults(parsed), ElementsAre("warning unknown-key $.comment",
                                          "warning unknown-key $.reports[1].renderers[0].defualt"));
  EXPECT_EQ(parsed.faults[1].near_miss, "default");
  EXPECT_TRUE(parsed.manifest);
}

TEST(Parser, ASpecOneReportThatDeclaresRenderersIsAnErrorWithAClearText) {
  Json json = Valid();
  json["reports"][0]["renderers"] = json["reports"][1]["renderers"];
  const ParsedManifest parsed = ParseManifest(json.dump(1));
  EXPECT_THAT(Faults(parsed), ElementsAre("error renderers-in-spec-1 $.reports[0].renderers"));
  EXPECT_THAT(parsed.faults[0].message, HasSubstr("remove 'renderers' or make it report_spec '2'"));
}

TEST(Parser, KeysOfSpecOneInASpecTwoReportWarn) {
  EXPECT_THAT(FaultsWith("/reports/1/start_row", 2),
              ElementsAre("warning spec-1-key $.reports[1].start_row"));
}

TEST(Parser, DuplicateIdsOfEveryKindAreErrors) {
  Json json = Valid();
  json["reports"][1]["renderers"][1]["id"] = "xlsx";
  json["reports"][1]["parameters"][1]["id"] = "kind";
  json["reports"][1]["entrypoint"] = "other.old.entrypoint.generate";
  EXPECT_THAT(FaultsOf(json),
              testing::UnorderedElementsAre("error duplicate-id $.reports[1].entrypoint",
                                            "error duplicate-id $.reports[1].renderers[1].id",
                                            "error duplicate-id $.reports[1].parameters[1].id"));
}

TEST(Parser, TwoDefaultRenderersAreAnErrorAtTheSecond) {
  EXPECT_THAT(FaultsWith("/reports/1/renderers/3/default", true),
              ElementsAre("error two-defaults $.reports[1].renderers[3].default"));
}

TEST(Parser, RenderersThatNeedATemplateMustNameOne) {
  Json json = Valid();
  for (const int i : {0, 5, 6}) json["reports"][1]["renderers"][i].erase("template");
  EXPECT_THAT(FaultsOf(json), ElementsAre("error missing-key $.reports[1].renderers[0].template",
                                          "error missing-key $.reports[1].renderers[5].template",
                                          "error missing-key $.reports[1].renderers[6].template"));
}

TEST(Parser, ATemplateOfJinjaIsNamedWithItsExtension) {
  for (const char* name : {"reports/a.j2", "reports/a.html", ".html.j2", "a..j2", "x.y/a.j2"}) {
    EXPECT_THAT(FaultsWith("/reports/1/renderers/6/template", name),
                ElementsAre("error template-name $.reports[1].renderers[6].template"))
        << name;
  }
  EXPECT_THAT(FaultsWith("/reports/1/renderers/6/template", "a.b.html.j2"), IsEmpty());
}

TEST(Parser, AJinjaExtensionNamesFilesAndIsPlain) {
  for (const char* name : {"r/page.my html.j2", "r/page.h\u00e9.j2", "r/page.h$tml.j2"}) {
    EXPECT_THAT(FaultsWith("/reports/1/renderers/5/template", name),
                ElementsAre("error template-name $.reports[1].renderers[5].template"))
        << name;
    EXPECT_THAT(FaultsWith("/reports/1/renderers/6/template", name), IsEmpty()) << name;
  }
  EXPECT_THAT(FaultsWith("/reports/1/renderers/5/template", "my reports/my page.x-1_y.j2"),
              IsEmpty());
}

TEST(Parser, ATemplateThatNothingReadsOnlyWarns) {
  EXPECT_THAT(FaultsWith("/reports/1/renderers/1/template", "reports/x.csv"),
              ElementsAre("warning unused-template $.reports[1].renderers[1].template"));
}

TEST(Parser, AChartThatCannotBeDrawnIsAnErrorAtItsPlace) {
  const std::string chart = "/reports/1/renderers/7/args/charts/0";
  const std::string place = "$.reports[1].renderers[7].args.charts[0]";
  EXPECT_THAT(FaultsWith(chart + "/y", Json{"Amount", "Month"}),
              ElementsAre("error bad-value " + place + ".y"));
  EXPECT_THAT(FaultsWith(chart + "/y", Json::array()),
              ElementsAre("error bad-value " + place + ".y"));
  EXPECT_THAT(FaultsWith(chart + "/type", "pi"),
              ElementsAre("error unknown-value " + place + ".type"));
  EXPECT_THAT(FaultsWith(chart + "/title", "a\u0001b"),
              ElementsAre("error bad-value " + place + ".title"));
  EXPECT_THAT(FaultsWith(chart + "/title", "a\tb\nc"), IsEmpty());
  EXPECT_THAT(FaultsWith(chart + "/tittle", "x"),
              ElementsAre("warning unknown-key " + place + ".tittle"));
  EXPECT_THAT(FaultsWith("/reports/1/renderers/0/args/charts/0/anchor", "2H"),
              ElementsAre("error bad-value $.reports[1].renderers[0].args.charts[0].anchor"));
  Json json = Valid();
  json["reports"][1]["renderers"][7]["args"]["columns"] = {"Month", "Amount"};
  json["reports"][1]["renderers"][7]["args"]["charts"][0]["y"] = "Amuont";
  const ParsedManifest parsed = ParseManifest(json.dump(1));
  ASSERT_EQ(parsed.faults.size(), 1U);
  EXPECT_EQ(parsed.faults[0].message,
            "found 'Amuont', which is none of the columns Month, Amount; did you mean 'Amount'?");
  EXPECT_EQ(parsed.faults[0].near_miss, "Amount");
  json["reports"][1]["renderers"][7]["args"]["charts"][0].erase("y");
  EXPECT_THAT(FaultsOf(json), ElementsAre("error missing-key " + place + ".y"));
}

TEST(Parser, PathsThatLeaveTheRepositoryOrNameGitAreErrors) {
  for (const char* path :
       {"", "/etc/passwd", "../../etc/passwd", "a/../../b", "..", "a\\b", "a/.git/config",
        ".GIT/config", "git~1/x", ".git./x", "https://host/x.md", ".", "a/..", "x\ny"}) {
    EXPECT_THAT(FaultsWith("/reports/0/readme_file", path),
                ElementsAre("error bad-path $.reports[0].readme_file"))
        << path;
  }
  EXPECT_THAT(FaultsWith("/reports/0/readme_file", std::string("a\0b", 3)),
              ElementsAre("error bad-path $.reports[0].readme_file"));
  EXPECT_THAT(FaultsWith("/reports/0/readme_file", "./a/../b/.gitignore"), IsEmpty());
  EXPECT_THAT(FaultsWith("/requirements", "/etc/passwd"),
              ElementsAre("error bad-path $.requirements"));
  EXPECT_THAT(FaultsWith("/reports/1/renderers/6/args/css_file", "../x.css"),
              ElementsAre("error bad-path $.reports[1].renderers[6].args.css_file"));
}

TEST(Parser, EntryPointsAreThreePlainIdentifiersOrMore) {
  for (const char* entrypoint :
       {"", "os.system", "generate", "a.b:c()", "a..b.c", "a.b.c()", "a.b.__init__.c", "a.b.1c",
        "a.b.__class__", "a.b c.d", "../a.b.c", "a/b.c.d", ".a.b.c", "a.b.c.", "a.b.\xC3\xA9.c"}) {
    EXPECT_THAT(FaultsWith("/reports/0/entrypoint", entrypoint),
                ElementsAre("error bad-entrypoint $.reports[0].entrypoint"))
        << entrypoint;
  }
  EXPECT_THAT(FaultsWith("/reports/0/entrypoint", "a.b.c"), IsEmpty());
  EXPECT_THAT(FaultsWith("/reports/0/entrypoint", "_a.b2.C_.d.e"), IsEmpty());
}

TEST(Parser, RowAndColumnAreIntegersThatASheetHas) {
  const std::vector<Json> bad = {0, -1, 1.5, 2.0, "2", true, 1048577, 18446744073709551615ULL};
  for (const Json& value : bad) {
    EXPECT_EQ(FaultsWith("/reports/0/start_row", value).size(), 1U) << value;
    EXPECT_EQ(FaultsWith("/reports/1/renderers/0/args/start_col", value).size(), 1U) << value;
  }
  EXPECT_THAT(FaultsWith("/reports/0/start_row", 1048576), IsEmpty());
  EXPECT_EQ(FaultsWith("/reports/0/start_col", 16385).size(), 1U);
}

TEST(Parser, ArgumentsAreCheckedByRendererType) {
  EXPECT_EQ(FaultsWith("/reports/1/renderers/1/args/delimiter", ",,").size(), 1U);
  EXPECT_EQ(FaultsWith("/reports/1/renderers/1/args/delimiter", "\"").size(), 1U);
  EXPECT_EQ(FaultsWith("/reports/1/renderers/1/args/quoting", "none").size(), 1U);
  EXPECT_EQ(FaultsWith("/reports/1/renderers/0/args/overflow", "wrap").size(), 1U);
  EXPECT_EQ(FaultsWith("/reports/1/renderers/0/args/compression", "tiny").size(), 1U);
  EXPECT_THAT(FaultsWith("/reports/1/renderers/1/args/delimeter", ","),
              ElementsAre("warning unknown-key $.reports[1].renderers[1].args.delimeter"));
}

TEST(Parser, LimitsArePositiveAndWithinReason) {
  EXPECT_EQ(FaultsWith("/reports/1/limits/wall_s", 0).size(), 1U);
  EXPECT_EQ(FaultsWith("/reports/1/limits/cpu_s", 1e18).size(), 1U);
  EXPECT_EQ(FaultsWith("/reports/1/limits/memory_mb", 9223372036854775807LL).size(), 1U);
  EXPECT_THAT(FaultsWith("/reports/1/limits", Json::object()), IsEmpty());
}

TEST(Parser, AnUnknownAudienceWarns) {
  const auto parsed = FaultsWith("/reports/0/audience", {"vendr"});
  EXPECT_THAT(parsed, ElementsAre("warning unknown-audience $.reports[0].audience"));
}

TEST(Parser, AReportWithoutParametersIsFine) {
  Json json = Valid();
  json["reports"][1].erase("parameters");
  const ParsedManifest parsed = ParseManifest(json.dump());
  ASSERT_TRUE(parsed.manifest);
  EXPECT_THAT(parsed.manifest->reports[1].parameters, IsEmpty());
}

TEST(Parser, EmptyListsWhereOneIsNeededAreErrors) {
  for (const char* pointer : {"/reports", "/reports/0/audience", "/reports/1/renderers",
                              "/reports/1/parameters/0/choices"}) {
    const auto faults = FaultsWith(pointer, Json::array());
    ASSERT_EQ(faults.size(), 1U) << pointer;
    EXPECT_THAT(faults[0], HasSubstr("error too-few")) << pointer;
  }
}

TEST(Parser, WhatIsNoObjectAtAllIsOneFault) {
  for (const char* text : {"null", "[]", "3", "\"x\"", "true"}) {
    EXPECT_THAT(Faults(ParseManifest(text)), ElementsAre("error wrong-type $")) << text;
  }
}

TEST(Parser, AFloodOfFaultsIsCutAndKeepsTheErrors) {
  Json json = Valid();
  for (int i = 0; i < 3000; ++i) json["unknown_" + std::to_string(i)] = 1;
  json["version"] = 1;
  const ParsedManifest parsed = ParseManifest(json.dump());
  EXPECT_EQ(parsed.faults.size(), FaultList::kMaxFaults + 1);
  EXPECT_THAT(Faults(parsed), Contains("error wrong-type $.version"));
  EXPECT_EQ(parsed.faults.back().rule, "too-many-faults");
}

TEST(Parser, AFileOfManyWrongReportsIsAnsweredInTime) {
  std::string text = "{\"reports\": [";
  while (text.size() < 900'000) text += R"({"renderers":[{},{}],"x":0},)";
  text += "{}]}";
  const ParsedManifest parsed = ParseManifest(text);
  EXPECT_TRUE(HasErrors(parsed.faults));
  EXPECT_LE(parsed.faults.size(), FaultList::kMaxFaults + 1);
}

}  // namespace
}  // namespace carrel::manifest
