#include "runtime/usage/rules.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <optional>
#include <utility>

#include "runtime/base/text.h"
#include "runtime/base/transition.h"
#include "runtime/query/query.h"
#include "runtime/query/sql.h"
#include "runtime/usage/record_load.h"
#include "runtime/usage/usage_fields.h"

namespace carrel::usage {
namespace {

using store::Execute;
using store::Query;
using store::TextColumn;
using store::Transaction;

constexpr std::array kActions = {std::pair{RuleAction::kAccept, std::string_view("accept")},
                                 std::pair{RuleAction::kReject, std::string_view("reject")},
                                 std::pair{RuleAction::kManual, std::string_view("manual")}};
constexpr std::array kScopes = {std::pair{RuleScope::kRecord, std::string_view("record")},
                                std::pair{RuleScope::kFile, std::string_view("file")}};

const query::Schema& SchemaOf(RuleScope scope) {
  return scope == RuleScope::kFile ? FileSchema() : RecordSchema();
}

Result<Rule> RuleFromJson(const Json& json) {
  const auto action = ValueNamed(kActions, JsonString(json, "action"));
  const auto scope = ValueNamed(kScopes, JsonString(json, "scope"));
  if (!action) return Fail(Code::kInvalid, "action: expected accept, reject or manual");
  if (!scope) return Fail(Code::kInvalid, "scope: expected record or file");
  Rule rule{*action, *scope, JsonString(json, "rule")};
  CARREL_TRY(query::CompileFilter(rule.rule, SchemaOf(rule.scope)));
  return rule;
}

// The records that no rule decided for yet, as the number of the rule that did for each.
class Judgement {
 public:
  explicit Judgement(const UsageFile& file) : file_(file) {}

  // False: no later rule can be reached.
  Result<bool> Add(const Rule& rule, size_t number) {
    CARREL_ASSIGN_OR_RETURN(const query::Node filter,
                            query::CompileFilter(rule.rule, SchemaOf(rule.scope)));
    if (rule.scope == RuleScope::kFile) {
      if (!query::Matches(filter, FileRecord(file_))) return true;
      otherwise_ = number;
      return false;
    }
    query::SqlCondition condition = query::ToSql(filter, RecordSchema());
    cases_ += fmt::format(" WHEN {} THEN {}", condition.text, number);
    values_.insert(values_.end(), condition.values.begin(), condition.values.end());
    return true;
  }

  // Rule number -> records; 0 for those of nobody.
  Result<std::map<size_t, int64_t>> Count(Transaction& transaction) {
    if (cases_.empty()) return std::map<size_t, int64_t>{{otherwise_, file_.counts.all}};
    const std::string decided = fmt::format("CASE{} ELSE {} END", cases_, otherwise_);
    CARREL_ASSIGN_OR_RETURN(
        auto rows, transaction.Prepare(fmt::format(
                       "SELECT rule, COUNT(*) FROM (SELECT {} AS rule FROM {} WHERE r.key > {} "
                       "AND r.key < {}) judged GROUP BY rule",
                       decided, RecordTables(), file_.load * kRecordsInLoad,
                       (file_.load + 1) * kRecordsInLoad)));
    query::BindValues(*rows, {"", values_});
    std::map<size_t, int64_t> out;
    while (true) {
      CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
      if (!found) return out;
      out.emplace(static_cast<size_t>(rows->Integer(0)), rows->Integer(1));
    }
  }

 private:
  const UsageFile& file_;
  std::string cases_;
  std::vector<query::SqlValue> values_;
  size_t otherwise_ = 0;
};

Verdict Decide(const std::vector<Rule>& rules, const std::map<size_t, int64_t>& counts) {
  std::optional<std::pair<size_t, int64_t>> rejected, accepted;
  bool is_open = false;
  for (const auto& [number, records] : counts) {
    const RuleAction action = number == 0 ? RuleAction::kManual : rules[number - 1].action;
    if (action == RuleAction::kManual) is_open = true;
    if (action == RuleAction::kReject && !rejected) rejected = {number, records};
    if (action == RuleAction::kAccept && !accepted) accepted = {number, records};
  }
  const auto note = [](std::string_view verb, const std::pair<size_t, int64_t>& by) {
    return fmt::format("rule {} {} {} {}", by.first, verb, by.second,
                       by.second == 1 ? "record" : "records");
  };
  if (rejected) return {RuleAction::kReject, note("rejects", *rejected)};
  if (is_open || !accepted) return {};
  return {RuleAction::kAccept, note("accepts", *accepted)};
}

}  // namespace

Result<std::vector<Rule>> RulesFromJson(const Json& json) {
  if (!json.is_array()) return Fail(Code::kInvalid, "expected a list of rules");
  if (json.size() > kMaxRules) {
    return Fail(Code::kInvalid, fmt::format("{} rules, at most {}", json.size(), kMaxRules));
  }
  std::vector<Rule> rules;
  std::vector<std::string> faults;
  for (size_t i = 0; i < json.size(); ++i) {
    auto rule = RuleFromJson(json[i]);
    if (rule) {
      rules.push_back(std::move(*rule));
    } else {
      faults.push_back(fmt::format("rule {}: {}", i + 1, rule.error().message));
    }
  }
  if (!faults.empty()) return Fail(Code::kInvalid, Join(faults, "\n"));
  return rules;
}

Json ToJson(const std::vector<Rule>& rules) {
  Json out = Json::array();
  for (const Rule& rule : rules) {
    out.push_back({{"action", NameIn(kActions, rule.action)},
                   {"scope", NameIn(kScopes, rule.scope)},
                   {"rule", rule.rule}});
  }
  return out;
}

Status StoreRules(Transaction& transaction, int64_t product_key, const std::vector<Rule>& rules) {
  CARREL_TRY(Execute(transaction, "DELETE FROM usage_rules WHERE product_key = ?", product_key));
  int64_t place = 0;
  for (const Rule& rule : rules) {
    CARREL_TRY(Execute(transaction,
                       "INSERT INTO usage_rules (product_key, place, action, scope, rule) VALUES "
                       "(?, ?, ?, ?, ?)",
                       product_key, ++place, NameIn(kActions, rule.action),
                       NameIn(kScopes, rule.scope), rule.rule));
  }
  return {};
}

Result<std::vector<Rule>> LoadRules(Transaction& transaction, int64_t product_key) {
  CARREL_ASSIGN_OR_RETURN(
      auto rows, Query(transaction,
                       "SELECT action, scope, rule FROM usage_rules WHERE product_key = ? ORDER BY "
                       "place",
                       product_key));
  std::vector<Rule> out;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return out;
    out.push_back({ValueNamed(kActions, rows->Text(0)).value_or(RuleAction::kManual),
                   ValueNamed(kScopes, rows->Text(1)).value_or(RuleScope::kRecord),
                   TextColumn(*rows, 2)});
  }
}

Result<Verdict> JudgeByRules(Transaction& transaction, const UsageFile& file) {
  CARREL_ASSIGN_OR_RETURN(const std::vector<Rule> rules, LoadRules(transaction, file.product.key));
  if (rules.empty()) return Verdict{};
  Judgement judgement(file);
  for (size_t i = 0; i < rules.size(); ++i) {
    CARREL_ASSIGN_OR_RETURN(const bool goes_on, judgement.Add(rules[i], i + 1));
    if (!goes_on) break;
  }
  CARREL_ASSIGN_OR_RETURN(const auto counts, judgement.Count(transaction));
  return Decide(rules, counts);
}

}  // namespace carrel::usage
