// How `carrel usage` shows files, records and their errors.
#pragma once

#include <string>
#include <vector>

#include "runtime/base/json.h"
#include "runtime/cli/console.h"
#include "runtime/usage/closing.h"

namespace carrel::cli {

void ShowFile(const Json& file, Console& console);
void ShowFiles(const std::vector<Json>& files, Console& console);
void ShowRecords(const std::vector<Json>& records, Console& console);
void ShowChunks(const std::vector<Json>& chunks, Console& console);
void ShowBilling(const usage::BillingReport& report, Console& console);

// Heading first: row, record_id, column, code, message, raw_value.
std::vector<std::string> ErrorHeading();
// One row an error of the record.
std::vector<std::vector<std::string>> ErrorRows(const Json& record);

}  // namespace carrel::cli
