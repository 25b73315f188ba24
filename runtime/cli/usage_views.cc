#include "runtime/cli/usage_views.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace carrel::cli {
namespace {

std::string TextAt(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return "";
  if (found->is_object()) return JsonString(*found, "id");
  return found->is_string() ? found->get<std::string>() : DumpJson(*found);
}

std::string Inside(const Json& object, const char* outer, const char* name) {
  const auto found = object.find(outer);
  return found == object.end() || !found->is_object() ? "" : TextAt(*found, name);
}

}  // namespace

void ShowFile(const Json& file, Console& console) {
  console.PrintLine(
      fmt::format("{}  {}  {}", TextAt(file, "id"), TextAt(file, "status"), TextAt(file, "name")));
  console.PrintLine(fmt::format("  product   {} {} ({})", Inside(file, "product", "id"),
                                Inside(file, "product", "name"), TextAt(file, "schema")));
  console.PrintLine(fmt::format("  period    {} to {}", Inside(file, "period", "from"),
                                Inside(file, "period", "to")));
  console.PrintLine(fmt::format("  vendor    {} {}", Inside(file, "vendor", "id"),
                                Inside(file, "vendor", "name")));
  console.PrintLine(
      fmt::format("  records   {} valid, {} invalid, {} closed", Inside(file, "records", "valid"),
                  Inside(file, "records", "invalid"), Inside(file, "records", "closed")));
  constexpr std::array<const char*, 4> kNotes = {"error_detail", "note", "acceptance_note",
                                                 "rejection_note"};
  for (const char* note : kNotes) {
    if (const std::string text = TextAt(file, note); !text.empty()) {
      console.PrintLine(fmt::format("  {:<9} {}", note, text));
    }
  }
}

void ShowFiles(const std::vector<Json>& files, Console& console) {
  std::vector<std::vector<std::string>> table = {
      {"ID", "STATUS", "NAME", "PRODUCT", "VALID", "INVALID", "CLOSED"}};
  for (const Json& file : files) {
    table.push_back({TextAt(file, "id"), TextAt(file, "status"), TextAt(file, "name"),
                     TextAt(file, "product"), Inside(file, "records", "valid"),
                     Inside(file, "records", "invalid"), Inside(file, "records", "closed")});
  }
  console.PrintTable(table);
}

void ShowRecords(const std::vector<Json>& records, Console& console) {
  std::vector<std::vector<std::string>> table = {
      {"ID", "RECORD", "STATUS", "ITEM", "ASSET", "USAGE", "AMOUNT", "BILLING"}};
  for (const Json& record : records) {
    table.push_back({TextAt(record, "id"), TextAt(record, "record_id"), TextAt(record, "status"),
                     TextAt(record, "item"), TextAt(record, "asset"), TextAt(record, "usage"),
                     TextAt(record, "amount"), TextAt(record, "external_billing_id")});
  }
  console.PrintTable(table);
}

void ShowChunks(const std::vector<Json>& chunks, Console& console) {
  std::vector<std::vector<std::string>> table = {{"ID", "STATUS", "HUB", "RECORDS", "CLOSED"}};
  for (const Json& chunk : chunks) {
    table.push_back({TextAt(chunk, "id"), TextAt(chunk, "status"), TextAt(chunk, "hub"),
                     Inside(chunk, "records", "all"), Inside(chunk, "records", "closed")});
  }
  console.PrintTable(table);
}

void ShowBilling(const usage::BillingReport& report, Console& console) {
  console.Print(fmt::format("{} closed, {} refused", report.closed, report.refused));
  for (const usage::BillingResult& result : report.results) {
    if (result.fault.empty()) continue;
    console.Note(fmt::format("row {}: {}: {}", result.row, result.record, result.fault),
                 Style::kRed);
  }
}

std::vector<std::string> ErrorHeading() {
  return {"row", "record_id", "column", "code", "message", "raw_value"};
}

std::vector<std::vector<std::string>> ErrorRows(const Json& record) {
  std::vector<std::vector<std::string>> rows;
  for (const Json& error : record.at("errors")) {
    rows.push_back({TextAt(record, "row"), TextAt(record, "record_id"), TextAt(error, "column"),
                    TextAt(error, "code"), TextAt(error, "message"), TextAt(error, "raw_value")});
  }
  return rows;
}

}  // namespace carrel::cli
