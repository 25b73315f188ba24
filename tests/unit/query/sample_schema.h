// One object with a field of every type, for the tests of this room.
#pragma once

#include <array>
#include <vector>

#include "runtime/query/filter.h"

namespace carrel::query {

inline constexpr std::array kSampleStates = {Choice{"draft", 1},    Choice{"ready", 2},
                                             Choice{"approved", 3}, Choice{"accepted", 3},
                                             Choice{"open", 1},     Choice{"open", 2}};

inline constexpr std::array kSampleFields = {
    Field{"id", FieldType::kText, "id"},
    Field{"name", FieldType::kText, "name", Nullable::kYes, Searched::kYes},
    Field{"rank", FieldType::kInteger, "rank", Nullable::kYes},
    Field{"sum.total", FieldType::kDecimal, "total", Nullable::kYes, Searched::kNo,
          "total_fraction"},
    Field{"at", FieldType::kTime, "at_us", Nullable::kYes},
    Field{"active", FieldType::kBoolean, "active"},
    Field{"status", FieldType::kChoice, "state", Nullable::kNo, Searched::kNo, {}, kSampleStates},
};

inline constexpr Schema kSample{"a sample", kSampleFields};

class SampleRecord final : public Record {
 public:
  explicit SampleRecord(std::vector<Value> values) : values_(std::move(values)) {}
  Value Get(size_t index) const override { return values_[index]; }
  const std::vector<Value>& values() const { return values_; }

 private:
  std::vector<Value> values_;
};

}  // namespace carrel::query
