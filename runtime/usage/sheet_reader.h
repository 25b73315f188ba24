// Reads one sheet of a workbook, row by row, by the fast parser as far as that goes.
#pragma once

#include "runtime/usage/byte_window.h"
#include "runtime/usage/sheet_cells.h"

namespace carrel::usage {

// All rows of the sheet in `source` go to `sink`. kInvalid: no sheet, damaged or contradictory,
// with the place; kLimit: a budget of the context is used up.
Status ReadSheet(ByteSource source, Threads threads, XmlPath path, const SheetContext& context,
                 RowSink& sink);

}  // namespace carrel::usage
