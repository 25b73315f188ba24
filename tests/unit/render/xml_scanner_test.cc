#include "sdk/render/xml_scanner.h"

#include <gmock/gmock.h>

#include <ctime>

namespace carrel::render {
namespace {

using testing::HasSubstr;

// The tokens of `xml` put together again, or the error; fed in pieces of `piece` bytes.
std::string Scan(std::string_view xml, size_t piece = 1 << 20) {
  XmlScanner scanner([xml, piece](char* out, size_t size) mutable -> Result<size_t> {
    const size_t n = xml.copy(out, std::min(size, piece));
    xml.remove_prefix(n);
    return n;
  });
  std::string all;
  for (;;) {
    const auto token = scanner.Next();
    if (!token) return token.error().message;
    if (*token == XmlToken::kFinished) return all;
    all += scanner.raw();
  }
}

TEST(XmlScannerTest, WhatIsWellFormedComesBackByteForByte) {
  for (const std::string_view xml :
       {"<a/>", "\xEF\xBB\xBF<?xml version=\"1.0\" encoding='UTF-8'?>\r\n<a/>\n",
        "<!-- c --><?p q?><x:a b = \"1\" c='>'/><!-- d -->",
        "<a>t&amp;&#65;&#x41;<![CDATA[<&]]></a >",
        "<a b='\"'><b>\xC3\xA9\xF0\x9F\x98\x80</b>]]</a>"}) {
    for (const size_t piece : {size_t{1}, size_t{3}, size_t{1} << 20})
      EXPECT_EQ(Scan(xml, piece), xml);
  }
}

TEST(XmlScannerTest, ALongTextIsNeverCutInsideOfAReferenceOrACharacter) {
  std::string text = "<a>";
  while (text.size() < 400'000) text += "&amp;]]\xF0\x9F\x98\x80x";
  text += "</a>";
  for (const size_t piece : {size_t{1}, size_t{4097}, size_t{65536}}) {
    EXPECT_EQ(Scan(text, piece) == text, true) << piece;
  }
}

TEST(XmlScannerTest, WhatIsNotWellFormedIsRefusedWithTheReason) {
  for (const auto& [xml, reason] : std::vector<std::pair<std::string_view, std::string_view>>{
           {"", "no element"},
           {" ", "no element"},
           {"<a>", "ends before </a>"},
           {"<a></b>", "</b> where </a> is expected"},
           {"<a/></a>", "</a> closes nothing"},
           {"<a/><b/>", "second element"},
           {"<a/>x", "text behind"},
           {"x<a/>", "text before"},
           {"<![CDATA[x]]><a/>", "outside"},
           {"<a b=1/>", "attribute b without a value in quotes"},
           {"<a b/>", "attribute b without a value"},
           {"<a b='1'c='2'/>", "no attribute"},
           {"<a b='1' b='2'/>", "attribute b twice"},
           {"<a b='<'/>", "'<' inside of a tag"},
           {"<a b='&x;'/>", "unknown reference &x"},
           {"<a>&x;</a>", "unknown reference &x"},
           {"<a>&</a>", "unknown reference &"},
           {"<a>&#0;</a>", "unknown reference &#0"},
           {"<a>&#xD800;</a>", "unknown reference"},
           {"<a>&#x110000;</a>", "unknown reference"},
           {"<a>]]></a>", "\"]]>\""},
           {"<a><!-- -- --></a>", "\"--\" in a comment"},
           {"<a><!-- </a>", "ends inside of markup"},
           {"<a x='", "ends inside of a tag"},
           {"<1/>", "without a name"},
           {"< a/>", "without a name"},
           {"<a></a b='1'>", "more than a name"},
           {"<? ?><a/>", "without a name"},
           {" <?xml version='1.0'?><a/>", "not at the start"},
           {"<a>\x01</a>", "U+0001"},
           {"<a>\xFF</a>", "not UTF-8"},
           {"<a>\xEF\xBF\xBF</a>", "U+FFFE or U+FFFF"}}) {
    EXPECT_THAT(Scan(xml), HasSubstr(reason)) << xml;
    EXPECT_THAT(Scan(xml, 1), HasSubstr(reason)) << xml;
  }
}

TEST(XmlScannerTest, ADocumentTypeDeclarationIsRefusedWhateverIsInIt) {
  for (const std::string_view xml :
       {"<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY b 'x'>]><a>&b;</a>",
        "<?xml version='1.0'?><!-- c -->\n<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
        "<a><!ENTITY b 'x'></a>"}) {
    EXPECT_EQ(Scan(xml), "XML with a document type declaration is not read");
  }
}

TEST(XmlScannerTest, EncodingsOtherThanUtf8AreNamed) {
  using namespace std::string_view_literals;
  EXPECT_THAT(Scan("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"), HasSubstr("\"ISO-8859-1\""));
  EXPECT_THAT(Scan("<?xml\tversion='1.0'\nencoding='UTF-7'?><a/>"), HasSubstr("\"UTF-7\""));
  for (const std::string_view xml :
       {"\xFF\xFE<\0a\0/\0>\0"sv, "\xFE\xFF\0<\0a\0/\0>"sv, "<\0a\0/\0>\0"sv, "\0<\0a\0/\0>"sv,
        "\0\0\0<"sv, "\xFF\xFE\0\0<\0\0\0"sv}) {
    EXPECT_THAT(Scan(xml), HasSubstr("UTF-16 or UTF-32: only UTF-8 is read"));
  }
}

TEST(XmlScannerTest, DepthTagsAttributesAndNamesHaveLimits) {
  const auto nested = [](size_t depth) {
    std::string xml;
    for (size_t i = 0; i < depth; ++i) xml += "<a>";
    for (size_t i = 0; i < depth; ++i) xml += "</a>";
    return xml;
  };
  EXPECT_EQ(Scan(nested(kMaxXmlDepth)), nested(kMaxXmlDepth));
  EXPECT_THAT(Scan(nested(kMaxXmlDepth + 1)), HasSubstr("more than 128 deep"));
  std::string tag = "<a";
  for (size_t i = 0; i <= kMaxXmlAttributes; ++i) tag += " a" + std::to_string(i) + "=''";
  EXPECT_THAT(Scan(tag + "/>"), HasSubstr("more than 128 attributes"));
  const std::string big(3 << 20, 'x');
  EXPECT_THAT(Scan("<a b='" + big + "'/>"), HasSubstr("more than 1 MiB"));
  EXPECT_THAT(Scan("<!--" + big + "--><a/>"), HasSubstr("more than 1 MiB"));
  EXPECT_THAT(Scan("<" + big.substr(0, 2000) + "/>"), HasSubstr("more than 1000 bytes"));
  EXPECT_EQ(Scan("<a>" + big + "</a>").size(), big.size() + 7);
}

// A tag of attributes without a space between them was once searched to its end for each.
TEST(XmlScannerTest, TimeIsLinearInTheLengthOfATag) {
  std::string tag = "<a";
  while (tag.size() < (1 << 20) - 10) tag += "b=\"\"";
  tag[2] = ' ';
  const std::clock_t start = std::clock();  // of this process, whatever else runs
  EXPECT_THAT(Scan(tag + "/>"), HasSubstr("no attribute"));
  size_t count = 0;
  for (XmlAttributes attributes(tag); attributes.Next();) ++count;
  EXPECT_GT(count, 200'000u);
  EXPECT_LT(std::clock() - start, 5 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace carrel::render
