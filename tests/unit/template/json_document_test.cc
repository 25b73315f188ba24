#include "runtime/template/json_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/template/valid_manifest.h"

namespace carrel::manifest {
namespace {

struct Parsed {
  std::optional<JsonNode> root;
  std::vector<Fault> faults;
};

Parsed Parse(std::string text) {
  const SourceText source(std::move(text));
  FaultList faults;
  Parsed parsed{.root = ParseJsonDocument(source, "f.json", faults), .faults = {}};
  parsed.faults = faults.Take();
  return parsed;
}

std::string Only(const Parsed& parsed) {
  if (parsed.faults.size() != 1) return "(not one fault)";
  const Fault& f = parsed.faults[0];
  return std::to_string(f.place.line) + ":" + std::to_string(f.place.column) + " " + f.message;
}

TEST(JsonDocument, ValuesKeepTheirPlace) {
  const SourceText source("{\n  \"\xC3\xA9\": [1, \"x\"]\n}");
  FaultList faults;
  const auto root = ParseJsonDocument(source, "f", faults);
  ASSERT_TRUE(root);
  const JsonMember* member = root->Find("\xC3\xA9");
  ASSERT_NE(member, nullptr);
  const auto place = source.At(member->value.items[1].begin);
  EXPECT_EQ(place.line, 2);
  EXPECT_EQ(place.column, 12);  // code points, not bytes
}

TEST(JsonDocument, EachSyntaxFaultNamesItsPlaceAndWhatWasExpected) {
  EXPECT_EQ(Only(Parse("")), "1:1 the file is empty");
  EXPECT_EQ(Only(Parse("{\"a\": 1,}")), "1:8 a comma before '}' (JSON has no trailing commas)");
  EXPECT_EQ(Only(Parse("[1 2]")), "1:4 found '2', expected ',' or ']' after an array element");
  EXPECT_EQ(Only(Parse("{\"a\" 1}")), "1:6 found '1', expected ':' after the key 'a'");
  EXPECT_EQ(Only(Parse("{'a': 1}")),
            "1:2 found ''', expected a key in double quotes (strings need double quotes)");
  EXPECT_EQ(Only(Parse("[\n// no\n]")),
            "2:1 found '/', expected a JSON value (JSON has no comments)");
  EXPECT_EQ(Only(Parse("[tru]")), "1:2 'tru' is not a JSON value");
  EXPECT_EQ(Only(Parse("[NaN]")), "1:2 'NaN' is not a JSON value");
  EXPECT_EQ(Only(Parse("[1e999]")), "1:2 the number '1e999' is too large");
  EXPECT_EQ(Only(Parse("[\"a\n\"]")), "1:2 a string without its closing quote");
  EXPECT_EQ(Only(Parse("[\"\\x\"]")), "1:4 a bad escape or a control character in a string");
  EXPECT_EQ(Only(Parse("[1] 2")), "1:5 found '2' after the end of the JSON value");
  EXPECT_EQ(Only(Parse("{\"a\": [1")),
            "1:9 found the end of the file, expected ',' or ']' after an array element");
}

TEST(JsonDocument, ADuplicateKeyIsAnErrorAndTheFirstOneCounts) {
  const Parsed parsed = Parse("{\"a\": {\"b\": 1, \"b\": 2}}");
  ASSERT_TRUE(parsed.root);
  EXPECT_EQ(Only(parsed), "1:16 the key 'b' occurs twice in one object");
  EXPECT_EQ(parsed.faults[0].place.path, "$.a.b");
  EXPECT_EQ(parsed.root->ToJson(), Json::parse(R"({"a": {"b": 1}})"));
}

TEST(JsonDocument, AByteOrderMarkIsOnlyAWarning) {
  const Parsed parsed = Parse("\xEF\xBB\xBF{}");
  EXPECT_TRUE(parsed.root);
  ASSERT_EQ(parsed.faults.size(), 1U);
  EXPECT_EQ(parsed.faults[0].severity, Severity::kWarning);
}

TEST(JsonDocument, BytesThatAreNotUtf8AreRefusedAtTheirPlace) {
  EXPECT_EQ(Only(Parse("{\n\"\xC3\xA9\xFF\": 1}")), "2:3 a byte that is not UTF-8");
  EXPECT_EQ(Only(Parse("[\"\xED\xA0\x80\"]")), "1:3 a byte that is not UTF-8");  // a surrogate
}

TEST(JsonDocument, SixtyFourLevelsAreReadAndOneMoreIsNot) {
  EXPECT_TRUE(Parse(std::string(64, '[') + std::string(64, ']')).root);
  const Parsed deep = Parse(std::string(65, '[') + std::string(65, ']'));
  EXPECT_FALSE(deep.root);
  EXPECT_EQ(Only(deep), "1:65 nested deeper than 64 levels");
  EXPECT_FALSE(Parse(std::string(100'000, '[')).root);
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_FALSE(Parse(objects).root);
}

TEST(JsonDocument, TooManyBytesOrValuesAreRefused) {
  EXPECT_EQ(Only(Parse(std::string(kMaxManifestBytes + 1, ' '))),
            "1:1 the file is larger than 1.0 MiB");
  std::string many = "[";
  for (size_t i = 0; i < kMaxJsonValues; ++i) many += "0,";
  EXPECT_FALSE(Parse(many + "0]").root);
}

TEST(JsonDocument, LongKeysOnEveryLevelDoNotMultiply) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "{\"" + std::string(15'000, 'k') + "\":";
  text += "[";
  for (int i = 0; i < 30'000; ++i) text += "0,";
  text += "0]" + std::string(60, '}');
  EXPECT_TRUE(Parse(text).root);
}

// The structure is read by our own code, so it is held against the library's on broken texts.
TEST(JsonDocument, AgreesWithTheLibraryOnRandomlyDamagedTexts) {
  const std::string pieces = "{}[]\",:\\ \n01e-.tnu/'";
  std::mt19937 random(7);
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = R"({"a": [1, -2.5e3, "x\n\u00e9"], "b": {"c": null, "d": true}})";
    const auto edits = 1 + random() % 3;
    for (size_t i = 0; i < edits; ++i) {
      const size_t at = random() % text.size();
      if (random() % 2 == 0)
        text.erase(at, 1);
      else
        text.insert(at, 1, pieces[random() % pieces.size()]);
    }
    const Parsed parsed = Parse(text);
    const Json library = Json::parse(text, nullptr, false);
    const bool duplicate = !parsed.faults.empty() && parsed.faults[0].rule == "duplicate-key";
    ASSERT_EQ(parsed.root.has_value(), !library.is_discarded()) << text;
    ASSERT_EQ(parsed.faults.empty(), parsed.root.has_value() && !duplicate) << text;
    if (!parsed.root || duplicate) continue;
    ++accepted;
    ASSERT_EQ(parsed.root->ToJson(), library) << text;
  }
  EXPECT_GT(accepted, 100);
}

TEST(SourceText, PlacesAreRightOnLongLinesAndPastTheEnd) {
  std::string line;
  for (int i = 0; i < 5000; ++i) line += "\xE2\x82\xAC";  // three bytes a character
  const SourceText source("x\r\n" + line + "\n");
  EXPECT_EQ(source.At(3 + 3 * 4000).line, 2);
  EXPECT_EQ(source.At(3 + 3 * 4000).column, 4001);
  EXPECT_EQ(source.At(1'000'000).line, 3);
  EXPECT_EQ(source.Line(1), "x");
  EXPECT_EQ(source.Line(9), "");
}

TEST(Paths, AKeyThatIsNoWordIsQuotedAndCut) {
  EXPECT_EQ(MemberPath("$", "name"), "$.name");
  EXPECT_EQ(MemberPath("$", "a.b"), "$[\"a.b\"]");
  EXPECT_EQ(MemberPath("$", ""), "$[\"\"]");
  EXPECT_LT(MemberPath("$", std::string(10'000, 'x')).size(), 100U);
  EXPECT_EQ(ItemPath("$.reports", 3), "$.reports[3]");
}

}  // namespace
}  // namespace carrel::manifest
