#include "sdk/render/output_file.h"

namespace carrel::render {

OutputFile::OutputFile(int fd, Threading threading)
    : file_(fd), pipe_(threading, [this](std::string_view block) { return Consume(block); }) {
  buffer_.reserve(2 * kBufferBytes);
}

Status OutputFile::Consume(std::string_view block) {
  hash_.Update(block);
  return file_.Append(block);
}

Status OutputFile::Flush() {
  CARREL_TRY(pipe_.Write(buffer_));
  buffer_.clear();
  return {};
}

Status OutputFile::Finish() {
  CARREL_TRY(Flush());
  CARREL_ASSIGN_OR_RETURN(const std::string_view rest, pipe_.Drain());
  CARREL_TRY(Consume(rest));
  CARREL_TRY(file_.Flush());
  sha256_ = hash_.Finish();
  return {};
}

}  // namespace carrel::render
