#include "runtime/query/sql.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "runtime/base/text.h"

namespace carrel::query {
namespace {

class Writer {
 public:
  explicit Writer(const Schema& schema) : schema_(schema) {}

  void Write(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kAnd:
        return WriteAll(node.children, " AND ", "1 = 1");
      case Node::Kind::kOr:
        return WriteAll(node.children, " OR ", "1 = 0");
      case Node::Kind::kNot:
        out_.text += "NOT ";
        return Write(node.children.front());
      case Node::Kind::kIsNull:
        if (FieldOf(node).nullable == Nullable::kNo) {
          out_.text += "(1 = 0)";
        } else {
          out_.text += fmt::format("({} IS NULL)", FieldOf(node).column);
        }
        return;
      default:
        return WriteComparison(node);
    }
  }

  SqlCondition Take() { return std::move(out_); }

 private:
  const Field& FieldOf(const Node& node) const { return schema_.fields[node.field]; }

  // As a balanced tree: databases limit how deep an expression may be.
  void WriteAll(std::span<const Node> nodes, std::string_view between, std::string_view none) {
    if (nodes.empty()) {
      out_.text += fmt::format("({})", none);
    } else if (nodes.size() == 1) {
      Write(nodes.front());
    } else {
      out_.text += '(';
      WriteAll(nodes.first(nodes.size() / 2), between, none);
      out_.text += between;
      WriteAll(nodes.subspan(nodes.size() / 2), between, none);
      out_.text += ')';
    }
  }

  // Never null itself, so that NOT turns it over.
  void WriteComparison(const Node& node) {
    const Field& field = FieldOf(node);
    out_.text += '(';
    if (field.nullable == Nullable::kYes) {
      out_.text += fmt::format("{} IS NOT NULL AND ", field.column);
    }
    if (node.kind == Node::Kind::kLike) {
      WriteLike(node, field);
    } else if (node.kind == Node::Kind::kIn) {
      WriteIn(node, field);
    } else {
      out_.text += fmt::format("{} {} ", Left(field), node.kind == Node::Kind::kLess ? "<" : "<=");
      WriteValue(node.values.front());
    }
    out_.text += ')';
  }

  static std::string Left(const Field& field) {
    if (field.type != FieldType::kDecimal) return std::string(field.column);
    return fmt::format("({}, {})", field.column, field.fraction_column);
  }

  void WriteIn(const Node& node, const Field& field) {
    if (node.values.empty()) {
      out_.text += "1 = 0";
      return;
    }
    if (node.values.size() == 1) {
      out_.text += Left(field) + " = ";
      WriteValue(node.values.front());
      return;
    }
    // A list of pairs is a table of values to both databases.
    out_.text += Left(field) + (field.type == FieldType::kDecimal ? " IN (VALUES " : " IN (");
    for (size_t i = 0; i < node.values.size(); ++i) {
      if (i > 0) out_.text += ", ";
      WriteValue(node.values[i]);
    }
    out_.text += ')';
  }

  void WriteLike(const Node& node, const Field& field) {
    const auto& needle = std::get<std::string>(node.values.front());
    const std::string text = node.letters == Node::Case::kFolded
                                 ? fmt::format("LOWER({})", field.column)
                                 : std::string(field.column);
    const auto length = static_cast<int64_t>(
        std::ranges::count_if(needle, [](char c) { return (c & 0xC0) != 0x80; }));
    switch (node.anchor) {
      case Node::Anchor::kWhole:
        out_.text += text + " = ?";
        break;
      case Node::Anchor::kStart:
        out_.text += fmt::format("SUBSTR({}, 1, {}) = ?", text, length);
        break;
      case Node::Anchor::kEnd:
        out_.text += fmt::format("LENGTH({0}) >= {1} AND SUBSTR({0}, LENGTH({0}) - {1} + 1) = ?",
                                 text, length);
        break;
      case Node::Anchor::kAnywhere:
        if (needle.empty()) {
          out_.text += "1 = 1";
          return;
        }
        // Unlike LIKE, this minds the case of letters in both databases.
        out_.text += fmt::format("REPLACE({0}, ?, '') <> {0}", text);
        break;
    }
    out_.values.emplace_back(needle);
  }

  void WriteValue(const Value& value) {
    if (const auto* number = std::get_if<Number>(&value)) {
      out_.text += "(?, ?)";
      out_.values.emplace_back(number->whole);
      out_.values.emplace_back(number->fraction);
      return;
    }
    out_.text += '?';
    if (const auto* text = std::get_if<std::string>(&value)) {
      out_.values.emplace_back(*text);
    } else if (const auto* time = std::get_if<Timestamp>(&value)) {
      out_.values.emplace_back(static_cast<int64_t>(time->time_since_epoch().count()));
    } else if (const auto* flag = std::get_if<bool>(&value)) {
      out_.values.emplace_back(int64_t{*flag ? 1 : 0});
    } else {
      out_.values.emplace_back(std::get<int64_t>(value));
    }
  }

  const Schema& schema_;
  SqlCondition out_;
};

}  // namespace

SqlCondition ToSql(const Node& node, const Schema& schema) {
  Writer writer(schema);
  writer.Write(node);
  return writer.Take();
}

std::string OrderSql(const Query& query, const Schema& schema, std::string_view last) {
  std::string out;
  for (const Query::Order& order : query.ordering) {
    const Field& field = schema.fields[order.field];
    const std::string_view direction = order.sign == SignedName::Sign::kMinus ? " DESC" : "";
    for (const std::string& column : Split(field.order_columns, ',')) {
      if (!column.empty()) out += fmt::format("{}{}, ", column, direction);
    }
    if (!field.order_columns.empty()) continue;
    if (field.nullable == Nullable::kYes) out += fmt::format("({} IS NULL), ", field.column);
    out += fmt::format("{}{}, ", field.column, direction);
    if (field.type == FieldType::kDecimal) {
      out += fmt::format("{}{}, ", field.fraction_column, direction);
    }
  }
  return out + std::string(last);
}

}  // namespace carrel::query
