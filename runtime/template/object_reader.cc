#include "runtime/template/object_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/template/checkout.h"

namespace carrel::manifest {
namespace {

constexpr size_t kMaxFound = 80;

// The value for machines; a container is told by its kind.
std::string Found(const JsonNode& node) {
  if (const std::string* text = node.AsString()) return Truncate(*text, kMaxFound);
  if (node.kind == JsonNode::Kind::kNumber || node.kind == JsonNode::Kind::kBool) {
    return DumpJson(node.scalar);
  }
  return std::string(KindName(node.kind));
}

void AddWrongKind(ReadContext& context, const JsonNode& node, std::string path,
                  std::string_view expected) {
  context.Add(node.begin,
              {.rule = "wrong-type",
               .place = {.path = std::move(path)},
               .message = fmt::format("found {}, expected {}", KindName(node.kind), expected),
               .found = std::string(KindName(node.kind)),
               .expected = std::string(expected),
               .near_miss = {}});
}

bool HasControls(std::string_view text) {
  return std::ranges::any_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// Adds a fault when the text is no word.
bool CheckWord(ReadContext& context, const JsonNode& node, const std::string& path) {
  const std::string& text = *node.AsString();
  if (!text.empty() && !HasControls(text)) return true;
  context.Add(node.begin,
              {.rule = "bad-value",
               .place = {.path = path},
               .message = text.empty() ? "the text is empty" : "the text holds control characters",
               .found = Truncate(text, kMaxFound),
               .expected = "a non-empty text without control characters",
               .near_miss = {}});
  return false;
}

}  // namespace

Place ReadContext::PlaceOf(size_t offset, std::string path) const {
  const SourceText::Position at = source_.At(offset);
  return {file_, at.line, at.column, std::move(path)};
}

void ReadContext::Add(size_t offset, Fault fault) {
  fault.place = PlaceOf(offset, std::move(fault.place.path));
  faults_.Add(std::move(fault));
}

const JsonMember* ObjectReader::Member(std::string_view key) {
  asked_.emplace_back(key);
  return object_.Find(key);
}

const JsonNode* ObjectReader::Get(std::string_view key, Presence presence, JsonNode::Kind kind) {
  const JsonMember* member = Member(key);
  if (member == nullptr) {
    if (presence == Presence::kRequired) {
      context_.Add(object_.begin, {.rule = "missing-key",
                                   .place = {.path = PathOf(key)},
                                   .message = fmt::format("the required key '{}' is missing", key),
                                   .found = {},
                                   .expected = fmt::format("'{}': {}", key, KindName(kind)),
                                   .near_miss = {}});
    }
    return nullptr;
  }
  if (member->value.kind == kind) return &member->value;
  AddWrongKind(context_, member->value, PathOf(key), KindName(kind));
  return nullptr;
}

std::optional<std::string> ObjectReader::String(std::string_view key, Presence presence) {
  const JsonNode* node = Get(key, presence, JsonNode::Kind::kString);
  return node == nullptr ? std::nullopt : std::optional(*node->AsString());
}

std::optional<std::string> ObjectReader::Word(std::string_view key, Presence presence) {
  const JsonNode* node = Get(key, presence, JsonNode::Kind::kString);
  if (node == nullptr || !CheckWord(context_, *node, PathOf(key))) return std::nullopt;
  return *node->AsString();
}

std::optional<std::string> ObjectReader::Path(std::string_view key, Presence presence) {
  std::optional<std::string> path = String(key, presence);
  if (!path) return std::nullopt;
  if (const std::optional<std::string> problem = PathProblem(*path)) {
    Error(key, "bad-path", fmt::format("the path {} {}", Quoted(*path), *problem),
          "a path relative to the root of the repository");
    return std::nullopt;
  }
  return path;
}

std::optional<std::string> ObjectReader::OneOf(std::string_view key, Presence presence,
                                               std::string_view what,
                                               std::span<const std::string> names) {
  std::optional<std::string> value = String(key, presence);
  if (!value || std::ranges::find(names, *value) != names.end()) return value;
  const std::string expected =
      names.size() == 1 ? Quoted(names[0]) : fmt::format("one of {}", Join(names, ", "));
  const std::string near = Nearest(*value, names);
  Error(
      key, "unknown-value",
      fmt::format("unknown {} {}, expected {}{}", what, Quoted(*value), expected, DidYouMean(near)),
      expected, near);
  return std::nullopt;
}

std::optional<bool> ObjectReader::Bool(std::string_view key, Presence presence) {
  const JsonNode* node = Get(key, presence, JsonNode::Kind::kBool);
  return node == nullptr ? std::nullopt : std::optional(node->scalar.get<bool>());
}

std::optional<long long> ObjectReader::Integer(std::string_view key, Presence presence,
                                               long long low, long long high) {
  const JsonNode* node = Get(key, presence, JsonNode::Kind::kNumber);
  if (node == nullptr) return std::nullopt;
  const bool whole = node->scalar.is_number_integer();
  const bool huge = node->scalar.is_number_unsigned() &&
                    node->scalar.get<unsigned long long>() > static_cast<unsigned long long>(high);
  if (whole && !huge) {
    const auto value = node->scalar.get<long long>();
    if (value >= low && value <= high) return value;
  }
  const std::string expected = fmt::format("an integer from {} to {}", low, high);
  Error(key, "bad-value", fmt::format("found {}, expected {}", Found(*node), expected), expected);
  return std::nullopt;
}

std::optional<double> ObjectReader::PositiveNumber(std::string_view key, Presence presence,
                                                   double high) {
  const JsonNode* node = Get(key, presence, JsonNode::Kind::kNumber);
  if (node == nullptr) return std::nullopt;
  const auto value = node->scalar.get<double>();
  if (value > 0 && value <= high) return value;
  const std::string expected = fmt::format("a number above 0, at most {}", high);
  Error(key, "bad-value", fmt::format("found {}, expected {}", Found(*node), expected), expected);
  return std::nullopt;
}

const JsonNode* ObjectReader::Object(std::string_view key, Presence presence) {
  return Get(key, presence, JsonNode::Kind::kObject);
}

const JsonNode* ObjectReader::Array(std::string_view key, Presence presence, size_t least) {
  const JsonNode* node = Get(key, presence, JsonNode::Kind::kArray);
  if (node == nullptr || node->items.size() >= least) return node;
  Error(key, "too-few", fmt::format("'{}' is empty, expected at least {} element", key, least),
        fmt::format("at least {} element", least));
  return nullptr;
}

std::optional<std::vector<std::string>> ObjectReader::Words(std::string_view key, Presence presence,
                                                            size_t least) {
  const JsonNode* node = Array(key, presence, least);
  if (node == nullptr) return std::nullopt;
  std::vector<std::string> words;
  for (size_t i = 0; i < node->items.size(); ++i) {
    auto word = ReadWord(context_, node->items[i], ItemPath(PathOf(key), i));
    if (word) words.push_back(std::move(*word));
  }
  return words;
}

void ObjectReader::WarnUnknownKeys() {
  // a key that is there already cannot be what was meant
  std::vector<std::string> absent;
  std::ranges::copy_if(asked_, std::back_inserter(absent),
                       [&](const std::string& key) { return object_.Find(key) == nullptr; });
  for (const JsonMember& member : object_.members) {
    if (std::ranges::find(asked_, member.key) != asked_.end()) continue;
    const std::string near = Nearest(member.key, absent);
    context_.Add(member.key_begin,
                 {.severity = Severity::kWarning,
                  .rule = "unknown-key",
                  .place = {.path = PathOf(member.key)},
                  .message = fmt::format("unknown key {}{}", Quoted(member.key), DidYouMean(near)),
                  .found = Truncate(member.key, kMaxFound),
                  .expected = {},
                  .near_miss = near});
  }
}

void ObjectReader::Report(Severity severity, std::string_view key, std::string rule,
                          std::string message, std::string expected, std::string near_miss) {
  const JsonMember* member = object_.Find(key);
  context_.Add(member == nullptr ? object_.begin : member->value.begin,
               {.severity = severity,
                .rule = std::move(rule),
                .place = {.path = PathOf(key)},
                .message = std::move(message),
                .found = member == nullptr ? std::string() : Found(member->value),
                .expected = std::move(expected),
                .near_miss = std::move(near_miss)});
}

void ObjectReader::Error(std::string_view key, std::string rule, std::string message,
                         std::string expected, std::string near_miss) {
  Report(Severity::kError, key, std::move(rule), std::move(message), std::move(expected),
         std::move(near_miss));
}

void ObjectReader::Warn(std::string_view key, std::string rule, std::string message) {
  Report(Severity::kWarning, key, std::move(rule), std::move(message), {}, {});
}

Place ObjectReader::PlaceOf(std::string_view key) const {
  const JsonMember* member = object_.Find(key);
  return context_.PlaceOf(member == nullptr ? object_.begin : member->value.begin, PathOf(key));
}

std::optional<ObjectReader> ReadObject(ReadContext& context, const JsonNode& node,
                                       std::string path) {
  if (node.kind == JsonNode::Kind::kObject) return ObjectReader(context, node, std::move(path));
  AddWrongKind(context, node, std::move(path), KindName(JsonNode::Kind::kObject));
  return std::nullopt;
}

std::optional<std::string> ReadWord(ReadContext& context, const JsonNode& node, std::string path) {
  if (node.kind != JsonNode::Kind::kString) {
    AddWrongKind(context, node, std::move(path), KindName(JsonNode::Kind::kString));
    return std::nullopt;
  }
  if (!CheckWord(context, node, path)) return std::nullopt;
  return *node.AsString();
}

}  // namespace carrel::manifest
