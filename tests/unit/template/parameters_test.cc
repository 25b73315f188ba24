#include "runtime/template/parameters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace carrel::manifest {
namespace {

using testing::HasSubstr;

// One optional parameter of each type, its id the type's name; `choice` and `checkbox` offer a, b.
ReportDefinition Report() {
  ReportDefinition report;
  for (const std::string& name : ParameterTypeNames()) {
    Parameter parameter{.id = name,
                        .type = *ParameterTypeFromName(name),
                        .name = name,
                        .description = "",
                        .required = false,
                        .choices = {}};
    if (name == "choice" || name == "checkbox") {
      parameter.choices = {{"a", "Label A"}, {"b", "Label B"}};
    }
    report.parameters.push_back(parameter);
  }
  return report;
}

Json Good(const std::string& id, const Json& value) {
  const ParameterCheck check = CheckParameters(Report(), Json{{id, value}});
  EXPECT_TRUE(check.Ok()) << check.ToStatus().error().message;
  return check.Ok() ? check.values.at(id) : Json();
}

std::string Bad(const std::string& id, const Json& value) {
  const ParameterCheck check = CheckParameters(Report(), Json{{id, value}});
  if (check.faults.size() != 1) return "(not one fault)";
  EXPECT_EQ(check.faults[0].id, id);
  return check.faults[0].message;
}

TEST(Parameters, ADateRangeComesOutInUtcWithOffset) {
  EXPECT_EQ(
      Good("date_range",
           {{"after", "2020-10-14T12:21:22+02:00"}, {"before", "2020-10-15T10:00:00Z"}}),
      (Json{{"after", "2020-10-14T10:21:22+00:00"}, {"before", "2020-10-15T10:00:00+00:00"}}));
  EXPECT_EQ(
      Good("date_range", {{"after", "2020-10-14"}, {"before", "2020-10-14"}}),
      (Json{{"after", "2020-10-14T00:00:00+00:00"}, {"before", "2020-10-14T23:59:59+00:00"}}));
  EXPECT_EQ(Good("date_range",
                 {{"after", "2020-10-14 01:02:03.5"}, {"before", "2020-10-14T01:02:04"}})["after"],
            "2020-10-14T01:02:03.500000+00:00");
}

TEST(Parameters, ADateRangeOfTheWrongShapeIsRefused) {
  EXPECT_THAT(Bad("date_range", "2020-01-01"), HasSubstr("expected {\"after\""));
  EXPECT_THAT(Bad("date_range", {{"after", "2020-01-01"}}), HasSubstr("'before' is missing"));
  EXPECT_THAT(Bad("date_range", {{"after", "2020-01-02"}, {"before", "2020-01-01"}}),
              HasSubstr("'after' not later than 'before'"));
  for (const char* time :
       {"", "yesterday", "2020-13-01", "2020-02-30", "2020-01-01T25:00:00Z", "2020-01-01T00:00",
        "0000-01-01", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+01:00",
        "2020-01-01T00:00:00+99:00", "2020-01-01T00:00:00.Z", "2020-01-01T00:00:00 Z"}) {
    EXPECT_THAT(Bad("date_range", {{"after", time}, {"before", "9999-12-31"}}),
                HasSubstr("'after': found"))
        << time;
  }
  EXPECT_THAT(Bad("date_range", {{"after", 1}, {"before", "2020-01-01"}}), HasSubstr("found 1"));
  EXPECT_THAT(Bad("date_range", {{"after", "2020-01-01"}, {"before", "2020-01-01"}, {"x", 1}}),
              HasSubstr("nothing else"));
}

TEST(Parameters, ADateIsACalendarDate) {
  EXPECT_EQ(Good("date", "2024-02-29"), "2024-02-29");
  for (const Json& value : std::vector<Json>{"2023-02-29", "2020-1-1", "2020-01-01T00:00:00Z",
                                             "2020/01/01", 20200101, Json::object()}) {
    EXPECT_THAT(Bad("date", value), HasSubstr("expected a date like 2020-10-14")) << value;
  }
}

TEST(Parameters, ASingleLineIsATextOfOneLine) {
  EXPECT_EQ(Good("single_line", "PRD-1, PRD-2"), "PRD-1, PRD-2");
  EXPECT_EQ(Good("single_line", ""), "");
  EXPECT_THAT(Bad("single_line", "a\nb"), HasSubstr("a text of one line"));
  EXPECT_THAT(Bad("single_line", 5), HasSubstr("found 5"));
}

TEST(Parameters, AnObjectStaysTheTextThatWasTyped) {
  EXPECT_EQ(Good("object", "{ \"a\" : 1 }"), "{ \"a\" : 1 }");
  EXPECT_EQ(Good("object", {{"a", 1}}), "{\"a\":1}");
  EXPECT_THAT(Bad("object", "{\"a\": }"), HasSubstr("line 1, column 7"));
  EXPECT_THAT(Bad("object", 7), HasSubstr("a JSON text"));
}

TEST(Parameters, AChoiceMustBeOffered) {
  EXPECT_EQ(Good("choice", "a"), "a");
  EXPECT_THAT(Bad("choice", "c"), HasSubstr("expected one of a, b"));
  EXPECT_THAT(Bad("choice", "Label B"), HasSubstr("did you mean 'b'?"));
  EXPECT_THAT(Bad("choice", Json::array({"a"})), HasSubstr("one of a, b"));
}

TEST(Parameters, ASelectionHasOneFormWhateverWasTyped) {
  const Json ab = {{"all", false}, {"choices", {"a", "b"}}};
  for (const char* id : {"checkbox", "product", "marketplace", "hub"}) {
    EXPECT_EQ(Good(id, ab), ab) << id;
    EXPECT_EQ(Good(id, {"a", "b", "a"}), ab) << id;
    EXPECT_EQ(Good(id, {{"choices", {"a", "b"}}}), ab) << id;
    EXPECT_EQ(Good(id, "a"), (Json{{"all", false}, {"choices", {"a"}}})) << id;
    EXPECT_EQ(Good(id, {{"all", true}, {"choices", {"a"}}}),
              (Json{{"all", true}, {"choices", Json::array()}}))
        << id;
    for (const Json& value : std::vector<Json>{
             1, true, Json::object(), {{"all", "yes"}}, {{"choices", "a"}}, {{"x", 1}}}) {
      EXPECT_THAT(Bad(id, value), HasSubstr("expected {\"all\"")) << id << value;
    }
    EXPECT_THAT(Bad(id, Json::array({1})), HasSubstr("a list of texts")) << id;
  }
  EXPECT_THAT(Bad("checkbox", {"a", "c"}), HasSubstr("found 'c', expected one of a, b"));
  EXPECT_EQ(Good("product", "PRD-999")["choices"][0], "PRD-999");
}

TEST(Parameters, AMissingRequiredOneIsAFaultAndAMissingOptionalOneIsAbsent) {
  ReportDefinition report = Report();
  EXPECT_EQ(CheckParameters(report, Json::array()).values, Json::object());
  EXPECT_EQ(CheckParameters(report, Json{{"date", nullptr}}).values, Json::object());
  for (Parameter& parameter : report.parameters) parameter.required = true;
  const ParameterCheck check = CheckParameters(report, nullptr);
  EXPECT_EQ(check.faults.size(), report.parameters.size());
  EXPECT_EQ(check.faults[0].id, "date_range");
  EXPECT_EQ(check.faults[0].message, "required but not given, expected a date_range");
  const ParameterCheck empty =
      CheckParameters(report, {{"product", Json::array()}, {"single_line", ""}, {"hub", nullptr}});
  EXPECT_EQ(empty.faults.size(), report.parameters.size());
}

TEST(Parameters, UnknownAndDoubleIdsAreFaults) {
  const Json given = Json::parse(R"([{"id": "dat", "value": "2020-01-01"},
                                     {"id": "hub", "type": "hub", "value": "H-1"},
                                     {"id": "hub", "value": "H-2"}])");
  const ParameterCheck check = CheckParameters(Report(), given);
  ASSERT_EQ(check.faults.size(), 2U);
  EXPECT_EQ(check.faults[0].id, "dat");
  EXPECT_EQ(check.faults[0].near_miss, "date");
  EXPECT_EQ(check.faults[1].id, "hub");
  EXPECT_EQ(check.faults[1].message, "given twice");
}

