// How the results of entry points become rows and cells.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/python_host/host_fixture.h"

namespace carrel::python {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Cells = std::vector<std::string>;

TEST(PythonRows, AGeneratorIsDrainedAndTheCodeAfterItsLastYieldRuns) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
def generate(client, parameters, progress, renderer_type, extra_context):
    yield 'a', 1
    yield ['b', None]
    progress(2, 2)
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.renderer->rows,
              ElementsAre(Cells{"text:a", "int:1"}, Cells{"text:b", "none"}));
  EXPECT_TRUE(outcome.renderer->finished);
  EXPECT_EQ(outcome.end.rows, 2u);
  EXPECT_THAT(outcome.port->progress, ElementsAre(std::pair(2.0, 2.0)));
}

TEST(PythonRows, ListsTuplesMapsAndTextAreRows) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
def generate(client, parameters, progress, renderer_type, extra_context):
    return [map(str, (1, 2)), 'ab', (), (x for x in [True])]
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(
      outcome.renderer->rows,
      ElementsAre(Cells{"text:1", "text:2"}, Cells{"text:a", "text:b"}, Cells{}, Cells{"bool:1"}));
}

TEST(PythonRows, ScalarsOfNumpyAreTheValuesTheyStandFor) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
import numpy as np
def generate(*args):
    yield np.float64(1.5), np.float32(0.5), np.int64(7), np.uint8(3), np.int64(2) ** 62
    yield np.bool_(True), np.str_('a'), np.array([5])[0], np.array(6), np.uint64(2 ** 64 - 1)
    # Finer than a microsecond: numpy gives a count of nanoseconds for these.
    yield np.datetime64('1970-01-02T00:00:01.5', 'ns'), np.timedelta64(2500, 'ns')
    yield np.datetime64('1970-01-02'), np.datetime64('NaT', 'ns'), np.datetime64('1970-01-01T00:00', 's')
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(
      outcome.renderer->rows,
      ElementsAre(Cells{"float:1.5", "float:0.5", "int:7", "int:3", "int:4611686018427387904"},
                  Cells{"bool:1", "text:a", "int:5", "int:6", "big:18446744073709551615"},
                  Cells{"datetime:86401500000", "duration:2"},
                  Cells{"date:86400000000", "none", "datetime:0"}));
}

TEST(PythonRows, AnArrayOfNumpyIsNoCell) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
import numpy as np
def generate(*args):
    yield [np.array([1, 2])]
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.renderer->rows, ElementsAre(Cells{"other:ndarray:[1 2]"}));
}

TEST(PythonRows, SubclassesCountAsTheirBase) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
import datetime, decimal
class T(str): pass
class I(int): pass
class F(float): pass
class D(decimal.Decimal):
    pass
class M(datetime.datetime): pass
class Y(datetime.date): pass
def generate(*args):
    yield T('a'), I(2), F(0.5), D('1.10'), M(1970, 1, 2), Y(1970, 1, 2)
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.renderer->rows,
              ElementsAre(Cells{"text:a", "int:2", "float:0.5", "decimal:1.10",
                                "datetime:86400000000", "date:86400000000"}));
}

TEST(PythonRows, ASubclassWithItsOwnStrKeepsItsNumber) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
from decimal import Decimal
class Money(Decimal):
    def __str__(self): return Decimal.__str__(self) + ' EUR'
class Odd(Decimal):
    def __str__(self): return '999'
class Shown(Decimal):
    def __repr__(self): return 'shown'
class Count(int):
    def __str__(self): return 'many'
class Ratio(float):
    def __str__(self): return 'half'
def generate(*args):
    yield Money('12.50'), Odd('1E+2'), Shown('0.10'), Count(2), Ratio(0.5), Decimal('1')
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.renderer->rows,
              ElementsAre(Cells{"decimal:12.50", "decimal:1E+2", "decimal:0.10", "int:2",
                                "float:0.5", "decimal:1"}));
  EXPECT_THAT(outcome.renderer->printed,
              ElementsAre(Cells{"12.50 EUR", "999", "0.10", "many", "half", ""}));
}

TEST(PythonRows, AListThatIsChangedLaterIsWrittenAsItWasYielded) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
def generate(*args):
    row = [0]
    for i in range(3):
        row[0] = i
        yield row
)");
  EXPECT_THAT(outcome.renderer->rows, ElementsAre(Cells{"int:0"}, Cells{"int:1"}, Cells{"int:2"}));
}

