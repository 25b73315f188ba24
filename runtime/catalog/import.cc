#include "runtime/catalog/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <variant>

#include "runtime/base/json.h"
#include "runtime/base/text.h"
#include "runtime/catalog/csv_table.h"

namespace carrel::catalog {
namespace {

using store::Execute;
using store::Query;
using store::Transaction;

constexpr size_t kLongestText = 1000;
constexpr size_t kShown = 60;

// As the store holds it: null, a number or a text.
using Stored = std::variant<std::monostate, int64_t, std::string>;
// One object as it was given: dotted path -> value.
using Given = std::map<std::string, Json, std::less<>>;

struct GivenRow {
  size_t row = 0;
  Given values;
};

std::unexpected<Error> Refuse(std::string reason) {
  return Fail(Code::kInvalid, std::move(reason));
}

std::string Shown(const Json& value) { return Truncate(DumpJson(value), kShown); }

const Column* ColumnAt(const KindRow& kind, std::string_view path) {
  const auto found = std::ranges::find(kind.columns, path, &Column::path);
  return found == kind.columns.end() ? nullptr : &*found;
}

// "parameters.<name>": an entry of a map.
bool IsEntry(const KindRow& kind, std::string_view path) {
  return std::ranges::any_of(kind.columns, [&](const Column& column) {
    return column.type == Column::Type::kMap && path.size() > column.path.size() + 1 &&
           path.starts_with(column.path) && path[column.path.size()] == '.';
  });
}

// Objects become dotted paths, down to what the kind's table names.
void Flatten(const KindRow& kind, const Json& value, const std::string& path, Given& out) {
  const Column* column = ColumnAt(kind, path);
  const bool is_leaf = column != nullptr && column->type != Column::Type::kReference;
  if (!value.is_object() || is_leaf) {
    out.insert_or_assign(path, value);
    return;
  }
  for (const auto& [name, inner] : value.items()) {
    // A reference is known by its id; the name beside it is of the other object.
    if (column != nullptr && name == "name") continue;
    std::string inner_path = path;
    if (!inner_path.empty()) inner_path += '.';
    inner_path += name;
    Flatten(kind, inner, inner_path, out);
  }
}

Result<std::string> TextOf(const Json& value) {
  if (value.is_null()) return std::string();
  if (value.is_number_integer()) return DumpJson(value);
  if (!value.is_string()) return Refuse(fmt::format("found {}, expected a text", Shown(value)));
  std::string text = value.get<std::string>();
  if (text.size() > kLongestText || !IsUtf8(text)) {
    return Refuse(fmt::format("expected UTF-8 text of at most {} bytes", kLongestText));
  }
  const bool has_control = std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\n' && c != '\t'; });
  if (has_control) return Refuse("the text holds a control character");
  return text;
}

Result<Stored> BooleanOf(const Json& value) {
  if (value.is_null()) return Stored(int64_t{0});
  if (value.is_boolean()) return Stored(int64_t{value.get<bool>() ? 1 : 0});
  if (value == "true" || value == "false") return Stored(int64_t{value == "true" ? 1 : 0});
  return Refuse(fmt::format("found {}, expected true or false", Shown(value)));
}

Result<Stored> ListOf(const Json& value) {
  Json list = Json::array();
  if (value.is_string()) {  // of CSV: a;b
    for (const std::string& part : Split(value.get_ref<const std::string&>(), ';')) {
      if (!part.empty()) list.push_back(part);
    }
  } else if (!value.is_null()) {
    list = value;
  }
  if (!list.is_array()) return Refuse(fmt::format("found {}, expected a list", Shown(value)));
  for (const Json& entry : list) CARREL_TRY(TextOf(entry));
  return Stored(DumpJson(list));
}

Result<Stored> MapOf(const Json& value) {
  Json map = value.is_null() ? Json::object() : value;
  if (!map.is_object()) return Refuse(fmt::format("found {}, expected an object", Shown(value)));
  for (auto& [name, entry] : map.items()) {
    CARREL_ASSIGN_OR_RETURN(std::string text, TextOf(entry));
    entry = std::move(text);
  }
  return Stored(DumpJson(map));
}

int64_t InMicros(Timestamp time) {
  return Timestamp(std::chrono::floor<std::chrono::seconds>(time)).time_since_epoch().count();
}

Result<Stored> TimeOf(const Json& value) {
  CARREL_ASSIGN_OR_RETURN(const std::string text, TextOf(value));
  CARREL_ASSIGN_OR_RETURN(const Timestamp time, ParseIso(text));
  return Stored(InMicros(time));
}

class Importer {
 public:
  Importer(Transaction& transaction, ImportReport& report, Timestamp now)
      : transaction_(transaction), report_(report), now_(now) {}

