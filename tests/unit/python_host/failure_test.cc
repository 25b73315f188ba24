// What is said of reports that fail, whatever they raise.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/python_host/host_fixture.h"

namespace carrel::python {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(PythonFailure, ARuntimeErrorIsTheReportsOwnWordAndItsSubclassesAreErrors) {
  Checkout checkout;
  Outcome outcome = checkout.Run("def generate(*args): raise RuntimeError('no such\\nvendor')");
  EXPECT_EQ(outcome.kind(), "expected");
  EXPECT_EQ(outcome.message(), "no such vendor");
  outcome = checkout.Run("def generate(*args): raise NotImplementedError('later')");
  EXPECT_EQ(outcome.kind(), "error");
  EXPECT_EQ(outcome.message(), "NotImplementedError: later");
}

TEST(PythonFailure, TheTracebackShowsTheReportsFramesOnly) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
def helper():
    return 1 / 0
def generate(*args):
    yield helper(),
)");
  EXPECT_EQ(outcome.message(), "ZeroDivisionError: division by zero");
  EXPECT_THAT(outcome.traceback(), StartsWith("Traceback (most recent call last):\n"));
  EXPECT_THAT(outcome.traceback(), HasSubstr("in helper\n    return 1 / 0"));
  EXPECT_THAT(outcome.traceback(), HasSubstr("in generate"));
  EXPECT_THAT(outcome.traceback(), Not(HasSubstr("_entrypoint")));
  EXPECT_THAT(outcome.traceback(), EndsWith("ZeroDivisionError: division by zero\n"));
}

TEST(PythonFailure, AnAsyncReportsTracebackHidesTheEventLoop) {
  Checkout checkout;
  const Outcome outcome = checkout.Run("async def generate(*args):\n    yield 1 / 0,\n");
  EXPECT_EQ(outcome.message(), "ZeroDivisionError: division by zero");
  EXPECT_THAT(outcome.traceback(), HasSubstr("in generate"));
  EXPECT_THAT(outcome.traceback(), Not(HasSubstr("base_events")));
}

TEST(PythonFailure, WhatCannotBeLoadedNamesTheEntryPoint) {
  Checkout checkout;
  Outcome outcome = checkout.Run("import no_such_module");
  EXPECT_EQ(outcome.kind(), "load");
  EXPECT_THAT(outcome.message(), HasSubstr("ModuleNotFoundError: No module named"));
  EXPECT_THAT(outcome.message(), HasSubstr(".entry.generate'"));
  EXPECT_THAT(outcome.traceback(), HasSubstr("import no_such_module"));
  EXPECT_THAT(outcome.traceback(), Not(HasSubstr("importlib")));

  outcome = checkout.Run("def other(): pass");
  EXPECT_EQ(outcome.kind(), "load");
  EXPECT_THAT(outcome.message(), HasSubstr("has no function 'generate'"));

  outcome = checkout.Run("def generate(:\n  pass");
  EXPECT_EQ(outcome.kind(), "load");
  EXPECT_THAT(outcome.message(), HasSubstr("SyntaxError"));
  EXPECT_THAT(outcome.message(), HasSubstr("line 1"));

  sdk::ReportJob job = checkout.MakeJob("");
  job.entrypoint = "reports.nowhere.entry.generate";
  outcome = checkout.RunJob(job, std::make_unique<RecordingRenderer>(render::Shape::kCells));
  EXPECT_EQ(outcome.kind(), "load");
  EXPECT_THAT(outcome.message(), HasSubstr("nowhere"));
}

TEST(PythonFailure, AnAttributeErrorOfTheRunningReportIsNoLoadFailure) {
  Checkout checkout;
  EXPECT_EQ(checkout.Run("def generate(*args): None.x").kind(), "error");
}

TEST(PythonFailure, EveryBaseExceptionIsAFailureAndTheProcessGoesOn) {
  Checkout checkout;
  for (const char* source :
       {"def generate(*args): raise SystemExit(0)", "def generate(*args): yield exit_()",
        "def generate(*args): raise KeyboardInterrupt",
        "def generate(*args): raise type('Odd', (BaseException,), {})('odd')",
        "def generate(*args):\n    yield 1,\n    raise GeneratorExit"}) {
    const Outcome outcome = checkout.Run(source);
    EXPECT_EQ(outcome.kind(), "error") << source;
    EXPECT_FALSE(outcome.renderer->finished) << source;
  }
  EXPECT_EQ(checkout.Run("def generate(*args): return []").kind(), "");
}

TEST(PythonFailure, AnExceptionWhoseTextRaisesIsReportedByItsType) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
class Evil(Exception):
    def __str__(self):
        raise SystemExit('no text')
    __repr__ = __str__
def generate(*args):
    raise Evil
)");
  EXPECT_EQ(outcome.kind(), "error");
  EXPECT_EQ(outcome.message(), "Evil: <its text cannot be made>");
}

TEST(PythonFailure, ACellWhoseTextRaisesFailsTheReportWithThatException) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
class Evil:
    def __str__(self):
        raise ValueError('no text')
def generate(*args):
    yield 1, Evil()
)");
  EXPECT_EQ(outcome.kind(), "error");
  EXPECT_EQ(outcome.message(), "row 1: column 2: ValueError: no text");
}

TEST(PythonFailure, MessageAndTracebackAreBounded) {
  Checkout checkout;
  Outcome outcome = checkout.Run("def generate(*args): raise ValueError('x' * 10**7)");
  EXPECT_LE(outcome.message().size(), size_t{16} << 10);
  EXPECT_LE(outcome.traceback().size(), size_t{64} << 10);
  outcome = checkout.Run("def generate(*args): return generate(*args)");
  EXPECT_THAT(outcome.message(), HasSubstr("RecursionError"));
  EXPECT_LE(outcome.traceback().size(), size_t{64} << 10);
}

TEST(PythonFailure, RunningOutOfMemoryHasAKindOfItsOwn) {
  Checkout checkout;
  EXPECT_EQ(checkout.Run("def generate(*args): return 'x' * 2**60").kind(), "memory");
}

TEST(PythonFailure, AnApiErrorCarriesItsStatusAndItsErrors) {
  Checkout checkout;
  checkout.answer = [](const sdk::ApiCall&) -> Result<sdk::ApiReply> {
    return sdk::ApiReply{.status = 404,
                         .headers = {{"Content-Type", "application/json"}},
                         .body = R"({"error_code": "NF_001", "errors": ["no such product"]})"};
  };
  Outcome outcome = checkout.Run("def generate(client, *args): client.products['P'].get()");
  EXPECT_EQ(outcome.kind(), "api");
  EXPECT_EQ(outcome.end.failure->status, 404);
  EXPECT_THAT(outcome.message(), HasSubstr("404"));
  EXPECT_THAT(outcome.message(), HasSubstr("NF_001"));
  EXPECT_THAT(outcome.message(), HasSubstr("no such product"));

  checkout.answer = [](const sdk::ApiCall&) {
    return Fail(Code::kDenied, "writing is not granted");
  };
  outcome = checkout.Run("def generate(client, *args): client.products.create({'a': 1})");
  EXPECT_EQ(outcome.kind(), "api");
  EXPECT_EQ(outcome.end.failure->status, 0);
  EXPECT_THAT(outcome.message(), HasSubstr("writing is not granted"));
}

}  // namespace
}  // namespace carrel::python
