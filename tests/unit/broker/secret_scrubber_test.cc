#include "runtime/report/secret_scrubber.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace carrel::report {
namespace {

// Base64 as any library writes it; the scrubber has only its own inner form of it.
std::string Base64(std::string_view text) {
  static constexpr char kLetters[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < text.size(); i += 3) {
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0U);
    }
    for (size_t j = 0; j < 4; ++j) {
      out += i + j > text.size() ? '=' : kLetters[group >> (18 - 6 * j) & 63];
    }
  }
  return out;
}

TEST(SecretScrubber, TheTestsBase64IsRight) {
  EXPECT_EQ(Base64("light work."), "bGlnaHQgd29yay4=");
  EXPECT_EQ(Base64("light work"), "bGlnaHQgd29yaw==");
  EXPECT_EQ(Base64("light wor"), "bGlnaHQgd29y");
}

TEST(SecretScrubber, FindsACredentialWithAndWithoutItsScheme) {
  SecretScrubber scrubber;
  scrubber.Add("ApiKey SU-1:abcdef");
  EXPECT_EQ(scrubber.Scrub("a ApiKey SU-1:abcdef b"), "a *** b");
  EXPECT_EQ(scrubber.Scrub("SU-1:abcdefSU-1:abcdef"), "******");
  EXPECT_EQ(scrubber.Scrub("SU-1 and abcdef"), "SU-1 and abcdef");
}

TEST(SecretScrubber, FindsALongSecretHalfByItself) {
  SecretScrubber scrubber;
  scrubber.Add("ApiKey SU-1:0123456789abcdef0123456789abcdef");
  EXPECT_EQ(scrubber.Scrub("key=0123456789abcdef0123456789abcdef&x"), "key=***&x");
}

TEST(SecretScrubber, FindsPercentEncodedForms) {
  SecretScrubber scrubber;
  scrubber.Add("ApiKey SU-1:a/b+c=");
  EXPECT_EQ(scrubber.Scrub("x=SU-1%3Aa%2Fb%2Bc%3D."), "x=***.");
  EXPECT_EQ(scrubber.Scrub("x=SU-1%3aa%2fb%2bc%3d."), "x=***.");
  EXPECT_EQ(scrubber.Scrub("x=SU-1:a%2Fb%2Bc%3D."), "x=***.");
}

TEST(SecretScrubber, FindsEverySpecialCharacterInItsOwnEncoding) {
  SecretScrubber scrubber;
  scrubber.Add("ApiKey SU-1:a/b/c+d");
  for (const char* seen :
       {R"(<SU-1:a\/b\/c+d>)", R"(<SU-1:a\u002fb\u002Fc\u002bd>)", "<SU-1%253Aa%252Fb%252fc%252Bd>",
        "<SU-1&#58;a&#x2F;b&#47;c&#x2b;d>", "<SU-1%3aa/b%2Fc+d>", "<ApiKey%20SU-1:a/b/c%2Bd>"}) {
    EXPECT_EQ(scrubber.Scrub(seen), "<***>") << seen;
  }
}

// `text` with each `step`th character escaped.
std::string JsonEscaped(std::string_view text, size_t step) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    out += i % step == 0 ? fmt::format("\\u{:04x}", text[i]) : std::string(1, text[i]);
  }
  return out;
}

TEST(SecretScrubber, FindsAnyCharacterEscapedAsInJson) {
  SecretScrubber scrubber;
  scrubber.Add("ApiKey SU-1:a/b/c+d");
  for (const std::string form :
       {"ApiKey SU-1:a/b/c+d", "SU-1:a/b/c+d", "SU-1%3Aa%2Fb%2fc%2Bd", "U1UtMTphL2IvYytk"}) {
    for (const size_t step : {1, 2, 7}) {
      const std::string seen = JsonEscaped(form, step);
      EXPECT_EQ(scrubber.Scrub(fmt::format("<{0}> \\u00e9 <{0}>", seen)), "<***> \\u00e9 <***>")
          << seen;
    }
  }
  EXPECT_EQ(scrubber.Scrub(R"(\u0053U-1:a/b/c+d \u0053U-1:a/b/c+D)"), R"(*** \u0053U-1:a/b/c+D)");
  EXPECT_EQ(scrubber.Scrub(R"(\u00\u0053U-1:a/b/c+d\u005)"), R"(\u00***\u005)");
  EXPECT_EQ(scrubber.Scrub(R"(\u00zz SU-1:a/b/c+\u0064)"), R"(\u00zz ***)");
}

