#include "runtime/cli/records.h"

#include "runtime/base/files.h"
#include "runtime/cli/host.h"

namespace carrel::cli {

Result<std::unique_ptr<store::Database>> OpenRecords(const Settings& settings) {
  const DataPaths paths(settings.Path("data"));
  CARREL_TRY(MakeDirectories(paths.root));
  return store::OpenSqliteDatabase(paths.database);
}

}  // namespace carrel::cli