  Status ImportRows(const KindRow& kind, std::vector<GivenRow> rows) {
    for (GivenRow& row : rows) {
      const auto id = row.values.find("id");
      const std::string shown =
          id == row.values.end() || !id->second.is_string() ? "" : id->second.get<std::string>();
      const Status done = ImportRow(kind, shown, row.values);
      if (done) continue;
      if (done.error().code != Code::kInvalid) return done;
      report_.refused.push_back(
          {std::string(kind.plural), row.row, Truncate(shown, kShown), done.error().message});
    }
    return {};
  }

 private:
  struct Current {
    int64_t key = 0;
    std::vector<Stored> values;  // in the order of the columns
  };

  Status ImportRow(const KindRow& kind, const std::string& id, const Given& given) {
    if (std::string fault = IdFault(kind, id); !fault.empty()) return Refuse(std::move(fault));
    CARREL_TRY(CheckNames(kind, given));
    CARREL_ASSIGN_OR_RETURN(const std::optional<Current> before, Read(kind, id));
    CARREL_ASSIGN_OR_RETURN(std::vector<Stored> after, Settle(kind, given, before));
    CARREL_TRY(CheckWhole(kind, id, after));
    if (!before) {
      ++report_.counts.created;
      return Insert(kind, id, after);
    }
    if (kind.kind == Kind::kItem) CARREL_TRY(TakeItem(kind, id, before->key, after));
    if (before->values == after) {
      ++report_.counts.unchanged;
      return {};
    }
    ++report_.counts.updated;
    for (size_t i = 0; i < after.size(); ++i) {
      const Column& column = kind.columns[i];
      if (column.type == Column::Type::kUpdated && ValueFor(column, given) == nullptr) {
        after[i] = InMicros(now_);
      }
    }
    return Update(kind, before->key, after);
  }

  static Status CheckNames(const KindRow& kind, const Given& given) {
    std::vector<std::string> known = {"id"};
    for (const Column& column : kind.columns) {
      known.emplace_back(column.path);
      if (column.type == Column::Type::kReference) known.back() += ".id";
    }
    for (const auto& [path, value] : given) {
      if (IsEntry(kind, path)) continue;
      // "vendor": null is no vendor.
      const Column* column = ColumnAt(kind, path);
      if (column != nullptr && (column->type != Column::Type::kReference || value.is_null())) {
        continue;
      }
      if (std::ranges::find(known, path) != known.end()) continue;
      return Refuse(fmt::format("{}: {} has no such field{}", Truncate(path, kShown),
                                WithArticle(kind.singular), DidYouMean(path, known)));
    }
    return {};
  }

  Result<std::optional<Current>> Read(const KindRow& kind, std::string_view id) {
    std::string sql = "SELECT key";
    for (const Column& column : kind.columns) sql += fmt::format(", {}", column.name);
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        Query(transaction_, fmt::format("{} FROM {} WHERE id = ?", sql, kind.plural), id));
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return std::nullopt;
    Current out{rows->Integer(0), {}};
    for (size_t i = 0; i < kind.columns.size(); ++i) {
      const int at = static_cast<int>(i) + 1;
      const Column::Type type = kind.columns[i].type;
      if (rows->IsNull(at)) {
        out.values.emplace_back();
      } else if (type == Column::Type::kBoolean || type == Column::Type::kReference ||
                 IsTime(type)) {
        out.values.emplace_back(rows->Integer(at));
      } else {
        out.values.emplace_back(std::string(rows->Text(at)));
      }
    }
    return out;
  }

