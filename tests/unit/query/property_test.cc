// Random filters over random rows: the database and the evaluation in memory give the same rows.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/files.h"
#include "runtime/query/query.h"
#include "runtime/query/sql.h"
#include "runtime/store/database.h"
#include "tests/unit/query/sample_schema.h"

namespace carrel::query {
namespace {

constexpr int kRows = 300;
constexpr int kQueries = 3000;

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  size_t Below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }
  template <typename List>
  auto Pick(const List& list) {
    return list[Below(std::size(list))];
  }

  SampleRecord Row(int number) {
    std::vector<Value> values = {fmt::format("S-{}", number)};
    const bool has_values = Below(5) != 0;
    values.push_back(has_values ? Value(std::string(Pick(kTexts))) : Value());
    values.push_back(Below(5) != 0 ? Value(static_cast<int64_t>(Below(9)) - 4) : Value());
    values.push_back(Below(5) != 0 ? Value(*ParseNumber(Pick(kNumbers))) : Value());
    values.push_back(Below(5) != 0 ? *ParseValue(FieldType::kTime, Pick(kTimes)) : Value());
    values.emplace_back(Below(2) == 0);
    values.emplace_back(static_cast<int64_t>(Below(3)) + 1);
    return SampleRecord(std::move(values));
  }

  std::string Filter(int depth) {
    if (depth == 0 || Below(3) == 0) return Comparison();
    switch (Below(5)) {
      case 0:
        return "not(" + Filter(depth - 1) + ")";
      case 1:
        return "and(" + Filter(depth - 1) + "," + Filter(depth - 1) + "," + Filter(depth - 1) + ")";
      case 2:
        return "or(" + Filter(depth - 1) + "," + Filter(depth - 1) + ")";
      case 3:
        return "(" + Filter(depth - 1) + "|" + Filter(depth - 1) + ")";
      default:
        return "(" + Filter(depth - 1) + "&" + Filter(depth - 1) + ";" + Filter(depth - 1) + ")";
    }
  }

 private:
  static constexpr const char* kTexts[] = {"", "a", "A", "ab", "Äb", "ba*", "b", "aBa", "*"};
  static constexpr const char* kNumbers[] = {"0",    "-0.5", "0.5",  "-1",
                                             "1.25", "1.3",  "-1.3", "1000000000000.00000001"};
  static constexpr const char* kTimes[] = {"2019-02-12", "2019-02-12T10:02:00+03:00",
                                           "1969-12-31T23:59:59Z", "2020-01-01T00:00:00.5Z"};

  std::string Literal(FieldType type) {
    switch (type) {
      case FieldType::kText:
        return Below(8) == 0 ? "empty()" : Quoted(Pick(kTexts));
      case FieldType::kInteger:
        return std::to_string(static_cast<int>(Below(9)) - 4);
      case FieldType::kDecimal:
        return Pick(kNumbers);
      case FieldType::kTime:
        return Pick(kTimes);
      case FieldType::kBoolean:
        return Below(2) == 0 ? "true" : "false";
      case FieldType::kChoice:
        return std::string(Pick(kSampleStates).name);
    }
    return "";
  }

  static std::string Quoted(std::string text) {
    for (size_t at = text.find('*'); at != std::string::npos; at = text.find('*', at + 2)) {
      text.insert(at, "\\");
    }
    return "\"" + text + "\"";
  }

  std::string Pattern() {
    constexpr const char* kPatterns[] = {"*",         "**", "a*",   "*a",    "*b*",
                                         "\"*\\**\"", "ab", "Ä*",   "*Ä*",   "\"\"",
                                         "*B",        "A*", "*aB*", "ba\\*", "*ba\\*"};
    return Pick(kPatterns);
  }

  std::string Comparison() {
    const Field& field = kSampleFields[Below(kSampleFields.size())];
    const bool is_text = field.type == FieldType::kText;
    const bool is_ordered = field.type == FieldType::kInteger ||
                            field.type == FieldType::kDecimal || field.type == FieldType::kTime;
    if (is_text && Below(2) == 0) {
      return fmt::format("{}({},{})", Below(2) == 0 ? "like" : "ilike", field.name, Pattern());
    }
    if (is_ordered && Below(2) == 0) {
      constexpr const char* kOrders[] = {"lt", "le", "gt", "ge"};
      return fmt::format("{}({},{})", Pick(kOrders), field.name, Literal(field.type));
    }
    const bool is_null = field.nullable == Nullable::kYes && Below(4) == 0;
    if (field.type != FieldType::kBoolean && Below(3) == 0) {
      std::string list = is_null ? "null()" : "";
      for (size_t i = Below(4); i > 0; --i) {
        list += (list.empty() ? "" : ",") + Literal(field.type);
      }
      return fmt::format("{}({},({}))", Below(2) == 0 ? "in" : "out", field.name, list);
    }
    return fmt::format("{}({},{})", Below(2) == 0 ? "eq" : "ne", field.name,
                       is_null ? "null()" : Literal(field.type));
  }

