// The complete data of a report inside its html page: csv, compressed, in pieces between the rows,
// so that the page stays one file and no row waits in memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace carrel::render {

// Standard alphabet, padded.
std::string Base64(std::string_view bytes);

// One gzip stream, cut into data blocks <script type="text/plain" class="d">base64</script>; each
// decodes by itself, joined they are the stream. Not thread-safe.
class HtmlAttachment {
 public:
  // kInternal when zlib cannot start.
  static Result<HtmlAttachment> Start();
  HtmlAttachment(HtmlAttachment&&) noexcept;
  ~HtmlAttachment();

  // Takes `bytes`; appends a block to `out` when one is full.
  Status Write(std::string& out, std::string_view bytes);
  // Appends what is left.
  Status Finish(std::string& out);

 private:
  struct Stream;
  explicit HtmlAttachment(std::unique_ptr<Stream> stream);
  Status Deflate(std::string_view bytes, int flush);
  void AppendBlock(std::string& out);

  std::unique_ptr<Stream> stream_;
  std::string compressed_;
};

}  // namespace carrel::render
