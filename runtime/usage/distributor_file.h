// The records of a usage file for those who bill them: what was checked, with the names and ids of
// the catalogue. Made of the records alone; nothing of the vendor's spreadsheet gets in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/base/result.h"
#include "runtime/store/database.h"
#include "runtime/usage/generated_book.h"

namespace carrel::usage {

enum class BillingColumns : uint8_t { kNo, kYes };

// The part of a file that is one hub's.
struct HubChunk {
  std::string id;                       // UFC-...
  std::optional<int64_t> hub_key = {};  // absent: records of assets without a hub
  std::string hub_id = {}, hub_name = {};
};

struct DistributorRequest {
  const UsageFile& file;  // with a load in which all is valid
  BillingColumns billing = BillingColumns::kNo;
  std::optional<HubChunk> chunk = {};  // its records only
};

// Tabs general, categories, records, summary. Memory does not grow with the records.
Status WriteDistributorFile(store::Transaction& transaction, const DistributorRequest& request,
                            GeneratedBook& book);

}  // namespace carrel::usage
