// Rules of a product that judge a usage file when it is submitted, before anybody looks at it.
//
// They are asked in their order. A rule of scope `file` that fits decides for every record that no
// rule before it decided, and ends the asking; a rule of scope `record` decides for the records
// that fit it. Records nobody decided for are a matter for people. The file is rejected when any
// record is, accepted when every record is, and stays pending otherwise.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/base/result.h"
#include "runtime/store/database.h"
#include "runtime/usage/file_rows.h"

namespace carrel::usage {

enum class RuleAction : uint8_t { kAccept, kReject, kManual };
enum class RuleScope : uint8_t { kRecord, kFile };

struct Rule {
  RuleAction action = RuleAction::kManual;
  RuleScope scope = RuleScope::kRecord;
  std::string rule;  // RQL over the record or the file
};

inline constexpr size_t kMaxRules = 100;

// [{"action", "scope", "rule"}]. kInvalid with every fault, each with the rule's number.
Result<std::vector<Rule>> RulesFromJson(const Json& json);
Json ToJson(const std::vector<Rule>& rules);

// Replaces all rules of a product.
Status StoreRules(store::Transaction& transaction, int64_t product_key,
                  const std::vector<Rule>& rules);
Result<std::vector<Rule>> LoadRules(store::Transaction& transaction, int64_t product_key);

struct Verdict {
  RuleAction action = RuleAction::kManual;
  std::string note;  // which rule, and of how many records
};
// Of a pending file. kManual when the product has no rules.
Result<Verdict> JudgeByRules(store::Transaction& transaction, const UsageFile& file);

}  // namespace carrel::usage
