// The ways out of a report: API calls, plain HTTP libraries, prints, and its own threads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "tests/support/eventually.h"
#include "tests/unit/python_host/host_fixture.h"

namespace carrel::python {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Cells = std::vector<std::string>;

sdk::ApiReply JsonReply(std::string body) {
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"}, {"Content-Range", "items 0-0/1"}},
          .body = std::move(body)};
}

TEST(PythonCalls, TheClientCallsItsConnection) {
  Checkout checkout;
  sdk::ApiCall seen;
  checkout.answer = [&](const sdk::ApiCall& call) -> Result<sdk::ApiReply> {
    seen = call;
    return JsonReply(R"([{"id": "P-1", "name": "é"}])");
  };
  const Outcome outcome = checkout.Run(R"(
from connect.client import R
def generate(client, *args):
    for product in client.products.filter(R().name.eq('é')):
        yield product['id'], product['name'], client.api_key, client.default_limit
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.renderer->rows,
              ElementsAre(Cells{"text:P-1", "text:é", "text:ApiKey placeholder", "int:500"}));
  EXPECT_EQ(seen.connection, "main");
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.path, "products");
  EXPECT_THAT(seen.query, HasSubstr("eq(name,%C3%A9)"));
  EXPECT_EQ(seen.body, "");
}

TEST(PythonCalls, ThreadsCallAtTheSameTime) {
  Checkout checkout;
  std::atomic<int> asked = 0;
  checkout.answer = [&](const sdk::ApiCall& call) -> Result<sdk::ApiReply> {
    ++asked;
    EXPECT_TRUE(Eventually([&] { return asked >= 2; })) << "the first call kept the others out";
    return JsonReply("\"" + call.path + "\"");
  };
  const Outcome outcome = checkout.Run(R"(
from concurrent.futures import ThreadPoolExecutor
def generate(client, *args):
    with ThreadPoolExecutor(4) as pool:
        for value in pool.map(client.get, [f'items/{i}' for i in range(8)]):
            yield value,
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_EQ(outcome.renderer->rows.size(), 8u);
  EXPECT_EQ(outcome.renderer->rows[7], Cells{"text:items/7"});
  EXPECT_GE(outcome.port->most_inside.load(), 2);
}

TEST(PythonCalls, AThreadThatOutlivesTheReportMeetsAClosedDoor) {
  Checkout checkout;
  checkout.answer = [](const sdk::ApiCall&) -> Result<sdk::ApiReply> { return JsonReply("1"); };
  Outcome outcome = checkout.Run(R"(
import builtins, threading
def late(client):
    builtins.go.wait()
    try:
        client.get('x')
    except Exception as error:
        builtins.late_error = str(error)
def generate(client, *args):
    builtins.go = threading.Event()
    builtins.late_thread = threading.Thread(target=late, args=(client,), daemon=True)
    builtins.late_thread.start()
    return []
)");
  ASSERT_EQ(outcome.message(), "");
  // `client.get` of the first report finds the functions of the next one; the door it kept itself
  // would be closed.
  outcome = checkout.Run(R"(
import builtins
def generate(client, *args):
    builtins.go.set()
    builtins.late_thread.join(60)
    yield getattr(builtins, 'late_error', 'answered'),
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.renderer->rows, ElementsAre(Cells{"text:answered"}));

  outcome = checkout.Run(R"(
import _carrel, builtins
def generate(client, *args):
    builtins.kept_call = _carrel.call
    builtins.kept_progress = _carrel.progress
    return []
)");
  outcome = checkout.Run(R"(
import builtins
def generate(client, *args):
    builtins.kept_progress(1, 2)
    builtins.kept_call('', 'GET', 'https://example.com', '', {}, None)
)");
  EXPECT_THAT(outcome.message(), HasSubstr("the report has ended"));
}

TEST(PythonCalls, UrllibGoesThroughTheHost) {
  Checkout checkout;
  sdk::ApiCall seen;
  checkout.answer = [&](const sdk::ApiCall& call) -> Result<sdk::ApiReply> {
    seen = call;
    return sdk::ApiReply{.status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = "hi"};
  };
  const Outcome outcome = checkout.Run(R"(
from urllib.request import Request, urlopen
def generate(client, *args):
    request = Request('https://files.example.com/a?b=c', data=b'body', headers={'X-A': '1'})
    yield urlopen(request).read().decode(),
)");
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.renderer->rows, ElementsAre(Cells{"text:hi"}));
  EXPECT_EQ(seen.connection, "");
  EXPECT_EQ(seen.path, "https://files.example.com/a?b=c");
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.body, "body");
}

TEST(PythonCalls, PrintsReachTheLogWhateverTheyHold) {
  Checkout checkout;
  testing::internal::CaptureStdout();
  const Outcome outcome = checkout.Run(R"(
import sys
def generate(*args):
    print('é', '\ud800')
    sys.stdout.write('without a line end')
    return []
)");
  const std::string printed = testing::internal::GetCapturedStdout();
  ASSERT_EQ(outcome.message(), "");
  EXPECT_EQ(printed, "é \\ud800\nwithout a line end");
}

TEST(PythonCalls, TheCheckoutIsImportedPlainlyAndLeavesNoByteCode) {
  Checkout checkout;
  sdk::ReportJob job = checkout.MakeJob(R"(
import os, sys
from shared_by_reports.numbers import ONE
from .sibling import TWO
def generate(*args):
    here = os.path.dirname(__file__)
    yield ONE, TWO, open(os.path.join(here, 'data.txt')).read(), '' in sys.path
)");
  const std::string package = job.entrypoint.substr(8, job.entrypoint.find('.', 8) - 8);
  checkout.Write("shared_by_reports/numbers.py", "ONE = 1");
  checkout.Write("reports/" + package + "/sibling.py", "TWO = 2");
  checkout.Write("reports/" + package + "/data.txt", "three");
  const auto outcome =
      checkout.RunJob(job, std::make_unique<RecordingRenderer>(render::Shape::kCells));
  ASSERT_EQ(outcome.message(), "");
  EXPECT_THAT(outcome.renderer->rows, ElementsAre(Cells{"int:1", "int:2", "text:three", "bool:0"}));
  EXPECT_FALSE(std::filesystem::exists(checkout.root() / "reports" / package / "__pycache__"));
}

}  // namespace
}  // namespace carrel::python
