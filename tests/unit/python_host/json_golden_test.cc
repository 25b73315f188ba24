// JSON values against what orjson wrote for the same ones (golden/make_json_golden.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "runtime/base/text.h"
#include "tests/unit/python_host/host_fixture.h"

namespace carrel::python {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::StartsWith;

const std::filesystem::path kGolden = CARREL_JSON_GOLDEN;

std::vector<std::string> Lines(const char* name) {
  std::vector<std::string> lines = Split(ReadFile(kGolden / name).value(), '\n');
  lines.pop_back();  // after the last line end
  return lines;
}

TEST(PythonJson, ValuesAreThoseOfOrjsonToTheByte) {
  Checkout checkout;
  checkout.Write("json_cases.py", ReadFile(kGolden / "json_cases.py").value());
  const Outcome outcome =
      checkout.Run("def generate(*args):\n  from json_cases import VALUES\n  yield from VALUES",
                   render::Shape::kValues);
  ASSERT_EQ(outcome.message(), "");
  const auto expected = Lines("json_values.txt");
  ASSERT_EQ(outcome.renderer->values.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(outcome.renderer->values[i], expected[i]) << "value " << i;
  }
}

TEST(PythonJson, WhatOrjsonRefusesIsRefusedInItsWords) {
  Checkout checkout;
  checkout.Write("json_cases.py", ReadFile(kGolden / "json_cases.py").value());
  const auto expected = Lines("json_errors.txt");
  for (size_t i = 0; i < expected.size(); ++i) {
    const Outcome outcome =
        checkout.Run("def generate(*args):\n  from json_cases import ERRORS\n  yield ERRORS[" +
                         std::to_string(i) + "]",
                     render::Shape::kValues);
    EXPECT_EQ(outcome.kind(), "render");
    // A list is a row, whose column is named as well.
    EXPECT_THAT(outcome.message(), AllOf(StartsWith("row 1: "), EndsWith(": " + expected[i])))
        << "value " << i;
  }
}

TEST(PythonJson, ATimeWithAZoneIsRefused) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(
      "from datetime import time, timezone\n"
      "def generate(*args): return [time(0, tzinfo=timezone.utc)]",
      render::Shape::kValues);
  EXPECT_EQ(outcome.message(), "row 1: datetime.time must not have tzinfo set");
}

TEST(PythonJson, AnOffsetIsRoundedToMinutesAndCarriesIntoTheHour) {
  Checkout checkout;
  const Outcome outcome = checkout.Run(
      "from datetime import *\n"
      "def generate(*args):\n"
      "  zone = timezone(-timedelta(hours=1, minutes=59, seconds=30))\n"
      "  return [datetime(2020, 1, 1, tzinfo=zone)]",
      render::Shape::kValues);
  EXPECT_EQ(outcome.renderer->values.at(0), "\"2020-01-01T00:00:00-02:00\"");
}

}  // namespace
}  // namespace carrel::python