TEST(Parameters, WhatIsNeitherAListNorAnObjectIsAFault) {
  for (const Json& given : std::vector<Json>{3, "x", true, {1}, {{{"id", 1}, {"value", 2}}}}) {
    const ParameterCheck check = CheckParameters(Report(), given);
    ASSERT_FALSE(check.Ok()) << given;
    EXPECT_EQ(check.ToStatus().error().code, Code::kInvalid);
  }
  EXPECT_FALSE(CheckParameters(Report(), Json::parse(R"([{"id": "date"}])")).Ok());
}

TEST(Parameters, TheStatusNamesEveryParameterOnItsOwnLine) {
  const ParameterCheck check = CheckParameters(Report(), {{"date", 1}, {"choice", "z"}});
  EXPECT_EQ(check.ToStatus().error().message,
            "parameter 'date': found 1, expected a date like 2020-10-14\n"
            "parameter 'choice': found 'z', expected one of a, b; did you mean 'a'?");
}

TEST(Parameters, TypedTextIsReadByTheTypeOfTheParameter) {
  const ReportDefinition report = Report();
  EXPECT_EQ(ParameterFromText(report, "single_line", "2020"), "2020");
  EXPECT_EQ(ParameterFromText(report, "single_line", "\"quoted\""), "quoted");
  EXPECT_EQ(ParameterFromText(report, "single_line", "plain"), "plain");
  EXPECT_EQ(ParameterFromText(report, "object", "{\"a\": 1}"), "{\"a\": 1}");
  EXPECT_EQ(ParameterFromText(report, "object", "\"a\""), "\"a\"");
  EXPECT_EQ(ParameterFromText(report, "product", "[\"P\"]"), Json::array({"P"}));
  EXPECT_EQ(ParameterFromText(report, "unknown", "true"), true);
}

}  // namespace
}  // namespace carrel::manifest
