#include "runtime/cli/page_query.h"

#include <fmt/format.h>

#include "runtime/query/syntax.h"

namespace carrel::cli {

Result<std::string> PageQuery(std::string_view filter, int64_t limit, int64_t offset) {
  CARREL_ASSIGN_OR_RETURN(const query::Syntax syntax, query::ParseQuery(filter));
  std::string query(filter);
  if (!syntax.limit) query += fmt::format("&limit={}", limit);
  if (!syntax.offset) query += fmt::format("&offset={}", offset);
  return query;
}

}  // namespace carrel::cli
