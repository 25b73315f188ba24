#include "runtime/catalog/catalogue.h"

#include <fmt/format.h>

#include <deque>
#include <string>
#include <utility>

#include "runtime/base/clock.h"
#include "runtime/base/text.h"

namespace carrel::catalog {
namespace {

// What a select of one kind reads, and the fields that queries may name.
class Selection {
 public:
  explicit Selection(const KindRow& kind) : kind_(kind) {
    Add("id", "t.id", query::FieldType::kText, query::Searched::kYes);
    from_ = fmt::format("{} t", kind.plural);
    for (const Column& column : kind.columns) AddColumn(column);
  }

  // It refers to this object.
  ObjectSource source() const {
    return {{kind_.plural, fields_, selectable_},
            from_,
            columns(),
            "t.id",
            [this](const store::Statement& row) { return Read(row); }};
  }

 private:
  std::string columns() const {
    std::string out = "t.id";
    for (size_t i = 0; i < kind_.columns.size(); ++i) {
      const Column& column = kind_.columns[i];
      out += column.type == Column::Type::kReference ? fmt::format(", r{0}.id, r{0}.name", i)
                                                     : fmt::format(", t.{}", column.name);
    }
    return out;
  }

  Result<Json> Read(const store::Statement& row) const {
    Json out = {{"id", store::TextColumn(row, 0)}};
    int at = 1;
    for (const Column& column : kind_.columns) {
      Json& place = Place(out, column.path);
      switch (column.type) {
        case Column::Type::kReference:
          if (!row.IsNull(at)) {
            place = {{"id", store::TextColumn(row, at)}, {"name", store::TextColumn(row, at + 1)}};
          }
          ++at;
          break;
        case Column::Type::kBoolean:
          place = row.Integer(at) != 0;
          break;
        case Column::Type::kList:
        case Column::Type::kMap: {
          CARREL_ASSIGN_OR_RETURN(place, ParseJson(row.Text(at)));
          break;
        }
        case Column::Type::kCreated:
        case Column::Type::kUpdated:
          place = FormatIso(Timestamp(std::chrono::microseconds(row.Integer(at))));
          break;
        default:
          place = store::TextColumn(row, at);
      }
      ++at;
    }
    return out;
  }

  void Add(std::string path, std::string column, query::FieldType type, query::Searched searched,
           query::Nullable nullable = query::Nullable::kNo) {
    const std::string& kept_path = kept_.emplace_back(std::move(path));
    const std::string& kept_column = kept_.emplace_back(std::move(column));
    fields_.push_back({kept_path, type, kept_column, nullable, searched});
  }

  void AddColumn(const Column& column) {
    const std::string path(column.path);
    if (column.type == Column::Type::kReference) {
      // An asset has a name nowhere but in what refers to it; all that is referred to has one.
      const std::string alias = fmt::format("r{}", &column - kind_.columns.data());
      from_ += fmt::format(" LEFT JOIN {0} {1} ON {1}.key = t.{2}", RowOf(column.refers).plural,
                           alias, column.name);
      const auto nullable =
          column.need == Column::Need::kOptional ? query::Nullable::kYes : query::Nullable::kNo;
      Add(path + ".id", alias + ".id", query::FieldType::kText, query::Searched::kNo, nullable);
      Add(path + ".name", alias + ".name", query::FieldType::kText, query::Searched::kNo, nullable);
      return;
    }
    if (column.type == Column::Type::kList || column.type == Column::Type::kMap) {
      selectable_.push_back(column.path);
      return;
    }
    Add(path, fmt::format("t.{}", column.name), FieldTypeOf(column.type),
        column.type == Column::Type::kText ? query::Searched::kYes : query::Searched::kNo);
  }

  static query::FieldType FieldTypeOf(Column::Type type) {
    if (type == Column::Type::kBoolean) return query::FieldType::kBoolean;
    return IsTime(type) ? query::FieldType::kTime : query::FieldType::kText;
  }

  static Json& Place(Json& object, std::string_view path) {
    Json* at = &object;
    for (const std::string& step : Split(path, '.')) at = &(*at)[step];
    return *at;
  }

  const KindRow& kind_;
  std::deque<std::string> kept_;  // what the fields point into
  std::vector<query::Field> fields_;
  std::vector<std::string_view> selectable_;
  std::string from_;  // "assets t LEFT JOIN ..."
};

}  // namespace

Result<ObjectPage> List(store::Database& database, const KindRow& kind, std::string_view text) {
  const Selection selection(kind);
  return ListObjects(database, selection.source(), {}, text);
}

Result<Json> Get(store::Database& database, const KindRow& kind, std::string_view id) {
  const Selection selection(kind);
  CARREL_ASSIGN_OR_RETURN(Json found, FindObject(database, selection.source(), {}, "t.id = ?", id));
  if (found.is_null()) {
    return Fail(Code::kNotFound, fmt::format("{} {} does not exist", kind.singular, id));
  }
  return found;
}

}  // namespace carrel::catalog
