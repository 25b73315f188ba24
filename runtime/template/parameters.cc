#include "runtime/template/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <expected>
#include <map>

#include "runtime/base/clock.h"
#include "runtime/base/text.h"
#include "runtime/template/fault.h"

namespace carrel::manifest {
namespace {

// What is wrong with one value; the id is added by the caller.
struct Wrong {
  std::string message;
  std::string found;
  std::string expected;
  std::string near_miss;
};
using Checked = std::expected<Json, Wrong>;

std::string Shown(const Json& value) {
  if (const auto* text = value.get_ptr<const std::string*>()) return Quoted(*text);
  return Truncate(DumpJson(value), 80);
}

std::unexpected<Wrong> Expected(const Json& value, std::string expected,
                                std::string near_miss = {}) {
  std::string message =
      fmt::format("found {}, expected {}{}", Shown(value), expected, DidYouMean(near_miss));
  return std::unexpected(
      Wrong{std::move(message), Shown(value), std::move(expected), std::move(near_miss)});
}

bool DigitsAt(std::string_view text, size_t pos, size_t count) {
  return pos + count <= text.size() &&
         std::ranges::all_of(text.substr(pos, count), [](char c) { return c >= '0' && c <= '9'; });
}

enum class DayEdge { kFirstSecond, kLastSecond };

// A date or date-time in the usual ISO 8601 forms as UTC; nullopt when it is none or lies outside
// the years 1 to 9999 that datetime objects can hold.
std::optional<Timestamp> ParseTime(std::string_view given, DayEdge edge) {
  std::string text(given);
  if (text.size() == 10) {
    text += edge == DayEdge::kFirstSecond ? "T00:00:00Z" : "T23:59:59Z";
  }
  if (text.size() < 19) return std::nullopt;
  if (text[10] == ' ') text[10] = 'T';
  size_t tail = 19;
  if (tail < text.size() && text[tail] == '.') {
    for (++tail; DigitsAt(text, tail, 1);) ++tail;
    if (tail == 20) return std::nullopt;
  }
  const std::string_view zone = std::string_view(text).substr(tail);
  if (zone.empty()) {
    text += 'Z';
  } else if (zone != "Z" && (!DigitsAt(zone, 1, 2) || zone.substr(1, 2) > "14")) {
    return std::nullopt;  // no zone on earth is further than 14 hours from UTC
  }
  const Result<Timestamp> time = ParseIso(text);
  if (!time) return std::nullopt;
  using std::chrono::sys_days;
  const Timestamp first = sys_days(std::chrono::year(1) / 1 / 1);
  const Timestamp end = sys_days(std::chrono::year(9999) / 12 / 31) + std::chrono::days(1);
  return *time >= first && *time < end ? std::optional(*time) : std::nullopt;
}

Checked CheckDate(const Parameter& /*parameter*/, const Json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr || text->size() != 10 || !ParseTime(*text, DayEdge::kFirstSecond)) {
    return Expected(value, "a date like 2020-10-14");
  }
  return value;
}

Checked CheckDateRange(const Parameter& /*parameter*/, const Json& value) {
  const std::string form = R"({"after": date or date-time, "before": date or date-time})";
  if (!value.is_object()) return Expected(value, form);
  Timestamp times[2];
  constexpr std::string_view kKeys[] = {"after", "before"};
  for (int i = 0; i < 2; ++i) {
    const auto it = value.find(kKeys[i]);
    if (it == value.end())
      return Expected(value, fmt::format("{}: '{}' is missing", form, kKeys[i]));
    const auto* text = it->get_ptr<const std::string*>();
    const auto edge = i == 0 ? DayEdge::kFirstSecond : DayEdge::kLastSecond;
    const auto time = text == nullptr ? std::nullopt : ParseTime(*text, edge);
    if (!time) {
      auto wrong = Expected(*it, "a date-time like 2020-10-14T10:21:22+00:00 or a date");
      wrong.error().message = fmt::format("'{}': {}", kKeys[i], wrong.error().message);
      return wrong;
    }
    times[i] = *time;
  }
  if (value.size() > 2) return Expected(value, form + " and nothing else");
  if (times[0] > times[1]) return Expected(value, "'after' not later than 'before'");
  return Json{{"after", FormatIso(times[0])}, {"before", FormatIso(times[1])}};
}

Checked CheckSingleLine(const Parameter& /*parameter*/, const Json& value) {
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr || text->find_first_of("\r\n") != std::string::npos) {
    return Expected(value, "a text of one line");
  }
  return value;
}