  Result<std::vector<Stored>> Settle(const KindRow& kind, const Given& given,
                                     const std::optional<Current>& before) {
    std::vector<Stored> out;
    for (size_t i = 0; i < kind.columns.size(); ++i) {
      const Column& column = kind.columns[i];
      CARREL_ASSIGN_OR_RETURN(const std::optional<Json> value,
                              NewValue(column, given, before ? &before->values[i] : nullptr));
      if (!value && before) {
        out.push_back(before->values[i]);
        continue;
      }
      auto stored = value ? Convert(column, *value) : WithoutValue(column);
      if (!stored && stored.error().code == Code::kInvalid) {
        return Wrap(stored.error(), column.path);
      }
      CARREL_TRY(stored);
      if (column.need == Column::Need::kFixed && before && before->values[i] != *stored) {
        return Refuse(fmt::format("{}: the {} of {} never changes", column.path, column.path,
                                  WithArticle(kind.singular)));
      }
      out.push_back(std::move(*stored));
    }
    return out;
  }

  static const Json* ValueFor(const Column& column, const Given& given) {
    auto found = given.find(column.path);
    if (found == given.end() && column.type == Column::Type::kReference) {
      found = given.find(fmt::format("{}.id", column.path));
    }
    return found == given.end() ? nullptr : &found->second;
  }

  // What the column is to hold; nullopt when nothing is said of it. "parameters.<name>" changes
  // that entry of a map alone.
  static Result<std::optional<Json>> NewValue(const Column& column, const Given& given,
                                              const Stored* before) {
    std::optional<Json> out;
    if (const Json* value = ValueFor(column, given)) out = *value;
    if (column.type != Column::Type::kMap) return out;
    const std::string prefix = fmt::format("{}.", column.path);
    for (auto at = given.lower_bound(prefix); at != given.end(); ++at) {
      if (!at->first.starts_with(prefix)) break;
      if (!out) {
        CARREL_ASSIGN_OR_RETURN(out, ParseJson(before ? std::get<std::string>(*before) : "{}"));
      }
      if (!out->is_object()) break;  // Convert says what was expected
      (*out)[at->first.substr(prefix.size())] = at->second;
    }
    return out;
  }

  Result<Stored> WithoutValue(const Column& column) {
    return IsTime(column.type) ? Stored(InMicros(now_)) : Convert(column, {});
  }

  Result<Stored> Convert(const Column& column, const Json& value) {
    switch (column.type) {
      case Column::Type::kBoolean:
        return BooleanOf(value);
      case Column::Type::kList:
        return ListOf(value);
      case Column::Type::kMap:
        return MapOf(value);
      case Column::Type::kCreated:
      case Column::Type::kUpdated:
        return TimeOf(value);
      default:
        break;
    }
    CARREL_ASSIGN_OR_RETURN(std::string text, TextOf(value));
    if (text.empty() && column.need != Column::Need::kOptional) return Refuse("is missing");
    if (column.type == Column::Type::kReference) return KeyOf(column, text);
    if (column.type == Column::Type::kChoice &&
        std::ranges::find(column.choices, text) == column.choices.end()) {
      const std::vector<std::string> known(column.choices.begin(), column.choices.end());
      return Refuse(fmt::format("'{}' is none of {}", Truncate(text, kShown), Join(known, ", ")));
    }
    return Stored(std::move(text));
  }

  Result<Stored> KeyOf(const Column& column, const std::string& id) {
    if (id.empty()) return Stored();
    const KindRow& kind = RowOf(column.refers);
    const auto known = keys_.find({column.refers, id});
    if (known != keys_.end()) return Stored(known->second);
    CARREL_ASSIGN_OR_RETURN(
        auto rows,
        Query(transaction_, fmt::format("SELECT key FROM {} WHERE id = ?", kind.plural), id));
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) {
      return Refuse(fmt::format("there is no {} '{}'", kind.singular, Truncate(id, kShown)));
    }
    keys_.emplace(std::pair(column.refers, id), rows->Integer(0));
    return Stored(rows->Integer(0));
  }