TEST(PythonRows, AListThatACellEmptiesWhileItIsReadIsWrittenWhole) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
row = []
class Evil:
    def __str__(self):
        row.clear()
        return 'evil'
def generate(*args):
    row.extend(['a' * 100, Evil(), 'b' * 3])
    yield row
)");
  EXPECT_THAT(outcome.renderer->rows,
              ElementsAre(Cells{"text:" + std::string(100, 'a'), "other:Evil:evil", "text:bbb"}));
}

TEST(PythonRows, EveryKindOfCellIsRecognised) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
from datetime import *
from decimal import Decimal
import enum, uuid
class Name(str): pass
class Count(int): pass
class Ratio(float): pass
class Color(enum.Enum): RED = 'r'
class Level(enum.IntEnum): HIGH = 3
def generate(*args):
    yield 'é€', '\ud800x', 2**63 - 1, -2**63, 2**63, 10**30, 1.5, True, False, None
    yield date(1970, 1, 2), datetime(1970, 1, 1, 0, 0, 1, 5), datetime(1, 1, 1), time(1, 2, 3, 4)
    yield (datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=-3, minutes=-30))),
           time(0, tzinfo=timezone.utc), timedelta(days=-1, seconds=1), timedelta.max)
    yield Decimal('1.10'), Decimal('NaN'), uuid.UUID(int=1), Color.RED, Level.HIGH
    yield Name('n'), Count(7), Ratio(0.25), {'a': 1}, [1], b'x'
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(
      outcome.renderer->rows,
      ElementsAre(
          Cells{"text:é€", "text:\xEF\xBF\xBDx", "int:9223372036854775807",
                "int:-9223372036854775808", "big:9223372036854775808",
                "big:1000000000000000000000000000000", "float:1.5", "bool:1", "bool:0", "none"},
          Cells{"date:86400000000", "datetime:1000005", "datetime:-62135596800000000",
                "time:3723000004"},
          Cells{"datetime:1577836800000000@-210", "time:0@0", "duration:-86399000000",
                "long:1000000000:999999999 days, 23:59:59.999999"},
          Cells{"decimal:1.10", "decimal:NaN", "text:00000000-0000-0000-0000-000000000001",
                "text:Color.RED", "int:3"},
          Cells{"text:n", "int:7", "float:0.25", "other:dict:{'a': 1}", "other:list:[1]",
                "other:bytes:b'x'"}));
}

TEST(PythonRows, AResultThatIsNotRowsIsRefusedWithItsType) {
  Checkout checkout;
  EXPECT_THAT(checkout.Run("def generate(*args): return None").message(),
              HasSubstr("the report returned None, expected rows"));
  EXPECT_THAT(checkout.Run("def generate(*args): return 5").message(), HasSubstr("type int"));
  EXPECT_THAT(checkout.Run("def generate(*args): return 'text'").message(), HasSubstr("type str"));
  EXPECT_THAT(checkout.Run("def generate(*args): return {}").message(), HasSubstr("a dict"));
  const Outcome outcome = checkout.Run("def generate(*args): yield (1,); yield 5");
  EXPECT_EQ(outcome.kind(), "error");
  EXPECT_EQ(outcome.message(), "row 2 is of type int, expected an iterable of cells");
  EXPECT_FALSE(outcome.renderer->finished);
}

TEST(PythonRows, AGeneratorIsClosedWhenARowIsRefused) {
  Checkout checkout;
  auto renderer = std::make_unique<RecordingRenderer>(render::Shape::kCells);
  renderer->refuse_from = 2;
  const Outcome outcome = checkout.RunJob(checkout.MakeJob(R"(
def generate(client, parameters, progress, *args):
    try:
        while True:
            yield 'x',
    finally:
        progress(7, 8)
)"),
                                          std::move(renderer));
  EXPECT_EQ(outcome.kind(), "render");
  EXPECT_EQ(outcome.message(), "row 2: refused");
  EXPECT_THAT(outcome.port->progress, ElementsAre(std::pair(7.0, 8.0)));
  EXPECT_FALSE(outcome.renderer->finished);
}