Checked CheckObject(const Parameter& /*parameter*/, const Json& value) {
  if (value.is_object() || value.is_array()) return Json(DumpJson(value));
  const auto* text = value.get_ptr<const std::string*>();
  if (text == nullptr) return Expected(value, "a JSON text");
  const Result<Json> parsed = ParseJson(*text);
  if (parsed) return value;
  auto wrong = Expected(value, "a JSON text");
  wrong.error().message += ": " + parsed.error().message;
  return wrong;
}

std::vector<std::string> OfferedValues(const Parameter& parameter) {
  std::vector<std::string> values;
  values.reserve(parameter.choices.size());
  for (const Choice& choice : parameter.choices) values.push_back(choice.value);
  return values;
}

// The fault of a value that is not offered; nullopt when it is. Who typed the label is told the
// value.
std::optional<Wrong> NotOffered(const Parameter& parameter, const Json& value) {
  const std::vector<std::string> values = OfferedValues(parameter);
  const auto* text = value.get_ptr<const std::string*>();
  std::string near;
  if (text != nullptr) {
    if (std::ranges::find(values, *text) != values.end()) return std::nullopt;
    const auto label = std::ranges::find(parameter.choices, *text, &Choice::label);
    near = label != parameter.choices.end() ? label->value : Nearest(*text, values);
  }
  return Expected(value, "one of " + Truncate(Join(values, ", "), 400), near).error();
}

Checked CheckChoice(const Parameter& parameter, const Json& value) {
  if (auto wrong = NotOffered(parameter, value)) return std::unexpected(std::move(*wrong));
  return value;
}

// The parts of a selection in any of its accepted forms.
struct Selection {
  bool all = false;
  Json choices = Json::array();
};

std::expected<Selection, Wrong> ReadSelection(const Json& value) {
  const std::string form = R"({"all": true or false, "choices": [text, ...]})";
  if (value.is_string()) return Selection{.choices = Json::array({value})};
  if (value.is_array()) return Selection{.choices = value};
  if (!value.is_object() || value.empty()) return Expected(value, form);
  Selection selection;
  for (const auto& [key, member] : value.items()) {
    if (key == "all" && member.is_boolean()) {
      selection.all = member.get<bool>();
    } else if (key == "choices" && member.is_array()) {
      selection.choices = member;
    } else {
      return Expected(value, form);
    }
  }
  return selection;
}

Checked CheckSelection(const Parameter& parameter, const Json& value) {
  const auto selection = ReadSelection(value);
  if (!selection) return std::unexpected(selection.error());
  Json chosen = Json::array();
  for (const Json& choice : selection->choices) {
    if (!choice.is_string()) return Expected(choice, "a list of texts");
    if (parameter.type == ParameterType::kCheckbox) {
      if (auto wrong = NotOffered(parameter, choice)) return std::unexpected(std::move(*wrong));
    }
    if (std::ranges::find(chosen, choice) == chosen.end()) chosen.push_back(choice);
  }
  if (selection->all) chosen = Json::array();
  if (parameter.required && !selection->all && chosen.empty()) {
    return Expected(value, "at least one choice, or \"all\": true");
  }
  return Json{{"all", selection->all}, {"choices", std::move(chosen)}};
}

struct TypeRule {
  ParameterType type;
  Checked (*check)(const Parameter&, const Json&);
};

// In the order of the enumerators.
constexpr std::array kTypeRules = {
    TypeRule{ParameterType::kDateRange, CheckDateRange},
    TypeRule{ParameterType::kDate, CheckDate},
    TypeRule{ParameterType::kSingleLine, CheckSingleLine},
    TypeRule{ParameterType::kObject, CheckObject},
    TypeRule{ParameterType::kProduct, CheckSelection},
    TypeRule{ParameterType::kMarketplace, CheckSelection},
    TypeRule{ParameterType::kHub, CheckSelection},
    TypeRule{ParameterType::kCheckbox, CheckSelection},
    TypeRule{ParameterType::kChoice, CheckChoice},
};

consteval bool RulesFollowTheEnumerators() {
  for (size_t i = 0; i < kTypeRules.size(); ++i) {
    if (static_cast<size_t>(kTypeRules[i].type) != i) return false;
  }
  return true;
}
static_assert(RulesFollowTheEnumerators());

// The values as id -> value, faults for entries that are none and ids that are unknown or doubled.
class GivenValues {
 public:
  GivenValues(const ReportDefinition& report, std::vector<ParameterFault>& faults)
      : report_(report), faults_(faults) {}

