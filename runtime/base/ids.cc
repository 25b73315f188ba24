#include "runtime/base/ids.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

namespace carrel {
namespace {

void FillRandom(void* data, size_t size) {
  auto* bytes = static_cast<unsigned char*>(data);
  while (size > 0) {
    const ssize_t n = ::getrandom(bytes, size, 0);
    if (n < 0) std::abort();  // getrandom with no flags fails only for a bad address
    bytes += n;
    size -= static_cast<size_t>(n);
  }
}

uint64_t RandomBelow(uint64_t bound) {
  uint64_t value = 0;
  FillRandom(&value, sizeof value);
  return value % bound;
}

}  // namespace

std::string NewRepositoryId() {
  return fmt::format("RR-{:04}-{:04}", RandomBelow(10000), RandomBelow(10000));
}

std::string NewReportId() {
  return fmt::format("RP-{:03}-{:03}-{:03}", RandomBelow(1000), RandomBelow(1000),
                     RandomBelow(1000));
}

std::string TemplateId(std::string_view repository_id, int index) {
  return fmt::format("RT-{}-{:04}", repository_id.substr(repository_id.find('-') + 1), index);
}

std::string NewUsageFileId(int year, int month) {
  return fmt::format("UF-{:04}-{:02}-{:04}-{:04}", year, month, RandomBelow(10000),
                     RandomBelow(10000));
}

std::string RandomHex(int bytes) {
  std::vector<unsigned char> raw(static_cast<size_t>(bytes));
  FillRandom(raw.data(), raw.size());
  std::string out;
  for (unsigned char b : raw) out += fmt::format("{:02x}", b);
  return out;
}

}  // namespace carrel
