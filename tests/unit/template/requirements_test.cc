#include "runtime/template/requirements.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "runtime/base/files.h"
#include "runtime/template/requirement_line.h"

namespace carrel::manifest {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> LinesOf(const Requirements& requirements) {
  std::vector<std::string> lines;
  for (const Requirement& requirement : requirements.lines) lines.push_back(requirement.line);
  return lines;
}

std::vector<std::string> Lines(std::string_view text) {
  FaultList faults;
  const auto lines = LinesOf(ParseRequirements(text, "requirements.txt", faults));
  EXPECT_THAT(faults.Take(), IsEmpty()) << text;
  return lines;
}

std::vector<std::string> Poetry(std::string_view text) {
  FaultList faults;
  const auto lines = LinesOf(ParsePyproject("[tool.poetry.dependencies]\n" + std::string(text),
                                            std::string(kPyproject), faults));
  for (const Fault& fault : faults.Take()) ADD_FAILURE() << fault.message;
  return lines;
}

std::string PoetryFault(std::string_view text) {
  FaultList faults;
  ParsePyproject("[tool.poetry.dependencies]\n" + std::string(text), std::string(kPyproject),
                 faults);
  const auto list = faults.Take();
  return list.empty() ? std::string() : list.front().message;
}

std::string Problem(std::string_view line) {
  const auto requirement = ParseRequirementLine(line, Hashes::kAllowed);
  return requirement ? "taken as " + requirement->line : requirement.error();
}

TEST(RequirementsTest, LinesThatSayTheSameBecomeTheSame) {
  EXPECT_THAT(Lines("Foo__Bar.baz >=1 , < 2\nfoo-bar-baz<2,>=1"), ElementsAre("foo-bar-baz<2,>=1"));
  EXPECT_THAT(Lines("a[ Y_y,x ] (== 1.*)"), ElementsAre("a[x,y-y]==1.*"));
  EXPECT_THAT(Lines("b\r\na\r\n"), ElementsAre("a", "b"));
  EXPECT_THAT(Lines("a ;  python_version  <  '3.9'"), ElementsAre("a ; python_version < '3.9'"));
}

TEST(RequirementsTest, CommentsBlankLinesAndContinuationsAreRead) {
  EXPECT_THAT(Lines("\xEF\xBB\xBF# all\n\n a # one\n"), ElementsAre("a"));
  EXPECT_THAT(Problem("b#no-comment"), HasSubstr("found '#no-comment', expected a version"));
  EXPECT_THAT(Lines("a \\\n  ==1\n"), ElementsAre("a==1"));
  const std::string hash = "--hash=sha256:" + std::string(64, 'a');
  EXPECT_THAT(Lines("a==1 \\\n " + hash + "\n"), ElementsAre("a==1 " + hash));
}

TEST(RequirementsTest, EveryRefusedLineIsNamedWithItsNumber) {
  FaultList faults;
  const auto read = ParseRequirements("a\n-e .\nb\n\\\n./c\ngit+ssh://h/x\n", "dev/r.txt", faults);
  EXPECT_THAT(LinesOf(read), ElementsAre("a", "b"));
  const auto list = faults.Take();
  ASSERT_THAT(list, SizeIs(3));
  EXPECT_EQ(list[0].place.line, 2);
  EXPECT_EQ(list[1].place.line, 4);
  EXPECT_EQ(list[2].place.line, 6);
  for (const Fault& fault : list) {
    EXPECT_EQ(fault.place.file, "dev/r.txt");
    EXPECT_EQ(fault.rule, "requirement-refused");
  }
}

TEST(RequirementsTest, OnlyNamesVersionsAndMarkersPass) {
  EXPECT_THAT(Problem("--pre"), HasSubstr("an option"));
  EXPECT_THAT(Problem("a --install-option=x"), HasSubstr("'--install-option'"));
  EXPECT_THAT(Problem("a --hash=sha256:12"), HasSubstr("expected a sha256"));
  EXPECT_THAT(Problem("a==$X"), HasSubstr("is no version"));
  EXPECT_THAT(Problem("a==${X}"), HasSubstr("an environment variable"));
  EXPECT_THAT(Problem("hg+https://h/x"), HasSubstr("the address of a repository"));
  EXPECT_THAT(Problem("a @ https://h/x.whl"), HasSubstr("an address"));
  EXPECT_THAT(Problem("a@ x"), HasSubstr("a direct reference"));
  EXPECT_THAT(Problem("~/x"), HasSubstr("a path"));
  EXPECT_THAT(Problem("C:\\x"), HasSubstr("a path"));
  EXPECT_THAT(Problem("a-1.0.zip"), HasSubstr("the name of an archive"));
  EXPECT_THAT(Problem("a b"), HasSubstr("expected a version"));
  EXPECT_THAT(Problem("a=1"), HasSubstr("expected a version"));
  EXPECT_THAT(Problem("a>="), HasSubstr("is no version"));
  EXPECT_THAT(Problem("a[b"), HasSubstr("']' is missing"));
  EXPECT_THAT(Problem("a[-r x]"), HasSubstr("no name of an extra"));
  EXPECT_THAT(Problem("a ; python_version < `id`"), HasSubstr("is no marker"));
  EXPECT_THAT(Problem("_a"), HasSubstr("is no name of a package"));
  EXPECT_THAT(Problem(std::string(10'000, 'a')), HasSubstr("too long"));
}

TEST(RequirementsTest, BytesThatAreNoTextAreOneFault) {
  FaultList faults;
  ParseRequirements("a\n\xFF\xFE\n", "r.txt", faults);
  ParseRequirements(std::string_view("a\0b", 3), "r.txt", faults);
  EXPECT_THAT(faults.Take(), SizeIs(2));
}

TEST(RequirementsTest, RangesOfPoetryBecomePips) {
  const auto range = [](std::string_view text) {
    const auto specifiers = PoetryRange(text);
    return specifiers ? *specifiers : "fault: " + specifiers.error();
  };
  EXPECT_EQ(range("^1.2.3"), ">=1.2.3,<2");
  EXPECT_EQ(range("^0.2.3"), ">=0.2.3,<0.3");
  EXPECT_EQ(range("^0.0.3"), ">=0.0.3,<0.0.4");
  EXPECT_EQ(range("^0"), ">=0,<1");
  EXPECT_EQ(range("^0.0"), ">=0.0,<0.1");
  EXPECT_EQ(range("^1.0b2"), ">=1.0b2,<2");
  EXPECT_EQ(range("~1.2.3"), ">=1.2.3,<1.3");
  EXPECT_EQ(range("~1.2"), ">=1.2,<1.3");
  EXPECT_EQ(range("~1"), ">=1,<2");
  EXPECT_EQ(range("~=1.2"), "~=1.2");
  EXPECT_EQ(range("3.*"), "==3.*");
  EXPECT_EQ(range("6.0.0"), "==6.0.0");
  EXPECT_EQ(range("=1.0"), "==1.0");
  EXPECT_EQ(range("*"), "");
  EXPECT_EQ(range(">= 1.2, < 2 , !=1.5"), ">=1.2,<2,!=1.5");
  EXPECT_EQ(range(">=1 <2"), ">=1,<2");
  EXPECT_THAT(range("^1 || ^2"), HasSubstr("fault: "));
  EXPECT_THAT(range("^x"), HasSubstr("fault: "));
  EXPECT_THAT(range(""), HasSubstr("fault: "));
  EXPECT_THAT(range("https://h/x"), HasSubstr("fault: "));
}

TEST(RequirementsTest, TablesOfPoetryBecomeLines) {
  EXPECT_THAT(Poetry("python = \"^3.8\"\nb = \"*\"\na = {version = \"^1\", extras = [\"x\"]}\n"),
              ElementsAre("a[x]<2,>=1", "b"));
  EXPECT_THAT(Poetry("a = {version = \"1\", optional = true}"), IsEmpty());
  EXPECT_THAT(Poetry("a = {version = \"1\", python = \">=3.8,<4\", platform = \"linux\", "
                     "markers = \"os_name == 'posix'\"}"),
              ElementsAre("a==1 ; python_version >= '3.8' and python_version < '4' and "
                          "sys_platform == 'linux' and (os_name == 'posix')"));
  EXPECT_THAT(
      Poetry("a = [{version = \"1\", python = \"<3.9\"}, {version = \"2\", python = "
             "\">=3.9.1\"}]"),
      ElementsAre("a==1 ; python_version < '3.9'", "a==2 ; python_full_version >= '3.9.1'"));
}

TEST(RequirementsTest, SourcesOfPoetryAreRefused) {
  for (const char* source : {"git = \"https://h/x\"", "path = \"x\"", "url = \"https://h/x\"",
                             "file = \"x.whl\"", "source = \"private\""}) {
    EXPECT_THAT(PoetryFault(std::string("a = {version = \"1\", ") + source + "}"),
                HasSubstr("expected a version that the index of this runtime has"));
  }
  EXPECT_THAT(PoetryFault("a = 1"), HasSubstr("expected a version or a table"));
  EXPECT_THAT(PoetryFault("a = {version = \"1\", extras = [\"x]; -r y\"]}"),
              HasSubstr("no marker"));
  EXPECT_THAT(PoetryFault("a = {version = \"1\", markers = \"x' --hash=`\"}"), HasSubstr("--hash"));
  EXPECT_THAT(PoetryFault("\"a @ file:///x\" = \"*\""), HasSubstr("an address"));
  EXPECT_FALSE(PoetryFault("a = ").empty());
}

TEST(RequirementsTest, ProjectDependenciesGoBeforePoetrys) {
  FaultList faults;
  const std::string text =
      "[project]\ndependencies = [\"A >= 1\"]\n[tool.poetry.dependencies]\nb = \"1\"\n";
  EXPECT_THAT(LinesOf(ParsePyproject(text, "pyproject.toml", faults)), ElementsAre("a>=1"));
  ParsePyproject("[project]\ndependencies = [1]", "pyproject.toml", faults);
  ParsePyproject("[project]\ndependencies = \"a\"", "pyproject.toml", faults);
  EXPECT_THAT(faults.Take(), SizeIs(2));
}

TEST(RequirementsTest, TheFileThatIsNamedIsReadElseThePyproject) {
  const TempDir directory = TempDir::Create(testing::TempDir(), "requirements-").value();
  const auto write = [&](const char* name, std::string_view text) {
    std::ofstream(directory.path() / name) << text;
  };
  const Checkout checkout = Checkout::Open(directory.path()).value();
  FaultList faults;
  EXPECT_TRUE(ReadRequirements(checkout, "", faults).file.empty());
  write("pyproject.toml", "[project]\ndependencies = [\"p\"]\n");
  write("r.txt", "r\n");
  EXPECT_THAT(LinesOf(ReadRequirements(checkout, "", faults)), ElementsAre("p"));
  EXPECT_THAT(LinesOf(ReadRequirements(checkout, "r.txt", faults)), ElementsAre("r"));
  EXPECT_THAT(faults.Take(), IsEmpty());
  ReadRequirements(checkout, "absent.txt", faults);
  ReadRequirements(checkout, "../../etc/passwd", faults);
  EXPECT_THAT(faults.Take(),
              testing::UnorderedElementsAre(testing::Field(&Fault::message, HasSubstr("not found")),
                                            testing::Field(&Fault::message, HasSubstr("outside"))));
}

TEST(RequirementsTest, WhatTheSdkProvidesIsLeftOutUnlessTheLinesHaveHashes) {
  FaultList faults;
  const auto names = [&](std::string_view text) {
    std::vector<std::string> out;
    for (const Requirement& r : ToInstall(ParseRequirements(text, "r.txt", faults))) {
      out.push_back(r.name);
    }
    return out;
  };
  EXPECT_THAT(names("Jinja2\nconnect_openapi.client>=1\na\n"), ElementsAre("a"));
  EXPECT_THAT(names("openpyxl\nWeasyPrint\n"), IsEmpty());
  const std::string hash = " --hash=sha256:" + std::string(64, '0');
  EXPECT_THAT(names("a==1" + hash + "\njinja2==3" + hash), ElementsAre("a", "jinja2"));
  EXPECT_THAT(names("jinja2==3" + hash), IsEmpty());
}

}  // namespace
}  // namespace carrel::manifest