  // What one column alone cannot tell.
  Status CheckWhole(const KindRow& kind, const std::string& id, const std::vector<Stored>& after) {
    const auto at = [&](std::string_view path) -> const Stored& {
      return after[static_cast<size_t>(ColumnAt(kind, path) - kind.columns.data())];
    };
    if (kind.kind == Kind::kAccount) {
      const auto& role = std::get<std::string>(at("role"));
      if ((role == "vendor") != id.starts_with("VA-") ||
          (role == "distributor") != id.starts_with("PA-")) {
        return Refuse(fmt::format(
            "id '{}': vendors, and only they, begin with VA-, distributors with PA-", id));
      }
    }
    if (kind.kind != Kind::kItem) return {};
    CARREL_ASSIGN_OR_RETURN(auto product,
                            Query(transaction_, "SELECT id FROM products WHERE key = ?",
                                  std::get<int64_t>(at("product"))));
    CARREL_TRY(product->Step());
    if (!id.starts_with(fmt::format("{}-", product->Text(0)))) {
      return Refuse(fmt::format("id '{}': an item of {} begins with '{}-'", id, product->Text(0),
                                product->Text(0)));
    }
    CARREL_TRY(CheckUnique(id, "mpn", at("product"), at("mpn")));
    return CheckUnique(id, "local_id", at("product"), at("local_id"));
  }

  // Usage names an item by one of these.
  Status CheckUnique(const std::string& id, std::string_view column, const Stored& product,
                     const Stored& value) {
    const auto& text = std::get<std::string>(value);
    if (text.empty()) return {};
    CARREL_ASSIGN_OR_RETURN(
        auto rows, Query(transaction_,
                         fmt::format("SELECT id FROM items WHERE product_key = ? AND {} = ? AND "
                                     "id <> ?",
                                     column),
                         std::get<int64_t>(product), text, id));
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) return {};
    return Refuse(fmt::format("{}: '{}' is that of {} already", column, Truncate(text, kShown),
                              rows->Text(0)));
  }

  // What an import names is no longer of the usage file that brought it. An item that only has the
  // id of such a one is another: the records of that file would become its own.
  Status TakeItem(const KindRow& kind, std::string_view id, int64_t key,
                  std::span<const Stored> after) {
    CARREL_ASSIGN_OR_RETURN(auto row,
                            Query(transaction_,
                                  "SELECT i.mpn, f.id FROM items i JOIN usage_files f ON f.key = "
                                  "i.usage_file_key WHERE i.key = ?",
                                  key));
    CARREL_ASSIGN_OR_RETURN(const bool is_brought, row->Step());
    if (!is_brought) return {};
    const auto column = std::ranges::find(kind.columns, "mpn", &Column::path);
    const auto* mpn = std::get_if<std::string>(&after[size_t(column - kind.columns.begin())]);
    if (mpn == nullptr || *mpn != row->Text(0)) {
      return Refuse(fmt::format("{} is the item with mpn {} that usage file {} brought", id,
                                Shown(store::TextColumn(*row, 0)), row->Text(1)));
    }
    CARREL_TRY(Execute(transaction_, "UPDATE items SET usage_file_key = NULL WHERE key = ?", key));
    return {};
  }

  static void Bind(store::Statement& statement, int index, const Stored& value) {
    if (const auto* number = std::get_if<int64_t>(&value)) {
      statement.BindInteger(index, *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      statement.BindText(index, *text);
    } else {
      statement.BindNull(index);
    }
  }

  Status Insert(const KindRow& kind, const std::string& id, const std::vector<Stored>& values) {
    std::string names = "id";
    std::string places = "?";
    for (const Column& column : kind.columns) {
      names += fmt::format(", {}", column.name);
      places += ", ?";
    }
    CARREL_ASSIGN_OR_RETURN(auto insert,
                            transaction_.Prepare(fmt::format("INSERT INTO {} ({}) VALUES ({})",
                                                             kind.plural, names, places)));
    insert->BindText(1, id);
    for (size_t i = 0; i < values.size(); ++i) {
      Bind(*insert, static_cast<int>(i) + 2, values[i]);
    }
    CARREL_TRY(insert->Step());
    return {};
  }

  Status Update(const KindRow& kind, int64_t key, const std::vector<Stored>& values) {
    std::string sets;
    for (const Column& column : kind.columns) {
      sets += fmt::format("{}{} = ?", sets.empty() ? "" : ", ", column.name);
    }
    CARREL_ASSIGN_OR_RETURN(auto update, transaction_.Prepare(fmt::format(
                                             "UPDATE {} SET {} WHERE key = ?", kind.plural, sets)));
    int index = 1;
    for (const Stored& value : values) Bind(*update, index++, value);
    update->BindInteger(index, key);
    CARREL_TRY(update->Step());
    return {};
  }

  Transaction& transaction_;
  ImportReport& report_;
  const Timestamp now_;
  std::map<std::pair<Kind, std::string>, int64_t> keys_;
};

