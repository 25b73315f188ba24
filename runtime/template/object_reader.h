// Typed access to the members of one JSON object of a manifest. Every access that does not find
// what the format asks for leaves a fault at the exact place, so the parser reads like the format.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/template/fault.h"
#include "runtime/template/json_document.h"

namespace carrel::manifest {

enum class Presence { kRequired, kOptional };

// What all readers of one document share. Borrows; lives as long as the parse.
class ReadContext {
 public:
  ReadContext(const SourceText& source, std::string_view file, FaultList& faults)
      : source_(source), file_(file), faults_(faults) {}

  Place PlaceOf(size_t offset, std::string path) const;
  // `fault.place.path` is set by the caller, line and column come from `offset`.
  void Add(size_t offset, Fault fault);

 private:
  const SourceText& source_;
  std::string file_;
  FaultList& faults_;
};

// Borrows the context and the node. A getter returns nullopt (or nullptr) when the member is
// absent or faulty; the fault has been added then, but for an absent optional one.
class ObjectReader {
 public:
  ObjectReader(ReadContext& context, const JsonNode& object, std::string path)
      : context_(context), object_(object), path_(std::move(path)) {}

  std::optional<std::string> String(std::string_view key, Presence presence);
  // A string that is neither empty nor holds control characters.
  std::optional<std::string> Word(std::string_view key, Presence presence);
  // A string that PathProblem() has nothing against.
  std::optional<std::string> Path(std::string_view key, Presence presence);
  // One of `names`; `what` stands in the message: "renderer type".
  std::optional<std::string> OneOf(std::string_view key, Presence presence, std::string_view what,
                                   std::span<const std::string> names);
  std::optional<bool> Bool(std::string_view key, Presence presence);
  std::optional<long long> Integer(std::string_view key, Presence presence, long long low,
                                   long long high);
  // Above 0 and at most `high`.
  std::optional<double> PositiveNumber(std::string_view key, Presence presence, double high);
  const JsonNode* Object(std::string_view key, Presence presence);
  // `least` elements or more.
  const JsonNode* Array(std::string_view key, Presence presence, size_t least);
  // An array of Word()s.
  std::optional<std::vector<std::string>> Words(std::string_view key, Presence presence,
                                                size_t least);

  // A member whatever its type; nullptr when absent. Counts as known.
  const JsonMember* Member(std::string_view key);
  // Warns about each member that no getter has asked for.
  void WarnUnknownKeys();

  // Faults about the value of `key`, which is present, and about the object itself.
  void Error(std::string_view key, std::string rule, std::string message, std::string expected = {},
             std::string near_miss = {});
  void Warn(std::string_view key, std::string rule, std::string message);

  std::string PathOf(std::string_view key) const { return MemberPath(path_, key); }
  Place PlaceOf(std::string_view key) const;
  const std::string& path() const { return path_; }
  ReadContext& context() { return context_; }

 private:
  const JsonNode* Get(std::string_view key, Presence presence, JsonNode::Kind kind);
  void Report(Severity severity, std::string_view key, std::string rule, std::string message,
              std::string expected, std::string near_miss);

  ReadContext& context_;
  const JsonNode& object_;
  std::string path_;
  std::vector<std::string> asked_;
};

// nullopt with a fault when `node` is not an object.
std::optional<ObjectReader> ReadObject(ReadContext& context, const JsonNode& node,
                                       std::string path);
// nullopt with a fault when `node` is not a non-empty string without control characters.
std::optional<std::string> ReadWord(ReadContext& context, const JsonNode& node, std::string path);

}  // namespace carrel::manifest
