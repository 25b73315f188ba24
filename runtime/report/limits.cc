#include "runtime/report/limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace carrel::report {
namespace {

constexpr double kLargest = sandbox::kHighestLimit;

template <typename Wish>
void Lower(int64_t& value, const std::optional<Wish>& wish) {
  if (!wish) return;
  const double number = std::min(std::ceil(static_cast<double>(*wish)), kLargest);
  value = std::min(value, std::max<int64_t>(static_cast<int64_t>(number), 1));
}

}  // namespace

Limits Lowered(Limits ceiling, const manifest::ReportLimits& wishes) {
  Lower(ceiling.wall_s, wishes.wall_s);
  Lower(ceiling.cpu_s, wishes.cpu_s);
  Lower(ceiling.memory_mb, wishes.memory_mb);
  Lower(ceiling.output_mb, wishes.output_mb);
  Lower(ceiling.tmp_mb, wishes.tmp_mb);
  Lower(ceiling.idle_s, wishes.idle_s);
  Lower(ceiling.threads, wishes.threads);
  Lower(ceiling.files, wishes.files);
  Lower(ceiling.log_kb, wishes.log_kb);
  Lower(ceiling.calls, wishes.calls);
  Lower(ceiling.frame_kb, wishes.frame_kb);
  Lower(ceiling.call_s, wishes.call_s);
  Lower(ceiling.reply_kb, wishes.reply_kb);
  Lower(ceiling.received_mb, wishes.received_mb);
  Lower(ceiling.sent_mb, wishes.sent_mb);
  // Below its minimum no worker starts.
  for (const sandbox::LimitRow& row : sandbox::kLimitRows) {
    ceiling.*row.field = std::max(ceiling.*row.field, row.minimum);
  }
  return ceiling;
}

Result<Limits> Lowered(Limits ceiling, const Json& wishes) {
  if (wishes.is_null()) return ceiling;
  if (!wishes.is_object()) return Fail(Code::kInvalid, "limits: not an object");
  Limits wished = ceiling;
  for (const auto& [name, value] : wishes.items()) {
    const double number = value.is_number() ? std::ceil(value.get<double>()) : -1;
    if (!(number >= 0) || number > kLargest) {
      return Fail(Code::kInvalid,
                  fmt::format("limit {}: {} is not a number above 0", name, DumpJson(value)));
    }
    CARREL_TRY(sandbox::SetLimit(wished, name, static_cast<int64_t>(number)));
  }
  return sandbox::Lowered(ceiling, wished);
}

}  // namespace carrel::report
