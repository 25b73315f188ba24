// What each kind of catalogue object consists of. This table is the one place that knows it: the
// importer, the lists, their RQL fields and the JSON are made from it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace carrel::catalog {

enum class Kind : uint8_t {
  kAccount,
  kHub,
  kMarketplace,
  kProduct,
  kItem,
  kContract,
  kAsset,
};

struct Column {
  enum class Type : uint8_t {
    kText,
    kChoice,     // a text, one of `choices`
    kBoolean,    // 0 or 1
    kReference,  // the key of a row of `refers`; in JSON {id, name}, given by "<path>.id"
    kList,       // texts, kept as a JSON list
    kMap,        // text -> text, kept as a JSON object; in CSV columns "<path>.<name>"
    // Times in whole seconds, kept in microseconds. Unless a file gives them they are when the
    // object was first imported, and when its last change was.
    kCreated,
    kUpdated,
  };
  enum class Need : uint8_t { kOptional, kRequired, kFixed };  // kFixed: required, never changes

  std::string_view path;  // in JSON, CSV headers and queries: "capabilities.ppu.schema"
  std::string_view name;  // of the SQL column
  Type type = Type::kText;
  Need need = Need::kOptional;
  std::span<const std::string_view> choices = {};
  Kind refers = Kind::kAccount;
};

constexpr bool IsTime(Column::Type type) {
  return type == Column::Type::kCreated || type == Column::Type::kUpdated;
}

struct KindRow {
  Kind kind;
  std::string_view plural;    // "accounts": the table, the key in JSON files, the word on commands
  std::string_view singular;  // "account"
  std::string_view prefix;    // of ids; empty: any
  std::span<const Column> columns;  // besides key and id
};

// A kind stands after those it refers to.
std::span<const KindRow> Kinds();
const KindRow& RowOf(Kind kind);
// By its plural; nullptr for another word.
const KindRow* KindNamed(std::string_view plural);

// "" or what is wrong with the id.
std::string IdFault(const KindRow& kind, std::string_view id);

}  // namespace carrel::catalog
