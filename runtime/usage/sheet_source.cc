#include "runtime/usage/sheet_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "runtime/catalog/products.h"
#include "runtime/usage/file_rows.h"
#include "runtime/usage/usage_file.h"
#include "sdk/render/json_writer.h"

namespace carrel::usage {
namespace {

constexpr std::string_view kDecimalPrefix = "decimal_";

uint8_t DecimalsOf(std::string_view precision) {
  unsigned decimals = 0;
  if (precision.starts_with(kDecimalPrefix)) {
    const std::string_view digits = precision.substr(kDecimalPrefix.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), decimals);
  }
  return static_cast<uint8_t>(decimals);
}

std::string PrecisionOf(uint8_t decimals) {
  return decimals == 0 ? "integer" : fmt::format("{}{}", kDecimalPrefix, decimals);
}

// What records are checked against, and the keys behind the validator's numbers.
struct Known {
  catalog::Product product;
  Lookup lookup;
  std::vector<catalog::Item> items;
  std::vector<int64_t> assets;
};

Result<Known> LoadKnown(store::Transaction& transaction, const UsageFile& file) {
  Known known;
  CARREL_ASSIGN_OR_RETURN(known.product, catalog::LoadProduct(transaction, file.product.value.id));
  CARREL_ASSIGN_OR_RETURN(known.items, catalog::LoadItems(transaction, file.product.key));
  for (const catalog::Item& item : known.items) {
    known.lookup.AddItem({.mpn = item.mpn,
                          .global_id = item.id,
                          .local_id = item.local_id,
                          .name = item.name,
                          .unit = item.unit,
                          .type = item.type == "ppu" ? ItemType::kPpu : ItemType::kReservation,
                          .decimals = DecimalsOf(item.precision),
                          .is_own = item.usage_file == file.key});
  }
  catalog::AssetScope scope{.product_key = file.product.key,
                            .environment = file.environment,
                            .marketplace_key = file.marketplace.key,
                            .contract_key = std::nullopt};
  if (file.contract) scope.contract_key = file.contract->key;
  CARREL_ASSIGN_OR_RETURN(const auto assets, catalog::LoadAssets(transaction, scope));
  for (const catalog::Asset& asset : assets) {
    known.assets.push_back(asset.key);
    const uint32_t number = known.lookup.AddAsset(asset.id);
    for (const auto& [name, value] : asset.parameters) {
      known.lookup.AddAssetParameter(number, name, value);
    }
  }
  return known;
}

UsageRules RulesOf(const UsageFile& file, const catalog::Product& product) {
  UsageRules rules;
  rules.schema = SchemaNamed(file.schema);
  rules.dynamic = product.dynamic;
  rules.future = product.future;
  rules.late = product.late;
  rules.reservation_consumption = product.consumption;
  rules.required_custom = product.required_custom_fields;
  rules.period_from = file.period_from.time_since_epoch().count();
  const auto last = std::chrono::floor<std::chrono::seconds>(file.period_to);
  rules.period_end = Timestamp(last + std::chrono::seconds(1)).time_since_epoch().count();
  return rules;
}

// The validator's records in the form of the store.
class Translator final : public RecordSink {
 public:
  Translator(const Known& known, SourceSink& sink) : known_(known), sink_(sink) {}

  Status OnRecord(const UsageRecord& record, std::span<const RecordError> errors,
                  const Row& row) override {
    static_cast<void>(row);
    errors_.clear();
    for (const RecordError& error : errors) {
      errors_.push_back({error.column, UsageCodeName(error.code), error.message, error.raw_value});
    }
    const auto is_good = [&](Column column) {
      return std::ranges::find(errors_, ColumnTitle(column), &StoredError::column) == errors_.end();
    };
    SourceRecord out;
    out.sheet_row = record.row;
    out.record_id = record.record_id;
    out.note = record.record_note;
    out.item_key = ItemKey(record.item);
    if (record.asset != UsageRecord::kNone) out.asset_key = known_.assets[record.asset];
    if (record.category != UsageRecord::kNone) out.category = record.category;
    if (record.tier != UsageRecord::kNoTier) out.tier = record.tier;
    if (is_good(Column::kQuantity)) out.quantity = record.quantity;
    if (record.has_amount && is_good(Column::kAmount)) out.amount = record.amount;
    if (is_good(Column::kStart)) out.start_us = record.start;
    if (is_good(Column::kEnd)) out.end_us = record.end;
    SetParams(record);
    out.params = params_.text();
    out.errors = errors_;
    return sink_.OnRecord(out);
  }

 private:
  std::optional<int64_t> ItemKey(uint32_t item) const {
    if (item == UsageRecord::kNone) return std::nullopt;
    if (item < known_.items.size()) return known_.items[item].key;
    return PlaceholderOf(item - known_.items.size());
  }

  void SetParams(const UsageRecord& record) {
    params_.Clear();
    if (record.custom.empty() && record.asset_recon_id.empty()) return;
    params_.BeginObject();
    for (const CustomValue& value : record.custom) {
      params_.Key(value.name);
      params_.String(value.value);
    }
    if (!record.asset_recon_id.empty()) {
      params_.Key("asset_recon_id");
      params_.String(record.asset_recon_id);
    }
    params_.EndObject();
  }

  const Known& known_;
  SourceSink& sink_;
  std::vector<StoredError> errors_;
  render::JsonWriter params_;
};

catalog::Item ItemOf(const NewItem& item) {
  return {.key = 0,
          .id = {},
          .mpn = item.mpn,
          .local_id = {},
          .name = item.name,
          .unit = item.unit,
          .precision = PrecisionOf(item.decimals),
          .type = "ppu",
          .period = "monthly",
          .usage_file = 0};
}

}  // namespace

UsageSchema SchemaNamed(std::string_view name) {
  constexpr std::array kSchemas = {std::pair{std::string_view("qt"), UsageSchema::kQt},
                                   std::pair{std::string_view("tr"), UsageSchema::kTr},
                                   std::pair{std::string_view("cr"), UsageSchema::kCr},
                                   std::pair{std::string_view("pr"), UsageSchema::kPr}};
  const auto found = std::ranges::find(kSchemas, name, [](const auto& row) { return row.first; });
  return found == kSchemas.end() ? UsageSchema::kQt : found->second;
}

Result<std::string> SheetSource::Read(const SourceRequest& request, SourceSink& sink) {
  const auto loaded = request.catalog.Read(
      [&](store::Transaction& transaction) { return LoadKnown(transaction, request.file); });
  if (!loaded) return std::unexpected(loaded.error());
  const Known& known = *loaded;
  CARREL_TRY(sink.OnItems(known.items));
  const UsageRules rules = RulesOf(request.file, known.product);
  Translator translator(known, sink);
  UsageFileOptions options;
  options.threads = Threads::kTwo;
  options.temp_directory = temp_directory_;
  CARREL_ASSIGN_OR_RETURN(const UsageFileResult result,
                          ReadUsageFile(request.path, known.lookup, rules, options, translator));
  if (result.fault) {
    return Fail(Code::kInvalid,
                fmt::format("{}: {}", UsageCodeName(result.fault->code), result.fault->message));
  }
  for (const UsageCategory& category : result.categories) {
    CARREL_TRY(sink.OnCategory({category.id, category.name, category.description}));
  }
  for (const NewItem& item : result.new_items) CARREL_TRY(sink.OnItem(ItemOf(item)));
  return result.cell_fault;
}

}  // namespace carrel::usage
