// What parsing says of an entry point.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/python_host/host_fixture.h"

namespace carrel::python {
namespace {

using testing::HasSubstr;

Json Inspect(std::string_view source) {
  (void)Host();
  const Checkout checkout;
  checkout.Write("entry.py", source);
  return Host().InspectEntrypoint(checkout.root(), {.file = "entry.py", .function = "generate"});
}

TEST(PythonInspect, FunctionsAreToldApartByWhatTheyAre) {
  EXPECT_EQ(Inspect("def generate(a, b, c): return []")["kind"], "function");
  EXPECT_EQ(Inspect("def generate(a):\n  if a:\n    x = [(yield 1)]")["kind"], "generator");
  EXPECT_EQ(Inspect("def generate(a):\n  def inner():\n    yield 1\n  return inner()")["kind"],
            "function");
  EXPECT_EQ(Inspect("async def generate(a): return []")["kind"], "coroutine");
  EXPECT_EQ(Inspect("async def generate(a): yield 1")["kind"], "async_generator");
  EXPECT_EQ(Inspect("from other import generate")["kind"], "bound");
  EXPECT_EQ(Inspect("import x as generate")["kind"], "bound");
  EXPECT_EQ(Inspect("generate = lambda *a: []")["kind"], "bound");
  EXPECT_EQ(Inspect("@cache\ndef generate(a): return []")["kind"], "bound");
  EXPECT_EQ(Inspect("try:\n  pass\nexcept E:\n  def generate(a): pass")["found"], true);
  EXPECT_EQ(Inspect("class A:\n  def generate(a): pass")["found"], false);
}

TEST(PythonInspect, PositionalArgumentsAreCounted) {
  Json facts = Inspect("def generate(a, b, /, c=1, *, d=2): pass");
  EXPECT_EQ(facts["min_positional"], 2);
  EXPECT_EQ(facts["max_positional"], 3);
  facts = Inspect("def generate(a, *rest, **more): pass");
  EXPECT_EQ(facts["min_positional"], 1);
  EXPECT_EQ(facts["max_positional"], -1);
}

TEST(PythonInspect, TheLastDefinitionCountsAndAllNamesAreListed) {
  const Json facts = Inspect("def generate(a): pass\ndef helper(): pass\ndef generate(a, b): pass");
  EXPECT_EQ(facts["max_positional"], 2);
  EXPECT_EQ(facts["line"], 3);
  EXPECT_EQ(facts["functions"], Json({"generate", "helper"}));
}

TEST(PythonInspect, ASyntaxErrorHasItsPlace) {
  const Json facts = Inspect("x = 1\ndef generate(:\n");
  EXPECT_EQ(facts["parsed"], false);
  EXPECT_EQ(facts["line"], 2);
  EXPECT_EQ(facts["column"], 14);
  EXPECT_NE(facts["error"], "");
}

TEST(PythonInspect, HostileFilesAreAnswersToo) {
  EXPECT_EQ(Inspect(std::string(1 << 20, '('))["parsed"], false);
  EXPECT_EQ(Inspect(std::string("a\0b", 3))["parsed"], false);
  EXPECT_THAT(Inspect(std::string((4 << 20) + 1, '#'))["error"], HasSubstr("4 MiB"));
  const Json absent = Host().InspectEntrypoint("/nonexistent", {.file = "a.py", .function = "f"});
  EXPECT_EQ(absent["parsed"], false);
  EXPECT_EQ(absent["error"], "No such file or directory");
}

}  // namespace
}  // namespace carrel::python