  std::mt19937 random_;
};

void BindColumn(store::Statement& statement, int& index, const Field& field, const Value& value) {
  if (std::holds_alternative<std::monostate>(value)) {
    statement.BindNull(index++);
    if (field.type == FieldType::kDecimal) statement.BindNull(index++);
  } else if (const auto* number = std::get_if<Number>(&value)) {
    statement.BindInteger(index++, number->whole);
    statement.BindInteger(index++, number->fraction);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    statement.BindText(index++, *text);
  } else if (const auto* time = std::get_if<Timestamp>(&value)) {
    statement.BindInteger(index++, time->time_since_epoch().count());
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    statement.BindInteger(index++, *flag ? 1 : 0);
  } else {
    statement.BindInteger(index++, std::get<int64_t>(value));
  }
}

Status Fill(store::Transaction& transaction, const std::vector<SampleRecord>& rows) {
  CARREL_TRY(store::Execute(transaction,
                            "CREATE TABLE samples (id TEXT, name TEXT, rank BIGINT, total BIGINT, "
                            "total_fraction BIGINT, at_us BIGINT, active BIGINT, state BIGINT)"));
  for (const SampleRecord& row : rows) {
    CARREL_ASSIGN_OR_RETURN(
        auto insert,
        transaction.Prepare("INSERT INTO samples (id, name, rank, total, total_fraction, at_us, "
                            "active, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
    int index = 1;
    for (size_t i = 0; i < kSampleFields.size(); ++i) {
      BindColumn(*insert, index, kSampleFields[i], row.values()[i]);
    }
    CARREL_TRY(insert->Step());
  }
  return {};
}

Result<std::set<std::string>> Ids(store::Transaction& transaction, const SqlCondition& condition) {
  CARREL_ASSIGN_OR_RETURN(auto rows,
                          transaction.Prepare("SELECT id FROM samples WHERE " + condition.text));
  BindValues(*rows, condition);
  std::set<std::string> ids;
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return ids;
    ids.emplace(rows->Text(0));
  }
}

class PropertyTest : public testing::Test {
 protected:
  void SetUp() override {
    auto directory = TempDir::Create(std::filesystem::temp_directory_path(), "query-");
    ASSERT_TRUE(directory);
    directory_.emplace(std::move(*directory));
    auto database = store::OpenSqliteDatabase(directory_->path() / "carrel.db");
    ASSERT_TRUE(database);
    database_ = std::move(*database);
  }

  std::optional<TempDir> directory_;
  std::unique_ptr<store::Database> database_;
};

TEST_F(PropertyTest, DatabaseAndMemoryAgreeOnRandomFilters) {
  Generator generator(20191112);
  std::vector<SampleRecord> rows;
  for (int i = 0; i < kRows; ++i) rows.push_back(generator.Row(i));
  ASSERT_TRUE(database_->Write([&](store::Transaction& t) { return Fill(t, rows); }));
  auto transaction = database_->Begin(store::Access::kRead);
  ASSERT_TRUE(transaction);
  size_t matched = 0;
  for (int i = 0; i < kQueries; ++i) {
    const std::string text = generator.Filter(4);
    const auto filter = CompileFilter(text, kSample);
    ASSERT_TRUE(filter) << text << ": " << filter.error().message;
    std::set<std::string> expected;
    for (const SampleRecord& row : rows) {
      if (Matches(*filter, row)) expected.insert(std::get<std::string>(row.Get(0)));
    }
    const auto found = Ids(**transaction, ToSql(*filter, kSample));
    ASSERT_TRUE(found) << text << ": " << found.error().message;
    ASSERT_EQ(*found, expected) << text << "\n" << ToSql(*filter, kSample).text;
    matched += expected.size();
  }
  // Filters that let all or nothing pass would prove little.
  EXPECT_GT(matched, size_t{kRows} * kQueries / 5);
  EXPECT_LT(matched, size_t{kRows} * kQueries * 4 / 5);
}

TEST_F(PropertyTest, TheLargestQueriesAreTakenByTheDatabase) {
  ASSERT_TRUE(database_->Write([&](store::Transaction& t) { return Fill(t, {}); }));
  auto transaction = database_->Begin(store::Access::kRead);
  ASSERT_TRUE(transaction);
  std::string terms = "rank=1";
  while (terms.size() + 8 < kMaxQueryBytes) terms += "&rank=1";
  std::string list = "in(sum.total,(1";
  for (size_t i = 1; i < kMaxValues; ++i) list += ",1";
  for (const std::string& text : {terms, list + "))"}) {
    const auto filter = CompileFilter(text, kSample);
    ASSERT_TRUE(filter) << filter.error().message;
    const auto found = Ids(**transaction, ToSql(*filter, kSample));
    ASSERT_TRUE(found) << found.error().message;
  }
}

}  // namespace
}  // namespace carrel::query