TEST(PythonRows, SpecOneIsCalledWithThreeArgumentsAndSpecTwoWithFive) {
  Checkout checkout;
  sdk::ReportJob job = checkout.MakeJob("def generate(*args): yield len(args), args[1]['day']");
  job.spec = "1";
  job.parameters = {{"day", "2020-01-01"}};
  auto one = checkout.RunJob(job, std::make_unique<RecordingRenderer>(render::Shape::kCells));
  EXPECT_THAT(one.renderer->rows, ElementsAre(Cells{"int:3", "text:2020-01-01"}));
  job.spec = "2";
  auto two = checkout.RunJob(job, std::make_unique<RecordingRenderer>(render::Shape::kCells));
  EXPECT_THAT(two.renderer->rows, ElementsAre(Cells{"int:5", "text:2020-01-01"}));
}

TEST(PythonRows, CoroutinesAndAsyncGeneratorsGetTheAsyncClient) {
  Checkout checkout;
  Outcome outcome = checkout.Run(R"(
import asyncio
async def generate(client, *args):
    await asyncio.sleep(0)
    yield type(client).__name__,
    yield 2,
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.renderer->rows,
              ElementsAre(Cells{"text:AsyncConnectClient"}, Cells{"int:2"}));
  EXPECT_TRUE(outcome.renderer->finished);
  outcome = checkout.Run("async def generate(client, *args): return [(type(client).__name__,)]");
  EXPECT_THAT(outcome.renderer->rows, ElementsAre(Cells{"text:AsyncConnectClient"}));
  outcome = checkout.Run("def generate(client, *args): return [(type(client).__name__,)]");
  EXPECT_THAT(outcome.renderer->rows, ElementsAre(Cells{"text:ConnectClient"}));
}

TEST(PythonRows, AnAsyncGeneratorIsClosedWhenARowIsRefused) {
  Checkout checkout;
  auto renderer = std::make_unique<RecordingRenderer>(render::Shape::kCells);
  renderer->refuse_from = 1;
  const Outcome outcome = checkout.RunJob(checkout.MakeJob(R"(
async def generate(client, parameters, progress, *args):
    try:
        yield 'x',
    finally:
        progress(1, 1)
)"),
                                          std::move(renderer));
  EXPECT_EQ(outcome.kind(), "render");
  EXPECT_EQ(outcome.message(), "row 1: refused");
  EXPECT_THAT(outcome.port->progress, ElementsAre(std::pair(1.0, 1.0)));
}

TEST(PythonRows, ProgressTakesAnyNumberFromAnyThreadAndIgnoresTheRest) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(R"(
import threading
from decimal import Decimal
def generate(client, parameters, progress, *args):
    progress('a', 1); progress(None, None); progress(); progress(1); progress(object(), 2)
    progress(10**400, 1); progress(b'1', 1)
    threads = [threading.Thread(target=progress, args=(i, 4)) for i in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    progress(Decimal('1.5'), 0)
    return []
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_EQ(outcome.port->progress.size(), 5u);
  EXPECT_EQ(outcome.port->progress.back(), std::pair(1.5, 0.0));
  EXPECT_THAT(outcome.renderer->rows, IsEmpty());
}

TEST(PythonRows, JsonValuesAreSerialisedAtTheYieldAndADictIsTheWholeDocument) {
  Checkout checkout;
  Outcome outcome = checkout.Run(R"(
def generate(*args):
    row = {}
    for i in range(2):
        row['n'] = i
        yield row
)",
                                 render::Shape::kValues);
  EXPECT_THAT(outcome.renderer->values, ElementsAre(R"({"n":0})", R"({"n":1})"));
  outcome =
      checkout.Run("def generate(*args): return {'a': [1, 2.0, None]}", render::Shape::kValues);
  EXPECT_EQ(outcome.renderer->document, R"({"a":[1,2.0,null]})");
}

TEST(PythonRows, AValueThatJsonCannotHoldIsNamedWithItsRowAndColumn) {
  Checkout checkout;
  for (const std::string row : {"[1, Decimal(1)]", "(1, [{'a': Decimal(1)}])"}) {
    const Outcome listed = checkout.Run(
        "from decimal import Decimal\ndef generate(*args): return [[2, 3], " + row + "]",
        render::Shape::kValues);
    EXPECT_EQ(listed.message(), "row 2: column 2: Type is not JSON serializable: decimal.Decimal");
  }
  const Outcome outcome = checkout.Run(R"(
from decimal import Decimal
def generate(*args):
    yield {'a': 1}
    yield {'a': Decimal(1)}
)",
                                       render::Shape::kValues);
  EXPECT_EQ(outcome.kind(), "render");
  EXPECT_EQ(outcome.message(), "row 2: Type is not JSON serializable: decimal.Decimal");
}

}  // namespace
}  // namespace carrel::python
