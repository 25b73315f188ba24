#include "runtime/template/fault_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "runtime/template/parser.h"

namespace carrel::manifest {
namespace {

using testing::HasSubstr;
using testing::Not;

Fault At(int line, int column, std::string message = "wrong") {
  return {.rule = "test-rule",
          .place = {"reports.json", line, column, "$.name"},
          .message = std::move(message)};
}

std::string Text(const Fault& fault, std::string source, Colour colour = Colour::kOff) {
  return FaultsToText(
      {&fault, 1}, [&](const std::string&) { return std::optional(source); }, colour);
}

TEST(FaultText, AManifestWithFaultsPrintsEachWithItsLineAndCaret) {
  const std::string source = R"({
  "name": "Demo",
  "readme_file": "README.md",
  "version": 3,
	"langage": "python",
  "language": "ruby",
  "reports": []
}
)";
  const ParsedManifest parsed = ParseManifest(source);
  EXPECT_EQ(FaultsToText(parsed.faults, [&](const std::string&) { return std::optional(source); }),
            R"(reports.json:4:14: error: found a number, expected a string [$.version]
    4 |   "version": 3,
      |              ^
reports.json:5:2: warning: unknown key 'langage' [$.langage]
    5 |     "langage": "python",
      |     ^
reports.json:6:15: error: unknown language 'ruby', expected one of python, lua [$.language]
    6 |   "language": "ruby",
      |               ^
reports.json:7:14: error: 'reports' is empty, expected at least 1 element [$.reports]
    7 |   "reports": []
      |              ^
)");
}

TEST(FaultText, TheCaretStandsUnderWideAndCombiningCharacters) {
  // two wide characters, then e with a combining accent, then the fault
  EXPECT_EQ(Text(At(1, 5),
                 "\xE6\x97\xA5\xE6\x9C\xAC"
                 "e\xCC\x81!"),
            "reports.json:1:5: error: wrong [$.name]\n"
            "    1 | \xE6\x97\xA5\xE6\x9C\xAC"
            "e\xCC\x81!\n"
            "      |      ^\n");
}

TEST(FaultText, ALongLineIsCutAroundThePlace) {
  const std::string text = Text(At(1, 500), std::string(499, 'a') + "X" + std::string(500, 'b'));
  const size_t line = text.find(" | ") + 3;
  const size_t caret_line = text.find(" | ", line) + 3;
  const std::string shown = text.substr(line, text.find('\n', line) - line);
  EXPECT_LE(shown.size(), 110U);
  EXPECT_TRUE(shown.starts_with("..."));
  EXPECT_TRUE(shown.ends_with("..."));
  EXPECT_EQ(shown.find('X'), text.find('^') - caret_line);
}

TEST(FaultText, APlaceJustPastTheEndOfTheLineHasItsCaret) {
  EXPECT_THAT(Text(At(1, 4), "abc"), HasSubstr("    1 | abc\n      |    ^\n"));
}

TEST(FaultText, NothingOfTheInputCanDriveATerminal) {
  const std::string text =
      Text(At(1, 1, "found '\x1b[2J\xE2\x80\xAE\n\xFF'"), "\x1b]0;x\x07\xC2\x9B");
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text, Not(HasSubstr("\x07")));
  EXPECT_THAT(text, Not(HasSubstr("\xC2\x9B")));
  EXPECT_THAT(text, HasSubstr("\\x1b[2J\\u202e\\x0a\xEF\xBF\xBD'"));
  EXPECT_THAT(text, HasSubstr("\\x1b]0;x\\x07\\x9b"));
}

TEST(FaultText, AFaultOfAWholeFileOrAnUnreadableOneHasNoLine) {
  EXPECT_EQ(Text(At(0, 0), "abc"), "reports.json: error: wrong [$.name]\n");
  const Fault fault = At(9, 1);
  EXPECT_EQ(FaultsToText({&fault, 1}, [](const std::string&) { return std::nullopt; }),
            "reports.json:9:1: error: wrong [$.name]\n");
  EXPECT_EQ(Text(fault, "one line"), "reports.json:9:1: error: wrong [$.name]\n");
}

TEST(FaultText, ColoursAreOnlyThereWhenAskedFor) {
  EXPECT_THAT(Text(At(1, 1), "abc"), Not(HasSubstr("\x1b[")));
  EXPECT_THAT(Text(At(1, 1), "abc", Colour::kOn), HasSubstr("\x1b[1;31merror"));
}

TEST(FaultJson, CountsAndLeavesOutWhatIsNotKnown) {
  std::vector<Fault> faults = {At(1, 2), At(0, 0)};
  faults[1].severity = Severity::kWarning;
  faults[1].place.path.clear();
  EXPECT_EQ(FaultsToJson(faults), Json::parse(R"({"ok": false, "errors": 1, "warnings": 1,
    "faults": [{"severity": "error", "rule": "test-rule", "file": "reports.json", "line": 1,
                "column": 2, "path": "$.name", "message": "wrong"},
               {"severity": "warning", "rule": "test-rule", "file": "reports.json",
                "message": "wrong"}]})"));
  EXPECT_EQ(FaultsToJson({})["ok"], true);
}

TEST(FaultSarif, HasTheRuleTheLevelAndTheRegion) {
  Fault fault = At(3, 4);
  fault.place.file = "re ports/\xC3\xA4.py";
  const Json sarif = FaultsToSarif({&fault, 1});
  EXPECT_EQ(sarif["version"], "2.1.0");
  const Json& run = sarif["runs"][0];
  EXPECT_EQ(run["tool"]["driver"]["name"], "carrel");
  EXPECT_EQ(run["tool"]["driver"]["rules"][0]["id"], "test-rule");
  EXPECT_EQ(run["results"][0]["level"], "error");
  EXPECT_EQ(run["results"][0]["message"]["text"], "wrong");
  const Json& place = run["results"][0]["locations"][0]["physicalLocation"];
  EXPECT_EQ(place["artifactLocation"]["uri"], "re%20ports/%C3%A4.py");
  EXPECT_EQ(place["region"], Json::parse(R"({"startLine": 3, "startColumn": 4})"));
  EXPECT_EQ(FaultsToSarif({})["runs"][0]["results"], Json::array());
}

TEST(FaultJunit, IsXmlWithAFailureForEachErrorWhateverTheTextHolds) {
  std::vector<Fault> faults = {At(1, 2, "a < b & \"c\" \x01"), At(2, 1)};
  faults[1].severity = Severity::kWarning;
  pugi::xml_document document;
  ASSERT_TRUE(document.load_string(FaultsToJunit(faults).c_str()));
  const pugi::xml_node suite = document.child("testsuites").child("testsuite");
  EXPECT_EQ(suite.attribute("tests").as_int(), 2);
  EXPECT_EQ(suite.attribute("failures").as_int(), 1);
  const pugi::xml_node failure = suite.child("testcase").child("failure");
  EXPECT_STREQ(failure.attribute("message").value(), "a < b & \"c\" \\x01");
  ASSERT_TRUE(document.load_string(FaultsToJunit({}).c_str()));
  EXPECT_EQ(document.child("testsuites").child("testsuite").attribute("tests").as_int(), 1);
}

}  // namespace
}  // namespace carrel::manifest
