#include "runtime/catalog/object_list.h"

#include <fmt/format.h>

#include <utility>

#include "runtime/query/sql.h"

namespace carrel::catalog {
namespace {

using store::Statement;
using store::Transaction;

Result<int64_t> Count(Transaction& transaction, const ObjectSource& source, const Scope& scope,
                      const query::Query& query) {
  CARREL_ASSIGN_OR_RETURN(auto count, Select(transaction, source, scope, query, "COUNT(*)"));
  CARREL_TRY(count->Step());
  return count->Integer(0);
}

Result<ObjectPage> ReadPage(Transaction& transaction, const ObjectSource& source,
                            const Scope& scope, const query::Query& query) {
  ObjectPage page{.objects = {}, .total = 0, .offset = query.offset};
  const std::string rest =
      fmt::format("ORDER BY {} LIMIT {} OFFSET {}",
                  query::OrderSql(query, source.schema, source.last), query.limit, query.offset);
  CARREL_ASSIGN_OR_RETURN(auto rows,
                          Select(transaction, source, scope, query, source.columns, rest));
  while (true) {
    CARREL_ASSIGN_OR_RETURN(const bool found, rows->Step());
    if (!found) break;
    CARREL_ASSIGN_OR_RETURN(Json object, source.read(*rows));
    query::Hide(query, object);
    page.objects.push_back(std::move(object));
  }
  // A page that is not full ends the list, unless it lies beyond its end.
  const auto size = static_cast<int64_t>(page.objects.size());
  if (size < query.limit && (size > 0 || query.offset == 0)) {
    page.total = query.offset + size;
    return page;
  }
  CARREL_ASSIGN_OR_RETURN(page.total, Count(transaction, source, scope, query));
  return page;
}

}  // namespace

Result<std::unique_ptr<Statement>> Select(Transaction& transaction, const ObjectSource& source,
                                          const Scope& scope, const query::Query& query,
                                          std::string_view columns, std::string_view rest) {
  const query::SqlCondition filter = query::ToSql(query.filter, source.schema);
  CARREL_ASSIGN_OR_RETURN(auto statement, transaction.Prepare(fmt::format(
                                              "SELECT {} FROM {} WHERE {} AND {} {}", columns,
                                              source.tables, scope.condition, filter.text, rest)));
  if (scope.account) statement->BindText(1, *scope.account);
  query::BindValues(*statement, filter, scope.account ? 1 : 0);
  return statement;
}

Result<ObjectPage> ListObjects(store::Database& database, const ObjectSource& source,
                               const Scope& scope, std::string_view text) {
  CARREL_ASSIGN_OR_RETURN(const query::Query query, query::Compile(text, source.schema));
  return database.Read(
      [&](Transaction& transaction) { return ReadPage(transaction, source, scope, query); });
}

Result<Json> FindObject(store::Database& database, const ObjectSource& source, const Scope& scope,
                        std::string_view condition, std::string_view id) {
  return database.Read([&](Transaction& transaction) -> Result<Json> {
    const Scope one{fmt::format("{} AND {}", scope.condition, condition), scope.account};
    CARREL_ASSIGN_OR_RETURN(auto row, Select(transaction, source, one, {}, source.columns));
    row->BindText(scope.account ? 2 : 1, id);
    CARREL_ASSIGN_OR_RETURN(const bool found, row->Step());
    if (!found) return Json();
    return source.read(*row);
  });
}

}  // namespace carrel::catalog
