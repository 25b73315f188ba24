#include <gmock/gmock.h>

#include <bit>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "sdk/render/json_writer.h"
#include "sdk/render/number_text.h"
#include "sdk/render/time_text.h"

namespace carrel::render {
namespace {

std::string FromHex(const std::string& hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    out.push_back(static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  }
  return out;
}

TEST(JsonWriterTest, PrintsDoublesAndStringsAsOrjsonDoes) {
  const char* other = std::getenv("CARREL_ORJSON_GOLDEN");
  std::ifstream file(other != nullptr ? other : CARREL_TEST_DIR "/golden/orjson.tsv");
  int lines = 0;
  for (std::string kind, input, expected; file >> kind >> input >> expected; ++lines) {
    JsonWriter writer;
    if (kind == "f") {
      writer.Double(std::bit_cast<double>(std::stoull(input, nullptr, 16)));
    } else {
      writer.String(FromHex(input));
      expected = FromHex(expected);
    }
    ASSERT_EQ(writer.text(), expected) << "line " << lines + 1;
  }
  EXPECT_GE(lines, 600);
}

TEST(JsonWriterTest, FindsAnEscapeAtEveryPlaceOfTextsOfEveryLength) {
  for (size_t size = 0; size <= 50; ++size) {
    std::string text;
    for (size_t i = 0; i < size; ++i) text.push_back(static_cast<char>('a' + i % 26));
    JsonWriter plain;
    plain.String(text);
    ASSERT_EQ(plain.text(), '"' + text + '"');
    for (size_t at = 0; at < size; ++at) {
      std::string quoted = text;
      quoted[at] = '"';
      JsonWriter writer;
      writer.String(quoted);
      ASSERT_EQ(writer.text(), '"' + text.substr(0, at) + "\\\"" + text.substr(at + 1) + '"');
    }
  }
}

TEST(JsonWriterTest, PutsCommasAndColons) {
  JsonWriter writer;
  writer.BeginObject();
  writer.Key("a");
  writer.BeginArray();
  writer.Int(-1);
  writer.Uint(18446744073709551615u);
  writer.BeginObject();
  writer.EndObject();
  writer.Null();
  writer.EndArray();
  writer.Key("b\n");
  writer.Bool(true);
  writer.EndObject();
  EXPECT_EQ(writer.text(), R"({"a":[-1,18446744073709551615,{},null],"b\n":true})");
  writer.Clear();
  writer.BeginArray();
  writer.EndArray();
  EXPECT_EQ(writer.text(), "[]");
}

TEST(NumberTextTest, PrintsFloatsAsPythonDoes) {
  const std::pair<double, const char*> cases[] = {
      {1.0, "1.0"},        {1e15, "1000000000000000.0"},
      {1e16, "1e+16"},     {1e-4, "0.0001"},
      {1e-5, "1e-05"},     {1.5e300, "1.5e+300"},
      {-0.0, "-0.0"},      {0.1 + 0.2, "0.30000000000000004"},
      {-1.0 / 0.0, "-inf"}};
  for (const auto& [value, expected] : cases) {
    std::string out;
    AppendPythonFloat(out, value);
    EXPECT_EQ(out, expected);
  }
}

TEST(TimeTextTest, PrintsNegativeDurationsAsPythonDoes) {
  const auto text = [](int64_t micros) {
    char buffer[kTimeRoom];
    return std::string(buffer, PutDuration(buffer, micros));
  };
  EXPECT_EQ(text(-1), "-1 day, 23:59:59.999999");
  EXPECT_EQ(text(86'401'000'000), "1 day, 0:00:01");
}

}  // namespace
}  // namespace carrel::render
