// The rules of `args.charts`, which xlsx and html renderers share. sdk/render/chart_spec reads the
// same list when a report runs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/template/object_reader.h"

namespace carrel::manifest {

using ColumnNames = std::optional<std::vector<std::string>>;

// Leaves a fault for each chart that could not be drawn. `columns`, when the arguments name them,
// are those that `x` and `y` may name.
void CheckCharts(ObjectReader& args, const ColumnNames& columns);

// A list of at least `least` column names, all of them not empty; nullopt when it is absent or
// faulty.
ColumnNames ReadColumnNames(ObjectReader& args, std::string_view key, size_t least);

// A fault of `key` when `name` is not among the columns.
void CheckColumn(ObjectReader& reader, std::string_view key, const std::string& name,
                 const ColumnNames& columns);

}  // namespace carrel::manifest
