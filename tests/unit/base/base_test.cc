#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "runtime/base/clock.h"
#include "runtime/base/files.h"
#include "runtime/base/ids.h"
#include "runtime/base/json.h"
#include "runtime/base/sha256.h"
#include "runtime/base/text.h"
#include "runtime/base/xml_text.h"

namespace carrel {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

TEST(ResultTest, WrapKeepsTheCodeAndTheCause) {
  const auto wrapped = Wrap(Error{Code::kDenied, "inner"}, "outer");
  EXPECT_EQ(wrapped.error().code, Code::kDenied);
  EXPECT_EQ(wrapped.error().message, "outer: inner");
}

TEST(ResultTest, ErrnoBecomesACodeThatCallersBranchOn) {
  EXPECT_EQ(FailErrno("x", ENOENT).error().code, Code::kNotFound);
  EXPECT_EQ(FailErrno("x", EACCES).error().code, Code::kDenied);
  EXPECT_EQ(FailErrno("x", ENOSPC).error().code, Code::kIo);
}

TEST(ClockTest, IsoTimesRoundTrip) {
  for (const char* text :
       {"2020-10-14T10:21:22+00:00", "1969-12-31T23:59:59+00:00",
        "2024-02-29T00:00:00.000001+00:00", "9999-12-31T23:59:59.999999+00:00"}) {
    const auto time = ParseIso(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(FormatIso(*time), text);
  }
}

TEST(ClockTest, OffsetsAreConvertedToUtc) {
  EXPECT_EQ(FormatIso(*ParseIso("2020-01-01T01:30:00+02:00")), "2019-12-31T23:30:00+00:00");
  EXPECT_EQ(FormatIso(*ParseIso("2020-01-01T00:00:00Z")), "2020-01-01T00:00:00+00:00");
}

TEST(ClockTest, NonsenseIsRefused) {
  for (const char* text : {"", "2020-01-01", "2020-13-01T00:00:00Z", "2020-02-30T00:00:00Z",
                           "2020-01-01T24:00:00Z", "2020-01-01T00:00:00", "2020-01-01T00:00:00+2",
                           "2020-01-01T00:00:00+99:00", "2020-01-01T00:00:00.Z"}) {
    EXPECT_FALSE(ParseIso(text)) << text;
  }
}

TEST(IdsTest, HaveTheirShape) {
  EXPECT_THAT(NewRepositoryId(), MatchesRegex("RR-[0-9]{4}-[0-9]{4}"));
  EXPECT_THAT(NewReportId(), MatchesRegex("RP-[0-9]{3}-[0-9]{3}-[0-9]{3}"));
  EXPECT_EQ(TemplateId("RR-1234-5678", 3), "RT-1234-5678-0003");
  EXPECT_NE(RandomHex(16), RandomHex(16));
}

TEST(JsonTest, AnErrorNamesLineAndColumn) {
  const auto parsed = ParseJson("{\n  \"a\": ]\n}");
  ASSERT_FALSE(parsed);
  EXPECT_THAT(parsed.error().message, HasSubstr("line 2, column 8"));
}

TEST(JsonTest, WhatWouldOverflowIsRefused) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + "\"]\\\"\"" + std::string(depth, ']');
  };
  EXPECT_TRUE(ParseJson(nested(200)));
  EXPECT_FALSE(ParseJson(nested(201)));
  EXPECT_FALSE(ParseJson(std::string(5'000'000, '[')));
  EXPECT_FALSE(ParseJson("{\"a\": 1e999}"));
}

TEST(JsonTest, DumpNeverThrowsOnBytes) { EXPECT_EQ(DumpJson(Json("\xFF")), "\"\xEF\xBF\xBD\""); }

