// The complete data of a report inside its html page: csv, compressed, in pieces between the rows,
// so that the page stays one file and no row waits in memory.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/deflate.h"
#include "runtime/base/result.h"
#include "sdk/render/cell.h"
#include "sdk/render/csv_row.h"

namespace carrel::render {

// Standard alphabet, padded.
std::string Base64(std::string_view bytes);

// One gzip stream, cut into data blocks <script type="text/plain" class="d">base64</script>; each
// decodes by itself, joined they are the stream. Not thread-safe.
class HtmlAttachment {
 public:
  HtmlAttachment();

  // Takes the row as the csv renderer writes it without arguments; appends a block to `out` when
  // one is full.
  Status Write(std::string& out, Row row);
  // Appends what is left.
  Status Finish(std::string& out);

 private:
  Status Deflate(Deflater::Part part);
  void AppendBlock(std::string& out);

  const CsvRowWriter csv_{';', Quoting::kAll};
  std::unique_ptr<Deflater> deflater_;
  bool started_ = false;
  std::string text_;  // rows that are not compressed yet
  std::string compressed_;
  uint32_t crc_ = 0;
  uint32_t size_ = 0;  // of all text, modulo 2^32
};

}  // namespace carrel::render
