#include "runtime/report/checkouts.h"

#include <fmt/format.h>

namespace carrel::report {

Result<git::Checkout> GitCheckouts::Get(const GitReference& reference) {
  const std::string_view commit = reference.commit;
  if (!commit.starts_with(kTreePrefix)) return cache_.Export(reference.url, commit);
  CARREL_ASSIGN_OR_RETURN(git::Checkout checkout, cache_.ExportDirectory(reference.url));
  if (checkout.tree_id != commit.substr(kTreePrefix.size())) {
    return Fail(Code::kConflict,
                fmt::format("{} was changed since the report was created", reference.url));
  }
  return checkout;
}

}  // namespace carrel::report