TEST(Sha256Test, MatchesTheStandardsExample) {
  // FIPS 180-4, "abc".
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(TextTest, Utf8IsCheckedStrictly) {
  EXPECT_TRUE(IsUtf8("h\xC3\xA9 \xF0\x9F\x98\x80"));
  for (const char* bad : {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xFF"}) {
    EXPECT_FALSE(IsUtf8(bad));
  }
  EXPECT_EQ(ToUtf8("a\xFF"), "a\xEF\xBF\xBD");
}

TEST(TextTest, ControlsCannotReachATerminal) {
  EXPECT_EQ(EscapeControls("a\x1B[31m\n\tb\x7F"), "a\\x1b[31m\n\tb\\x7f");
  EXPECT_EQ(EscapeControls("\xC2\x9B"), "\\x9b");
  EXPECT_EQ(EscapeControls("\xC3\xA9"), "\xC3\xA9");
}

TEST(TextTest, WhatXmlCannotHoldIsEscaped) {
  EXPECT_EQ(EscapeForXml("a\x01\x1F\v<\t\r\n\x7F"), "a\\x01\\x1f\\x0b<\t\r\n\x7F");
  EXPECT_EQ(EscapeForXml(std::string_view("\0z", 2)), "\\x00z");
  EXPECT_EQ(EscapeForXml("\xEF\xBF\xBE\xEF\xBF\xBF\xEF\xBF\xBD"), "\\ufffe\\uffff\xEF\xBF\xBD");
  EXPECT_EQ(EscapeForXml("\xC3\xA9\xF0\x9F\x98\x80\xFF"), "\xC3\xA9\xF0\x9F\x98\x80\xEF\xBF\xBD");
}

TEST(TextTest, TruncateCutsBetweenCharacters) {
  EXPECT_EQ(Truncate("abc", 3), "abc");
  EXPECT_EQ(Truncate("a\xC3\xA9", 2), "a ...");
}

TEST(TextTest, ArticlesFollowTheFirstLetter) {
  EXPECT_EQ(WithArticle("invalid"), "an invalid");
  EXPECT_EQ(WithArticle("uploading"), "an uploading");
  EXPECT_EQ(WithArticle("ready"), "a ready");
  EXPECT_EQ(WithArticle("hub"), "a hub");
}

TEST(TextTest, NearMissFindsSlipsAndNothingElse) {
  const std::vector<std::string> names = {"entrypoint", "audience"};
  EXPECT_EQ(NearMiss("entypoint", names), "entrypoint");
  EXPECT_EQ(NearMiss("zzz", names), "");
  EXPECT_EQ(DidYouMean("entypoint", names), "; did you mean 'entrypoint'?");
  EXPECT_EQ(DidYouMean("zzz", names), "");
}

TEST(FilesTest, AtomicWriteLeavesNoTemporary) {
  const auto dir = TempDir::Create("/tmp", "carrel-base-");
  ASSERT_TRUE(WriteFileAtomic(dir->path() / "a", "one"));
  ASSERT_TRUE(WriteFileAtomic(dir->path() / "a", "two"));
  EXPECT_EQ(*ReadFile(dir->path() / "a"), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir->path()), {}), 1);
}

TEST(FilesTest, ReadFileRefusesWhatIsNoFileOrTooLarge) {
  const auto dir = TempDir::Create("/tmp", "carrel-base-");
  ASSERT_EQ(::mkfifo((dir->path() / "fifo").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(dir->path() / "fifo").error().code, Code::kInvalid);
  ASSERT_TRUE(WriteFileAtomic(dir->path() / "a", "12345"));
  EXPECT_EQ(ReadFile(dir->path() / "a", 4).error().code, Code::kLimit);
  EXPECT_EQ(ReadFile(dir->path() / "none").error().code, Code::kNotFound);
}

TEST(FilesTest, RemoveTreeTakesReadOnlyDirectories) {
  const auto dir = TempDir::Create("/tmp", "carrel-base-");
  const auto tree = dir->path() / "tree";
  ASSERT_TRUE(MakeDirectories(tree / "deep"));
  ASSERT_TRUE(WriteFileAtomic(tree / "deep" / "file", "x"));
  ::chmod((tree / "deep").c_str(), 0555);
  ::chmod(tree.c_str(), 0555);
  EXPECT_TRUE(RemoveTree(tree));
  EXPECT_FALSE(std::filesystem::exists(tree));
}

}  // namespace
}  // namespace carrel
