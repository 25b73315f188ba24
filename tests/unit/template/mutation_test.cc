// Breaks a valid manifest in every single place and asks for a fault that names the place.
#include <gtest/gtest.h>

#include <set>

#include "runtime/base/json.h"
#include "runtime/template/json_document.h"
#include "runtime/template/parser.h"
#include "tests/unit/template/valid_manifest.h"

namespace carrel::manifest {
namespace {

struct Spot {
  Json::json_pointer pointer;
  std::string path;
};

void Collect(const Json& json, const Json::json_pointer& pointer, const std::string& path,
             std::vector<Spot>& spots) {
  spots.push_back({pointer, path});
  if (json.is_object()) {
    for (const auto& [key, value] : json.items()) {
      Collect(value, pointer / key, MemberPath(path, key), spots);
    }
  } else if (json.is_array()) {
    for (size_t i = 0; i < json.size(); ++i) {
      Collect(json[i], pointer / i, ItemPath(path, i), spots);
    }
  }
}

std::vector<Spot> AllSpots(const Json& json) {
  std::vector<Spot> spots;
  Collect(json, Json::json_pointer(), "$", spots);
  return spots;
}

std::string Kind(const Json& json) { return json.is_number() ? "number" : json.type_name(); }

bool NamesPath(const ParsedManifest& parsed, const std::string& path) {
  for (const Fault& fault : parsed.faults) {
    if (fault.severity == Severity::kError && fault.place.path == path && fault.place.line > 0) {
      return true;
    }
  }
  return false;
}

TEST(Mutation, EveryValueOfAWrongTypeIsAnErrorThatNamesItsPath) {
  const Json valid = Json::parse(kValidManifest);
  const std::vector<Json> values = {nullptr,       true,           -1,   1.5, "text",
                                    Json::array(), Json::object(), 1e300};
  int tried = 0;
  for (const Spot& spot : AllSpots(valid)) {
    for (const Json& value : values) {
      if (Kind(value) == Kind(valid.at(spot.pointer))) continue;
      Json broken = valid;
      broken[spot.pointer] = value;
      const ParsedManifest parsed = ParseManifest(broken.dump(1));
      EXPECT_TRUE(NamesPath(parsed, spot.path)) << spot.path << " = " << value.dump();
      EXPECT_FALSE(parsed.manifest) << spot.path;
      ++tried;
    }
  }
  EXPECT_GT(tried, 400);
}

TEST(Mutation, EveryMissingRequiredKeyIsAnErrorThatNamesItsPath) {
  const std::set<std::string> optional = {
      "requirements", "language", "limits",      "wall_s",      "cpu_s",      "memory_mb",
      "output_mb",    "tmp_mb",   "permissions", "connections", "parameters", "required",
      "default",      "args",     "start_row",   "start_col",   "overflow",   "compression",
      "delimiter",    "quoting",  "autoescape",  "css_file",    "charts",     "title",
      "anchor",       "totals",   "max_rows"};
  const Json valid = Json::parse(kValidManifest);
  int tried = 0;
  for (const Spot& spot : AllSpots(valid)) {
    if (spot.pointer.empty()) continue;
    const std::string key = spot.pointer.back();
    Json broken = valid;
    if (!broken[spot.pointer.parent_pointer()].is_object()) continue;
    broken[spot.pointer.parent_pointer()].erase(key);
    const ParsedManifest parsed = ParseManifest(broken.dump(1));
    // the same key may be required in one place only
    const bool may_miss = optional.contains(key) && spot.path != "$.language" &&
                          spot.path.find("reports[0].start_") == std::string::npos;
    EXPECT_EQ(NamesPath(parsed, spot.path), !may_miss) << spot.path;
    ++tried;
  }
  EXPECT_GT(tried, 60);
}

TEST(Mutation, EveryCutOfTheTextGivesAFaultAndNeverACrash) {
  const std::string text(kValidManifest);
  const size_t last = text.rfind('}');
  for (size_t length = 0; length <= last; ++length) {
    const ParsedManifest parsed = ParseManifest(text.substr(0, length));
    ASSERT_TRUE(HasErrors(parsed.faults)) << length;
    ASSERT_FALSE(parsed.manifest) << length;
  }
}

}  // namespace
}  // namespace carrel::manifest
