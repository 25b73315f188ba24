// Values given for a report's parameters -> the mapping that generate() receives, or every fault
// of them. Checked before a report is created, so that nothing wrong is ever stored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/template/manifest.h"

namespace carrel::manifest {

struct ParameterFault {
  std::string id;  // of the parameter; "" when the whole list is wrong
  std::string message;
  std::string found;
  std::string expected;
  std::string near_miss;
};

struct ParameterCheck {
  // id -> value; an optional parameter that was not given (or given as null) is absent. Only
  // meaningful when Ok().
  Json values = Json::object();
  std::vector<ParameterFault> faults;

  bool Ok() const { return faults.empty(); }
  // kInvalid with one line a fault: "parameter 'date': ...".
  Status ToStatus() const;
};

// `given` is a list of {id, value} (more members are ignored) or an object id -> value. Values
// come out normalised:
//   date_range          {"after", "before"} in UTC with offset. A date without time stands for
//                       its first second in "after" and its last one in "before"; a time without
//                       offset is UTC; "after" may not be later than "before".
//   date                "YYYY-MM-DD"
//   object              the JSON text as given; an object or array is written as text
//   choice              one of the offered values
//   checkbox, product,  {"all": bool, "choices": [...]}; a list stands for the choices, a text
//   marketplace, hub    for the only one; with "all" the choices are dropped
ParameterCheck CheckParameters(const ReportDefinition& report, const Json& given);

// A value typed as text (a command line, a form): JSON if it is JSON, else the text, except where
// the parameter's type is a text anyway, so that `2020` stays "2020" for a single_line.
Json ParameterFromText(const ReportDefinition& report, std::string_view id, std::string_view text);

}  // namespace carrel::manifest
