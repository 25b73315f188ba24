#include "runtime/net/url.h"

#include <gtest/gtest.h>

namespace carrel::net {
namespace {

using namespace std::string_view_literals;

TEST(Url, PartsComeOutAsWritten) {
  const Result<Url> url =
      ParseUrl("HTTPS://Api.Example.COM:8443/public/v1/%7ea?and(eq(a,b))&x=%2F");
  ASSERT_TRUE(url.has_value()) << url.error().message;
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "api.example.com");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/public/v1/%7ea");
  EXPECT_EQ(url->query, "and(eq(a,b))&x=%2F");
  EXPECT_EQ(url->Origin(), "https://api.example.com:8443");
  EXPECT_EQ(url->Target(), "/public/v1/%7ea?and(eq(a,b))&x=%2F");
}

TEST(Url, TheUsualPortIsLeftOutOfTheOrigin) {
  EXPECT_EQ(ParseUrl("https://example.com:443")->Text(), "https://example.com/");
  EXPECT_EQ(ParseUrl("http://example.com:80/")->Origin(), "http://example.com");
  EXPECT_EQ(ParseUrl("http://example.com:443/")->Origin(), "http://example.com:443");
  EXPECT_EQ(ParseUrl("http://example.com?a=b")->Text(), "http://example.com/?a=b");
}

TEST(Url, EverySpellingOfAnAddressBecomesTheSameHost) {
  for (const char* text : {"http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/",
                           "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/"}) {
    const Result<Url> url = ParseUrl(text);
    ASSERT_TRUE(url.has_value()) << text << ": " << url.error().message;
    EXPECT_EQ(url->host, "127.0.0.1") << text;
  }
  EXPECT_EQ(ParseUrl("http://[0:0:0:0:0:0:0:1]:8080/")->Origin(), "http://[::1]:8080");
  EXPECT_EQ(ParseUrl("http://[::FFFF:127.0.0.1]/")->host, "::ffff:127.0.0.1");
}

TEST(Url, WhatCouldBeReadTwoWaysIsRefused) {
  for (const std::string_view text : {"ftp://example.com/"sv,
                                      "file:///etc/passwd"sv,
                                      "//example.com/"sv,
                                      "example.com"sv,
                                      ""sv,
                                      "http:/example.com"sv,
                                      "http:///example.com/"sv,
                                      "http://"sv,
                                      "http://user@example.com/"sv,
                                      "http://user:pw@example.com/"sv,
                                      "http://example.com@evil.example/"sv,
                                      "http://example.com\\@evil.example/"sv,
                                      "http://example.com/a b"sv,
                                      "http://example.com/\r\nHost: x"sv,
                                      "http://exam\0ple.com/"sv,
                                      "http://example.com/#part"sv,
                                      "http://ex%61mple.com/"sv,
                                      "http://example.com%00.evil.example/"sv,
                                      "http://b\xc3\xbc"
                                      "cher.example/"sv,
                                      "http://example.com./"sv,
                                      "http://.example.com/"sv,
                                      "http://a..b/"sv,
                                      "http://[fe80::1%25eth0]/"sv,
                                      "http://[::1/"sv,
                                      "http://[nonsense]/"sv,
                                      "http://example.com:0/"sv,
                                      "http://example.com:65536/"sv,
                                      "http://example.com:x/"sv,
                                      "http://example.com:22/"sv,
                                      "http://example.com:6379/"sv,
                                      "http://1.2.3.4.5/"sv,
                                      "http://256.0.0.1/"sv,
                                      "http://0x7g/"sv,
                                      "http://a_b!c/"sv}) {
    const Result<Url> url = ParseUrl(text);
    EXPECT_FALSE(url.has_value()) << text << " became " << url->Text();
    if (url) continue;
    EXPECT_EQ(url.error().code, Code::kInvalid) << text;
  }
}

TEST(Url, ReferencesResolveAgainstTheirBase) {
  const Url base = *ParseUrl("https://example.com/a/b?x=1");
  EXPECT_EQ(ResolveReference(base, "c?y=2")->Text(), "https://example.com/a/c?y=2");
  EXPECT_EQ(ResolveReference(base, "/d#part")->Text(), "https://example.com/d");
  EXPECT_EQ(ResolveReference(base, "?y=2")->Text(), "https://example.com/a/b?y=2");
  EXPECT_EQ(ResolveReference(*ParseUrl("https://example.com/a?like(n,*\"x\"|{}^`)"), "/b")->Text(),
            "https://example.com/b");
  EXPECT_EQ(ResolveReference(base, "../../../etc")->Text(), "https://example.com/etc");
  EXPECT_EQ(ResolveReference(base, "//other.example/")->Text(), "https://other.example/");
  EXPECT_EQ(ResolveReference(base, "http://169.254.169.254/latest")->host, "169.254.169.254");
  EXPECT_FALSE(ResolveReference(base, "ftp://example.com/").has_value());
  EXPECT_FALSE(ResolveReference(base, "/a\r\nb").has_value());
}

TEST(Url, RelativePathsMayNotLeaveTheirBase) {
  for (const char* path : {"", "/requests", "requests/PR-1/", "/a/b:c/d,e;f=1", "/%7Ea/x%20y",
                           "/a//b", "/...", "/.hidden", "/a..b"}) {
    EXPECT_TRUE(CheckRelativePath(path).has_value()) << path;
  }
  for (const char* path : {"..",
                           "/../admin",
                           "/a/..",
                           "/./a",
                           "/%2e%2e/admin",
                           "/%2E%2e%2fadmin",
                           "/.%2e/x",
                           "/%252e%252e/x",
                           "/..%5cadmin",
                           "/..;/admin",
                           "/..;x=1/admin",
                           "//evil.example/",
                           "https://evil.example/",
                           "gopher://x",
                           "/a\\b",
                           "/a b",
                           "/a\tb",
                           "/a\r\nHost: x",
                           "/a?b",
                           "/a#b",
                           "/100%",
                           "/%zz",
                           "/a%00b",
                           "/a%0d%0ab",
                           "/a%250d"}) {
    EXPECT_FALSE(CheckRelativePath(path).has_value()) << path;
  }
}

TEST(Url, QueriesKeepEveryPrintableByte) {
  EXPECT_TRUE(CheckQuery("and(in(id,(a,b)),like(n,*\"x\"|{}^`<>%20))&limit=0").has_value());
  for (const char* query : {"a b", "a\nb", "a#b", "a\x7f"}) {
    EXPECT_FALSE(CheckQuery(query).has_value()) << query;
  }
}

TEST(Url, PercentDecodingLeavesBrokenEscapes) {
  EXPECT_EQ(PercentDecode("%41%2f%zz%4"), "A/%zz%4");
}

}  // namespace
}  // namespace carrel::net
