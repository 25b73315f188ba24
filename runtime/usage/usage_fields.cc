#include "runtime/usage/usage_fields.h"

#include <array>

namespace carrel::usage {
namespace {

using query::Choice;
using query::Field;
using query::FieldType;
using query::Nullable;
using query::Searched;
using query::Value;

constexpr Field Text(std::string_view name, std::string_view column,
                     Searched searched = Searched::kNo) {
  return {name, FieldType::kText, column, Nullable::kNo, searched};
}
constexpr Field Maybe(FieldType type, std::string_view name, std::string_view column) {
  return {name, type, column, Nullable::kYes};
}
constexpr Field Number(std::string_view name, std::string_view column) {
  return {name, FieldType::kInteger, column};
}

// One row a field: the SQL and the same value of a file in memory.
struct FileFieldRow {
  Field field;
  Value (*get)(const UsageFile& file);
};

template <auto Member>
Value GetText(const UsageFile& file) {
  return file.*Member;
}
template <auto Member>
Value GetTime(const UsageFile& file) {
  return file.*Member;
}
template <auto Member>
Value GetId(const UsageFile& file) {
  return (file.*Member).value.id;
}
template <auto Member>
Value GetName(const UsageFile& file) {
  return (file.*Member).value.name;
}
template <auto Member>
Value GetOptionalId(const UsageFile& file) {
  return file.*Member ? Value((file.*Member)->value.id) : Value();
}
template <auto Member>
Value GetOptionalName(const UsageFile& file) {
  return file.*Member ? Value((file.*Member)->value.name) : Value();
}
template <auto Member>
Value GetCount(const UsageFile& file) {
  return file.counts.*Member;
}

constexpr std::array kFileRows = {
    FileFieldRow{Text("id", "f.id", Searched::kYes), GetText<&UsageFile::id>},
    FileFieldRow{Text("name", "f.name", Searched::kYes), GetText<&UsageFile::name>},
    FileFieldRow{Text("description", "f.description", Searched::kYes),
                 GetText<&UsageFile::description>},
    FileFieldRow{Text("external_id", "f.external_id", Searched::kYes),
                 GetText<&UsageFile::external_id>},
    FileFieldRow{Text("note", "f.note", Searched::kYes), GetText<&UsageFile::note>},
    FileFieldRow{Text("acceptance_note", "f.acceptance_note"),
                 GetText<&UsageFile::acceptance_note>},
    FileFieldRow{Text("rejection_note", "f.rejection_note"), GetText<&UsageFile::rejection_note>},
    FileFieldRow{Text("error_detail", "f.error_detail"), GetText<&UsageFile::error_detail>},
    FileFieldRow{Text("status", "f.status"),
                 [](const UsageFile& file) { return Value(std::string(Name(file.status))); }},
    FileFieldRow{Text("environment", "f.environment"), GetText<&UsageFile::environment>},
    FileFieldRow{Text("schema", "f.usage_schema"), GetText<&UsageFile::schema>},
    FileFieldRow{Text("currency", "f.currency"), GetText<&UsageFile::currency>},
    FileFieldRow{Text("vendor.id", "v.id"), GetId<&UsageFile::vendor>},
    FileFieldRow{Text("vendor.name", "v.name"), GetName<&UsageFile::vendor>},
    FileFieldRow{Maybe(FieldType::kText, "provider.id", "d.id"),
                 GetOptionalId<&UsageFile::provider>},
    FileFieldRow{Maybe(FieldType::kText, "provider.name", "d.name"),
                 GetOptionalName<&UsageFile::provider>},
    FileFieldRow{Maybe(FieldType::kText, "reseller.id", "s.id"),
                 GetOptionalId<&UsageFile::reseller>},
    FileFieldRow{Maybe(FieldType::kText, "reseller.name", "s.name"),
                 GetOptionalName<&UsageFile::reseller>},
    FileFieldRow{Text("marketplace.id", "m.id"), GetId<&UsageFile::marketplace>},
    FileFieldRow{Text("marketplace.name", "m.name"), GetName<&UsageFile::marketplace>},
    FileFieldRow{Maybe(FieldType::kText, "contract.id", "c.id"),
                 GetOptionalId<&UsageFile::contract>},
    FileFieldRow{Maybe(FieldType::kText, "contract.name", "c.name"),
                 GetOptionalName<&UsageFile::contract>},
    FileFieldRow{Text("product.id", "p.id"), GetId<&UsageFile::product>},
    FileFieldRow{Text("product.name", "p.name"), GetName<&UsageFile::product>},
    FileFieldRow{Field{"period.from", FieldType::kTime, "f.period_from"},
                 GetTime<&UsageFile::period_from>},
    FileFieldRow{Field{"period.to", FieldType::kTime, "f.period_to"},
                 GetTime<&UsageFile::period_to>},
    FileFieldRow{Field{"events.created.at", FieldType::kTime, "f.created"},
                 GetTime<&UsageFile::created>},
    FileFieldRow{Number("stats.uploaded", "f.records_all"), GetCount<&RecordCounts::all>},
    FileFieldRow{Number("stats.validated", "f.records_valid"), GetCount<&RecordCounts::valid>},
    FileFieldRow{Number("stats.closed", "f.records_closed"), GetCount<&RecordCounts::closed>},
    FileFieldRow{Number("stats.billed", "f.records_billed"), GetCount<&RecordCounts::billed>},
};

constexpr auto kFileFields = [] {
  std::array<Field, kFileRows.size()> out;
  for (size_t i = 0; i < out.size(); ++i) out[i] = kFileRows[i].field;
  return out;
}();

constexpr int64_t Code(RecordState state) { return static_cast<int64_t>(state); }

// The words of the table, and those of the compatible API: there a record that is pending is still
// valid, and an accepted one approved.
constexpr std::array kRecordStates = {
    Choice{"validated", Code(RecordState::kValidated)},
    Choice{"invalid", Code(RecordState::kInvalid)},
    Choice{"pending", Code(RecordState::kPending)},
    Choice{"accepted", Code(RecordState::kAccepted)},
    Choice{"rejected", Code(RecordState::kRejected)},
    Choice{"closed", Code(RecordState::kClosed)},
    Choice{"approved", Code(RecordState::kAccepted)},
    Choice{"valid", Code(RecordState::kValidated)},
    Choice{"valid", Code(RecordState::kPending)},
};

// r.key minus the load's first is the number of the record, here with eight digits.
constexpr std::string_view kRecordIdSql =
    "('UR' || SUBSTR(f.id, 3) || '-' || "
    "SUBSTR(CAST(100000000 + r.key - r.load * 4294967296 AS TEXT), 2, 4) || '-' || "
    "SUBSTR(CAST(100000000 + r.key - r.load * 4294967296 AS TEXT), 6, 4))";
constexpr std::string_view kRecordStateSql =
    "(CASE WHEN r.state = 2 THEN f.record_state ELSE r.state END)";

constexpr std::array kRecordFields = {
    Field{"id", FieldType::kText, kRecordIdSql, Nullable::kNo, Searched::kNo, {}, {}, "f.id,r.key"},
    Text("record_id", "r.record_id", Searched::kYes),
    Maybe(FieldType::kText, "record_note", "r.note"),
    Field{"status",
          FieldType::kChoice,
          kRecordStateSql,
          Nullable::kNo,
          Searched::kNo,
          {},
          kRecordStates},
    Text("usagefile.id", "f.id"),
    Text("usagefile.name", "f.name", Searched::kYes),
    Text("usagefile.status", "f.status"),
    Text("usagefile.environment", "f.environment"),
    Text("usagefile.schema", "f.usage_schema"),
    Text("usagefile.currency", "f.currency"),
    Text("product.id", "p.id"),
    Text("product.name", "p.name"),
    Text("marketplace.id", "m.id"),
    Text("marketplace.name", "m.name"),
    Maybe(FieldType::kText, "contract.id", "c.id"),
    Maybe(FieldType::kText, "item.id", "i.id"),
    Maybe(FieldType::kText, "item.mpn", "i.mpn"),
    Maybe(FieldType::kText, "item.local_id", "i.local_id"),
    Maybe(FieldType::kText, "item.name", "i.name"),
    Maybe(FieldType::kText, "asset.id", "a.id"),
    Maybe(FieldType::kText, "asset.external_id", "a.external_id"),
    Maybe(FieldType::kText, "asset.external_uid", "a.external_uid"),
    Maybe(FieldType::kText, "asset.tiers.customer.id", "a.customer_id"),
    Maybe(FieldType::kText, "asset.tiers.customer.external_id", "a.customer_external_id"),
    Maybe(FieldType::kText, "asset.tiers.tier1.id", "a.tier1_id"),
    Maybe(FieldType::kText, "asset.tiers.tier1.external_id", "a.tier1_external_id"),
    Maybe(FieldType::kText, "asset.tiers.tier2.id", "a.tier2_id"),
    Maybe(FieldType::kText, "asset.tiers.tier2.external_id", "a.tier2_external_id"),
    Maybe(FieldType::kText, "hub.id", "h.id"),
    Maybe(FieldType::kText, "category.id", "g.id"),
    Maybe(FieldType::kInteger, "tier", "r.tier"),
    Field{"usage", FieldType::kDecimal, "r.quantity", Nullable::kYes, Searched::kNo,
          "r.quantity_fraction"},
    Field{"quantity", FieldType::kDecimal, "r.quantity", Nullable::kYes, Searched::kNo,
          "r.quantity_fraction"},
    Field{"amount", FieldType::kDecimal, "r.amount", Nullable::kYes, Searched::kNo,
          "r.amount_fraction"},
    Maybe(FieldType::kTime, "start_date", "r.start_us"),
    Maybe(FieldType::kTime, "end_date", "r.end_us"),
    Maybe(FieldType::kText, "external_billing_id", "r.billing_id"),
    Maybe(FieldType::kText, "external_billing_note", "r.billing_note"),
    Maybe(FieldType::kTime, "closed_at", "r.closed_at"),
};

constexpr std::array<std::string_view, 5> kFileExtras = {"events", "period", "stats", "records",
                                                         "errors"};
constexpr std::array<std::string_view, 3> kRecordExtras = {"params", "errors", "closed_by"};

constexpr query::Schema kFileSchema{"usage files", kFileFields, kFileExtras};
constexpr query::Schema kRecordSchema{"usage records", kRecordFields, kRecordExtras};

}  // namespace

const query::Schema& FileSchema() { return kFileSchema; }
const query::Schema& RecordSchema() { return kRecordSchema; }

std::string_view RecordTables() {
  return "usage_records r JOIN usage_files f ON r.key > f.load * 4294967296 AND "
         "r.key < (f.load + 1) * 4294967296 "
         "JOIN accounts v ON v.key = f.vendor_key "
         "LEFT JOIN accounts d ON d.key = f.provider_key "
         "LEFT JOIN accounts s ON s.key = f.reseller_key "
         "JOIN marketplaces m ON m.key = f.marketplace_key "
         "LEFT JOIN contracts c ON c.key = f.contract_key "
         "JOIN products p ON p.key = f.product_key "
         "LEFT JOIN items i ON i.key = r.item_key "
         "LEFT JOIN assets a ON a.key = r.asset_key "
         "LEFT JOIN hubs h ON h.key = a.hub_key "
         "LEFT JOIN usage_categories g ON g.load = r.load AND g.number = r.category";
}

query::Value FileRecord::Get(size_t index) const { return kFileRows[index].get(file_); }

}  // namespace carrel::usage
