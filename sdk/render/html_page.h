// The parts of an html report that are the same for every report: what is around its rows, its
// style and its script.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sdk/render/renderer.h"

namespace carrel::render {

// From the doctype to the start of the table's place. The only script and style that the page may
// run are those written here: a content security policy names their hashes and forbids all else.
void AppendPageHead(std::string& out, const RunInfo& info, std::string_view title);

// `title` names the csv file that the page saves.
void AppendTableHead(std::string& out, std::span<const std::string> columns,
                     std::string_view title);

// What is told of the rows: how many there are and how many are shown.
struct PageCounts {
  uint64_t rows = 0, shown = 0;
};
void AppendRowNote(std::string& out, const PageCounts& counts);

// When and how the report was run, the script, the end.
void AppendPageTail(std::string& out, const RunInfo& info, std::string_view finish_time);

}  // namespace carrel::render
