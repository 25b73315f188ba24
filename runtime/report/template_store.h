// Templates: what a repository offers to run, and whether it may run now.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/result.h"
#include "runtime/report/actor.h"
#include "runtime/report/repository_store.h"
#include "runtime/report/template_state.h"
#include "runtime/store/database.h"
#include "runtime/template/manifest.h"

namespace carrel::report {

struct Template {
  std::string id;
  Reference repository;
  Reference owner;  // of the repository
  GitReference git;
  std::string requirements;  // of the repository
  Origin origin = Origin::kCustom;
  TemplateState status = TemplateState::kEnabled;
  std::string notes;
  manifest::ReportDefinition definition;
  Events events;
  Timestamp created;
};

// Over the finished reports of one template. Times in seconds, absent before the first report.
struct TemplateStats {
  int64_t success = 0;
  int64_t failure = 0;
  int64_t timeout = 0;
  std::optional<double> runtime_min, runtime_max, runtime_avg;
  std::optional<double> wait_min, wait_max, wait_avg;
};

struct TemplateFilter {
  std::string repository_id;
  std::string local_id;
  std::string status;
  int64_t limit = 100;
  int64_t offset = 0;
};

// Thread-safe. Every method: kNotFound for an unknown id; kConflict or kDenied when the state does
// not allow the step.
class TemplateStore {
 public:
  virtual ~TemplateStore() = default;
  virtual Result<Template> Get(std::string_view id) = 0;
  virtual Result<std::vector<Template>> List(const TemplateFilter& filter) = 0;
  virtual Result<TemplateStats> Stats(std::string_view id) = 0;

  // kInvalid without notes.
  virtual Status Enable(std::string_view id, std::string_view notes, const Actor& actor,
                        Timestamp now) = 0;
  virtual Status Disable(std::string_view id, std::string_view notes, const Actor& actor,
                         Timestamp now) = 0;
  // Pending reports of the template fail with `reason`.
  virtual Status Block(std::string_view id, std::string_view reason, Timestamp now) = 0;
};

class SqlTemplateStore final : public TemplateStore {
 public:
  explicit SqlTemplateStore(store::Database& database) : database_(database) {}
  Result<Template> Get(std::string_view id) override;
  Result<std::vector<Template>> List(const TemplateFilter& filter) override;
  Result<TemplateStats> Stats(std::string_view id) override;
  Status Enable(std::string_view id, std::string_view notes, const Actor& actor,
                Timestamp now) override;
  Status Disable(std::string_view id, std::string_view notes, const Actor& actor,
                 Timestamp now) override;
  Status Block(std::string_view id, std::string_view reason, Timestamp now) override;

 private:
  store::Database& database_;
};

}  // namespace carrel::report
