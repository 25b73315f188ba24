// What a vendor is given to fill in: the columns that fit a product, what each takes, and an
// example of things that exist.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/catalog/products.h"
#include "runtime/store/database.h"
#include "runtime/usage/columns.h"

namespace carrel::usage {

struct TemplateColumn {
  std::optional<Column> column;  // none: a custom one, v.* or p.*
  std::string title;
  bool is_required = false;
  std::string_view takes;  // in words
  std::string example;     // as text; empty: nothing
};

struct UsageTemplate {
  catalog::Product product;
  std::vector<TemplateColumn> columns;
  std::vector<std::string> asset_criteria;  // asset.id, and the parameters that its assets have
  std::string no_example = {};              // why there is none; empty: there is one
};

// The example is of the product's first item that usage can be reported for and its first asset,
// an active one in production if there is one, in the month of `now`; its quantity is 0. kInvalid
// for a product that takes no usage.
Result<UsageTemplate> MakeTemplate(store::Transaction& transaction, const catalog::Product& product,
                                   Timestamp now);

}  // namespace carrel::usage
