// Object ids: readable, of a fixed shape, drawn at random so that two hosts need no counter.
#pragma once

#include <string>
#include <string_view>

namespace carrel {

std::string NewRepositoryId();  // RR-1234-5678
std::string NewReportId();      // RP-123-456-789
// RT-<digits of the repository's id>-NNNN, `index` from 1: RT-1234-5678-0001.
std::string TemplateId(std::string_view repository_id, int index);
// UF-2026-11-1234-5678, of the month in which it is created.
std::string NewUsageFileId(int year, int month);

// `bytes` random bytes from the operating system, in lower-case hexadecimal.
std::string RandomHex(int bytes);

}  // namespace carrel
