#include "runtime/git/url_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace carrel::git {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr UrlPolicy kEverything{Permission::kAllowed, Permission::kAllowed, Permission::kAllowed};

std::string TextOf(std::string_view url) {
  const auto parsed = ParseUrl(url, kEverything);
  return parsed ? parsed->text : parsed.error().message;
}

TEST(UrlPolicy, EveryAllowedFormHasOneSpelling) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"https://github.com/a/b.git", "https://github.com/a/b.git"},
      {"HTTPS://GitHub.com:443/a/B/", "https://github.com/a/B"},
      {"http://host:8080/a", "http://host:8080/a"},
      {"http://host:80/a", "http://host/a"},
      {"http://[::1]:8080/a", "http://[::1]:8080/a"},
      {"ssh://me@host:2222/srv/a.git", "ssh://me@host:2222/srv/a.git"},
      {"ssh://host/a", "ssh://git@host/a"},
      {"git@Host.example:team/a.git/", "git@host.example:team/a.git"},
      {"host.example:a", "git@host.example:a"},
      {"/srv/../srv/a/", "/srv/a"},
      {"file:///srv/a", "/srv/a"},
      {"file://localhost/srv/a", "/srv/a"},
      {"./a", (std::filesystem::current_path() / "a").string()},
  };
  for (const auto& [given, expected] : cases) EXPECT_EQ(TextOf(given), expected) << given;
}

TEST(UrlPolicy, TheParsedPartsAreThoseOfTheAddress) {
  const auto url = ParseUrl("ssh://me@Host:2222/srv/a.git", kEverything);
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, Scheme::kSsh);
  EXPECT_EQ(url->user, "me");
  EXPECT_EQ(url->host, "host");
  EXPECT_EQ(url->port, 2222);
  EXPECT_EQ(ParseUrl("https://host/a", kEverything)->port, 443);
  EXPECT_EQ(ParseUrl("git@host:a", kEverything)->port, 22);
}

TEST(UrlPolicy, WhatIsNoAllowedFormIsRefusedWithItsFault) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "is empty"},
      {"--upload-pack=touch x", "begins with '-'"},
      {"-u", "begins with '-'"},
      {"https://h/a\nb", "control character"},
      {std::string("https://h/a\0b", 13), "control character"},
      {"https://h/\xff", "not UTF-8"},
      {"ext::sh -c id", "transport helper \"ext\""},
      {"foo+bar::x", "transport helper \"foo+bar\""},
      {"ftp://h/a", "scheme \"ftp\""},
      {"git://h/a", "scheme \"git\""},
      {"javascript://h/a", "scheme \"javascript\""},
      {"github.com/a/b", "no scheme"},
      {"https:///a", "empty host"},
      {"https://", "empty host"},
      {"https://h", "no path"},
      {"https://h/", "no path"},
      {"https://user:pw@h/a", "holds credentials"},
      {"https://token@h/a", "holds credentials"},
      {"https://h/a?private_token=pw", "query"},
      {"https://h/a#b", "fragment"},
      {"https://h/a b", "space"},
      {"https://h:0/a", "invalid port \"0\""},
      {"https://h:99999/a", "invalid port"},
      {"https://h:8x/a", "invalid port"},
      {"https://h/..\\@evil/a", "backslash"},
      {"https://h/a%0d%0ab", "escaped control"},
      {"https://h\\@evil/a", "holds credentials"},
      {"https://-oProxyCommand=x/a", "host"},
      {"ssh://-oProxyCommand=x/a", "host"},
      {"ssh://me:pw@h/a", "holds a password"},
      {"ssh://h/a'; touch x; '", "has a space"},
      {"ssh://h/a';touch'", "character '"},
      {"ssh://h/a%27b", "character %"},
      {"git@h:-x", "begins with '-'"},
      {"git@h:", "no path"},
      {"git@h:a`id`", "character `"},
      {"file://host/a", "names a host"},
      {"file:///a%00b", "escaped"},
      {"https://" + std::string(3000, 'a') + "/b", "longer than 2048"},
  };
  for (const auto& [given, fault] : cases) {
    const auto parsed = ParseUrl(given, kEverything);
    ASSERT_FALSE(parsed) << given;
    EXPECT_EQ(parsed.error().code, Code::kInvalid) << given;
    EXPECT_THAT(parsed.error().message, HasSubstr(fault));
    EXPECT_THAT(parsed.error().message, HasSubstr("allowed: https://host/path, http://"));
    EXPECT_THAT(parsed.error().message, Not(HasSubstr("pw"))) << given;
    EXPECT_THAT(parsed.error().message, Not(HasSubstr("\n"))) << given;
  }
}

TEST(UrlPolicy, WhatIsSwitchedOffIsDeniedAndNotOffered) {
  constexpr UrlPolicy kOnlyHttps{Permission::kRefused, Permission::kRefused, Permission::kRefused};
  EXPECT_TRUE(ParseUrl("https://h/a", kOnlyHttps));
  for (const char* url : {"http://h/a", "ssh://h/a", "git@h:a", "/a", "file:///a", "./a"}) {
    const auto parsed = ParseUrl(url, kOnlyHttps);
    ASSERT_FALSE(parsed) << url;
    EXPECT_EQ(parsed.error().code, Code::kDenied) << url;
    EXPECT_THAT(parsed.error().message, HasSubstr("switched off"));
    EXPECT_TRUE(parsed.error().message.ends_with("allowed: https://host/path"));
  }
}

TEST(UrlPolicy, LocalPathsAreOffByDefault) {
  EXPECT_EQ(ParseUrl("/etc", UrlPolicy{}).error().code, Code::kDenied);
  EXPECT_EQ(ParseUrl("file:///etc", UrlPolicy{}).error().code, Code::kDenied);
}

TEST(UrlPolicy, ARedactedUrlHoldsNoSecret) {
  EXPECT_EQ(RedactUrl("https://user:pw@h/a"), "https://***@h/a");
  EXPECT_EQ(RedactUrl("https://token@h/a"), "https://***@h/a");
  EXPECT_EQ(RedactUrl("https://a@b:pw@h/a"), "https://***@h/a");
  EXPECT_EQ(RedactUrl("ssh://git@h/a"), "ssh://git@h/a");
  EXPECT_EQ(RedactUrl("git@h:a"), "git@h:a");
  EXPECT_EQ(RedactUrl("ssh://git:pw@h/a"), "ssh://***@h/a");
  EXPECT_EQ(RedactUrl("https://h/a?token=pw"), "https://h/a?***");
  EXPECT_EQ(RedactUrl("https://h/\x1b[31m"), "https://h/\\x1b[31m");
  EXPECT_LE(RedactUrl(std::string(5000, 'x')).size(), 210u);
}

}  // namespace
}  // namespace carrel::git