struct KindRows {
  const KindRow* kind;
  std::vector<GivenRow> rows;
};

Result<std::vector<GivenRow>> RowsOfList(const KindRow& kind, const Json& list) {
  if (!list.is_array()) {
    return Fail(Code::kInvalid, fmt::format("{}: expected a list of objects", kind.plural));
  }
  std::vector<GivenRow> rows;
  for (const Json& entry : list) {
    if (!entry.is_object()) {
      return Fail(Code::kInvalid, fmt::format("{}: entry {} is {}, expected an object", kind.plural,
                                              rows.size() + 1, Shown(entry)));
    }
    GivenRow row{rows.size() + 1, {}};
    Flatten(kind, entry, "", row.values);
    rows.push_back(std::move(row));
  }
  return rows;
}

Result<std::vector<KindRows>> ReadJson(std::string_view text, const KindRow* only) {
  CARREL_ASSIGN_OR_RETURN(const Json json, ParseJson(text));
  std::vector<KindRows> out;
  if (only != nullptr) {
    CARREL_ASSIGN_OR_RETURN(auto rows, RowsOfList(*only, json));
    out.push_back({only, std::move(rows)});
    return out;
  }
  if (!json.is_object()) {
    return Fail(Code::kInvalid,
                "expected an object {\"products\": [...], ...}; name the kind of a plain list");
  }
  std::vector<std::string> known;
  for (const KindRow& kind : Kinds()) known.emplace_back(kind.plural);
  for (const auto& [name, list] : json.items()) {
    if (KindNamed(name) != nullptr) continue;
    return Fail(Code::kInvalid,
                fmt::format("'{}' is no kind of catalogue object: {}{}", Truncate(name, kShown),
                            Join(known, ", "), DidYouMean(name, known)));
  }
  for (const KindRow& kind : Kinds()) {
    const auto list = json.find(kind.plural);
    if (list == json.end()) continue;
    CARREL_ASSIGN_OR_RETURN(auto rows, RowsOfList(kind, *list));
    out.push_back({&kind, std::move(rows)});
  }
  return out;
}

Result<std::vector<KindRows>> ReadCsv(std::string_view text, const KindRow* kind) {
  if (kind == nullptr) {
    return Fail(Code::kInvalid, "a CSV file holds objects of one kind; name it");
  }
  if (!IsUtf8(text)) return Fail(Code::kInvalid, "not UTF-8");
  CARREL_ASSIGN_OR_RETURN(const std::vector<CsvRow> rows, ParseCsv(text));
  if (rows.empty()) return Fail(Code::kInvalid, "empty, expected a header");
  const std::vector<std::string>& header = rows.front().cells;
  if (std::set<std::string>(header.begin(), header.end()).size() != header.size()) {
    return Fail(Code::kInvalid, "the header names a column twice");
  }
  KindRows out{kind, {}};
  for (const CsvRow& row : std::span(rows).subspan(1)) {
    if (row.cells.size() != header.size()) {
      return Fail(Code::kInvalid, fmt::format("line {}: {} cells, the header has {}", row.line,
                                              row.cells.size(), header.size()));
    }
    GivenRow given{row.line, {}};
    for (size_t i = 0; i < header.size(); ++i) {
      // An empty cell says nothing.
      if (!row.cells[i].empty()) given.values.emplace(header[i], row.cells[i]);
    }
    out.rows.push_back(std::move(given));
  }
  return std::vector<KindRows>{std::move(out)};
}

}  // namespace

Result<ImportReport> Import(store::Database& database, std::string_view text, Format format,
                            const KindRow* kind, Timestamp now) {
  CARREL_ASSIGN_OR_RETURN(auto kinds,
                          format == Format::kJson ? ReadJson(text, kind) : ReadCsv(text, kind));
  return database.Write([&](Transaction& transaction) -> Result<ImportReport> {
    ImportReport report;
    Importer importer(transaction, report, now);
    for (KindRows& rows : kinds) {
      CARREL_TRY(importer.ImportRows(*rows.kind, std::move(rows.rows)));
    }
    return report;
  });
}

}  // namespace carrel::catalog