  std::map<std::string, Json> Read(const Json& given) {
    if (given.is_object()) {
      for (const auto& [id, value] : given.items()) Add(id, value);
    } else if (given.is_array()) {
      for (const Json& entry : given) ReadEntry(entry);
    } else if (!given.is_null()) {
      AddFault({}, Expected(given, "a list of {id, value} or an object id -> value").error());
    }
    return std::move(values_);
  }

 private:
  void ReadEntry(const Json& entry) {
    const auto id = entry.is_object() ? entry.find("id") : entry.end();
    if (!entry.is_object() || id == entry.end() || !id->is_string() || !entry.contains("value")) {
      AddFault({}, Expected(entry, R"({"id": text, "value": ...})").error());
      return;
    }
    Add(id->get<std::string>(), entry["value"]);
  }

  void Add(const std::string& id, const Json& value) {
    if (report_.FindParameter(id) == nullptr) return AddUnknown(id);
    if (!values_.try_emplace(id, value).second) {
      AddFault(id,
               {.message = "given twice", .found = {}, .expected = "one value", .near_miss = {}});
    }
  }

  void AddUnknown(const std::string& id) {
    std::vector<std::string> ids;
    ids.reserve(report_.parameters.size());
    for (const Parameter& parameter : report_.parameters) ids.push_back(parameter.id);
    const std::string near = Nearest(id, ids);
    const std::string known = ids.empty() ? "no parameters" : "one of " + Join(ids, ", ");
    AddFault(id, {.message = fmt::format("the report has no such parameter, expected {}{}", known,
                                         DidYouMean(near)),
                  .found = Truncate(id, 80),
                  .expected = known,
                  .near_miss = near});
  }

  void AddFault(std::string id, Wrong wrong) {
    faults_.push_back({std::move(id), std::move(wrong.message), std::move(wrong.found),
                       std::move(wrong.expected), std::move(wrong.near_miss)});
  }

  const ReportDefinition& report_;
  std::vector<ParameterFault>& faults_;
  std::map<std::string, Json> values_;
};

bool IsMissing(const Parameter& parameter, const Json& value) {
  if (value.is_null()) return true;
  return parameter.required && value.is_string() && value.get_ref<const std::string&>().empty();
}

}  // namespace

Status ParameterCheck::ToStatus() const {
  if (Ok()) return {};
  std::vector<std::string> lines;
  lines.reserve(faults.size());
  for (const ParameterFault& fault : faults) {
    lines.push_back(fault.id.empty()
                        ? "parameters: " + fault.message
                        : fmt::format("parameter {}: {}", Quoted(fault.id), fault.message));
  }
  return Fail(Code::kInvalid, Join(lines, "\n"));
}

ParameterCheck CheckParameters(const ReportDefinition& report, const Json& given) {
  ParameterCheck result;
  const std::map<std::string, Json> values = GivenValues(report, result.faults).Read(given);
  for (const Parameter& parameter : report.parameters) {
    const auto it = values.find(parameter.id);
    if (it == values.end() || IsMissing(parameter, it->second)) {
      if (!parameter.required) continue;
      result.faults.push_back(
          {.id = parameter.id,
           .message = fmt::format("required but not given, expected a {}", Name(parameter.type)),
           .found = {},
           .expected = std::string(Name(parameter.type)),
           .near_miss = {}});
      continue;
    }
    const TypeRule& rule = kTypeRules.at(static_cast<size_t>(parameter.type));
    Checked checked = rule.check(parameter, it->second);
    if (checked) {
      result.values[parameter.id] = std::move(*checked);
      continue;
    }
    Wrong& wrong = checked.error();
    result.faults.push_back({parameter.id, std::move(wrong.message), std::move(wrong.found),
                             std::move(wrong.expected), std::move(wrong.near_miss)});
  }
  return result;
}

Json ParameterFromText(const ReportDefinition& report, std::string_view id, std::string_view text) {
  const Parameter* parameter = report.FindParameter(id);
  Result<Json> parsed = ParseJson(text);
  if (!parsed) return Json(ToUtf8(text));
  const bool is_text =
      parameter != nullptr &&
      (parameter->type == ParameterType::kSingleLine || parameter->type == ParameterType::kDate ||
       parameter->type == ParameterType::kObject || parameter->type == ParameterType::kChoice);
  // "..." in quotes is a JSON text whatever the type, but for object, which takes it as typed
  if (is_text && (!parsed->is_string() || parameter->type == ParameterType::kObject)) {
    return Json(ToUtf8(text));
  }
  return std::move(*parsed);
}

}  // namespace carrel::manifest