TEST(SecretScrubber, TakesLinearTimeForEscapesThatAreNoCredential) {
  SecretScrubber scrubber;
  scrubber.Add("ApiKey SU-1:a/b/c+d");
  std::string text;
  for (int i = 0; i < 500'000; ++i) text += R"(\u0053U-1:a/)";
  EXPECT_EQ(scrubber.Scrub(text), text);
}

TEST(SecretScrubber, FindsEncodingsAheadOfTheLongestPart) {
  SecretScrubber scrubber;
  scrubber.Add("ApiKey a/b%c:longest");
  for (const char* seen : {R"(<a\/b%c:longest>)", "<a%2fb%25c:longest>", "<a%252Fb%c%3Alongest>",
                           "<a&#x2f;b&#37;c&#58;longest>", "<a/b%c:longest>"}) {
    EXPECT_EQ(scrubber.Scrub(seen), "<***>") << seen;
  }
  EXPECT_EQ(scrubber.Scrub("<a/b%d:longest>"), "<a/b%d:longest>");
}

TEST(SecretScrubber, FindsItAtBothEndsAndNextToHalves) {
  SecretScrubber scrubber;
  scrubber.Add("ApiKey :ab:abc:");
  EXPECT_EQ(scrubber.Scrub(":ab:abc:"), "***");
  EXPECT_EQ(scrubber.Scrub("abc:ab:abc::ab:abc:abc"), "abc******abc");
  EXPECT_EQ(scrubber.Scrub("%3Aab%3aabc%3A"), "***");
  EXPECT_EQ(scrubber.Scrub("abc abc: :ab:abc"), "abc abc: :ab:abc");
  EXPECT_EQ(scrubber.Scrub("%3"), "%3");
}

TEST(SecretScrubber, FindsBase64AtEveryPlaceOfALongerText) {
  SecretScrubber scrubber;
  scrubber.Add("ApiKey SU-1:s3cr3t-value");
  for (const std::string before : {"", "u", "us", "use", "ApiKey "}) {
    for (const std::string after : {"", ":", "::", ":::"}) {
      const std::string encoded = Base64(fmt::format("{}SU-1:s3cr3t-value{}", before, after));
      const std::string seen = scrubber.Scrub("<" + encoded + ">");
      EXPECT_TRUE(seen.contains("***")) << encoded << " became " << seen;
      EXPECT_LE(seen.size(), before.size() * 2 + after.size() * 2 + 12) << seen;
    }
  }
}

TEST(SecretScrubber, FindsTheUrlAlphabetOfBase64) {
  SecretScrubber scrubber;
  scrubber.Add("Bearer \xfb\xef\xbe\xfb\xef\xbe");
  EXPECT_EQ(scrubber.Scrub("++++++++"), "***");
  EXPECT_EQ(scrubber.Scrub("--------"), "***");
}

TEST(SecretScrubber, LeavesOtherTextAndShortSecretsAlone) {
  SecretScrubber scrubber;
  EXPECT_EQ(scrubber.Scrub("nothing added"), "nothing added");
  scrubber.Add("");
  scrubber.Add("abc");
  EXPECT_EQ(scrubber.Scrub("abc"), "abc");
  scrubber.Add("ApiKey SU-1:abcdef");
  EXPECT_EQ(scrubber.Scrub(std::string("a\0b", 3)), std::string("a\0b", 3));
  EXPECT_EQ(scrubber.Scrub(""), "");
}

}  // namespace
}  // namespace carrel::report
