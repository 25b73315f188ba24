// One record, good or with a value changed, through the reader and the validator.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "runtime/usage/time_parser.h"
#include "runtime/usage/usage_file.h"
#include "runtime/usage/validator.h"
#include "tests/unit/usage/workbook_fixture.h"

namespace carrel::usage {

using Values = std::vector<std::pair<std::string, std::string>>;

// A record that is good for every schema without an amount.
inline Values Good() {
  return {{"record_id", "r-1"},
          {"item_search_criteria", "item.mpn"},
          {"item_search_value", "MPN-INT"},
          {"quantity", "5"},
          {"start_time_utc", "2026-01-01 00:00:00"},
          {"end_time_utc", "2026-01-02 00:00:00"},
          {"asset_search_criteria", "asset.id"},
          {"asset_search_value", "AS-1"}};
}

inline Values With(Values values, const std::string& column, const std::string& value) {
  for (auto& [name, old] : values) {
    if (name == column) {
      old = value;
      return values;
    }
  }
  values.emplace_back(column, value);
  return values;
}

class Records final : public RecordSink {
 public:
  struct Seen {
    UsageRecord record;
    std::string id, note;
    std::vector<std::string> custom;
    std::vector<RecordError> errors;
  };
  Status OnRecord(const UsageRecord& record, std::span<const RecordError> errors,
                  const Row&) override {
    Seen one{record, std::string(record.record_id), std::string(record.record_note), {}, {}};
    for (const CustomValue& value : record.custom) {
      one.custom.push_back(fmt::format("{}={}", value.name, value.value));
    }
    one.errors.assign(errors.begin(), errors.end());
    seen.push_back(std::move(one));
    return {};
  }
  std::vector<Seen> seen;
};

class ValidatorTest : public WorkbookTest {
 protected:
  void SetUp() override {
    WorkbookTest::SetUp();
    int number = 0;
    for (const auto& [mpn, decimals] : std::initializer_list<std::pair<const char*, int>>{
             {"MPN-INT", 0}, {"MPN-1", 1}, {"MPN-2", 2}, {"MPN-4", 4}, {"MPN-8", 8}}) {
      LookupItem item{mpn,
                      fmt::format("PRD-1-{:04}", ++number),
                      fmt::format("local {}", number),
                      "name",
                      "unit",
                      ItemType::kPpu,
                      static_cast<uint8_t>(decimals)};
      lookup_.AddItem(item);
    }
    lookup_.AddItem({"MPN-R", "PRD-1-0099", "same", "name", "unit", ItemType::kReservation, 0});
    lookup_.AddItem({"MPN-S", "PRD-1-0100", "same", "name", "unit", ItemType::kPpu, 0});
    for (const char* id : {"AS-1", "AS-2", "AS-3"}) lookup_.AddAsset(id);
    lookup_.AddAssetParameter(0, "mail", "a@example.com");
    lookup_.AddAssetParameter(1, "mail", "b@example.com");
    lookup_.AddAssetParameter(2, "mail", "b@example.com");
    lookup_.AddTakenRecordId("taken-1");
    rules_.period_from = *ParseTime("2026-01-01");
    rules_.period_end = *ParseTime("2026-02-01");
  }

  UsageFileResult ReadFile(const std::filesystem::path& path) {
    records_.seen.clear();
    auto result = ReadUsageFile(path, lookup_, rules_, {}, records_);
    EXPECT_TRUE(result) << result.error().message;
    return result ? std::move(*result) : UsageFileResult();
  }

  UsageFileResult ReadCsvText(const std::string& text) {
    return ReadFile(WriteFile("records.csv", text));
  }

  // The codes of the errors of one record, "USG_005 quantity".
  std::vector<std::string> Codes(const Values& values) {
    std::string head, row;
    for (const auto& [name, value] : values) {
      head += (head.empty() ? "" : ",") + name;
      row += (row.empty() ? "\"" : ",\"") + value + "\"";
    }
    result_ = ReadCsvText(head + "\n" + row + "\n");
    if (result_.fault) return {UsageCodeName(result_.fault->code)};
    std::vector<std::string> codes;
    for (const RecordError& error : records_.seen.at(0).errors) {
      codes.push_back(fmt::format("{} {}", UsageCodeName(error.code), error.column));
      EXPECT_FALSE(error.message.empty());
    }
    EXPECT_EQ(result_.valid, codes.empty() ? 1u : 0u);
    EXPECT_EQ(result_.invalid, codes.empty() ? 0u : 1u);
    return codes;
  }
  std::vector<std::string> Codes(const std::string& column, const std::string& value) {
    return Codes(With(Good(), column, value));
  }
  const Records::Seen& seen() const { return records_.seen.at(0); }

  std::string Fault(const std::string& text) {
    const UsageFileResult result = ReadCsvText(text);
    if (!result.fault) return "";
    return UsageCodeName(result.fault->code) + " " + result.fault->message;
  }

  Lookup lookup_;
  UsageRules rules_;
  Records records_;
  UsageFileResult result_;
};

}  // namespace carrel::usage
